import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { formatFen } from '@voltbay/protocol/client';
import { TimeText } from '../../components/ui/age.js';
import { DataTable } from '../../components/ui/data-table.js';
import { useOrderColumns } from '../../components/ui/order-columns.js';
import { Card } from '../../components/ui/page.js';
import type { LedgerEntry } from '../../lib/api/office-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';

const LATEST = { _limit: 10, _sort: 'createdAt', _order: 'desc' } as const;

export function UserOrders(props: { userId: string }) {
  const t = useT();
  const columns = useOrderColumns();
  const { hub } = useServices();
  const { userId } = props;
  const query = useQuery({
    queryKey: ['orders', 'of-user', userId],
    queryFn: ({ signal }) => hub.orders({ ...LATEST, userId }, signal),
  });
  return (
    <Card
      title={t('user.orders')}
      flush
      extra={
        <Link to="/orders" search={{ filter: { userId } }}>
          {t('list.all')}
        </Link>
      }
    >
      <DataTable
        rows={query.data?.items}
        error={query.error}
        empty={t('station.noOrders')}
        columns={[columns.created, columns.state, columns.station, columns.amount]}
      />
    </Card>
  );
}

export function UserCharges(props: { userId: string }) {
  const t = useT();
  const { language } = usePreferences();
  const { hub } = useServices();
  const { userId } = props;
  const query = useQuery({
    queryKey: ['charges', userId],
    queryFn: ({ signal }) => hub.charges({ ...LATEST, userId }, signal),
  });
  return (
    <Card title={t('user.charges')} flush>
      <DataTable
        rows={query.data?.items}
        error={query.error}
        columns={[
          { title: t('charge.at'), cell: (charge) => <TimeText at={charge.createdAt} /> },
          {
            title: t('charge.order'),
            cell: (charge) => (
              <Link to="/orders/$orderId" params={{ orderId: charge.orderId }} className="mono">
                {charge.orderId.slice(-8)}
              </Link>
            ),
          },
          { title: t('order.amount'), right: true, cell: (charge) => formatFen(charge.amountFen, language) },
        ]}
      />
    </Card>
  );
}

/** What moved in the wallet: the lines of the ledger on the rider's own accounts. */
export function UserMovements(props: { userId: string }) {
  const t = useT();
  const { language } = usePreferences();
  const { hub } = useServices();
  const { userId } = props;
  const query = useQuery({
    queryKey: ['ledger', 'of-user', userId],
    queryFn: ({ signal }) => hub.ledgerEntries({ _limit: 10, _sort: 'at', _order: 'desc', userId }, signal),
  });
  // In the books a rider's account is what is owed: a credit, negative, makes it larger.
  const moved = (entry: LedgerEntry, account: string): string => {
    const fen = entry.lines
      .filter((line) => line.account === `${account}:${userId}`)
      .reduce((sum, line) => sum - line.amountFen, 0);
    return formatFen(fen === 0 ? null : fen, language);
  };
  return (
    <Card title={t('user.movements')} flush>
      <DataTable
        rows={query.data?.items}
        error={query.error}
        columns={[
          { title: t('ledger.at'), cell: (entry) => <TimeText at={entry.at} /> },
          { title: t('ledger.kind'), cell: (entry) => t.code('ledger.kind', entry.kind) },
          { title: t('user.wallet'), right: true, cell: (entry) => moved(entry, 'rider-wallet') },
          { title: t('user.held'), right: true, cell: (entry) => moved(entry, 'rider-hold') },
        ]}
      />
    </Card>
  );
}

export function UserVehicles(props: { ids: readonly string[] }) {
  const t = useT();
  return (
    <Card title={t('user.vehicles')}>
      {props.ids.length === 0 && <p className="muted">{t('state.empty')}</p>}
      <ul>
        {props.ids.map((vehicleId) => (
          <li key={vehicleId}>
            <Link to="/vehicles/$vehicleId" params={{ vehicleId }} className="mono">
              {vehicleId}
            </Link>
          </li>
        ))}
      </ul>
    </Card>
  );
}

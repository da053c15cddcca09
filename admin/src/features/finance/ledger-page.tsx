import { Link, useSearch } from '@tanstack/react-router';
import { formatFen } from '@voltbay/protocol/client';
import type { TableColumnsType } from 'antd';
import { TimeText } from '../../components/ui/age.js';
import { ListCard } from '../../components/ui/list-card.js';
import { ListPage } from '../../components/ui/list-page.js';
import type { LedgerEntry } from '../../lib/api/office-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { exportQuery } from '../../lib/list-search.js';
import { useListQuery } from '../../lib/lists/use-list-query.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';
import styles from './finance.module.css';
import { FinanceTabs } from './finance-tabs.js';

const SORT = { sort: 'at', order: 'desc' } as const;
const KINDS = [
  ...(['credit', 'hold', 'release', 'capture', 'purchase', 'refund', 'withdrawal'] as const),
  ...(['withdrawal-undone', 'refund-paid', 'deposit', 'deposit-returned', 'deposit-forfeited'] as const),
  ...(['partner-share', 'partner-paid', 'provider-settled', 'adjustment', 'opening'] as const),
];

/** Every entry of the books: what it was, and its lines, which add up to nothing. */
export function LedgerPage() {
  const t = useT();
  const { language } = usePreferences();
  const search = useSearch({ from: '/finance/ledger' });
  const { hub } = useServices();
  const query = useListQuery({ name: 'ledger', search, sort: SORT, read: hub.ledgerEntries });
  const volume = (entry: LedgerEntry): number =>
    entry.lines.reduce((sum, line) => sum + Math.max(0, line.amountFen), 0);
  const columns: TableColumnsType<LedgerEntry> = [
    { key: 'at', title: t('ledger.at'), sorter: true, render: (_, entry) => <TimeText at={entry.at} /> },
    { key: 'kind', title: t('ledger.kind'), render: (_, entry) => t(`ledger.kind.${entry.kind}`) },
    {
      key: 'lines',
      title: t('ledger.lines'),
      render: (_, entry) => (
        <span className={styles.lines}>
          {entry.lines.map((line) => (
            <span key={line.account}>
              <span className="mono">{line.account}</span>
              <span>{formatFen(line.amountFen, language)}</span>
            </span>
          ))}
        </span>
      ),
    },
    {
      key: 'order',
      title: t('charge.order'),
      render: (_, entry) =>
        entry.orderId ? (
          <Link to="/orders/$orderId" params={{ orderId: entry.orderId }} className="mono">
            {entry.orderId.slice(-8)}
          </Link>
        ) : (
          '–'
        ),
    },
    { key: 'note', title: t('ledger.note'), render: (_, entry) => entry.note ?? '' },
  ];
  return (
    <ListPage<LedgerEntry>
      title={t('finance.ledger')}
      route="/finance/ledger"
      tabs={<FinanceTabs />}
      search={search}
      filters={[
        {
          field: 'kind',
          label: t('ledger.kind'),
          options: KINDS.map((value) => ({ value, label: t(`ledger.kind.${value}`) })),
        },
      ]}
      sorts={[{ value: 'at', label: t('ledger.at') }]}
      columns={columns}
      query={query}
      card={(entry) => (
        <ListCard
          link={{ to: '/finance/ledger', search: { filter: { kind: entry.kind } } }}
          lines={[
            [
              <b key="kind">{t(`ledger.kind.${entry.kind}`)}</b>,
              <b key="amount">{formatFen(volume(entry), language)}</b>,
            ],
            [entry.userId ?? '', <TimeText key="at" at={entry.at} />],
          ]}
        />
      )}
      export={{
        fileName: 'ledger',
        read: (page, signal) => hub.ledgerEntries(exportQuery(search, page, SORT), signal),
        columns: [
          { title: 'id', value: (entry) => entry.id },
          { title: t('ledger.at'), value: (entry) => entry.at },
          { title: t('ledger.kind'), value: (entry) => t(`ledger.kind.${entry.kind}`) },
          {
            title: t('ledger.lines'),
            value: (entry) =>
              entry.lines.map((line) => `${line.account} ${(line.amountFen / 100).toFixed(2)}`).join('; '),
          },
          { title: t('order.user'), value: (entry) => entry.userId },
          { title: t('charge.order'), value: (entry) => entry.orderId },
          { title: t('ledger.note'), value: (entry) => entry.note },
        ],
      }}
    />
  );
}

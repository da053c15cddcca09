import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { TimeText } from '../../components/ui/age.js';
import { ChangeHistory } from '../../components/ui/change-history.js';
import { TwoColumns } from '../../components/ui/columns.js';
import { DataTable } from '../../components/ui/data-table.js';
import { useOrderColumns } from '../../components/ui/order-columns.js';
import { Card, Facts, PageHead } from '../../components/ui/page.js';
import { ErrorPanel, LoadingPanel } from '../../components/ui/states.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { OwnerActions, OwnerHistory } from './vehicle-owners.js';

export function VehiclePage() {
  const t = useT();
  const columns = useOrderColumns();
  const { vehicleId } = useParams({ from: '/vehicles/$vehicleId' });
  const { hub } = useServices();
  const may = usePermits();
  const query = useQuery({
    queryKey: ['vehicle', vehicleId],
    queryFn: ({ signal }) => hub.vehicle(vehicleId, signal),
  });
  const orders = useQuery({
    queryKey: ['orders', 'of-vehicle', vehicleId],
    queryFn: ({ signal }) =>
      hub.orders({ _limit: 10, _sort: 'createdAt', _order: 'desc', vehicleId }, signal),
    enabled: may('orders:read'),
  });
  const vehicle = query.data;
  if (!vehicle) {
    return query.error ? (
      <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />
    ) : (
      <LoadingPanel rows={8} />
    );
  }
  return (
    <>
      <PageHead
        title={vehicle.plate ?? vehicle.id}
        parent={
          <Link to="/vehicles" search={{}}>
            {t('nav.vehicles')}
          </Link>
        }
        meta={
          <>
            <span className="mono muted">{vehicle.id}</span>
            <span>
              {t('slot.class')} {vehicle.packClass}
            </span>
          </>
        }
        actions={may('vehicles:transfer') && <OwnerActions vehicle={vehicle} />}
      />
      <TwoColumns
        main={
          <>
            {may('orders:read') && (
              <Card title={t('user.orders')} flush>
                <DataTable
                  rows={orders.data?.items}
                  error={orders.error}
                  empty={t('station.noOrders')}
                  columns={[
                    columns.created,
                    columns.state,
                    {
                      title: t('order.dispensedPack'),
                      cell: (order) => <span className="mono">{order.dispensed?.packId ?? '–'}</span>,
                    },
                    columns.amount,
                  ]}
                />
              </Card>
            )}
            {may('vehicles:write') && <OwnerHistory vehicleId={vehicle.id} />}
            <ChangeHistory target={`vehicles/${vehicle.id}`} />
          </>
        }
        side={
          <>
            <Card title={t('vehicle.packs')}>
              {vehicle.packIds.length === 0 && <p className="muted">{t('slot.noPack')}</p>}
              <ul>
                {vehicle.packIds.map((batteryId) => (
                  <li key={batteryId}>
                    <Link to="/batteries/$batteryId" params={{ batteryId }} className="mono">
                      {batteryId}
                    </Link>
                  </li>
                ))}
              </ul>
            </Card>
            <Card>
              <Facts
                rows={{
                  [t('vehicle.offered')]: vehicle.pendingTransfer ? (
                    <Link
                      to="/users/$userId"
                      params={{ userId: vehicle.pendingTransfer.toUserId }}
                      className="mono"
                    >
                      {vehicle.pendingTransfer.toUserId}
                    </Link>
                  ) : undefined,
                  [t('vehicle.owner')]: vehicle.ownerUserId ? (
                    <Link to="/users/$userId" params={{ userId: vehicle.ownerUserId }} className="mono">
                      {vehicle.ownerUserId}
                    </Link>
                  ) : (
                    '–'
                  ),
                  VIN: vehicle.vin,
                  [t('battery.model')]: vehicle.model,
                  [t('vehicle.packSlots')]: vehicle.packSlots,
                  [t('user.since')]: <TimeText at={vehicle.createdAt} />,
                }}
              />
            </Card>
          </>
        }
      />
    </>
  );
}

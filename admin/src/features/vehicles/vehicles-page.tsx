import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { Vehicle } from '@voltbay/protocol/api';
import type { TableColumnsType } from 'antd';
import { FormButton } from '../../components/ui/act.js';
import { TimeText } from '../../components/ui/age.js';
import { ListCard } from '../../components/ui/list-card.js';
import { ListPage } from '../../components/ui/list-page.js';
import { idempotent } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { exportQuery } from '../../lib/list-search.js';
import { useListQuery } from '../../lib/lists/use-list-query.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';

type VehicleForm = {
  plate?: string;
  packClass: string;
  packSlots: number;
  vin?: string;
  model?: string;
  ownerUserId?: string;
};
const SORT = { sort: 'createdAt', order: 'desc' } as const;

export function VehiclesPage() {
  const t = useT();
  const search = useSearch({ from: '/vehicles' });
  const navigate = useNavigate();
  const { hub } = useServices();
  const mayWrite = usePermits()('vehicles:write');
  const query = useListQuery({ name: 'vehicles', search, sort: SORT, read: hub.vehicles });
  const columns: TableColumnsType<Vehicle> = [
    {
      key: 'plate',
      title: t('vehicle.plate'),
      sorter: true,
      render: (_, vehicle) => (
        <Link
          to="/vehicles/$vehicleId"
          params={{ vehicleId: vehicle.id }}
          onClick={(event) => event.stopPropagation()}
        >
          {vehicle.plate ?? vehicle.id}
        </Link>
      ),
    },
    {
      key: 'id',
      title: t('vehicle.id'),
      sorter: true,
      render: (_, vehicle) => <span className="mono">{vehicle.id}</span>,
    },
    { key: 'model', title: t('battery.model'), render: (_, vehicle) => vehicle.model ?? '–' },
    { key: 'packClass', title: t('slot.class'), render: (_, vehicle) => vehicle.packClass },
    {
      key: 'packs',
      title: t('vehicle.packs'),
      render: (_, vehicle) => <span className="mono">{vehicle.packIds.join(' ') || '–'}</span>,
    },
    {
      key: 'owner',
      title: t('vehicle.owner'),
      render: (_, vehicle) => <span className="mono">{vehicle.ownerUserId ?? '–'}</span>,
    },
    {
      key: 'createdAt',
      title: t('user.since'),
      sorter: true,
      render: (_, vehicle) => <TimeText at={vehicle.createdAt} style="date" />,
    },
  ];
  return (
    <ListPage<Vehicle>
      title={t('nav.vehicles')}
      route="/vehicles"
      actions={
        mayWrite && (
          <FormButton<VehicleForm>
            primary
            label={t('vehicle.create')}
            testId="create-vehicle"
            initial={{ packSlots: 1 }}
            fields={[
              { name: 'plate', label: t('vehicle.plate'), kind: 'text', max: 16, optional: true },
              { name: 'packClass', label: t('slot.class'), kind: 'text', max: 32 },
              { name: 'packSlots', label: t('vehicle.packSlots'), kind: 'number', min: 1, max: 8 },
              { name: 'vin', label: 'VIN', kind: 'text', min: 17, max: 17, optional: true },
              { name: 'model', label: t('battery.model'), kind: 'text', max: 64, optional: true },
              { name: 'ownerUserId', label: t('vehicle.owner'), kind: 'text', max: 64, optional: true },
            ]}
            onSubmit={(values, key) =>
              hub.client.POST('/core/v0/vehicles', { params: { header: idempotent(key) }, body: values })
            }
          />
        )
      }
      search={search}
      searchLabel={t('vehicle.search')}
      filters={[]}
      sorts={[{ value: 'plate', label: t('vehicle.plate') }]}
      columns={columns}
      query={query}
      onOpen={(vehicle) => void navigate({ to: '/vehicles/$vehicleId', params: { vehicleId: vehicle.id } })}
      card={(vehicle) => (
        <ListCard
          link={{ to: '/vehicles/$vehicleId', params: { vehicleId: vehicle.id } }}
          lines={[
            [<b key="plate">{vehicle.plate ?? vehicle.id}</b>, `${t('slot.class')} ${vehicle.packClass}`],
            [
              <span key="packs" className="mono">
                {vehicle.packIds.join(' ') || '–'}
              </span>,
              vehicle.ownerUserId ?? '',
            ],
          ]}
        />
      )}
      export={{
        fileName: 'vehicles',
        read: (page, signal) => hub.vehicles(exportQuery(search, page, SORT), signal),
        columns: [
          { title: t('vehicle.id'), value: (vehicle) => vehicle.id },
          { title: t('vehicle.plate'), value: (vehicle) => vehicle.plate },
          { title: 'VIN', value: (vehicle) => vehicle.vin },
          { title: t('battery.model'), value: (vehicle) => vehicle.model },
          { title: t('slot.class'), value: (vehicle) => vehicle.packClass },
          { title: t('vehicle.packs'), value: (vehicle) => vehicle.packIds.join(' ') },
          { title: t('vehicle.owner'), value: (vehicle) => vehicle.ownerUserId },
          { title: t('user.since'), value: (vehicle) => vehicle.createdAt },
        ],
      }}
    />
  );
}

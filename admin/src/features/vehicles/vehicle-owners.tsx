import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Vehicle } from '@voltbay/protocol/api';
import { Ask, FormButton } from '../../components/ui/act.js';
import { TimeText } from '../../components/ui/age.js';
import { DataTable } from '../../components/ui/data-table.js';
import { Card } from '../../components/ui/page.js';
import { body, idempotent } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useServices } from '../../lib/services.js';

/** Hands a vehicle to another rider, or takes it from its owner; refused while the owner has an open order. */
export function OwnerActions(props: { vehicle: Vehicle }) {
  const t = useT();
  const { hub } = useServices();
  const { vehicle } = props;
  const hand = (toUserId: string | null, key: string) =>
    hub.client.POST('/core/v0/vehicles/{id}/transfer', {
      params: { path: { id: vehicle.id }, header: idempotent(key) },
      body: { toUserId },
    });
  return (
    <>
      <FormButton<{ toUserId: string }>
        label={t(vehicle.ownerUserId ? 'vehicle.transfer' : 'vehicle.bind')}
        text={t('vehicle.transfer.text')}
        testId="transfer-vehicle"
        fields={[{ name: 'toUserId', label: t('vehicle.newOwner'), kind: 'text', max: 64 }]}
        onSubmit={({ toUserId }, key) => hand(toUserId, key)}
      />
      {vehicle.ownerUserId && (
        <Ask
          danger
          label={t('vehicle.unbind')}
          of={vehicle.plate ?? vehicle.id}
          text={t('vehicle.unbind.text')}
          testId="unbind-vehicle"
          onConfirm={(_, key) => hand(null, key)}
        />
      )}
    </>
  );
}

/** Who owned it when, newest first. */
export function OwnerHistory(props: { vehicleId: string }) {
  const t = useT();
  const { hub } = useServices();
  const { vehicleId: id } = props;
  const { data, error } = useQuery({
    queryKey: ['vehicle-bindings', id],
    queryFn: async ({ signal }) =>
      body(await hub.client.GET('/core/v0/vehicles/{id}/bindings', { params: { path: { id } }, signal })),
  });
  const rider = (userId: string | null) =>
    userId === null ? (
      '–'
    ) : (
      <Link to="/users/$userId" params={{ userId }} className="mono">
        {userId}
      </Link>
    );
  return (
    <Card title={t('vehicle.owners')} flush>
      <DataTable
        rows={data}
        error={error}
        empty={t('vehicle.noOwners')}
        columns={[
          { title: t('vehicle.since'), cell: (row) => <TimeText at={row.at} /> },
          { title: t('vehicle.owner'), cell: (row) => rider(row.toUserId) },
          { title: t('vehicle.before'), cell: (row) => rider(row.fromUserId) },
          { title: t('plan.by'), cell: (row) => <span className="mono">{row.by}</span> },
        ]}
      />
    </Card>
  );
}

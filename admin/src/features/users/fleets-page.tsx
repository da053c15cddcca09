import { FormButton } from '../../components/ui/act.js';
import type { FormField } from '../../components/ui/form-dialog.js';
import { RecordList, useFields } from '../../components/ui/record-list.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import { idempotent, matching, page, type QueryOf, type RowOf } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { USER_TABS } from '../../routes/sections.js';

type Fleet = RowOf<'listFleets'>;
type FleetForm = {
  name: string;
  payerUserId: string;
  dayLimitFen?: number;
  monthLimitFen?: number;
  active: boolean;
};

/** Riders whose swaps somebody else pays, up to a limit. */
export function FleetsPage() {
  const t = useT();
  const { hub } = useServices();
  const mayWrite = usePermits()('fleets:write');
  const fields = useFields<Fleet>();
  const form: FormField<FleetForm>[] = [
    { name: 'name', label: t('field.name'), kind: 'text', max: 64 },
    { name: 'payerUserId', label: t('fleet.payer'), kind: 'text', max: 64 },
    { name: 'dayLimitFen', label: t('fleet.dayLimit'), kind: 'yuan', min: 0, optional: true },
    { name: 'monthLimitFen', label: t('fleet.monthLimit'), kind: 'yuan', min: 0, optional: true },
  ];
  const bodyOf = ({ active: _, ...values }: FleetForm) => ({
    ...values,
    dayLimitFen: values.dayLimitFen ?? null,
    monthLimitFen: values.monthLimitFen ?? null,
  });
  return (
    <RecordList<Fleet, QueryOf<'listFleets'>>
      title={t('user.fleets')}
      name="fleets"
      route="/users/fleets"
      tabs={<SectionTabs name="nav.users" tabs={USER_TABS} />}
      read={async (query, signal) =>
        page(await hub.client.GET('/core/v0/fleets', { params: { query }, signal }))
      }
      filters={[{ field: 'payerUserId', label: t('fleet.payer') }]}
      link={(row) => ({ to: '/users/fleets/$fleetId', params: { fleetId: row.id } })}
      fields={[
        fields.text('name', t('field.name'), (row) => row.name),
        fields.state(
          'state',
          t('field.state'),
          (row) => t(`fleet.state.${row.state}`),
          (row) => (row.state === 'active' ? 'ready' : 'off'),
        ),
        fields.code('payer', t('fleet.payer'), (row) => row.payerUserId),
        fields.money('day', t('fleet.dayLimit'), (row) => row.dayLimitFen),
        fields.money('month', t('fleet.monthLimit'), (row) => row.monthLimitFen),
        fields.time('createdAt', t('field.created'), (row) => row.createdAt, true),
      ]}
      actions={
        mayWrite && (
          <FormButton<FleetForm>
            primary
            label={t('fleet.create')}
            testId="create-fleet"
            fields={form}
            onSubmit={(values, key) =>
              hub.client.POST('/core/v0/fleets', {
                params: { header: idempotent(key) },
                body: bodyOf(values),
              })
            }
          />
        )
      }
      row={
        mayWrite
          ? (row) => (
              <FormButton<FleetForm>
                small
                key={row.version}
                label={t('action.edit')}
                of={row.name}
                initial={{
                  name: row.name,
                  payerUserId: row.payerUserId,
                  dayLimitFen: row.dayLimitFen ?? undefined,
                  monthLimitFen: row.monthLimitFen ?? undefined,
                  active: row.state === 'active',
                }}
                fields={[...form, { name: 'active', label: t('fleet.state.active'), kind: 'switch' }]}
                onSubmit={(values) =>
                  hub.client.PATCH('/core/v0/fleets/{id}', {
                    params: { path: { id: row.id }, header: matching(row.version) },
                    body: { ...bodyOf(values), state: values.active ? 'active' : 'closed' },
                  })
                }
              />
            )
          : undefined
      }
    />
  );
}

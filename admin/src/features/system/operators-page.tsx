import { Ask, FormButton } from '../../components/ui/act.js';
import type { FormField } from '../../components/ui/form-dialog.js';
import { RecordList, useFields } from '../../components/ui/record-list.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import { body, idempotent, matching, page, type QueryOf, type RowOf } from '../../lib/api/answers.js';
import { useRegions, useRoles } from '../../lib/api/use-access.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useStationOptions } from '../../lib/lists/use-station-options.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { SYSTEM_TABS } from '../../routes/sections.js';

type Operator = RowOf<'listOperators'>;
type OperatorForm = {
  username: string;
  name: string;
  password: string;
  roles: string[];
  stationIds?: string[];
  regionIds?: string[];
  active: boolean;
};
const MIN_PASSWORD = 10;

/** People who work here: roles, the stations they see, whether they may sign in. */
export function OperatorsPage() {
  const t = useT();
  const { hub } = useServices();
  const may = usePermits();
  const roles = useRoles();
  const regions = useRegions();
  const stations = useStationOptions(may('stations:read'));
  const mayWrite = may('operators:write');
  const fields = useFields<Operator>();
  const roleOptions = (roles.data?.roles ?? [])
    .filter(({ audience }) => audience === 'operator')
    .map(({ name }) => ({ value: name, label: t.code('role', name) }));
  const scope: FormField<OperatorForm>[] = [
    { name: 'roles', label: t('system.roles'), kind: 'multi', options: roleOptions },
    {
      name: 'stationIds',
      label: t('field.stations'),
      hint: t('operator.stations.hint'),
      kind: 'multi',
      options: stations,
      optional: true,
    },
    {
      name: 'regionIds',
      label: t('system.regions'),
      kind: 'multi',
      optional: true,
      options: (regions.data ?? []).map(({ id, name }) => ({ value: id, label: name })),
    },
  ];
  const reach = (values: OperatorForm) => ({
    name: values.name,
    roles: values.roles as never,
    stationIds: values.stationIds?.length || values.regionIds?.length ? (values.stationIds ?? []) : null,
    regionIds: values.regionIds ?? [],
  });
  return (
    <RecordList<Operator, QueryOf<'listOperators'>>
      title={t('system.operators')}
      name="operators"
      route="/system/operators"
      tabs={<SectionTabs name="nav.system" tabs={SYSTEM_TABS} />}
      searchLabel={t('operator.search')}
      read={async (query, signal) =>
        page(await hub.client.GET('/core/v0/operators', { params: { query }, signal }))
      }
      filters={[
        {
          field: 'status',
          label: t('field.state'),
          options: (['active', 'disabled'] as const).map((value) => ({
            value,
            label: t(`operator.status.${value}`),
          })),
        },
      ]}
      fields={[
        fields.text('username', t('operator.username'), (row) => row.username, { sort: true }),
        fields.state(
          'status',
          t('field.state'),
          (row) => t(`operator.status.${row.status}`),
          (row) => (row.status === 'active' ? 'ready' : 'off'),
        ),
        fields.text('name', t('field.name'), (row) => row.name),
        fields.text('roles', t('system.roles'), (row) =>
          row.roles.map((role) => t.code('role', role)).join(', '),
        ),
        fields.text('scope', t('field.stations'), (row) =>
          row.stationIds === null && row.regionIds.length === 0
            ? t('field.allStations')
            : [...row.regionIds, ...(row.stationIds ?? [])].join(', '),
        ),
        fields.text('totp', t('account.totp'), (row) => t(row.totp ? 'word.yes' : 'word.no')),
        fields.time('createdAt', t('field.created'), (row) => row.createdAt, true),
      ]}
      actions={
        mayWrite && (
          <FormButton<OperatorForm>
            primary
            label={t('operator.create')}
            testId="create-operator"
            fields={[
              { name: 'username', label: t('operator.username'), kind: 'text', min: 2, max: 64 },
              { name: 'name', label: t('field.name'), kind: 'text', max: 64 },
              { name: 'password', label: t('signIn.password'), kind: 'password', min: MIN_PASSWORD },
              ...scope,
            ]}
            onSubmit={(values, key) =>
              hub.client.POST('/core/v0/operators', {
                params: { header: idempotent(key) },
                body: { username: values.username, password: values.password, ...reach(values) },
              })
            }
          />
        )
      }
      row={
        mayWrite
          ? (row) => (
              <>
                <FormButton<OperatorForm>
                  small
                  label={t('action.edit')}
                  of={row.username}
                  testId={`edit-${row.username}`}
                  initial={{
                    name: row.name,
                    roles: row.roles,
                    stationIds: row.stationIds ?? [],
                    regionIds: row.regionIds,
                    active: row.status === 'active',
                  }}
                  fields={[
                    { name: 'name', label: t('field.name'), kind: 'text', max: 64 },
                    ...scope,
                    { name: 'active', label: t('operator.mayEnter'), kind: 'switch' },
                  ]}
                  onSubmit={async (values) =>
                    body(
                      await hub.client.PATCH('/core/v0/operators/{id}', {
                        params: { path: { id: row.id }, header: matching(row.version) },
                        body: { ...reach(values), status: values.active ? 'active' : 'disabled' },
                      }),
                    ) && undefined
                  }
                />
                <FormButton<{ password: string }>
                  small
                  label={t('operator.password')}
                  of={row.username}
                  fields={[
                    { name: 'password', label: t('account.next'), kind: 'password', min: MIN_PASSWORD },
                  ]}
                  onSubmit={(values) =>
                    hub.client.POST('/core/v0/operators/{id}/password', {
                      params: { path: { id: row.id } },
                      body: values,
                    })
                  }
                />
                {row.totp && (
                  <Ask
                    small
                    danger
                    label={t('operator.totp.remove')}
                    of={row.username}
                    text={t('operator.totp.text')}
                    onConfirm={() =>
                      hub.client.DELETE('/core/v0/operators/{id}/totp', {
                        params: { path: { id: row.id } },
                      })
                    }
                  />
                )}
              </>
            )
          : undefined
      }
    />
  );
}

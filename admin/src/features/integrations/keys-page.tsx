import { Ask, FormButton, Secret } from '../../components/ui/act.js';
import { RecordList, useFields } from '../../components/ui/record-list.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import { body, matching, page, type QueryOf, type RowOf } from '../../lib/api/answers.js';
import { useRoles } from '../../lib/api/use-access.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useStationOptions } from '../../lib/lists/use-station-options.js';
import { permits, useMe, usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { INTEGRATION_TABS } from '../../routes/sections.js';
import { KeyUsage } from './key-usage.js';

type ApiKey = RowOf<'listApiKeys'>;
type KeyForm = {
  name: string;
  permissions: string[];
  stationIds?: string[];
  expiresAt?: string;
  perDay?: number;
  price?: number;
};

/** Keys of other systems: what each may do, how much it used, and what that costs. */
export function KeysPage() {
  const t = useT();
  const { hub } = useServices();
  const me = useMe();
  const mayWrite = usePermits()('api-keys:write');
  const roles = useRoles();
  const stations = useStationOptions();
  const fields = useFields<ApiKey>();
  const grantable = (roles.data?.permissions ?? []).filter((permission) =>
    permits(me.data?.permissions, permission),
  );
  const state = (row: ApiKey): 'active' | 'revoked' | 'expired' => {
    if (row.revokedAt) return 'revoked';
    return row.expiresAt && Date.parse(row.expiresAt) < Date.now() ? 'expired' : 'active';
  };
  const quota = [
    { name: 'perDay', label: t('key.perDay'), kind: 'number', min: 1, optional: true },
    { name: 'price', label: t('key.price'), kind: 'yuan', min: 0, optional: true },
  ] as const;
  return (
    <RecordList<ApiKey, QueryOf<'listApiKeys'>>
      title={t('system.keys')}
      name="api-keys"
      route="/integrations/keys"
      tabs={<SectionTabs name="nav.integrations" tabs={INTEGRATION_TABS} />}
      searchLabel={t('field.name')}
      read={async (query, signal) =>
        page(await hub.client.GET('/core/v0/api-keys', { params: { query }, signal }))
      }
      fields={[
        fields.text('name', t('field.name'), (row) => row.name, { sort: true }),
        fields.state(
          'state',
          t('field.state'),
          (row) => t(`key.state.${state(row)}`),
          (row) => (state(row) === 'active' ? 'ready' : 'off'),
        ),
        fields.text('permissions', t('key.permissions'), (row) => row.permissions.join(', '), {
          show: (row) => (
            <span className="mono" title={row.permissions.join('\n')}>
              {row.permissions.slice(0, 2).join(', ')}
              {row.permissions.length > 2 && ` +${row.permissions.length - 2}`}
            </span>
          ),
        }),
        fields.number('perDay', t('key.perDay'), (row) => row.perDay),
        fields.time('lastUsedAt', t('account.used'), (row) => row.lastUsedAt),
        fields.time('expiresAt', t('key.expires'), (row) => row.expiresAt),
        fields.time('createdAt', t('field.created'), (row) => row.createdAt, true),
      ]}
      actions={
        mayWrite && (
          <FormButton<KeyForm>
            primary
            label={t('key.create')}
            testId="create-key"
            fields={[
              { name: 'name', label: t('field.name'), kind: 'text', max: 64 },
              {
                name: 'permissions',
                label: t('key.permissions'),
                kind: 'multi',
                options: grantable.map((value) => ({ value, label: value })),
              },
              {
                name: 'stationIds',
                label: t('field.stations'),
                hint: t('operator.stations.hint'),
                kind: 'multi',
                options: stations,
                optional: true,
              },
              { name: 'expiresAt', label: t('key.expires'), kind: 'date-time', optional: true },
              ...quota,
            ]}
            onSubmit={async ({ price, permissions, stationIds, ...values }) => {
              const made = body(
                await hub.client.POST('/core/v0/api-keys', {
                  body: {
                    ...values,
                    permissions: permissions as never,
                    stationIds: stationIds?.length ? stationIds : null,
                    pricePerThousandFen: price,
                  },
                }),
              );
              return { reveal: <Secret text={made.key} /> };
            }}
          />
        )
      }
      row={(row) => (
        <>
          <KeyUsage id={row.id} name={row.name} />
          {mayWrite && state(row) === 'active' && (
            <>
              <FormButton<{ name: string; perDay?: number; price?: number }>
                small
                label={t('action.edit')}
                of={row.name}
                initial={{
                  name: row.name,
                  perDay: row.perDay ?? undefined,
                  price: row.pricePerThousandFen,
                }}
                fields={[{ name: 'name', label: t('field.name'), kind: 'text', max: 64 }, ...quota]}
                onSubmit={({ name, perDay, price }) =>
                  hub.client.PATCH('/core/v0/api-keys/{id}', {
                    params: { path: { id: row.id }, header: matching(row.version) },
                    body: { name, perDay: perDay ?? null, pricePerThousandFen: price ?? 0 },
                  })
                }
              />
              <Ask
                small
                label={t('key.rotate')}
                of={row.name}
                text={t('key.rotate.text')}
                onConfirm={async () => {
                  const made = body(
                    await hub.client.POST('/core/v0/api-keys/{id}/rotate', {
                      params: { path: { id: row.id } },
                    }),
                  );
                  return { reveal: <Secret text={made.key} /> };
                }}
              />
              <Ask
                small
                danger
                label={t('key.revoke')}
                of={row.name}
                text={t('key.revoke.text')}
                onConfirm={() =>
                  hub.client.DELETE('/core/v0/api-keys/{id}', { params: { path: { id: row.id } } })
                }
              />
            </>
          )}
        </>
      )}
    />
  );
}

import { useQuery } from '@tanstack/react-query';
import { Ask, FormButton } from '../../components/ui/act.js';
import { DataTable } from '../../components/ui/data-table.js';
import type { FormField } from '../../components/ui/form-dialog.js';
import { Card, PageHead } from '../../components/ui/page.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import { ErrorPanel, LoadingPanel } from '../../components/ui/states.js';
import { body, idempotent, matching } from '../../lib/api/answers.js';
import { useRoles } from '../../lib/api/use-access.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { permits, useMe, usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { SYSTEM_TABS } from '../../routes/sections.js';
import { PermissionMatrix } from './permission-matrix.js';

type RoleForm = { name: string; description?: string; permissions: string[] };

/** Which role may do what, and how far; roles of one's own beside the built-in ones. */
export function RolesPage() {
  const t = useT();
  const { hub } = useServices();
  const me = useMe();
  const mayWrite = usePermits()('operators:write');
  const query = useRoles();
  const routes = useQuery({
    queryKey: ['permissions'],
    queryFn: async ({ signal }) => body(await hub.client.GET('/core/v0/permissions', { signal })),
  });
  const own = (query.data?.roles ?? []).filter(({ custom }) => custom);
  const grantable = (query.data?.permissions ?? []).filter((permission) =>
    permits(me.data?.permissions, permission),
  );
  const fields: FormField<RoleForm>[] = [
    { name: 'description', label: t('work.detail'), kind: 'text', max: 200, optional: true },
    {
      name: 'permissions',
      label: t('key.permissions'),
      kind: 'multi',
      options: grantable.map((value) => ({ value, label: value })),
    },
  ];
  return (
    <>
      <PageHead
        title={t('system.roles')}
        actions={
          mayWrite && (
            <FormButton<RoleForm>
              primary
              label={t('role.create')}
              testId="create-role"
              fields={[
                { name: 'name', label: t('field.name'), kind: 'text', max: 32, hint: t('tenant.id.hint') },
                ...fields,
              ]}
              onSubmit={(values, key) =>
                hub.client.POST('/core/v0/roles', {
                  headers: idempotent(key),
                  body: { ...values, permissions: values.permissions as never },
                })
              }
            />
          )
        }
      />
      <SectionTabs name="nav.system" tabs={SYSTEM_TABS} />
      {query.data ? (
        <div style={{ display: 'grid', gap: 16 }}>
          {own.length > 0 && (
            <Card title={t('role.own')} flush>
              <DataTable
                rows={own}
                columns={[
                  { title: t('field.name'), cell: (row) => <b>{row.name}</b> },
                  { title: t('work.detail'), cell: (row) => row.description || '–' },
                  { title: t('key.permissions'), cell: (row) => Object.keys(row.grants).length },
                  {
                    title: t('list.actions'),
                    cell: (row) =>
                      mayWrite && (
                        <span style={{ display: 'flex', gap: 6 }}>
                          <FormButton<RoleForm>
                            small
                            key={row.version}
                            label={t('action.edit')}
                            of={row.name}
                            testId={`edit-role-${row.name}`}
                            initial={{ description: row.description, permissions: Object.keys(row.grants) }}
                            fields={fields}
                            onSubmit={({ description = '', permissions }) =>
                              hub.client.PATCH('/core/v0/roles/{id}', {
                                params: { path: { id: row.id }, header: matching(row.version ?? 0) },
                                body: { description, permissions: permissions as never },
                              })
                            }
                          />
                          <Ask
                            small
                            danger
                            label={t('action.remove')}
                            of={row.name}
                            text={t('role.remove.text')}
                            onConfirm={() =>
                              hub.client.DELETE('/core/v0/roles/{id}', { params: { path: { id: row.id } } })
                            }
                          />
                        </span>
                      ),
                  },
                ]}
              />
            </Card>
          )}
          <Card flush>
            <PermissionMatrix
              permissions={query.data.permissions}
              roles={query.data.roles}
              opens={new Map((routes.data ?? []).map((row) => [row.name, row.routes]))}
            />
          </Card>
        </div>
      ) : query.error ? (
        <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <LoadingPanel rows={12} />
      )}
    </>
  );
}

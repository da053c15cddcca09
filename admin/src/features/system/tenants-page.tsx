import { useQuery } from '@tanstack/react-query';
import { Ask, FormButton } from '../../components/ui/act.js';
import { TimeText } from '../../components/ui/age.js';
import { TwoColumns } from '../../components/ui/columns.js';
import { DataTable } from '../../components/ui/data-table.js';
import type { FormField } from '../../components/ui/form-dialog.js';
import { Card, PageHead } from '../../components/ui/page.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import { ToneTag } from '../../components/ui/tag.js';
import { body, idempotent, matching } from '../../lib/api/answers.js';
import { useRegions } from '../../lib/api/use-access.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useStationOptions } from '../../lib/lists/use-station-options.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { SYSTEM_TABS } from '../../routes/sections.js';

type RegionForm = { name: string; stationIds?: string[] };
type TenantForm = { id: string; name: string; username: string; adminName: string; password: string };

/** Regions of this network, and the networks beside it. */
export function TenantsPage() {
  const t = useT();
  const { hub } = useServices();
  const may = usePermits();
  const regions = useRegions();
  const stations = useStationOptions();
  const mayWrite = may('system:write');
  const tenants = useQuery({
    queryKey: ['tenants'],
    queryFn: async ({ signal }) => body(await hub.client.GET('/core/v0/tenants', { signal })),
  });
  const regionFields: FormField<RegionForm>[] = [
    { name: 'name', label: t('field.name'), kind: 'text', max: 64 },
    { name: 'stationIds', label: t('field.stations'), kind: 'multi', options: stations, optional: true },
  ];
  const nameOf = (id: string): string => stations.find(({ value }) => value === id)?.label ?? id;
  return (
    <>
      <PageHead title={t('system.tenants')} />
      <SectionTabs name="nav.system" tabs={SYSTEM_TABS} />
      <TwoColumns
        main={
          <Card
            title={t('system.regions')}
            flush
            extra={
              mayWrite && (
                <FormButton<RegionForm>
                  label={t('region.create')}
                  testId="create-region"
                  fields={regionFields}
                  onSubmit={(values, key) =>
                    hub.client.POST('/core/v0/regions', {
                      params: { header: idempotent(key) },
                      body: { name: values.name, stationIds: values.stationIds ?? [] },
                    })
                  }
                />
              )
            }
          >
            <DataTable
              rows={regions.data}
              error={regions.error}
              columns={[
                { title: t('field.name'), cell: (row) => row.name },
                {
                  title: t('field.stations'),
                  cell: (row) => <div className="words">{row.stationIds.map(nameOf).join(', ') || '–'}</div>,
                },
                { title: t('field.created'), cell: (row) => <TimeText at={row.createdAt} style="date" /> },
                {
                  title: t('list.actions'),
                  cell: (row) =>
                    mayWrite && (
                      <span style={{ display: 'flex', gap: 6 }}>
                        <FormButton<RegionForm>
                          small
                          label={t('action.edit')}
                          of={row.name}
                          initial={{ name: row.name, stationIds: row.stationIds }}
                          fields={regionFields}
                          onSubmit={(values) =>
                            hub.client.PUT('/core/v0/regions/{id}', {
                              params: { path: { id: row.id }, header: matching(row.version) },
                              body: { name: values.name, stationIds: values.stationIds ?? [] },
                            })
                          }
                        />
                        <Ask
                          small
                          danger
                          label={t('action.remove')}
                          of={row.name}
                          onConfirm={() =>
                            hub.client.DELETE('/core/v0/regions/{id}', { params: { path: { id: row.id } } })
                          }
                        />
                      </span>
                    ),
                },
              ]}
            />
          </Card>
        }
        side={
          <Card
            title={t('system.tenants.list')}
            flush
            extra={
              mayWrite && (
                <FormButton<TenantForm>
                  label={t('tenant.create')}
                  fields={[
                    { name: 'id', label: t('field.id'), kind: 'text', max: 32, hint: t('tenant.id.hint') },
                    { name: 'name', label: t('field.name'), kind: 'text', max: 64 },
                    { name: 'username', label: t('tenant.admin'), kind: 'text', max: 64 },
                    { name: 'adminName', label: t('tenant.adminName'), kind: 'text', max: 64 },
                    { name: 'password', label: t('signIn.password'), kind: 'password', min: 10 },
                  ]}
                  onSubmit={({ id, name, username, adminName, password }) =>
                    hub.client.POST('/core/v0/tenants', {
                      body: { id, name, admin: { username, name: adminName, password } },
                    })
                  }
                />
              )
            }
          >
            <DataTable
              rows={tenants.data}
              error={tenants.error}
              columns={[
                { title: t('field.id'), cell: (row) => <span className="mono">{row.id}</span> },
                {
                  title: t('field.name'),
                  cell: (row) => (
                    <>
                      {row.name}
                      {row.state === 'suspended' && (
                        <div>
                          <ToneTag tone="fault">{t('tenant.suspended')}</ToneTag> {row.stateReason}
                        </div>
                      )}
                    </>
                  ),
                },
                {
                  title: t('list.actions'),
                  cell: (row) =>
                    mayWrite && (
                      <Ask
                        small
                        danger={row.state === 'active'}
                        label={t(row.state === 'active' ? 'tenant.suspend' : 'tenant.resume')}
                        of={row.id}
                        text={t(row.state === 'active' ? 'tenant.suspend.text' : 'tenant.resume.text')}
                        note={row.state === 'active' ? { label: t('field.reason') } : undefined}
                        onConfirm={(reason) =>
                          hub.client.PATCH('/core/v0/tenants/{id}', {
                            params: { path: { id: row.id } },
                            body:
                              row.state === 'active' ? { state: 'suspended', reason } : { state: 'active' },
                          })
                        }
                      />
                    ),
                },
              ]}
            />
          </Card>
        }
      />
    </>
  );
}

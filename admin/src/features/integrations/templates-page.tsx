import { useQuery } from '@tanstack/react-query';
import { Ask, FormButton } from '../../components/ui/act.js';
import { DataTable } from '../../components/ui/data-table.js';
import { Card, PageHead } from '../../components/ui/page.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import { ToneTag } from '../../components/ui/tag.js';
import { body } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { INTEGRATION_TABS } from '../../routes/sections.js';

/** Wording of what riders are told, in both languages; changed ones can go back to the original. */
export function TemplatesPage() {
  const t = useT();
  const { hub } = useServices();
  const mayWrite = usePermits()('notifications:write');
  const query = useQuery({
    queryKey: ['templates'],
    queryFn: async ({ signal }) => body(await hub.client.GET('/core/v0/notification-templates', { signal })),
  });
  return (
    <>
      <PageHead title={t('system.templates')} />
      <SectionTabs name="nav.integrations" tabs={INTEGRATION_TABS} />
      <Card flush>
        <DataTable
          rows={query.data?.map((row) => ({ ...row, id: `${row.template} ${row.locale}` }))}
          error={query.error}
          columns={[
            {
              title: t('template.name'),
              cell: (row) => (
                <>
                  <span className="mono">{row.template}</span>
                  <div className="muted">
                    {row.locale} · {t(`notification.${row.category}`)}
                    {row.urgent && ` · ${t('template.urgent')}`}
                  </div>
                </>
              ),
            },
            {
              title: t('template.text'),
              cell: (row) => (
                <div className="words">
                  <b>{row.title}</b>
                  <div>{row.body}</div>
                  {row.changed && <ToneTag tone="swap">{t('template.changed')}</ToneTag>}
                </div>
              ),
            },
            {
              title: t('list.actions'),
              cell: (row) =>
                mayWrite && (
                  <span style={{ display: 'flex', gap: 6 }}>
                    <FormButton<{ title: string; body: string }>
                      small
                      label={t('action.edit')}
                      of={row.id}
                      text={t('template.fields', {
                        fields: row.fields.map((field) => `{${field}}`).join(' '),
                      })}
                      initial={{ title: row.title, body: row.body }}
                      fields={[
                        { name: 'title', label: t('template.title'), kind: 'text', max: 80 },
                        { name: 'body', label: t('template.body'), kind: 'area', max: 500 },
                      ]}
                      onSubmit={(values) =>
                        hub.client.PUT('/core/v0/notification-templates/{template}/{locale}', {
                          params: { path: { template: row.template, locale: row.locale } },
                          body: values,
                        })
                      }
                    />
                    {row.changed && (
                      <Ask
                        small
                        label={t('template.reset')}
                        of={row.id}
                        onConfirm={() =>
                          hub.client.DELETE('/core/v0/notification-templates/{template}/{locale}', {
                            params: { path: { template: row.template, locale: row.locale } },
                          })
                        }
                      />
                    )}
                  </span>
                ),
            },
          ]}
        />
      </Card>
    </>
  );
}

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { FormButton } from '../../components/ui/act.js';
import { TimeText } from '../../components/ui/age.js';
import { DataTable } from '../../components/ui/data-table.js';
import type { FormField } from '../../components/ui/form-dialog.js';
import { Card, PageHead } from '../../components/ui/page.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import { body, matching, type RowOf } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { SYSTEM_TABS } from '../../routes/sections.js';

type Setting = RowOf<'getSettings'>;
type SettingForm = { value: string | number | boolean };

const valueField = (setting: Setting, label: string, hint: string): FormField<SettingForm> => {
  const shared = { name: 'value', label, hint } as const;
  if (typeof setting.value === 'boolean') return { ...shared, kind: 'switch' };
  return typeof setting.value === 'number' ? { ...shared, kind: 'number' } : { ...shared, kind: 'text' };
};

/** Settings of the network with their history; a change holds at once. */
export function SettingsPage() {
  const t = useT();
  const { hub } = useServices();
  const may = usePermits();
  const [shown, setShown] = useState<Setting['key'] | null>(null);
  const query = useQuery({
    queryKey: ['settings'],
    queryFn: async ({ signal }) => body(await hub.client.GET('/core/v0/settings', { signal })),
  });
  // The hub explains a setting in English; settings of a newer hub are shown as it says them.
  const aboutOf = (setting: Setting): string => {
    const words = t.code('setting.about', setting.key);
    return words === setting.key ? setting.about : words;
  };
  return (
    <>
      <PageHead title={t('system.settings')} />
      <SectionTabs name="nav.system" tabs={SYSTEM_TABS} />
      <div style={{ display: 'grid', gap: 16 }}>
        <Card flush>
          <DataTable
            rows={query.data?.map((setting) => ({ ...setting, id: setting.key }))}
            error={query.error}
            columns={[
              {
                title: t('setting.name'),
                cell: (row) => (
                  <>
                    <span className="mono">{row.key}</span>
                    <div className="muted">{aboutOf(row)}</div>
                  </>
                ),
              },
              {
                title: t('setting.value'),
                cell: (row) => <b data-testid={`setting-${row.key}`}>{String(row.value)}</b>,
              },
              { title: t('setting.initial'), cell: (row) => String(row.initial) },
              {
                title: t('list.actions'),
                cell: (row) => (
                  <span style={{ display: 'flex', gap: 8, alignItems: 'center' }}>
                    {may('system:write') && (
                      <FormButton<SettingForm>
                        small
                        label={t('action.edit')}
                        of={row.key}
                        initial={{ value: row.value }}
                        fields={[valueField(row, t('setting.value'), aboutOf(row))]}
                        note={{ label: t('field.note') }}
                        onSubmit={({ value }, _, note) =>
                          hub.client.PUT('/core/v0/settings/{key}', {
                            params: { path: { key: row.key }, header: matching(row.version) },
                            body: { value, note },
                          })
                        }
                      />
                    )}
                    <button type="button" className="link-button" onClick={() => setShown(row.key)}>
                      {t('task.history')}
                    </button>
                  </span>
                ),
              },
            ]}
          />
        </Card>
        {shown && <SettingHistory key={shown} setting={shown} />}
      </div>
    </>
  );
}

function SettingHistory(props: { setting: Setting['key'] }) {
  const t = useT();
  const { hub } = useServices();
  const query = useQuery({
    queryKey: ['setting-history', props.setting],
    queryFn: async ({ signal }) =>
      body(
        await hub.client.GET('/core/v0/settings/{key}/history', {
          params: { path: { key: props.setting } },
          signal,
        }),
      ),
  });
  return (
    <Card title={`${t('task.history')} · ${props.setting}`} flush>
      <DataTable
        rows={query.data?.map((change) => ({ ...change, id: String(change.version) }))}
        error={query.error}
        columns={[
          { title: t('ledger.at'), cell: (row) => <TimeText at={row.at} /> },
          { title: t('setting.value'), cell: (row) => `${row.from ?? '–'} → ${row.to}` },
          { title: t('plan.by'), cell: (row) => row.by },
          { title: t('field.note'), cell: (row) => row.note ?? '–' },
        ]}
      />
    </Card>
  );
}

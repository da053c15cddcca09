import { Button } from 'antd';
import { FormButton } from '../../components/ui/act.js';
import { RecordList, useFields } from '../../components/ui/record-list.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import { page, type QueryOf, type RowOf } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { saveFile } from '../../lib/lists/csv.js';
import { useStationOptions } from '../../lib/lists/use-station-options.js';
import { usePermits } from '../../lib/permissions.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';
import { INTEGRATION_TABS } from '../../routes/sections.js';

type Export = RowOf<'listExports'>;
const REPORTS = ['orders', 'charges', 'hours', 'days', 'alarms', 'audit'] as const;
type ExportForm = {
  report: (typeof REPORTS)[number];
  format: 'csv' | 'xlsx';
  from: string;
  to: string;
  stationId?: string;
};
const REFRESH_MS = 3_000;
const FIRST_DAY_AGO_MS = 7 * 86_400_000;

/** Large files that the hub writes in the background. */
export function ExportsPage() {
  const t = useT();
  const { hub } = useServices();
  const { language } = usePreferences();
  const may = usePermits();
  const stations = useStationOptions(may('stations:read'));
  const fields = useFields<Export>();
  const tone = { pending: 'swap', done: 'ready', failed: 'fault' } as const;
  async function download(row: Export): Promise<void> {
    const { data } = await hub.client.GET('/core/v0/exports/{id}/download', {
      params: { path: { id: row.id } },
      parseAs: 'blob',
    });
    if (data) saveFile(row.fileName, data as unknown as Blob, '');
  }
  return (
    <RecordList<Export, QueryOf<'listExports'>>
      title={t('system.exports')}
      name="exports"
      route="/integrations/exports"
      tabs={<SectionTabs name="nav.integrations" tabs={INTEGRATION_TABS} />}
      refreshMs={REFRESH_MS}
      read={async (query, signal) =>
        page(await hub.client.GET('/core/v0/exports', { params: { query }, signal }))
      }
      filters={[
        {
          field: 'report',
          label: t('export.report'),
          options: REPORTS.map((value) => ({ value, label: t(`export.report.${value}`) })),
        },
      ]}
      fields={[
        fields.text('fileName', t('export.file'), (row) => row.fileName),
        fields.state(
          'state',
          t('field.state'),
          (row) =>
            row.state === 'pending' && row.progress
              ? `${row.progress.percent}%`
              : t(`export.state.${row.state}`),
          (row) => tone[row.state],
        ),
        fields.text('report', t('export.report'), (row) => t.code('export.report', row.report)),
        fields.number('rows', t('export.rows'), (row) => row.rows),
        fields.time('from', t('export.from'), (row) => row.from),
        fields.time('to', t('export.to'), (row) => row.to),
        fields.text('error', t('task.error'), (row) => row.error),
        fields.time('createdAt', t('field.created'), (row) => row.createdAt, true),
      ]}
      actions={
        may('exports:create') && (
          <FormButton<ExportForm>
            primary
            label={t('export.create')}
            testId="create-export"
            initial={{
              report: 'orders',
              format: 'xlsx',
              from: new Date(Date.now() - FIRST_DAY_AGO_MS).toISOString(),
              to: new Date().toISOString(),
            }}
            fields={[
              {
                name: 'report',
                label: t('export.report'),
                kind: 'select',
                options: REPORTS.map((value) => ({ value, label: t(`export.report.${value}`) })),
              },
              {
                name: 'format',
                label: t('export.format'),
                kind: 'select',
                options: ['xlsx', 'csv'].map((value) => ({ value, label: value.toUpperCase() })),
              },
              { name: 'from', label: t('export.from'), kind: 'date-time' },
              { name: 'to', label: t('export.to'), kind: 'date-time' },
              {
                name: 'stationId',
                label: t('order.station'),
                kind: 'select',
                options: stations,
                optional: true,
              },
            ]}
            onSubmit={(values, key) =>
              hub.client.POST('/core/v0/exports', {
                params: { header: { 'Idempotency-Key': key } },
                body: { ...values, locale: language },
              })
            }
          />
        )
      }
      row={(row) =>
        row.state === 'done' && (
          <Button
            size="small"
            onClick={() => void download(row)}
            aria-label={`${t('export.download')} ${row.fileName}`}
          >
            {t('export.download')}
          </Button>
        )
      }
    />
  );
}

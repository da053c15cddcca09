import { RecordList, useFields } from '../../components/ui/record-list.js';
import { page, type QueryOf, type RowOf } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useStationOptions } from '../../lib/lists/use-station-options.js';
import { useServices } from '../../lib/services.js';
import { AlarmTabs } from './alarm-tabs.js';

type Report = RowOf<'listStationReports'>;
const KINDS = [
  'danger',
  'door-stuck',
  'pack-problem',
  'screen-or-reader',
  'app-or-payment',
  'cannot-reach',
  'dirty-or-damaged',
  'other',
] as const;

/** What riders say is wrong at a station; each became an alarm. */
export function ReportsPage() {
  const t = useT();
  const { hub } = useServices();
  const stations = useStationOptions();
  const fields = useFields<Report>();
  return (
    <RecordList<Report, QueryOf<'listStationReports'>>
      title={t('report.title')}
      name="reports"
      route="/alarms/reports"
      tabs={<AlarmTabs />}
      read={async (query, signal) =>
        page(await hub.client.GET('/core/v0/reports', { params: { query }, signal }))
      }
      link={(row) => ({ to: '/stations/$stationId', params: { stationId: row.stationId } })}
      filters={[
        {
          field: 'kind',
          label: t('report.kind'),
          options: KINDS.map((value) => ({ value, label: t(`report.kind.${value}`) })),
        },
        { field: 'stationId', label: t('order.station'), options: stations },
        { field: 'createdAt', label: t('field.created'), days: true },
      ]}
      fields={[
        fields.code('stationId', t('order.station'), (row) => row.stationId),
        fields.state(
          'kind',
          t('report.kind'),
          (row) => t(`report.kind.${row.kind}`),
          (row) => (row.kind === 'danger' ? 'fault' : 'charging'),
        ),
        fields.text('note', t('field.note'), (row) => row.note),
        fields.number('slot', t('reading.slot'), (row) => row.slot),
        fields.code('userId', t('order.user'), (row) => row.userId),
        fields.code('orderId', t('order.id'), (row) => row.orderId),
        fields.time('createdAt', t('field.created'), (row) => row.createdAt, true),
      ]}
    />
  );
}

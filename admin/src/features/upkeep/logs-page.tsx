import { Link } from '@tanstack/react-router';
import type { SlotTone } from '@voltbay/protocol/client';
import { RecordList, useFields } from '../../components/ui/record-list.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import { page, type QueryOf, type RowOf } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useServices } from '../../lib/services.js';
import { UPKEEP_TABS } from '../../routes/sections.js';

type LogLine = RowOf<'listLogs'>;
const REFRESH_MS = 10_000;
const LEVELS = ['debug', 'info', 'warn', 'error', 'fatal'] as const;
const TONES: Record<LogLine['level'], SlotTone> = {
  debug: 'off',
  info: 'swap',
  warn: 'charging',
  error: 'fault',
  fatal: 'fault',
};

/** Lines of the hub and of the stations: by words, order, request, station, level and time. */
export function LogsPage() {
  const t = useT();
  const { hub } = useServices();
  const fields = useFields<LogLine>();
  return (
    <RecordList<LogLine, QueryOf<'listLogs'>>
      title={t('upkeep.logs')}
      name="logs"
      route="/upkeep/logs"
      tabs={<SectionTabs name="nav.upkeep" tabs={UPKEEP_TABS} />}
      sort={{ sort: 'time', order: 'desc' }}
      refreshMs={REFRESH_MS}
      searchLabel={t('log.search')}
      read={async (query, signal) =>
        page(await hub.client.GET('/core/v0/logs', { params: { query }, signal }))
      }
      filters={[
        {
          field: 'level',
          label: t('log.level'),
          options: LEVELS.map((value) => ({ value, label: t(`log.level.${value}`) })),
        },
        {
          field: 'source',
          label: t('log.source'),
          options: (['hub', 'station'] as const).map((value) => ({
            value,
            label: t(`log.source.${value}`),
          })),
        },
        { field: 'orderId', label: t('order.id') },
        { field: 'device', label: t('order.station') },
        { field: 'requestId', label: t('log.request') },
        { field: 'time', label: t('ledger.at'), days: true },
      ]}
      fields={[
        fields.time('time', t('ledger.at'), (row) => row.time, true),
        fields.state(
          'level',
          t('log.level'),
          (row) => t(`log.level.${row.level}`),
          (row) => TONES[row.level],
        ),
        fields.text('msg', t('log.text'), (row) => row.msg, {
          show: (row) => (
            <details>
              <summary className="mono">{row.msg}</summary>
              <pre className="json">{JSON.stringify(row.fields, null, 2)}</pre>
            </details>
          ),
        }),
        fields.text('source', t('log.source'), (row) => row.device ?? t(`log.source.${row.source}`)),
        {
          key: 'orderId',
          title: t('order.id'),
          value: (row) => row.orderId,
          show: (row) =>
            row.orderId ? (
              <Link to="/orders/$orderId" params={{ orderId: row.orderId }} className="mono">
                {row.orderId.slice(-8)}
              </Link>
            ) : (
              '–'
            ),
        },
        fields.code('requestId', t('log.request'), (row) => row.requestId),
      ]}
    />
  );
}

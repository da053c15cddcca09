import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Button } from 'antd';
import { Ask, FormButton } from '../../components/ui/act.js';
import { AgeText } from '../../components/ui/age.js';
import { DataTable } from '../../components/ui/data-table.js';
import { Card } from '../../components/ui/page.js';
import { ToneTag } from '../../components/ui/tag.js';
import { idempotent, page } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { saveFile } from '../../lib/lists/csv.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';

const REFRESH_MS = 5_000;
const SHOWN = 10;
const LEVELS = ['debug', 'info', 'warn', 'error', 'fatal'] as const;
const TONES = { asked: 'swap', uploaded: 'ready', failed: 'fault' } as const;

/** Bundles and log lines of a station, asked for from here. */
export function StationDiagnostics(props: { stationId: string }) {
  const t = useT();
  const { hub } = useServices();
  const mayAsk = usePermits()('diagnostics:create');
  const path = { id: props.stationId };
  const query = useQuery({
    queryKey: ['diagnostics', props.stationId],
    queryFn: async ({ signal }) =>
      page(
        await hub.client.GET('/core/v0/stations/{id}/diagnostics', {
          params: { path, query: { _limit: SHOWN, _sort: 'createdAt', _order: 'desc' } },
          signal,
        }),
      ),
    refetchInterval: REFRESH_MS,
  });
  async function download(id: string): Promise<void> {
    const { data } = await hub.client.GET('/core/v0/diagnostics/{id}/bundle', {
      params: { path: { id } },
      parseAs: 'blob',
    });
    if (data) saveFile(`voltbay-${props.stationId}-${id.slice(-6)}.json.gz`, data as unknown as Blob, '');
  }
  return (
    <Card
      title={t('diagnostics.title')}
      flush
      extra={
        <Link to="/upkeep/logs" search={{ filter: { device: props.stationId } }}>
          {t('upkeep.logs')}
        </Link>
      }
    >
      {mayAsk && (
        <span style={{ display: 'flex', flexWrap: 'wrap', gap: 8, padding: '8px 16px' }}>
          <Ask
            label={t('diagnostics.ask')}
            testId="ask-diagnostics"
            text={t('diagnostics.ask.text')}
            onConfirm={(_, key) =>
              hub.client.POST('/core/v0/stations/{id}/diagnostics', {
                params: { path, header: idempotent(key) },
              })
            }
          />
          <FormButton<{
            level: (typeof LEVELS)[number];
            minutesBack?: number;
            forS?: number;
            orderId?: string;
          }>
            label={t('diagnostics.logs')}
            initial={{ level: 'info', minutesBack: 30, forS: 60 }}
            fields={[
              {
                name: 'level',
                label: t('log.level'),
                kind: 'select',
                options: LEVELS.map((value) => ({ value, label: t(`log.level.${value}`) })),
              },
              { name: 'minutesBack', label: t('diagnostics.back'), kind: 'number', min: 1, optional: true },
              { name: 'forS', label: t('diagnostics.for'), kind: 'number', min: 1, max: 900, optional: true },
              { name: 'orderId', label: t('order.id'), kind: 'text', max: 64, optional: true },
            ]}
            onSubmit={(values, key) =>
              hub.client.POST('/core/v0/stations/{id}/logs/requests', {
                params: { path, header: idempotent(key) },
                body: values,
              })
            }
          />
        </span>
      )}
      <DataTable
        rows={query.data?.items}
        error={query.error}
        empty={t('diagnostics.none')}
        columns={[
          { title: t('field.created'), cell: (row) => <AgeText at={row.createdAt} /> },
          {
            title: t('field.state'),
            cell: (row) => (
              <>
                <ToneTag tone={TONES[row.state]}>{t(`diagnostics.state.${row.state}`)}</ToneTag>
                {row.reason && <div className="muted">{row.reason}</div>}
              </>
            ),
          },
          {
            title: t('list.actions'),
            cell: (row) =>
              row.state === 'uploaded' && (
                <Button size="small" onClick={() => void download(row.id)}>
                  {t('export.download')}
                </Button>
              ),
          },
        ]}
      />
    </Card>
  );
}

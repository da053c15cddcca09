import { useQuery } from '@tanstack/react-query';
import { DataTable } from '../../components/ui/data-table.js';
import { Card } from '../../components/ui/page.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useServices } from '../../lib/services.js';

const REFRESH_MS = 15_000;
const LINE = /^([a-zA-Z_:][\w:]*)(\{[^}]*\})? (\S+)/;

/** Samples of the Prometheus text format 0.0.4; histograms are left out, their parts say nothing one by one. */
export function parseMetrics(text: string): { id: string; help: string; value: number }[] {
  const help = new Map<string, string>();
  const samples: { id: string; help: string; value: number }[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('# HELP ')) {
      const [name = '', ...words] = line.slice('# HELP '.length).split(' ');
      help.set(name, words.join(' '));
      continue;
    }
    const found = line.startsWith('#') ? null : LINE.exec(line);
    if (!found?.[1] || /_(bucket|sum|count)$/.test(found[1])) continue;
    const value = Number(found[3]);
    if (Number.isFinite(value))
      samples.push({
        id: `${found[1]}${found[2] ?? ''}`,
        help: help.get(found[1]) ?? '',
        value,
      });
  }
  return samples;
}

/** What the hub counts about itself. */
export function MetricFacts() {
  const t = useT();
  const { hub } = useServices();
  const query = useQuery({
    queryKey: ['metrics'],
    queryFn: async ({ signal }) => {
      const { data } = await hub.client.GET('/metrics', { signal, parseAs: 'text' });
      return parseMetrics(String(data ?? ''));
    },
    refetchInterval: REFRESH_MS,
  });
  return (
    <Card title={t('about.metrics')} flush>
      <DataTable
        rows={query.data}
        error={query.error}
        columns={[
          {
            title: t('about.metric'),
            cell: (row) => (
              <div className="words" style={{ overflowWrap: 'anywhere' }}>
                <span className="mono">{row.id}</span>
              </div>
            ),
          },
          { title: t('about.meaning'), cell: (row) => <div className="muted words">{row.help}</div> },
          { title: t('about.value'), right: true, cell: (row) => row.value.toLocaleString() },
        ]}
      />
    </Card>
  );
}

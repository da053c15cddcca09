import { useQuery } from '@tanstack/react-query';
import { Segmented } from 'antd';
import { useCallback, useMemo, useState } from 'react';
import type { RowOf } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { axisOf, Chart, type ChartColours, GRID, tooltipOf } from './chart.js';
import { EmptyPanel, ErrorPanel, LoadingPanel } from './states.js';

export type Sample = RowOf<'listStationReadings'>;
type Reading = Sample['readings'][number];
/** One page of samples, newest first, and where the next one starts. */
export type SamplePage = { samples: Sample[]; next: string | undefined };
export type ReadSamples = (
  query: { from: string; to: string; _limit: number; _cursor?: string },
  signal: AbortSignal,
) => Promise<SamplePage>;

const HOUR_MS = 3_600_000;
const SPANS = { '1h': HOUR_MS, '24h': 24 * HOUR_MS, '7d': 168 * HOUR_MS } as const;
type Span = keyof typeof SPANS;
const PAGE_SIZE = 500;
/** As many samples as a chart shows well; what is older is asked for with a shorter span. */
const MOST_SAMPLES = 4_000;

const METRICS = {
  soc: (reading: Reading) => reading.socPct,
  soh: (reading: Reading) => reading.sohPct,
  voltage: (reading: Reading) => (reading.voltageMv === undefined ? undefined : reading.voltageMv / 1000),
  current: (reading: Reading) => (reading.currentMa === undefined ? undefined : reading.currentMa / 1000),
  temperature: (reading: Reading) =>
    reading.temperaturesDeciC?.length ? Math.max(...reading.temperaturesDeciC) / 10 : undefined,
  spread: (reading: Reading) =>
    reading.cellMv?.length ? Math.max(...reading.cellMv) - Math.min(...reading.cellMv) : undefined,
} as const;
type Metric = keyof typeof METRICS;
const UNITS: Record<Metric, string> = {
  soc: '%',
  soh: '%',
  voltage: 'V',
  current: 'A',
  temperature: '°C',
  spread: 'mV',
};

/** `_cursor` of the next page in the hub's `Link` header. */
export function nextCursor(link: string | null): string | undefined {
  const address = /<([^>]+)>;\s*rel="next"/.exec(link ?? '')?.[1];
  return address ? (new URLSearchParams(address.split('?')[1]).get('_cursor') ?? undefined) : undefined;
}

async function readAll(read: ReadSamples, from: string, to: string, signal: AbortSignal): Promise<Sample[]> {
  const all: Sample[] = [];
  let cursor: string | undefined;
  do {
    const page = await read({ from, to, _limit: PAGE_SIZE, _cursor: cursor }, signal);
    all.push(...page.samples);
    cursor = page.next;
  } while (cursor && all.length < MOST_SAMPLES);
  return all.reverse();
}

/** Lines of one metric over time, by slot or by pack, with zoom. */
export function ReadingsChart(props: { name: readonly string[]; read: ReadSamples; by: 'slot' | 'packId' }) {
  const t = useT();
  const { read, by } = props;
  const [span, setSpan] = useState<Span>('24h');
  const [metric, setMetric] = useState<Metric>('soc');
  const { data, error, refetch } = useQuery({
    queryKey: ['readings', ...props.name, span],
    queryFn: ({ signal }) => {
      const to = new Date();
      return readAll(read, new Date(to.getTime() - SPANS[span]).toISOString(), to.toISOString(), signal);
    },
  });
  const series = useMemo(() => linesOf(data ?? [], by, METRICS[metric]), [data, by, metric]);
  const option = useCallback(
    (colours: ChartColours) => {
      const axis = axisOf(colours);
      return {
        grid: { ...GRID, top: 48, bottom: 56 },
        tooltip: {
          trigger: 'axis',
          ...tooltipOf(colours),
          valueFormatter: (value: unknown) => (typeof value === 'number' ? `${value} ${UNITS[metric]}` : '–'),
        },
        legend: { type: 'scroll', top: 0, textStyle: { color: colours.text } },
        xAxis: { type: 'time', ...axis, splitLine: { show: false } },
        yAxis: { type: 'value', name: UNITS[metric], scale: true, ...axis },
        dataZoom: [
          { type: 'inside' },
          {
            type: 'slider',
            bottom: 8,
            height: 24,
            textStyle: { color: colours.text },
            borderColor: colours.line,
          },
        ],
        series: [...series].map(([name, points]) => ({
          name: by === 'slot' ? t('slot.number', { slot: name }) : name,
          type: 'line',
          showSymbol: points.length < 40,
          sampling: 'lttb',
          data: points,
        })),
      };
    },
    [series, metric, by, t],
  );
  return (
    <>
      <div style={{ display: 'flex', flexWrap: 'wrap', gap: 8, marginBottom: 12 }}>
        <Segmented
          aria-label={t('readings.metric')}
          value={metric}
          options={(Object.keys(METRICS) as Metric[]).map((value) => ({
            value,
            label: t(`readings.${value}`),
          }))}
          onChange={setMetric}
        />
        <Segmented
          aria-label={t('analytics.span')}
          value={span}
          options={(Object.keys(SPANS) as Span[]).map((value) => ({
            value,
            label: t(`readings.span.${value}`),
          }))}
          onChange={setSpan}
        />
      </div>
      {!data ? (
        error ? (
          <ErrorPanel error={error} onRetry={() => void refetch()} />
        ) : (
          <LoadingPanel rows={8} />
        )
      ) : series.size === 0 ? (
        <EmptyPanel>{t('readings.none')}</EmptyPanel>
      ) : (
        <Chart label={t(`readings.${metric}`)} option={option} height={380} />
      )}
    </>
  );
}

function linesOf(
  samples: readonly Sample[],
  by: 'slot' | 'packId',
  value: (reading: Reading) => number | undefined,
): Map<string, [string, number][]> {
  const lines = new Map<string, [string, number][]>();
  for (const sample of samples) {
    for (const reading of sample.readings) {
      const key = reading[by];
      const point = value(reading);
      if (key === undefined || point === undefined) continue;
      const line = lines.get(String(key)) ?? [];
      line.push([reading.time ?? sample.at, point]);
      lines.set(String(key), line);
    }
  }
  return lines;
}

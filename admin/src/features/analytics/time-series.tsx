import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useCallback } from 'react';
import { axisOf, Chart, type ChartColours, GRID, tooltipOf } from '../../components/ui/chart.js';
import { EmptyPanel, ErrorPanel, LoadingPanel } from '../../components/ui/states.js';
import { body } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { labelOf } from '../../lib/range.js';
import { useServices } from '../../lib/services.js';
import type { AnalyticsQuery } from './analytics-page.js';

const LENGTH_MS = { hour: 3_600_000, day: 86_400_000 } as const;

/** Swaps, shortages and revenue over time; a bar leads to the orders of its hour or day. */
export function TimeSeries(props: { query: AnalyticsQuery; period: 'hour' | 'day' }) {
  const t = useT();
  const { hub } = useServices();
  const navigate = useNavigate();
  const { query, period } = props;
  const { data, error } = useQuery({
    queryKey: ['analytics', 'series', query, period],
    queryFn: async ({ signal }) =>
      body(
        await hub.client.GET('/core/v0/analytics/series', {
          params: { query: { ...query, period } },
          signal,
        }),
      ),
  });
  const option = useCallback(
    (colours: ChartColours) => {
      const rows = data ?? [];
      const bar = (name: string, tone: string, value: (row: (typeof rows)[number]) => number) => ({
        name,
        type: 'bar',
        stack: 'swaps',
        itemStyle: { color: colours.tone(tone) },
        barMaxWidth: 26,
        data: rows.map(value),
      });
      const axis = axisOf(colours);
      return {
        grid: { ...GRID, top: 40 },
        tooltip: { trigger: 'axis', ...tooltipOf(colours) },
        legend: { top: 0, textStyle: { color: colours.text } },
        xAxis: { type: 'category', data: rows.map(({ key }) => labelOf(key, period)), ...axis },
        yAxis: [
          { type: 'value', minInterval: 1, ...axis },
          { type: 'value', ...axis, splitLine: { show: false } },
        ],
        series: [
          bar(t('analytics.swaps'), 'ready', (row) => row.swaps),
          bar(t('analytics.shortages'), 'charging', (row) => row.shortages),
          {
            name: t('analytics.revenueYuan'),
            type: 'line',
            yAxisIndex: 1,
            smooth: true,
            symbolSize: 5,
            itemStyle: { color: colours.tone('swap') },
            data: rows.map((row) => row.revenueFen / 100),
          },
        ],
      };
    },
    [data, period, t],
  );
  if (!data) return error ? <ErrorPanel error={error} /> : <LoadingPanel rows={6} />;
  if (data.length === 0) return <EmptyPanel>{t('analytics.none')}</EmptyPanel>;
  return (
    <Chart
      label={t('analytics.course')}
      option={option}
      onPick={({ dataIndex }) => {
        const start = Date.parse(data[dataIndex]?.key ?? '');
        if (Number.isNaN(start)) return;
        const filter: Record<string, string> = {
          createdAt_gte: new Date(start).toISOString(),
          createdAt_lte: new Date(start + LENGTH_MS[period] - 1).toISOString(),
          ...(query.stationId ? { stationId: query.stationId } : {}),
        };
        void navigate({ to: '/orders', search: { filter } });
      }}
    />
  );
}

import { useQuery } from '@tanstack/react-query';
import { Segmented } from 'antd';
import { useCallback, useState } from 'react';
import { axisOf, Chart, type ChartColours, tooltipOf } from '../../components/ui/chart.js';
import { ErrorPanel, LoadingPanel } from '../../components/ui/states.js';
import { body } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useServices } from '../../lib/services.js';
import type { AnalyticsQuery } from './analytics-page.js';

const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, '0'));
const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7] as const;

/** Swaps or shortages by hour and weekday. */
export function HeatMap(props: { query: AnalyticsQuery }) {
  const t = useT();
  const { hub } = useServices();
  const [what, setWhat] = useState<'swaps' | 'shortages'>('swaps');
  const { query } = props;
  const { data, error } = useQuery({
    queryKey: ['analytics', 'heat', query],
    queryFn: async ({ signal }) =>
      body(await hub.client.GET('/core/v0/analytics/heat-map', { params: { query }, signal })),
  });
  const option = useCallback(
    (colours: ChartColours) => {
      const cells = (data ?? []).map((cell) => [cell.hour, (cell.weekday || 7) - 1, cell[what]]);
      const axis = { ...axisOf(colours), splitArea: { show: false }, splitLine: { show: false } };
      return {
        grid: { left: 8, right: 8, top: 8, bottom: 44, outerBoundsMode: 'same' },
        tooltip: tooltipOf(colours),
        xAxis: { type: 'category', data: HOURS, ...axis },
        yAxis: {
          type: 'category',
          inverse: true,
          data: WEEKDAYS.map((day) => t(`weekday.${day}`)),
          ...axis,
        },
        visualMap: {
          min: 0,
          max: Math.max(1, ...cells.map((cell) => cell[2] ?? 0)),
          orient: 'horizontal',
          left: 'center',
          bottom: 0,
          itemHeight: 100,
          textStyle: { color: colours.text },
          inRange: {
            color: [colours.tone('empty-soft'), colours.tone(what === 'swaps' ? 'ready' : 'fault')],
          },
        },
        series: [
          {
            type: 'heatmap',
            name: t(`analytics.${what}`),
            data: cells,
            itemStyle: { borderColor: colours.surface, borderWidth: 1 },
          },
        ],
      };
    },
    [data, what, t],
  );
  if (!data) return error ? <ErrorPanel error={error} /> : <LoadingPanel rows={6} />;
  return (
    <>
      <Segmented
        size="small"
        aria-label={t('analytics.heat')}
        value={what}
        options={(['swaps', 'shortages'] as const).map((value) => ({
          value,
          label: t(`analytics.${value}`),
        }))}
        onChange={setWhat}
      />
      <Chart label={t('analytics.heat')} option={option} height={236} />
    </>
  );
}

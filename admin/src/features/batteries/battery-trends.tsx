import { useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { axisOf, Chart, type ChartColours, tooltipOf } from '../../components/ui/chart.js';
import { Card } from '../../components/ui/page.js';
import { nextCursor, ReadingsChart, type ReadSamples } from '../../components/ui/readings-chart.js';
import { body } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useServices } from '../../lib/services.js';

const DAY_MS = 86_400_000;
/** Columns of the heat map. */
const MOST_COLUMNS = 120;
/** A cell this far off the mean has the strongest colour. */
const STRONG_MV = 40;

/** How a pack and each of its cells moved. */
export function BatteryTrends(props: { batteryId: string }) {
  const t = useT();
  const { hub } = useServices();
  const { batteryId } = props;
  const read = useCallback<ReadSamples>(
    async (query, signal) => {
      const answer = await hub.client.GET('/core/v0/batteries/{id}/readings', {
        params: { path: { id: batteryId }, query },
        signal,
      });
      return { samples: body(answer), next: nextCursor(answer.response.headers.get('link')) };
    },
    [hub, batteryId],
  );
  return (
    <>
      <Card title={t('battery.trends')}>
        <ReadingsChart name={['battery', batteryId]} by="packId" read={read} />
      </Card>
      <CellMap batteryId={batteryId} read={read} />
    </>
  );
}

function CellMap(props: { batteryId: string; read: ReadSamples }) {
  const t = useT();
  const { read, batteryId } = props;
  const { data } = useQuery({
    queryKey: ['cells', batteryId],
    queryFn: async ({ signal }) => {
      const to = new Date();
      const from = new Date(to.getTime() - DAY_MS);
      const { samples } = await read({ from: from.toISOString(), to: to.toISOString(), _limit: 500 }, signal);
      const cells = samples
        .reverse()
        .flatMap(({ at, readings }) =>
          readings
            .filter((reading) => reading.packId === batteryId || reading.serial === batteryId)
            .map(({ cellMv }) => ({ at, cellMv: cellMv ?? [] })),
        )
        .filter(({ cellMv }) => cellMv.length > 0);
      const step = Math.max(1, Math.ceil(cells.length / MOST_COLUMNS));
      return cells.filter((_, index) => index % step === 0);
    },
  });
  const option = useCallback(
    (colours: ChartColours) => {
      const columns = data ?? [];
      const cells = columns.flatMap(({ cellMv }, column) => {
        const mean = cellMv.reduce((sum, mv) => sum + mv, 0) / cellMv.length;
        return cellMv.map((mv, cell) => [column, cell, Math.round(mv - mean)]);
      });
      const count = Math.max(0, ...columns.map(({ cellMv }) => cellMv.length));
      const axis = { ...axisOf(colours), type: 'category', splitLine: { show: false } };
      return {
        grid: { left: 8, right: 8, top: 8, bottom: 48, outerBoundsMode: 'same' },
        tooltip: tooltipOf(colours),
        xAxis: { ...axis, data: columns.map(({ at }) => new Date(at).toLocaleTimeString()) },
        yAxis: { ...axis, data: Array.from({ length: count }, (_, index) => String(index + 1)) },
        visualMap: {
          min: -STRONG_MV,
          max: STRONG_MV,
          orient: 'horizontal',
          left: 'center',
          bottom: 0,
          itemHeight: 120,
          textStyle: { color: colours.text },
          inRange: { color: [colours.tone('swap'), colours.tone('empty-soft'), colours.tone('fault')] },
        },
        series: [{ type: 'heatmap', name: 'mV', data: cells }],
      };
    },
    [data],
  );
  if (!data || data.length === 0) return null;
  return (
    <Card title={t('battery.cellMap')}>
      <Chart label={t('battery.cellMap')} option={option} height={320} />
    </Card>
  );
}

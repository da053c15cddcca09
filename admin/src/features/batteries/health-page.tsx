import { useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { TimeText } from '../../components/ui/age.js';
import { axisOf, Chart, type ChartColours, GRID, tooltipOf } from '../../components/ui/chart.js';
import { Tile, Tiles } from '../../components/ui/columns.js';
import { DataTable } from '../../components/ui/data-table.js';
import styles from '../../components/ui/figures.module.css';
import { Card, PageHead } from '../../components/ui/page.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import { EmptyPanel, ErrorPanel, LoadingPanel } from '../../components/ui/states.js';
import { body, type RowOf } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { labelOf } from '../../lib/range.js';
import { useServices } from '../../lib/services.js';
import { BATTERY_TABS } from '../../routes/sections.js';

type Health = RowOf<'getBatteryHealth'>;
type PackClass = Health['classes'][number];
const SOH = ['below60', 'from60', 'from70', 'from80', 'from90', 'unknown'] as const;
const CYCLES = ['below200', 'from200', 'from500', 'from1000', 'unknown'] as const;
const SOH_TONES = ['fault', 'fault', 'charging', 'ready', 'ready', 'empty'] as const;
const DAYS = 90;

/** The fleet by health and age, and how it moved over the last months. */
export function HealthPage() {
  const t = useT();
  const { hub } = useServices();
  const query = useQuery({
    queryKey: ['analytics', 'battery-health'],
    queryFn: async ({ signal }) =>
      body(
        await hub.client.GET('/core/v0/analytics/battery-health', {
          params: { query: { days: DAYS } },
          signal,
        }),
      ),
  });
  const days = query.data?.toSorted((a, b) => a.day.localeCompare(b.day));
  const latest = days?.at(-1);
  return (
    <>
      <PageHead title={t('battery.health')} meta={latest && <TimeText at={latest.day} style="date" />} />
      <SectionTabs name="nav.batteries" tabs={BATTERY_TABS} />
      {!days ? (
        query.error ? (
          <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />
        ) : (
          <LoadingPanel rows={8} />
        )
      ) : latest ? (
        <Distributions latest={latest} days={days} />
      ) : (
        <EmptyPanel>{t('health.none')}</EmptyPanel>
      )}
    </>
  );
}

function Distributions(props: { latest: Health; days: readonly Health[] }) {
  const t = useT();
  const { latest, days } = props;
  const count = (of: (row: PackClass) => number): number =>
    latest.classes.reduce((sum, row) => sum + of(row), 0);
  const bars = useCallback(
    (names: string[], values: number[], tones: readonly string[]) => (colours: ChartColours) => ({
      grid: GRID,
      tooltip: { trigger: 'item', ...tooltipOf(colours) },
      xAxis: { type: 'category', data: names, ...axisOf(colours) },
      yAxis: { type: 'value', minInterval: 1, ...axisOf(colours) },
      series: [
        {
          type: 'bar',
          barMaxWidth: 44,
          data: values.map((value, index) => ({
            value,
            itemStyle: { color: colours.tone(tones[index] ?? 'swap'), borderRadius: [4, 4, 0, 0] },
          })),
        },
      ],
    }),
    [],
  );
  const trend = useCallback(
    (colours: ChartColours) => ({
      grid: { ...GRID, top: 36 },
      tooltip: { trigger: 'axis', ...tooltipOf(colours) },
      legend: { type: 'scroll', top: 0, textStyle: { color: colours.text } },
      xAxis: { type: 'category', data: days.map(({ day }) => labelOf(day, 'day')), ...axisOf(colours) },
      yAxis: { type: 'value', minInterval: 1, ...axisOf(colours) },
      dataZoom: [{ type: 'inside' }],
      series: SOH.map((band, index) => ({
        name: t(`health.soh.${band}`),
        type: 'line',
        stack: 'soh',
        areaStyle: { opacity: 0.25 },
        showSymbol: false,
        itemStyle: { color: colours.tone(SOH_TONES[index] ?? 'empty') },
        data: days.map(({ classes }) => classes.reduce((sum, row) => sum + row.soh[band], 0)),
      })),
    }),
    [days, t],
  );
  return (
    <>
      <Tiles>
        <Tile
          name={t('health.packs')}
          figure={count((row) => row.packs)}
          link={{ to: '/batteries', search: {} }}
        />
        <Tile
          name={t('battery.status.quarantined')}
          figure={count((row) => row.quarantined)}
          tone={count((row) => row.quarantined) > 0 ? 'charging' : undefined}
          link={{ to: '/batteries', search: { filter: { status: 'quarantined' } } }}
        />
        <Tile name={t('health.weak')} figure={count((row) => row.soh.below60 + row.soh.from60)} />
      </Tiles>
      <div className={styles.grid}>
        <Card title={t('health.soh')}>
          <Chart
            label={t('health.soh')}
            option={bars(
              SOH.map((band) => t(`health.soh.${band}`)),
              SOH.map((band) => count((row) => row.soh[band])),
              SOH_TONES,
            )}
          />
        </Card>
        <Card title={t('health.cycles')}>
          <Chart
            label={t('health.cycles')}
            option={bars(
              CYCLES.map((band) => t(`health.cycles.${band}`)),
              CYCLES.map((band) => count((row) => row.cycles[band])),
              ['ready', 'ready', 'charging', 'fault', 'empty'],
            )}
          />
        </Card>
        <Card title={t('health.trend')}>
          <Chart label={t('health.trend')} option={trend} />
        </Card>
        <Card title={t('health.classes')} flush>
          <DataTable
            rows={latest.classes.map((row) => ({ ...row, id: row.packClass }))}
            columns={[
              { title: t('battery.class'), cell: (row) => row.packClass },
              { title: t('health.packs'), right: true, cell: (row) => row.packs },
              {
                title: t('battery.status.quarantined'),
                right: true,
                cell: (row) => row.quarantined,
              },
              {
                title: t('health.good'),
                right: true,
                cell: (row) => row.soh.from80 + row.soh.from90,
              },
            ]}
          />
        </Card>
      </div>
    </>
  );
}

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { formatFen } from '@voltbay/protocol/client';
import { DataTable } from '../../components/ui/data-table.js';
import { body } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useStationOptions } from '../../lib/lists/use-station-options.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';
import type { AnalyticsQuery } from './analytics-page.js';

const SHOWN = 30;
/** What the hub calls figures that belong to no station, such as plans sold in the app. */
const NO_STATION = '-';

/** Stations by completed swaps, best first. */
export function StationRanking(props: { query: AnalyticsQuery }) {
  const t = useT();
  const { language } = usePreferences();
  const { hub } = useServices();
  const names = useStationOptions();
  const { query } = props;
  const { data, error } = useQuery({
    queryKey: ['analytics', 'stations', query],
    queryFn: async ({ signal }) =>
      body(
        await hub.client.GET('/core/v0/analytics/series', {
          params: { query: { ...query, by: 'station' } },
          signal,
        }),
      ),
  });
  const filterOf = (stationId: string, state: string) => ({
    filter: { stationId, state, createdAt_gte: query.from, createdAt_lte: query.to },
  });
  const rows = data
    ?.filter(({ key }) => key !== NO_STATION)
    .map((row) => ({ ...row, id: row.key }))
    .sort((a, b) => b.swaps - a.swaps)
    .slice(0, SHOWN);
  const percent = (value: number | null): string => (value === null ? '–' : `${value.toFixed(1)}%`);
  return (
    <DataTable
      rows={rows}
      error={error}
      empty={t('analytics.none')}
      columns={[
        {
          title: t('order.station'),
          cell: (row) => (
            <Link to="/stations/$stationId" params={{ stationId: row.id }}>
              {names.find(({ value }) => value === row.id)?.label ?? row.id}
            </Link>
          ),
        },
        {
          title: t('analytics.swaps'),
          right: true,
          cell: (row) => (
            <Link to="/orders" search={filterOf(row.id, 'completed')}>
              {row.swaps}
            </Link>
          ),
        },
        { title: t('analytics.success'), right: true, cell: (row) => percent(row.successPct) },
        {
          title: t('analytics.shortages'),
          right: true,
          cell: (row) => (
            <Link to="/orders" search={filterOf(row.id, 'refused')}>
              {row.shortages}
            </Link>
          ),
        },
        { title: t('analytics.revenue'), right: true, cell: (row) => formatFen(row.revenueFen, language) },
        { title: t('analytics.uptime'), right: true, cell: (row) => percent(row.uptimePct) },
        {
          title: t('analytics.meanSwap'),
          right: true,
          cell: (row) => (row.meanSwapS === null ? '–' : `${Math.round(row.meanSwapS)} s`),
        },
      ]}
    />
  );
}

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { formatFen } from '@voltbay/protocol/client';
import { Segmented, Select } from 'antd';
import { useMemo, useState } from 'react';
import { DataTable } from '../../components/ui/data-table.js';
import { Card, PageHead } from '../../components/ui/page.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import { body, type QueryOf, type RowOf } from '../../lib/api/answers.js';
import { type MessageKey, useT } from '../../lib/i18n/create-i18n.js';
import { usePreferences } from '../../lib/preferences.js';
import { rangeOf, SPANS, type Span } from '../../lib/range.js';
import { useServices } from '../../lib/services.js';
import { ANALYTICS_TABS } from '../../routes/sections.js';

type Ranked = RowOf<'getStationRanking'>;
type Metric = NonNullable<QueryOf<'getStationRanking'>['by']>;
/** What is ranked by, what it is called, in which unit, and whether little is good. */
const METRICS: Readonly<
  Record<Metric, { label: MessageKey; unit: 'count' | 'fen' | 'percent' | 'seconds'; fewFirst?: true }>
> = {
  swaps: { label: 'analytics.swaps', unit: 'count' },
  attempts: { label: 'analytics.attempts', unit: 'count' },
  revenueFen: { label: 'analytics.revenue', unit: 'fen' },
  netRevenueFen: { label: 'ranking.net', unit: 'fen' },
  successPct: { label: 'analytics.success', unit: 'percent' },
  uptimePct: { label: 'analytics.uptime', unit: 'percent' },
  shortages: { label: 'analytics.shortages', unit: 'count', fewFirst: true },
  failed: { label: 'ranking.failed', unit: 'count', fewFirst: true },
  refused: { label: 'ranking.refused', unit: 'count', fewFirst: true },
  meanSwapS: { label: 'analytics.meanSwap', unit: 'seconds', fewFirst: true },
  meanWaitS: { label: 'ranking.wait', unit: 'seconds', fewFirst: true },
};
const NAMES = Object.keys(METRICS) as Metric[];
const SHOWN = 200;

/** Stations by one figure, with their place in the span of the same length before. */
export function RankingPage() {
  const t = useT();
  const { language } = usePreferences();
  const { hub } = useServices();
  const [days, setDays] = useState<Span>(30);
  const [by, setBy] = useState<Metric>('swaps');
  const [turned, setTurned] = useState(false);
  const range = useMemo(() => rangeOf(days, new Date()), [days]);
  const metric = METRICS[by];
  const order = Boolean(metric.fewFirst) === turned ? 'desc' : 'asc';
  const { data, error } = useQuery({
    queryKey: ['analytics', 'ranking', range, by, order],
    queryFn: async ({ signal }) =>
      body(
        await hub.client.GET('/core/v0/analytics/ranking', {
          params: { query: { ...range, by, order, limit: SHOWN } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
  const words = (value: number | null): string => {
    if (value === null) return '–';
    if (metric.unit === 'fen') return formatFen(value, language);
    if (metric.unit === 'percent') return `${value.toFixed(1)}%`;
    return metric.unit === 'seconds' ? `${Math.round(value)} s` : String(value);
  };
  return (
    <>
      <PageHead
        title={t('nav.analytics')}
        meta={t('ranking.about')}
        actions={
          <>
            <Select<Metric>
              style={{ minWidth: 170 }}
              aria-label={t('ranking.by')}
              data-testid="ranking-by"
              value={by}
              options={NAMES.map((value) => ({ value, label: t(METRICS[value].label) }))}
              onChange={setBy}
            />
            <Segmented
              aria-label={t('list.sort')}
              value={turned}
              options={[
                { value: false, label: t('ranking.best') },
                { value: true, label: t('ranking.last') },
              ]}
              onChange={setTurned}
            />
            <Segmented
              aria-label={t('analytics.span')}
              value={days}
              options={SPANS.map((value) => ({ value, label: t(`analytics.span.${value}`) }))}
              onChange={setDays}
            />
          </>
        }
      />
      <SectionTabs name="nav.analytics" tabs={ANALYTICS_TABS} />
      <Card flush>
        <DataTable
          rows={data?.map((row) => ({ ...row, id: row.stationId }))}
          error={error}
          empty={t('analytics.none')}
          columns={[
            { title: t('ranking.place'), cell: (row) => <Place row={row} /> },
            {
              title: t('order.station'),
              cell: (row) => (
                <Link to="/stations/$stationId" params={{ stationId: row.stationId }}>
                  {row.name}
                </Link>
              ),
            },
            { title: t(metric.label), right: true, cell: (row) => <b>{words(row.value)}</b> },
            { title: t('ranking.before'), right: true, cell: (row) => words(row.previousValue) },
            {
              title: t('ranking.orders'),
              right: true,
              cell: (row) => (
                <Link
                  to="/orders"
                  search={{
                    filter: {
                      stationId: row.stationId,
                      createdAt_gte: range.from,
                      createdAt_lte: range.to,
                    },
                  }}
                >
                  {row.attempts}
                </Link>
              ),
            },
          ]}
        />
      </Card>
    </>
  );
}

/** The place, and by how many it moved. */
function Place(props: { row: Ranked }) {
  const t = useT();
  const { rank, previousRank } = props.row;
  const moved = previousRank === null ? 0 : previousRank - rank;
  return (
    <span>
      <b>{rank}</b>{' '}
      {moved !== 0 && (
        <span
          style={{ color: moved > 0 ? 'var(--ready-ink)' : 'var(--fault-ink)' }}
          title={t('ranking.was', { rank: previousRank ?? 0 })}
        >
          {moved > 0 ? `▲${moved}` : `▼${-moved}`}
        </span>
      )}
    </span>
  );
}

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { formatFen } from '@voltbay/protocol/client';
import { Segmented, Select } from 'antd';
import { useMemo, useState } from 'react';
import { Tile, Tiles } from '../../components/ui/columns.js';
import styles from '../../components/ui/figures.module.css';
import { Card, PageHead } from '../../components/ui/page.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import { ErrorPanel } from '../../components/ui/states.js';
import { body } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useStationOptions } from '../../lib/lists/use-station-options.js';
import { usePreferences } from '../../lib/preferences.js';
import { rangeOf, SPANS, type Span } from '../../lib/range.js';
import { useServices } from '../../lib/services.js';
import { ANALYTICS_TABS } from '../../routes/sections.js';
import { HeatMap } from './heat-map.js';
import { StationRanking } from './station-ranking.js';
import { TimeSeries } from './time-series.js';

export type AnalyticsQuery = { from: string; to: string; stationId?: string };

/** How the network does: every figure is the hub's own and leads to the orders behind it. */
export function AnalyticsPage() {
  const t = useT();
  const { language } = usePreferences();
  const { hub } = useServices();
  const [days, setDays] = useState<Span>(7);
  const [stationId, setStationId] = useState<string | undefined>(undefined);
  const stations = useStationOptions();
  const query = useMemo<AnalyticsQuery>(
    () => ({ ...rangeOf(days, new Date()), stationId }),
    [days, stationId],
  );
  const summary = useQuery({
    queryKey: ['analytics', 'summary', query],
    queryFn: async ({ signal }) =>
      body(await hub.client.GET('/core/v0/analytics/summary', { params: { query }, signal })),
  });
  const figures = summary.data;
  const percent = (value: number | null | undefined): string =>
    value === null || value === undefined ? '–' : `${value.toFixed(1)}%`;
  const orders = (state?: string) => ({
    to: '/orders' as const,
    search: {
      filter: {
        createdAt_gte: query.from,
        createdAt_lte: query.to,
        ...(state ? { state } : {}),
        ...(stationId ? { stationId } : {}),
      },
    },
  });
  return (
    <>
      <PageHead
        title={t('nav.analytics')}
        meta={t('analytics.zone')}
        actions={
          <>
            <Select
              allowClear
              showSearch={{ optionFilterProp: 'label' }}
              style={{ minWidth: 180 }}
              aria-label={t('order.station')}
              placeholder={t('field.allStations')}
              value={stationId}
              options={stations}
              onChange={setStationId}
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
      {summary.error && !figures && (
        <ErrorPanel error={summary.error} onRetry={() => void summary.refetch()} />
      )}
      <Tiles>
        <Tile
          name={t('analytics.swaps')}
          figure={<span data-testid={figures && 'figure-swaps'}>{figures?.swaps ?? '–'}</span>}
          link={orders('completed')}
        />
        <Tile name={t('analytics.attempts')} figure={figures?.attempts ?? '–'} link={orders()} />
        <Tile name={t('analytics.success')} figure={percent(figures?.successPct)} />
        <Tile
          name={t('analytics.revenue')}
          figure={figures ? formatFen(figures.revenueFen, language) : '–'}
          link={{ to: '/finance/ledger', search: {} }}
        />
        <Tile
          name={t('analytics.shortages')}
          figure={figures?.shortages ?? '–'}
          tone={figures && figures.shortages > 0 ? 'charging' : undefined}
          link={orders('refused')}
        />
        <Tile
          name={t('analytics.unknown')}
          figure={figures?.unknown ?? '–'}
          tone={figures && figures.unknown > 0 ? 'fault' : undefined}
          link={orders('unknown')}
        />
        <Tile name={t('analytics.uptime')} figure={percent(figures?.uptimePct)} />
        <Tile
          name={t('analytics.meanSwap')}
          figure={figures?.meanSwapS == null ? '–' : `${Math.round(figures.meanSwapS)} s`}
        />
        <Tile
          name={t('analytics.utilisation')}
          figure={figures?.swapsPerSlotDay == null ? '–' : figures.swapsPerSlotDay.toFixed(2)}
        />
      </Tiles>
      <div className={styles.grid}>
        <Card title={t('analytics.course')}>
          <TimeSeries query={query} period={days === 1 ? 'hour' : 'day'} />
        </Card>
        <Card title={t('analytics.heat')}>
          <HeatMap query={query} />
        </Card>
        <Card
          title={t('analytics.ranking')}
          flush
          extra={<Link to="/analytics/ranking">{t('analytics.allStations')}</Link>}
        >
          <StationRanking query={query} />
        </Card>
      </div>
    </>
  );
}

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { formatFen } from '@voltbay/protocol/client';
import { Segmented } from 'antd';
import { useState } from 'react';
import { type HeatCell, HeatTable } from '../../components/ui/heat-table.js';
import { Card } from '../../components/ui/page.js';
import { body, type RowOf } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';
import { FiguresPage } from './figures-page.js';

type Cohort = RowOf<'getRiderCohorts'>;
type Bucket = Cohort['periods'][number];
const PERIODS = ['week', 'month'] as const;
const MEASURES = ['retained', 'swaps', 'spent'] as const;
type Measure = (typeof MEASURES)[number];
const COUNT = 12;

const figureOf = (bucket: Bucket, measure: Measure): number => {
  if (measure === 'retained') return bucket.retainedPct;
  const riders = Math.max(1, bucket.riders);
  return measure === 'swaps' ? bucket.swaps / riders : bucket.spentFen / riders;
};

/** Of the riders who came in each week or month: how many stayed, how much they swap and pay. */
export function CohortsPage() {
  const t = useT();
  const { language } = usePreferences();
  const { hub } = useServices();
  const [period, setPeriod] = useState<(typeof PERIODS)[number]>('month');
  const [measure, setMeasure] = useState<Measure>('retained');
  const query = useQuery({
    queryKey: ['analytics', 'cohorts', period],
    queryFn: async ({ signal }) =>
      body(
        await hub.client.GET('/core/v0/analytics/cohorts', {
          params: { query: { period, count: COUNT } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
  const words = (value: number): string => {
    if (measure === 'retained') return `${Math.round(value)}%`;
    return measure === 'swaps' ? value.toFixed(1) : formatFen(Math.round(value), language);
  };
  const last = Math.max(
    0,
    ...(query.data ?? []).flatMap(({ periods }) => periods.map(({ offset }) => offset)),
  );
  const most = Math.max(
    1,
    ...(query.data ?? []).flatMap(({ periods }) => periods.map((bucket) => figureOf(bucket, measure))),
  );
  const full = measure === 'retained' ? 100 : most;
  const cellsOf = (cohort: Cohort): HeatCell[] =>
    Array.from({ length: last + 1 }, (_, offset) => {
      const bucket = cohort.periods.find((candidate) => candidate.offset === offset);
      if (!bucket) return null;
      const value = figureOf(bucket, measure);
      return {
        text: words(value),
        share: value / full,
        title: t('cohort.cell', { bucket: bucket.bucket, riders: bucket.riders, swaps: bucket.swaps }),
      };
    });
  return (
    <FiguresPage<Cohort>
      about={t('cohort.about')}
      query={query}
      empty={t('analytics.none')}
      choices={
        <>
          <Segmented
            aria-label={t('cohort.measure')}
            value={measure}
            options={MEASURES.map((value) => ({ value, label: t(`cohort.measure.${value}`) }))}
            onChange={setMeasure}
          />
          <Segmented
            aria-label={t('analytics.span')}
            value={period}
            options={PERIODS.map((value) => ({ value, label: t(`cohort.period.${value}`) }))}
            onChange={setPeriod}
          />
        </>
      }
    >
      {(cohorts) => (
        <Card title={t(`cohort.measure.${measure}`)}>
          <HeatTable
            label={t('cohort.title')}
            corner={t('cohort.came')}
            tone="ready"
            columns={Array.from({ length: last + 1 }, (_, offset) => `+${offset}`)}
            rows={cohorts.map((cohort) => ({
              key: cohort.cohort,
              head: (
                <>
                  {period === 'month' ? cohort.cohort.slice(0, 7) : cohort.cohort}{' '}
                  <span className="muted">{t('cohort.riders', { count: cohort.riders })}</span>
                </>
              ),
              cells: cellsOf(cohort),
            }))}
          />
        </Card>
      )}
    </FiguresPage>
  );
}

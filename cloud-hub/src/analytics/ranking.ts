import { type Figures, noFigures } from './rollup.js';
import { derived } from './spans.js';

export const RANKING_METRICS = [
  'swaps',
  'attempts',
  'revenueFen',
  'netRevenueFen',
  'shortages',
  'failed',
  'refused',
  'successPct',
  'uptimePct',
  'meanSwapS',
  'meanWaitS',
] as const;
export type RankingMetric = (typeof RANKING_METRICS)[number];
type Derived = ReturnType<typeof derived>;
export type RankedStation = Derived & {
  stationId: string;
  rank: number;
  value: number | null;
  previousValue: number | null;
  previousRank: number | null;
};

/**
 * Stations by one figure. Equal values share a place and the next place is left out, as in sport; a value that cannot be said comes
 * last either way. A station without a row in the span before has no place there. Pure.
 */
export function rankStations(input: {
  stationIds: readonly string[];
  now: ReadonlyMap<string, Figures>;
  previous: ReadonlyMap<string, Figures>;
  by: RankingMetric;
  order: 'asc' | 'desc';
}): RankedStation[] {
  const { by, order } = input;
  const rowsOf = (sums: ReadonlyMap<string, Figures>, ids: readonly string[]) => {
    const rows = ids.map((stationId) => ({ stationId, ...derived(sums.get(stationId) ?? noFigures()) }));
    const first = order === 'asc' ? 1 : -1;
    rows.sort((a, b) => {
      const [left, right] = [a[by], b[by]];
      if (left === right) return a.stationId < b.stationId ? -1 : 1;
      if (left === null || right === null) return left === null ? 1 : -1;
      return (left - right) * first;
    });
    let [rank, last] = [0, undefined as number | null | undefined];
    return rows.map((row, index) => {
      if (row[by] !== last) [rank, last] = [index + 1, row[by]];
      return { ...row, rank };
    });
  };
  const before = new Map(
    rowsOf(
      input.previous,
      input.stationIds.filter((id) => input.previous.has(id)),
    ).map((row) => [row.stationId, row]),
  );
  return rowsOf(input.now, input.stationIds).map((row) => {
    const earlier = before.get(row.stationId);
    return {
      ...row,
      value: row[by],
      previousValue: earlier?.[by] ?? null,
      previousRank: earlier?.rank ?? null,
    };
  });
}

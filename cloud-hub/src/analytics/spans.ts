import { z } from 'zod';
import type { Database } from '../db/index.js';
import { type Principal, problem } from '../http/index.js';
import {
  addFigures,
  dayOf,
  type Figures,
  figuresSchema,
  HOUR_MS,
  METRICS,
  netFen,
  noFigures,
  rollupsCollection,
} from './rollup.js';
import { createStationDays, type StationDaySpan } from './station-days.js';

const MAX_DAYS = { hour: 62, day: 800 } as const;
export const DAY_MS = 24 * HOUR_MS;
/** Query of a question about a span of time. */
export const span = {
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  stationId: z.string().min(1).max(64).optional(),
  plan: z.string().min(1).max(80).optional(),
};
export const derivedSchema = figuresSchema.extend({
  /** Completed out of made; null where nothing was made. */
  successPct: z.number().nullable(),
  uptimePct: z.number().nullable(),
  meanSwapS: z.number().nullable(),
  /** Mean time in the queue: from order to the station's first move. */
  meanWaitS: z.number().nullable(),
  /** Turnover of swaps, plans and kept deposits less what was given back. */
  netRevenueFen: z.number().int(),
});
const pct = (part: number, whole: number): number | null =>
  whole === 0 ? null : Math.round((part / whole) * 10_000) / 100;
/** With the shares and means that do not add up over rows. */
export const derived = (figures: Figures) => ({
  ...figures,
  successPct: pct(figures.swaps, figures.attempts),
  uptimePct: pct(figures.onlineMinutes, figures.knownMinutes),
  meanSwapS: figures.swaps === 0 ? null : Math.round(figures.swapMs / figures.swaps / 100) / 10,
  meanWaitS: figures.waits === 0 ? null : Math.round(figures.waitMs / figures.waits / 100) / 10,
  netRevenueFen: netFen(figures),
});

export type Span = { from: string; to: string; stationId?: string | undefined; plan?: string | undefined };

/** Of a `$group`: every figure added up. */
export const SUMS = Object.fromEntries(METRICS.map((name) => [name, { $sum: `$${name}` }]));

/** The span in the form of stored times. Throws VALIDATION for one that is empty or too long. */
export function checked(query: Span, period: 'hour' | 'day'): { from: string; to: string } {
  const [from, to] = [Date.parse(query.from), Date.parse(query.to)];
  const fault =
    to <= from
      ? 'it must lie after from'
      : to - from > MAX_DAYS[period] * DAY_MS
        ? `at most ${MAX_DAYS[period]} days by ${period}`
        : null;
  if (fault)
    throw problem('VALIDATION', `query.to: ${fault}`, { errors: [{ path: 'query.to', message: fault }] });
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}
/** The stations that are asked for and that the caller may see; null = the whole tenant. Throws NOT_FOUND for one out of reach. */
export function stationsIn(principal: Principal, stationId: string | undefined): readonly string[] | null {
  const allowed = principal.stationIds;
  if (stationId === undefined) return allowed ?? null;
  if (allowed && !allowed.includes(stationId)) throw problem('NOT_FOUND', `no station ${stationId}`);
  return [stationId];
}

/** The days of a span that the caller may see; each station by itself where rows are by station. */
export function daysOf(
  principal: Principal,
  query: Span,
  period: 'hour' | 'day',
  eachStation: boolean,
): StationDaySpan {
  const stationIds = stationsIn(principal, query.stationId) ?? (eachStation ? 'every' : null);
  return { tenantId: principal.tenantId, ...checked(query, period), stationIds };
}

/** The roll-ups by plan of a span that the caller may see. */
export function filterOf(principal: Principal, query: Span, period: 'hour' | 'day') {
  const { from, to } = checked(query, period);
  const stations = stationsIn(principal, query.stationId);
  const station = stations && (stations.length === 1 ? stations[0] : { $in: [...stations] });
  return {
    tenantId: principal.tenantId,
    period,
    bucket: { $gte: from, $lt: to },
    ...(station === null ? {} : { stationId: station }),
    ...(query.plan === undefined ? {} : { plan: query.plan }),
  };
}

/**
 * Parts of a span that together are the same as its hours: whole local days by day, what is left at both ends by hour. A day has a
 * twenty-fourth of the rows.
 */
export function partsOf(
  span: { from: string; to: string },
  timeZone: string,
): { period: 'hour' | 'day'; from: string; to: string }[] {
  const first = dayOf(span.from, timeZone);
  const firstDay = first.from === span.from ? first.from : first.to;
  // The day that `to` lies in is not over.
  const lastDay = dayOf(span.to, timeZone).from;
  if (firstDay >= lastDay) return [{ period: 'hour', ...span }];
  const parts = [
    { period: 'hour' as const, from: span.from, to: firstDay },
    { period: 'day' as const, from: firstDay, to: lastDay },
    { period: 'hour' as const, from: lastDay, to: span.to },
  ];
  return parts.filter(({ from, to }) => from < to);
}

/** Adds figures up by a key. */
export function sumsBy<T extends { figures: Readonly<Figures> }>(
  rows: readonly T[],
  keyOf: (row: T) => string,
): Map<string, Figures> {
  const sums = new Map<string, Figures>();
  for (const row of rows) {
    const key = keyOf(row);
    const sum = sums.get(key);
    if (sum) addFigures(sum, row.figures);
    else sums.set(key, { ...row.figures });
  }
  return sums;
}

/** Reads the figures of a span: of each station, or all together. */
export function createSpanFigures(deps: { database: Database; timeZone: string }) {
  const rows = deps.database.collection(rollupsCollection);
  const stationDays = createStationDays(deps);
  /** Of one plan only: out of the rows by plan. */
  const ofPlan = async (principal: Principal, query: Span): Promise<{ key: string; figures: Figures }[]> => {
    const found: { key: string; figures: Figures }[] = [];
    for (const { period, ...part } of partsOf(checked(query, 'day'), deps.timeZone))
      for (const { _id, ...figures } of await rows
        .aggregate<Figures & { _id: string }>([
          { $match: filterOf(principal, { ...query, ...part }, period) },
          { $group: { _id: '$stationId', ...SUMS } },
        ])
        .toArray())
        found.push({ key: _id, figures: figures as Figures });
    return found;
  };
  return {
    async byStation(principal: Principal, query: Span): Promise<Map<string, Figures>> {
      if (query.plan !== undefined) return sumsBy(await ofPlan(principal, query), ({ key }) => key);
      const parts = await stationDays.parts(daysOf(principal, query, 'day', true));
      return sumsBy(parts, ({ stationId }) => stationId);
    },
    async total(principal: Principal, query: Span): Promise<Figures> {
      const parts =
        query.plan === undefined
          ? await stationDays.parts(daysOf(principal, query, 'day', false))
          : await ofPlan(principal, query);
      return parts.reduce((sum, { figures }) => addFigures(sum, figures), noFigures());
    },
  };
}

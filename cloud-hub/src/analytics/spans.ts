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
/** The roll-ups of a span that the caller may see. Throws NOT_FOUND for a station out of reach. */
export function filterOf(principal: Principal, query: Span, period: 'hour' | 'day') {
  const { from, to } = checked(query, period);
  const allowed = principal.stationIds;
  if (query.stationId !== undefined && allowed && !allowed.includes(query.stationId))
    throw problem('NOT_FOUND', `no station ${query.stationId}`);
  const station = query.stationId ?? (allowed ? { $in: [...allowed] } : undefined);
  return {
    tenantId: principal.tenantId,
    period,
    bucket: { $gte: from, $lt: to },
    ...(station === undefined ? {} : { stationId: station }),
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

/** Reads the figures of a span, one row for each station or plan. */
export function createSpanFigures(deps: { database: Database; timeZone: string }) {
  const rows = deps.database.collection(rollupsCollection);
  return async (
    principal: Principal,
    query: Span,
    by: '$stationId' | '$plan',
  ): Promise<Map<string, Figures>> => {
    const { from, to } = checked(query, 'day');
    const sums = new Map<string, Figures>();
    for (const { period, ...part } of partsOf({ from, to }, deps.timeZone))
      for (const { _id, ...figures } of await rows
        .aggregate<Figures & { _id: string }>([
          { $match: filterOf(principal, { ...query, ...part }, period) },
          { $group: { _id: by, ...SUMS } },
        ])
        .toArray())
        sums.set(_id, addFigures(sums.get(_id) ?? noFigures(), figures as Figures));
    return sums;
  };
}

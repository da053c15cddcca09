import { z } from 'zod';
import { defineCollection } from '../db/index.js';

/** Counts and sums of one hour or day at one station under one plan. Every figure adds up over rows. */
export const METRICS = [
  /** Orders made in the span. */
  'attempts',
  /** Swaps completed in the span. */
  'swaps',
  'refused',
  'failed',
  'cancelled',
  'expired',
  /** Orders made in the span that are still to be found out. */
  'unknown',
  /** Refused because no pack was ready or no slot was empty. */
  'shortages',
  /** Swaps paid in the span, tax included: the same fen as the ledger. */
  'revenueFen',
  /** What was given back of orders in the span. */
  'refundsFen',
  'refunds',
  /** Plans sold in the span, what was given back of them, and deposits that were kept. */
  'planFen',
  'planRefundsFen',
  'forfeitFen',
  /** Orders that were charged, those covered by a plan among them. */
  'charges',
  /** From order to the station's first move, of the orders made in the span that got so far: the time in the queue. */
  'waitMs',
  'waits',
  /** From order to completion, of the swaps completed in the span. */
  'swapMs',
  /** Minutes in which the station was seen online, out of those in which the hub looked. */
  'onlineMinutes',
  'knownMinutes',
] as const;
export type Metric = (typeof METRICS)[number];
export type MoneyMetric = 'revenueFen' | 'refundsFen' | 'planFen' | 'planRefundsFen' | 'forfeitFen';
export type Figures = Record<Metric, number>;

export type RollupDocument = Figures & {
  /** `{tenant}/{period}/{bucket}/{station}/{plan}` */
  _id: string;
  tenantId: string;
  period: 'hour' | 'day';
  /** Start of the hour (UTC), or of the local day, ISO 8601. */
  bucket: string;
  /** `-` where there is none. */
  stationId: string;
  plan: string;
};
export const rollupsCollection = defineCollection<RollupDocument>('rollups', [
  { name: 'tenant-period-bucket', key: { tenantId: 1, period: 1, bucket: 1, _id: 1 } },
  { name: 'tenant-period-station', key: { tenantId: 1, period: 1, stationId: 1, bucket: 1 } },
]);
/** How far a tenant's roll-ups have come. `cohorts`, `stationDays`: what was before there were any is counted as well. */
export type RollupCursorDocument = { _id: string; at: string; cohorts?: 1; stationDays?: 1 };
export const rollupCursorsCollection = defineCollection<RollupCursorDocument>('rollup_cursors', []);

/** In which minutes of an hour a station was looked at and seen online. `_id` is `{device}/{hour}`. */
export type AvailabilityDocument = {
  _id: string;
  tenantId: string;
  stationId: string;
  hour: string;
  known: number[];
  online: number[];
};
export const availabilityCollection = defineCollection<AvailabilityDocument>('station_availability', [
  { name: 'tenant-hour', key: { tenantId: 1, hour: 1 } },
]);

export const HOUR_MS = 3_600_000;
export const NONE = '-';
export const hourOf = (iso: string): string => `${iso.slice(0, 13)}:00:00.000Z`;
export const figuresSchema = z.object(
  Object.fromEntries(METRICS.map((name) => [name, z.number().int()])) as Record<Metric, z.ZodNumber>,
);

export const noFigures = (): Figures => Object.fromEntries(METRICS.map((name) => [name, 0])) as Figures;
export function addFigures(sum: Figures, more: Readonly<Figures>): Figures {
  for (const name of METRICS) sum[name] += more[name];
  return sum;
}

/** What an hour is made of, read from orders, charges, ledger and availability as they stand. */
export type HourFacts = {
  /** Orders made in the hour. */
  made: readonly {
    stationId: string;
    plan: string;
    state: string;
    reason: string | null;
    /** Null while the station has not begun. */
    waitMs: number | null;
  }[];
  /** Orders completed in the hour. */
  completed: readonly { stationId: string; plan: string; swapMs: number }[];
  charges: readonly { stationId: string; plan: string }[];
  /** Turnover entries of the ledger. */
  money: readonly { stationId: string; plan: string; metric: MoneyMetric; amountFen: number }[];
  availability: readonly { stationId: string; onlineMinutes: number; knownMinutes: number }[];
};

const SHORTAGE_REASONS: readonly (string | null)[] = ['NO_PACK_READY', 'NO_EMPTY_SLOT'];
const OUTCOMES: readonly string[] = ['refused', 'failed', 'cancelled', 'expired', 'unknown'];

/** The rows of one hour. Pure: the same facts give the same rows, whenever and however often. */
export function rollUpHour(tenantId: string, hour: string, facts: HourFacts): RollupDocument[] {
  const rows = new Map<string, RollupDocument>();
  const row = (stationId: string, plan: string): RollupDocument => {
    const _id = `${tenantId}/hour/${hour}/${stationId}/${plan}`;
    let known = rows.get(_id);
    if (!known) {
      known = { _id, tenantId, period: 'hour', bucket: hour, stationId, plan, ...noFigures() };
      rows.set(_id, known);
    }
    return known;
  };
  for (const order of facts.made) {
    const counts = row(order.stationId, order.plan);
    counts.attempts += 1;
    if (OUTCOMES.includes(order.state)) counts[order.state as Metric] += 1;
    if (SHORTAGE_REASONS.includes(order.reason)) counts.shortages += 1;
    if (order.waitMs !== null) {
      counts.waits += 1;
      counts.waitMs += order.waitMs;
    }
  }
  for (const order of facts.completed) {
    const counts = row(order.stationId, order.plan);
    counts.swaps += 1;
    counts.swapMs += order.swapMs;
  }
  for (const charge of facts.charges) row(charge.stationId, charge.plan).charges += 1;
  for (const money of facts.money) {
    const counts = row(money.stationId, money.plan);
    counts[money.metric] += money.amountFen;
    if (money.metric === 'refundsFen') counts.refunds += 1;
  }
  for (const seen of facts.availability) {
    const counts = row(seen.stationId, NONE);
    counts.onlineMinutes += seen.onlineMinutes;
    counts.knownMinutes += seen.knownMinutes;
  }
  return [...rows.values()];
}

/** Turnover less what was given back. */
export const netFen = (figures: Readonly<Figures>): number =>
  figures.revenueFen - figures.refundsFen + figures.planFen - figures.planRefundsFen + figures.forfeitFen;

/** The rows of a day out of those of its hours. */
export function rollUpDay(tenantId: string, day: string, hours: readonly RollupDocument[]): RollupDocument[] {
  const rows = new Map<string, RollupDocument>();
  for (const { stationId, plan, ...figures } of hours) {
    const _id = `${tenantId}/day/${day}/${stationId}/${plan}`;
    const known = rows.get(_id) ?? {
      _id,
      tenantId,
      period: 'day' as const,
      bucket: day,
      stationId,
      plan,
      ...noFigures(),
    };
    addFigures(known, figures);
    rows.set(_id, known);
  }
  return [...rows.values()];
}

/** Start of the local day that a time lies in, as ISO 8601 UTC, and the next one's. */
export function dayOf(iso: string, timeZone: string): { from: string; to: string } {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' });
  const date = (ms: number) => format.format(ms);
  const at = Math.floor(Date.parse(iso) / HOUR_MS) * HOUR_MS;
  const today = date(at);
  // Hours are the grain: a day begins with the first whole UTC hour whose start has its date. 23 to 25 of them make one.
  let from = at;
  while (date(from - HOUR_MS) === today) from -= HOUR_MS;
  let to = at + HOUR_MS;
  while (date(to) === today) to += HOUR_MS;
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

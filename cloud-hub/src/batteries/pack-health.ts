import { isoTimeSchema, type ReadingMessage } from '@voltbay/protocol';
import { z } from 'zod';
import type { BatteryDayDocument } from './battery-days.js';

const number = z.number().nullable();
export const packHealthSchema = z.object({
  packId: z.string(),
  /** When the newest reading came; null = never read. */
  at: isoTimeSchema.nullable(),
  sohPct: number,
  cycles: number,
  capacityMah: number,
  designCapacityMah: number,
  /** Largest difference between cells at rest within the last 7 days that were read, mV. */
  imbalanceMv: number,
  temperature: z.object({
    maxDeciC: number,
    minDeciC: number,
    /** Hours above 45 °C and below 0 °C, and hours that were watched at all. */
    hotH: z.number(),
    coldH: z.number(),
    watchedH: z.number(),
  }),
  throughput: z.object({ inAh: z.number(), outAh: z.number() }),
  /** Change of SoH by a straight line through the days; null with fewer than 7 days of readings. */
  trend: z
    .object({
      sohPctPerMonth: z.number(),
      /** When SoH is expected at 70 %; null when it does not fall. */
      seventyPctAt: isoTimeSchema.nullable(),
      days: z.number().int(),
    })
    .nullable(),
  alarms: z.array(z.object({ code: z.string(), days: z.number().int() })),
  days: z.array(
    z.object({
      day: z.string(),
      sohPct: number,
      cycles: number,
      capacityMah: number,
      imbalanceMv: number,
      maxDeciC: number,
      minDeciC: number,
      hotS: z.number(),
      coldS: z.number(),
    }),
  ),
});
export type PackHealth = z.infer<typeof packHealthSchema>;

const DAY_MS = 86_400_000;
const MONTH_DAYS = 30.437;
const MIN_TREND_DAYS = 7;
const END_OF_LIFE_PCT = 70;
const tenths = (value: number) => Math.round(value * 10) / 10;
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const extreme = (pick: (...values: number[]) => number, values: readonly (number | undefined)[]) => {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? null : pick(...known);
};

/** Least squares over days with a SoH. Pure. */
function trendOf(days: readonly BatteryDayDocument[]): PackHealth['trend'] {
  const points = days.flatMap(({ day, sohPct }) =>
    sohPct === undefined ? [] : [{ x: Date.parse(`${day}T00:00:00Z`) / DAY_MS, y: sohPct }],
  );
  if (points.length < MIN_TREND_DAYS) return null;
  const meanX = sum(points.map(({ x }) => x)) / points.length;
  const meanY = sum(points.map(({ y }) => y)) / points.length;
  const spread = sum(points.map(({ x }) => (x - meanX) ** 2));
  if (spread === 0) return null;
  const perDay = sum(points.map(({ x, y }) => (x - meanX) * (y - meanY))) / spread;
  const lastX = points.at(-1)?.x ?? meanX;
  const nowPct = meanY + perDay * (lastX - meanX);
  const leftDays = perDay < -1e-4 && nowPct > END_OF_LIFE_PCT ? (END_OF_LIFE_PCT - nowPct) / perDay : null;
  return {
    sohPctPerMonth: Math.round(perDay * MONTH_DAYS * 100) / 100,
    // A line that ends in decades says nothing.
    seventyPctAt:
      leftDays === null || leftDays > 20 * 365 ? null : new Date((lastX + leftDays) * DAY_MS).toISOString(),
    days: points.length,
  };
}

/** What is known of a pack's health, from its days (oldest first) and its newest reading. Pure. */
export function packHealth(
  packId: string,
  last: { reading: ReadingMessage | null; at: string | null },
  days: readonly BatteryDayDocument[],
): PackHealth {
  const newest = [...days].reverse();
  const recent = (pick: (day: BatteryDayDocument) => number | undefined) =>
    newest.map(pick).find((value) => value !== undefined) ?? null;
  const alarms = new Map<string, number>();
  for (const day of days) for (const code of day.alarms ?? []) alarms.set(code, (alarms.get(code) ?? 0) + 1);
  return {
    packId,
    at: last.at,
    sohPct: last.reading?.sohPct ?? recent(({ sohPct }) => sohPct),
    cycles: last.reading?.cycles ?? recent(({ cycles }) => cycles),
    capacityMah: last.reading?.capacityMah ?? recent(({ capacityMah }) => capacityMah),
    designCapacityMah: last.reading?.designCapacityMah ?? null,
    imbalanceMv: extreme(
      Math.max,
      newest.slice(0, 7).map((day) => day.maxImbalanceMv),
    ),
    temperature: {
      maxDeciC: extreme(
        Math.max,
        days.map((day) => day.maxDeciC),
      ),
      minDeciC: extreme(
        Math.min,
        days.map((day) => day.minDeciC),
      ),
      hotH: tenths(sum(days.map(({ hotS }) => hotS)) / 3_600),
      coldH: tenths(sum(days.map(({ coldS }) => coldS)) / 3_600),
      watchedH: tenths(sum(days.map(({ seenS }) => seenS)) / 3_600),
    },
    throughput: {
      inAh: tenths(sum(days.map(({ inMah }) => inMah)) / 1_000),
      outAh: tenths(sum(days.map(({ outMah }) => outMah)) / 1_000),
    },
    trend: trendOf(days),
    alarms: [...alarms].map(([code, count]) => ({ code, days: count })).sort((a, b) => b.days - a.days),
    days: days.map((day) => ({
      day: day.day,
      sohPct: day.sohPct ?? null,
      cycles: day.cycles ?? null,
      capacityMah: day.capacityMah ?? null,
      imbalanceMv: day.maxImbalanceMv ?? null,
      maxDeciC: day.maxDeciC ?? null,
      minDeciC: day.minDeciC ?? null,
      hotS: day.hotS,
      coldS: day.coldS,
    })),
  };
}

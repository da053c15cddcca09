import type { ReadingMessage } from '@voltbay/protocol';
import { type Database, defineCollection } from '../db/index.js';

/** What a pack went through on one day (UTC), from every reading of it that came. `_id` is `{pack}/{day}`. */
export type BatteryDayDocument = {
  _id: string;
  tenantId: string;
  packId: string;
  /** `YYYY-MM-DD` */
  day: string;
  readings: number;
  /** Time that readings cover, seconds. */
  seenS: number;
  /** Of it above `HOT_DECI_C` and below `COLD_DECI_C`. */
  hotS: number;
  coldS: number;
  /** Charge that went in and out, mAh, by current and time. */
  inMah: number;
  outMah: number;
  maxDeciC?: number;
  minDeciC?: number;
  /** Largest difference between cells while nearly no current flowed. */
  maxImbalanceMv?: number;
  maxCellMv?: number;
  minCellMv?: number;
  /** Newest of the day. */
  sohPct?: number;
  capacityMah?: number;
  cycles?: number;
  alarms?: string[];
  /** A Date, for the expiry index. */
  expireAt: Date;
};
export const batteryDaysCollection = defineCollection<BatteryDayDocument>('battery_days', [
  { name: 'tenant-pack-day', key: { tenantId: 1, packId: 1, day: 1 } },
  { name: 'expiry', key: { expireAt: 1 }, expireAfterSeconds: 0 },
]);

/** IEC 62660 and most makers' warranties count from here. */
export const HOT_DECI_C = 450;
export const COLD_DECI_C = 0;
/** Cells are compared when the pack is at rest: under load their inner resistance shows instead. */
const REST_MA = 2_000;
/** A reading speaks for the time since the one before, this much at most. */
const MAX_GAP_S = 120;
const KEEP_MS = 5 * 366 * 86_400_000;
const MAX_PACKS = 50_000;

type Day = Omit<BatteryDayDocument, '_id' | 'expireAt'> & { sohAt: string };

export interface BatteryDays {
  /** Counts a reading. Memory only: `flush` writes. */
  note(pack: { packId: string; tenantId: string }, reading: ReadingMessage, at: string): void;
  /** Adds what was counted to the stored days. A killed process loses what it had not written: about a minute. */
  flush(): Promise<void>;
}

/** Difference between the highest and the lowest cell of a pack at rest, mV; undefined when it cannot be told. */
export function imbalanceMv({ cellMv, currentMa }: ReadingMessage): number | undefined {
  if (!cellMv || cellMv.length < 2 || Math.abs(currentMa ?? 0) > REST_MA) return undefined;
  return Math.max(...cellMv) - Math.min(...cellMv);
}

export function createBatteryDays(deps: { database: Database }): BatteryDays {
  const collection = deps.database.collection(batteryDaysCollection);
  let days = new Map<string, Day>();
  const lastAtMs = new Map<string, number>();

  const most = (a: number | undefined, b: number | undefined) =>
    a === undefined ? b : b === undefined ? a : Math.max(a, b);
  const least = (a: number | undefined, b: number | undefined) =>
    a === undefined ? b : b === undefined ? a : Math.min(a, b);

  return {
    note({ packId, tenantId }, reading, at) {
      const name = `${tenantId}/${packId}`;
      const day = at.slice(0, 10);
      const id = `${name}/${day}`;
      const atMs = Date.parse(at);
      const before = lastAtMs.get(name);
      if (lastAtMs.size >= MAX_PACKS && before === undefined) return;
      if (before === undefined || atMs > before) lastAtMs.set(name, atMs);
      const gapS = before === undefined ? 0 : Math.max(0, Math.min(MAX_GAP_S, (atMs - before) / 1_000));
      const known: Day = days.get(id) ?? {
        tenantId,
        packId,
        day,
        readings: 0,
        seenS: 0,
        hotS: 0,
        coldS: 0,
        inMah: 0,
        outMah: 0,
        sohAt: '',
      };
      const temperatures = reading.temperaturesDeciC ?? [];
      const hottest = temperatures.length > 0 ? Math.max(...temperatures) : undefined;
      const coldest = temperatures.length > 0 ? Math.min(...temperatures) : undefined;
      const movedMah = ((reading.currentMa ?? 0) * gapS) / 3_600;
      const newest = at >= known.sohAt;
      days.set(id, {
        ...known,
        readings: known.readings + 1,
        seenS: known.seenS + gapS,
        hotS: known.hotS + (hottest !== undefined && hottest > HOT_DECI_C ? gapS : 0),
        coldS: known.coldS + (coldest !== undefined && coldest < COLD_DECI_C ? gapS : 0),
        inMah: known.inMah + Math.max(0, movedMah),
        outMah: known.outMah + Math.max(0, -movedMah),
        maxDeciC: most(known.maxDeciC, hottest),
        minDeciC: least(known.minDeciC, coldest),
        maxImbalanceMv: most(known.maxImbalanceMv, imbalanceMv(reading)),
        maxCellMv: most(known.maxCellMv, reading.cellMv?.length ? Math.max(...reading.cellMv) : undefined),
        minCellMv: least(known.minCellMv, reading.cellMv?.length ? Math.min(...reading.cellMv) : undefined),
        sohPct: newest ? (reading.sohPct ?? known.sohPct) : known.sohPct,
        capacityMah: newest ? (reading.capacityMah ?? known.capacityMah) : known.capacityMah,
        cycles: newest ? (reading.cycles ?? known.cycles) : known.cycles,
        alarms: reading.alarms?.length
          ? [...new Set([...(known.alarms ?? []), ...reading.alarms])].slice(0, 50)
          : known.alarms,
        sohAt: newest ? at : known.sohAt,
      });
    },
    async flush() {
      if (days.size === 0) return;
      const batch = days;
      days = new Map();
      const defined = (fields: Record<string, unknown>) =>
        Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
      await collection.bulkWrite(
        [...batch.values()].map((day) => ({
          updateOne: {
            filter: { _id: `${day.packId}/${day.day}`, tenantId: day.tenantId },
            update: {
              $setOnInsert: {
                packId: day.packId,
                day: day.day,
                expireAt: new Date(Date.parse(`${day.day}T00:00:00Z`) + KEEP_MS),
              },
              $inc: {
                readings: day.readings,
                seenS: Math.round(day.seenS),
                hotS: Math.round(day.hotS),
                coldS: Math.round(day.coldS),
                inMah: Math.round(day.inMah),
                outMah: Math.round(day.outMah),
              },
              $max: defined({
                maxDeciC: day.maxDeciC,
                maxImbalanceMv: day.maxImbalanceMv,
                maxCellMv: day.maxCellMv,
              }),
              $min: defined({ minDeciC: day.minDeciC, minCellMv: day.minCellMv }),
              $set: defined({ sohPct: day.sohPct, capacityMah: day.capacityMah, cycles: day.cycles }),
              ...(day.alarms ? { $addToSet: { alarms: { $each: day.alarms } } } : {}),
            },
            upsert: true,
          },
        })),
        { ordered: false },
      );
    },
  };
}

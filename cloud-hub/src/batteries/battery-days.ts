import type { ReadingMessage } from '@voltbay/protocol';
import { type Database, defineCollection, pieces } from '../db/index.js';
import type { Clock } from '../ports.js';

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

/** What was counted of one day since the last flush. Changed in place: every reading of every station passes here. */
type Day = {
  tenantId: string;
  packId: string;
  day: string;
  readings: number;
  seenS: number;
  hotS: number;
  coldS: number;
  inMah: number;
  outMah: number;
  /** Infinite until the first one. */
  maxDeciC: number;
  minDeciC: number;
  maxImbalanceMv: number;
  maxCellMv: number;
  minCellMv: number;
  sohPct: number | undefined;
  capacityMah: number | undefined;
  cycles: number | undefined;
  alarms: Set<string> | null;
  sohAt: string;
  /** Clock reading of the first reading that was counted, and whether what was counted has been written. */
  sinceMs: number;
  written: boolean;
};

/** When a pack was last heard of, and the day that is counted for it at the moment. */
type Seen = { lastAtMs: number; day: Day | null };

export interface BatteryDays {
  /** Counts a reading. Memory only: `flush` writes. */
  note(pack: { packId: string; tenantId: string }, reading: ReadingMessage, at: string): void;
  /**
   * Adds what was counted to the stored days; of packs that were first counted after `sinceMs`, nothing yet. A killed process loses what
   * it had not written.
   */
  flush(sinceMs?: number): Promise<void>;
}

/** Difference between the highest and the lowest cell of a pack at rest, mV; undefined when it cannot be told. */
export function imbalanceMv({ cellMv, currentMa }: ReadingMessage): number | undefined {
  if (!cellMv || cellMv.length < 2 || Math.abs(currentMa ?? 0) > REST_MA) return undefined;
  return Math.max(...cellMv) - Math.min(...cellMv);
}

const MAX_ALARMS = 50;

export function createBatteryDays(deps: { database: Database; clock: Clock }): BatteryDays {
  const collection = deps.database.collection(batteryDaysCollection);
  /** The one that was counted first comes first. */
  const days = new Map<string, Day>();
  const seen = new Map<string, Seen>();

  function dayOf(pack: { packId: string; tenantId: string }, day: string): Day {
    const id = `${pack.tenantId}/${pack.packId}/${day}`;
    let known = days.get(id);
    if (!known) {
      known = newDay(pack, day, deps.clock.now());
      days.set(id, known);
    }
    return known;
  }

  return {
    note(pack, reading, at) {
      const name = `${pack.tenantId}/${pack.packId}`;
      const atMs = Date.parse(at);
      let last = seen.get(name);
      let gapS = 0;
      if (last) {
        gapS = Math.max(0, Math.min(MAX_GAP_S, (atMs - last.lastAtMs) / 1_000));
        if (atMs > last.lastAtMs) last.lastAtMs = atMs;
      } else {
        if (seen.size >= MAX_PACKS) return;
        last = { lastAtMs: atMs, day: null };
        seen.set(name, last);
      }
      if (!last.day || last.day.written || !at.startsWith(last.day.day))
        last.day = dayOf(pack, at.slice(0, 10));
      count(last.day, reading, gapS);
      keepNewest(last.day, reading, at);
    },
    async flush(sinceMs = Number.POSITIVE_INFINITY) {
      const batch: Day[] = [];
      for (const [id, day] of days) {
        if (day.sinceMs > sinceMs) break;
        day.written = true;
        days.delete(id);
        batch.push(day);
      }
      const defined = (fields: Record<string, unknown>) =>
        Object.fromEntries(
          Object.entries(fields).filter(([, value]) => value !== undefined && Number.isFinite(value)),
        );
      const writes = batch.map((day) => ({
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
            ...(day.alarms ? { $addToSet: { alarms: { $each: [...day.alarms] } } } : {}),
          },
          upsert: true,
        },
      }));
      for (const piece of pieces(writes)) await collection.bulkWrite(piece, { ordered: false });
    },
  };
}

const newDay = (
  { packId, tenantId }: { packId: string; tenantId: string },
  day: string,
  sinceMs: number,
): Day => ({
  tenantId,
  packId,
  day,
  readings: 0,
  seenS: 0,
  hotS: 0,
  coldS: 0,
  inMah: 0,
  outMah: 0,
  maxDeciC: Number.NEGATIVE_INFINITY,
  minDeciC: Number.POSITIVE_INFINITY,
  maxImbalanceMv: Number.NEGATIVE_INFINITY,
  maxCellMv: Number.NEGATIVE_INFINITY,
  minCellMv: Number.POSITIVE_INFINITY,
  sohPct: undefined,
  capacityMah: undefined,
  cycles: undefined,
  alarms: null,
  sohAt: '',
  sinceMs,
  written: false,
});

/** Adds a reading that speaks for the last `gapS` seconds. */
function count(day: Day, reading: ReadingMessage, gapS: number): void {
  day.readings++;
  day.seenS += gapS;
  let [hottest, coldest] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const deciC of reading.temperaturesDeciC ?? []) {
    if (deciC > hottest) hottest = deciC;
    if (deciC < coldest) coldest = deciC;
  }
  if (hottest > HOT_DECI_C) day.hotS += gapS;
  if (coldest < COLD_DECI_C) day.coldS += gapS;
  if (hottest > day.maxDeciC) day.maxDeciC = hottest;
  if (coldest < day.minDeciC) day.minDeciC = coldest;
  const currentMa = reading.currentMa ?? 0;
  const movedMah = (currentMa * gapS) / 3_600;
  if (movedMah > 0) day.inMah += movedMah;
  else day.outMah -= movedMah;
  const { cellMv } = reading;
  if (cellMv && cellMv.length > 0) {
    let [highest, lowest] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (const mv of cellMv) {
      if (mv > highest) highest = mv;
      if (mv < lowest) lowest = mv;
    }
    if (highest > day.maxCellMv) day.maxCellMv = highest;
    if (lowest < day.minCellMv) day.minCellMv = lowest;
    // As `imbalanceMv` has it, without a second look at the cells.
    if (cellMv.length > 1 && Math.abs(currentMa) <= REST_MA && highest - lowest > day.maxImbalanceMv)
      day.maxImbalanceMv = highest - lowest;
  }
  if (!reading.alarms?.length) return;
  day.alarms ??= new Set();
  for (const alarm of reading.alarms) if (day.alarms.size < MAX_ALARMS) day.alarms.add(alarm);
}

function keepNewest(day: Day, reading: ReadingMessage, at: string): void {
  if (at < day.sohAt) return;
  day.sohAt = at;
  if (reading.sohPct !== undefined) day.sohPct = reading.sohPct;
  if (reading.capacityMah !== undefined) day.capacityMah = reading.capacityMah;
  if (reading.cycles !== undefined) day.cycles = reading.cycles;
}

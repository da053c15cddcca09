import { z } from 'zod';
import { batteriesCollection } from '../batteries/battery-documents.js';
import { isoNow } from '../clock.js';
import { type Database, defineCollection } from '../db/index.js';
import type { Clock } from '../ports.js';
import { dayOf } from './rollup.js';

export const SOH_BANDS = ['below60', 'from60', 'from70', 'from80', 'from90', 'unknown'] as const;
export const CYCLE_BANDS = ['below200', 'from200', 'from500', 'from1000', 'unknown'] as const;
type Counts<K extends string> = Record<K, number>;
export type HealthOfClass = {
  packClass: string;
  packs: number;
  quarantined: number;
  soh: Counts<(typeof SOH_BANDS)[number]>;
  cycles: Counts<(typeof CYCLE_BANDS)[number]>;
};
/** The packs of a tenant as they stood on one day. The day's last look stays. */
export type HealthDocument = { _id: string; tenantId: string; day: string; classes: HealthOfClass[] };
export const batteryHealthCollection = defineCollection<HealthDocument>('battery_health', [
  { name: 'tenant-day', key: { tenantId: 1, day: 1 } },
]);

const counts = <K extends string>(bands: readonly K[]) =>
  z.object(Object.fromEntries(bands.map((band) => [band, z.number().int()])) as Record<K, z.ZodNumber>);
export const healthSchema = z.object({
  day: z.string(),
  classes: z.array(
    z.object({
      packClass: z.string(),
      packs: z.number().int(),
      quarantined: z.number().int(),
      soh: counts(SOH_BANDS),
      cycles: counts(CYCLE_BANDS),
    }),
  ),
});

export const sohBand = (pct: number | undefined): (typeof SOH_BANDS)[number] =>
  pct === undefined
    ? 'unknown'
    : pct < 60
      ? 'below60'
      : pct < 70
        ? 'from60'
        : pct < 80
          ? 'from70'
          : pct < 90
            ? 'from80'
            : 'from90';
export const cycleBand = (cycles: number | undefined): (typeof CYCLE_BANDS)[number] =>
  cycles === undefined
    ? 'unknown'
    : cycles < 200
      ? 'below200'
      : cycles < 500
        ? 'from200'
        : cycles < 1_000
          ? 'from500'
          : 'from1000';
const zeros = <K extends string>(bands: readonly K[]) =>
  Object.fromEntries(bands.map((band) => [band, 0])) as Counts<K>;

export interface BatteryHealth {
  /** Counts the tenant's packs and stores them as today's. */
  snapshot(tenantId: string): Promise<void>;
  /** Newest days first. */
  days(tenantId: string, limit: number): Promise<HealthDocument[]>;
}

export function createBatteryHealth(deps: {
  database: Database;
  clock: Clock;
  timeZone: string;
}): BatteryHealth {
  const batteries = deps.database.collection(batteriesCollection);
  const snapshots = deps.database.collection(batteryHealthCollection);
  return {
    async snapshot(tenantId) {
      const classes = new Map<string, HealthOfClass>();
      const packs = batteries.find(
        { tenantId },
        { projection: { packClass: 1, status: 1, 'lastReading.sohPct': 1, 'lastReading.cycles': 1 } },
      );
      for await (const { packClass, status, lastReading } of packs) {
        if (status === 'retired') continue;
        const known = classes.get(packClass) ?? {
          packClass,
          packs: 0,
          quarantined: 0,
          soh: zeros(SOH_BANDS),
          cycles: zeros(CYCLE_BANDS),
        };
        known.packs += 1;
        if (status === 'quarantined') known.quarantined += 1;
        known.soh[sohBand(lastReading?.sohPct)] += 1;
        known.cycles[cycleBand(lastReading?.cycles)] += 1;
        classes.set(packClass, known);
      }
      const day = dayOf(isoNow(deps.clock), deps.timeZone).from;
      await snapshots.replaceOne(
        { _id: `${tenantId}/${day}` },
        {
          tenantId,
          day,
          classes: [...classes.values()].sort((a, b) => (a.packClass < b.packClass ? -1 : 1)),
        },
        { upsert: true },
      );
    },
    days: (tenantId, limit) => snapshots.find({ tenantId }, { sort: { day: -1 }, limit }).toArray(),
  };
}

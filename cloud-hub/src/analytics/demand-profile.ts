import { isoAt, isoNow } from '../clock.js';
import { type Database, defineCollection } from '../db/index.js';
import type { Clock } from '../ports.js';
import { WEEK_CELLS, weekCells } from './local-calendar.js';
import { dayOf, HOUR_MS, NONE, type RollupDocument, rollupsCollection } from './rollup.js';

/** What riders asked of one station in the weeks before a day, by hour of the local week. */
export type DemandDocument = {
  /** `{tenant}/{station}` */
  _id: string;
  tenantId: string;
  stationId: string;
  /** Start of the local day before which it was looked, ISO 8601. */
  day: string;
  /** Orders made, and how many such hours there were: 168 cells from Monday 00:00. */
  attempts: number[];
  looked: number[];
};
export const demandProfilesCollection = defineCollection<DemandDocument>('demand_profiles', [
  { name: 'tenant-day', key: { tenantId: 1, day: 1, _id: 1 } },
]);

/** Four of each weekday. */
export const HISTORY_DAYS = 28;
/** An hour of one weekday counts as if it had been seen so many times more as the mean of that hour over the week. */
const PRIOR_HOURS = 2;
const CHUNK = 500;
const PAGE = 2_000;

export interface DemandProfiles {
  /** Computes the tenant's profiles once a local day; `true` when it did. */
  refresh(tenantId: string): Promise<boolean>;
}

/** Orders an hour by station and hour of the local week, from the hours' roll-ups. */
export function createDemandProfiles(deps: {
  database: Database;
  clock: Clock;
  timeZone: string;
}): DemandProfiles {
  const rollups = deps.database.collection(rollupsCollection);
  const profiles = deps.database.collection(demandProfilesCollection);
  return {
    async refresh(tenantId) {
      const day = dayOf(isoNow(deps.clock), deps.timeZone).from;
      if (await profiles.findOne({ tenantId, day }, { projection: { _id: 1 } })) return false;
      const from = isoAt(Date.parse(day) - HISTORY_DAYS * 24 * HOUR_MS);
      const rows = rollups.find(
        { tenantId, period: 'hour', bucket: { $gte: from, $lt: day } },
        { projection: { _id: 0, stationId: 1, bucket: 1, attempts: 1 }, batchSize: PAGE },
      );
      const book = createDemandBook(day, deps.timeZone);
      for await (const row of rows) book.add(row);
      const found = book.close(tenantId);
      for (let at = 0; at < found.length; at += CHUNK)
        await profiles.bulkWrite(
          found.slice(at, at + CHUNK).map((replacement) => ({
            replaceOne: { filter: { _id: replacement._id }, replacement, upsert: true },
          })),
          { ordered: false },
        );
      return true;
    },
  };
}

/** Gathers rows of hours in any order. `day`: where the history ends. */
export function createDemandBook(day: string, timeZone: string) {
  const cellOf = weekCells(timeZone);
  const cells = new Map<string, number>();
  const cell = (bucket: string): number => {
    const known = cells.get(bucket) ?? cellOf(bucket);
    cells.set(bucket, known);
    return known;
  };
  const stations = new Map<string, { first: string; attempts: number[] }>();
  return {
    add({ stationId, bucket, attempts }: Pick<RollupDocument, 'stationId' | 'bucket' | 'attempts'>) {
      if (stationId === NONE) return;
      const known = stations.get(stationId) ?? { first: bucket, attempts: zeros() };
      if (bucket < known.first) known.first = bucket;
      const at = cell(bucket);
      known.attempts[at] = (known.attempts[at] ?? 0) + attempts;
      stations.set(stationId, known);
    },
    close: (tenantId: string): DemandDocument[] =>
      [...stations].map(([stationId, { first, attempts }]) => {
        // A station that was put up last week was not idle the weeks before.
        const looked = zeros();
        for (let ms = Date.parse(first); ms < Date.parse(day); ms += HOUR_MS) {
          const at = cell(isoAt(ms));
          looked[at] = (looked[at] ?? 0) + 1;
        }
        return { _id: `${tenantId}/${stationId}`, tenantId, stationId, day, attempts, looked };
      }),
  };
}

/** Orders that are expected in one hour of the local week: its own mean, drawn to that of the same hour on all days while there is little. */
export function expectedDemand(profile: Pick<DemandDocument, 'attempts' | 'looked'>, cell: number): number {
  let [made, seen] = [0, 0];
  for (let at = cell % 24; at < WEEK_CELLS; at += 24) {
    made += profile.attempts[at] ?? 0;
    seen += profile.looked[at] ?? 0;
  }
  if (seen === 0) return 0;
  return (
    ((profile.attempts[cell] ?? 0) + (PRIOR_HOURS * made) / seen) /
    ((profile.looked[cell] ?? 0) + PRIOR_HOURS)
  );
}

const zeros = (): number[] => Array.from({ length: WEEK_CELLS }, () => 0);

import { isoNow } from '../clock.js';
import type { Database } from '../db/index.js';
import type { Clock } from '../ports.js';
import { stationsCollection } from '../stations/station-documents.js';
import { regionsCollection } from './system-documents.js';

export interface Regions {
  exists(tenantId: string, id: string): Promise<boolean>;
  /** Device numbers by region. */
  stationsOf(tenantId: string, regionIds: readonly string[]): Promise<ReadonlyMap<string, string[]>>;
  /** Makes these the stations of a region: others leave it, and these leave the region that they were in. */
  assign(tenantId: string, regionId: string, stationIds: readonly string[]): Promise<void>;
  /** The first of them that is no station of the tenant. */
  unknownStation(tenantId: string, stationIds: readonly string[]): Promise<string | undefined>;
  /** The stations that an account is limited to: its own and those of its regions. Null = every station of the tenant. */
  stationLimitOf(account: {
    tenantId: string;
    stationIds: readonly string[] | null;
    regionIds?: readonly string[];
  }): Promise<string[] | null>;
  /** Regions of an older hub list their stations themselves: writes it down at the stations. Safe to repeat. */
  upgrade(): Promise<void>;
}

/** Which stations are looked after together. The station names its region, so that it has one at most. */
export function createRegions(deps: { database: Database; clock: Clock }): Regions {
  const regions = deps.database.collection(regionsCollection);
  const stations = deps.database.collection(stationsCollection);

  const stationsOf: Regions['stationsOf'] = async (tenantId, regionIds) => {
    const found = await stations
      .find({ tenantId, regionId: { $in: [...regionIds] } }, { projection: { _id: 1, regionId: 1 } })
      .toArray();
    const byRegion = new Map<string, string[]>(regionIds.map((id) => [id, []]));
    for (const { _id, regionId } of found) byRegion.get(regionId ?? '')?.push(_id);
    return byRegion;
  };
  const assign: Regions['assign'] = async (tenantId, regionId, stationIds) => {
    const change = { updatedAt: isoNow(deps.clock) };
    await stations.updateMany(
      { tenantId, regionId, _id: { $nin: [...stationIds] } },
      { $set: { regionId: null, ...change }, $inc: { version: 1 } },
    );
    if (stationIds.length > 0)
      await stations.updateMany(
        { _id: { $in: [...stationIds] }, tenantId, regionId: { $ne: regionId } },
        { $set: { regionId, ...change }, $inc: { version: 1 } },
      );
  };
  return {
    exists: async (tenantId, id) =>
      (await regions.findOne({ _id: id, tenantId }, { projection: { _id: 1 } })) !== null,
    stationsOf,
    assign,
    async unknownStation(tenantId, stationIds) {
      const found = await stations
        .find({ _id: { $in: [...stationIds] }, tenantId }, { projection: { _id: 1 } })
        .toArray();
      const known = new Set(found.map(({ _id }) => _id));
      return stationIds.find((id) => !known.has(id));
    },
    async stationLimitOf({ tenantId, stationIds, regionIds = [] }) {
      if (regionIds.length === 0) return stationIds === null ? null : [...stationIds];
      // A region that is gone leaves its people with less, never with everything.
      const byRegion = await stationsOf(tenantId, regionIds);
      return [...new Set([...(stationIds ?? []), ...[...byRegion.values()].flat()])];
    },
    async upgrade() {
      const old = await regions.find({ tenantId: { $gte: '' }, stationIds: { $type: 'array' } }).toArray();
      for (const { _id, tenantId, stationIds = [] } of old) {
        await assign(tenantId, _id, stationIds);
        await regions.updateOne({ _id }, { $unset: { stationIds: '' } });
      }
    },
  };
}

import type { Database } from '../db/index.js';
import { regionsCollection } from './system-documents.js';

export interface Regions {
  exists(tenantId: string, id: string): Promise<boolean>;
  /** The stations that an account is limited to: its own and those of its regions. Null = every station of the tenant. */
  stationLimitOf(account: {
    tenantId: string;
    stationIds: readonly string[] | null;
    regionIds?: readonly string[];
  }): Promise<string[] | null>;
}

export function createRegions(deps: { database: Database }): Regions {
  const regions = deps.database.collection(regionsCollection);
  return {
    exists: async (tenantId, id) =>
      (await regions.findOne({ _id: id, tenantId }, { projection: { _id: 1 } })) !== null,
    async stationLimitOf({ tenantId, stationIds, regionIds = [] }) {
      if (regionIds.length === 0) return stationIds === null ? null : [...stationIds];
      const found = await regions.find({ _id: { $in: [...regionIds] }, tenantId }).toArray();
      // A region that is gone leaves its people with less, never with everything.
      return [...new Set([...(stationIds ?? []), ...found.flatMap((region) => region.stationIds)])];
    },
  };
}

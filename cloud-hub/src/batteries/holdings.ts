import type { Database } from '../db/index.js';
import { batteriesCollection } from './battery-documents.js';

/** Packs by the vehicle that holds them now. One indexed query for any number of vehicles. */
export function createPackHoldings(deps: { database: Database }): {
  heldByVehicles(tenantId: string, vehicleIds: readonly string[]): Promise<ReadonlyMap<string, string[]>>;
} {
  const batteries = deps.database.collection(batteriesCollection);
  return {
    async heldByVehicles(tenantId, vehicleIds) {
      const held = new Map<string, string[]>();
      if (vehicleIds.length === 0) return held;
      const packs = await batteries
        .find(
          { tenantId, 'custodian.kind': 'vehicle', 'custodian.id': { $in: [...vehicleIds] } },
          { projection: { custodian: 1 }, sort: { _id: 1 } },
        )
        .toArray();
      for (const { _id, custodian } of packs)
        if (custodian.id !== undefined) held.set(custodian.id, [...(held.get(custodian.id) ?? []), _id]);
      return held;
    },
  };
}

import { isoNow } from '../clock.js';
import type { Database } from '../db/index.js';
import type { Clock } from '../ports.js';
import { type TenantDocument, tenantsCollection } from './system-documents.js';

/** Every tenant of this installation; the one that riders sign in to is there without being registered. */
export async function tenantIds(database: Database, homeTenantId: string): Promise<string[]> {
  const known = await database
    .collection(tenantsCollection)
    .find({ _id: { $gte: '' } }, { projection: { _id: 1 }, limit: 1_000 })
    .toArray();
  return [...new Set([homeTenantId, ...known.map(({ _id }) => _id)])];
}

export type TenantState = 'active' | 'suspended';
export interface Tenants {
  /** Whether nobody of the tenant may do anything. Another process's change arrives within two seconds. */
  isSuspended(tenantId: string): Promise<boolean>;
  /** Null: no such tenant. The state before is in the answer, so that only a change has effects. */
  setState(
    tenantId: string,
    state: TenantState,
    reason: string | null,
  ): Promise<{ tenant: TenantDocument; changed: boolean } | null>;
}

const MAX_AGE_MS = 2_000;
const MAX_KNOWN = 5_000;

export function createTenants(deps: { database: Database; clock: Clock }): Tenants {
  const { clock } = deps;
  const tenants = deps.database.collection(tenantsCollection);
  const cache = new Map<string, { at: number; suspended: boolean }>();
  return {
    async isSuspended(tenantId) {
      const known = cache.get(tenantId);
      if (known && clock.now() - known.at < MAX_AGE_MS) return known.suspended;
      const found = await tenants.findOne({ _id: tenantId }, { projection: { state: 1 } });
      const suspended = found?.state === 'suspended';
      if (cache.size >= MAX_KNOWN) cache.clear();
      cache.set(tenantId, { at: clock.now(), suspended });
      return suspended;
    },
    async setState(tenantId, state, reason) {
      const changed = await tenants.findOneAndUpdate(
        // Documents of an older hub have no state: they are active.
        { _id: tenantId, ...(state === 'suspended' ? { state: { $ne: state } } : { state: 'suspended' }) },
        { $set: { state, stateReason: reason, stateSince: isoNow(clock) } },
        { returnDocument: 'after' },
      );
      cache.delete(tenantId);
      const tenant = changed ?? (await tenants.findOne({ _id: tenantId }));
      return tenant && { tenant, changed: changed !== null };
    },
  };
}

import type { Database } from '../db/index.js';
import { tenantsCollection } from './system-documents.js';

/** Every tenant of this installation; the one that riders sign in to is there without being registered. */
export async function tenantIds(database: Database, homeTenantId: string): Promise<string[]> {
  const known = await database
    .collection(tenantsCollection)
    .find({ _id: { $gte: '' } }, { projection: { _id: 1 }, limit: 1_000 })
    .toArray();
  return [...new Set([homeTenantId, ...known.map(({ _id }) => _id)])];
}

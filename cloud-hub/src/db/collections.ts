import type { Collection, Db, Document, IndexDescription, MongoClient } from 'mongodb';

/** What every stored document carries. `_id` is text; `version` is the ETag and grows with every write. */
export type Stored = {
  _id: string;
  tenantId: string;
  version: number;
  /** ISO 8601 UTC with milliseconds. */
  createdAt: string;
  updatedAt: string;
};

/** A REST resource as it is stored: `id` becomes `_id`. */
export type AsDocument<R extends { id: string }> = Omit<R, 'id'> & { _id: string };

/**
 * A collection as its feature declares it. Indexes are created at start; each has an explicit name. A query that none of
 * them serves is a defect: the integration tests explain every query and refuse a full scan.
 */
export type CollectionSpec<T extends Document> = {
  name: string;
  indexes: readonly (IndexDescription & { name: string })[];
  /** Only for the compiler. */
  readonly documentType?: T;
};

export const defineCollection = <T extends Document>(
  name: string,
  indexes: CollectionSpec<T>['indexes'],
): CollectionSpec<T> => ({ name, indexes });

/** The hub's one database. Features ask for their own collections only. */
export interface Database {
  readonly client: MongoClient;
  readonly db: Db;
  collection<T extends Document>(spec: CollectionSpec<T>): Collection<T>;
  close(): Promise<void>;
}

/** REST form of a stored document: `_id` as `id`. Internal fields must have been projected away. */
export function toResource<T extends { _id: string }>(document: T): Omit<T, '_id'> & { id: string } {
  const { _id, ...rest } = document;
  return { id: _id, ...rest };
}

/** A unique index refused the write (E11000). */
export function isDuplicateKey(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 11000;
}

/**
 * The tenants that have documents in a collection, in order: one look into an index that begins with `tenantId` for each, however many
 * documents there are.
 */
export async function tenantsOf(collection: {
  findOne(
    filter: { tenantId: { $gt: string } },
    options: { sort: { tenantId: 1 }; projection: { tenantId: 1 } },
  ): Promise<{ tenantId: string } | null>;
}): Promise<string[]> {
  const tenants: string[] = [];
  for (let after = ''; ; ) {
    const next = await collection.findOne(
      { tenantId: { $gt: after } },
      { sort: { tenantId: 1 }, projection: { tenantId: 1 } },
    );
    if (!next) return tenants;
    after = next.tenantId;
    tenants.push(after);
  }
}

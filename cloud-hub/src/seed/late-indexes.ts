import type { Document } from 'mongodb';
import type { CollectionSpec, Database } from '../db/index.js';

/**
 * Takes the indexes off those of the collections that are empty and answers what builds them again. An index that is built at the end,
 * in order, costs a fraction of one that is kept through every insert. A run that ends between the two leaves them missing; the next
 * start of hub or tool builds them.
 */
export async function withoutIndexes(
  database: Database,
  specs: readonly CollectionSpec<Document>[],
): Promise<{ build(progress: (done: number, total: number) => void): Promise<void> }> {
  const bare: CollectionSpec<Document>[] = [];
  for (const spec of specs) {
    if (await database.collection(spec).findOne({}, { projection: { _id: 1 } })) continue;
    await database.collection(spec).dropIndexes();
    bare.push(spec);
  }
  return {
    async build(progress) {
      for (const [done, spec] of bare.entries()) {
        progress(done, bare.length);
        await database.collection(spec).createIndexes([...spec.indexes]);
      }
    },
  };
}

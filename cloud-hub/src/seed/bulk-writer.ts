import type { Collection, Document, OptionalUnlessRequiredId } from 'mongodb';
import type { CollectionSpec, Database } from '../db/index.js';

/** Documents on their way into the store, in batches; order within a collection is kept by `_id` alone. */
export interface BulkWriter {
  add<T extends Document>(spec: CollectionSpec<T>, document: T): void;
  /** Waits until few enough are on their way; call it between pieces of work. */
  breathe(): Promise<void>;
  /** Writes all that is left. */
  flush(): Promise<void>;
  readonly written: ReadonlyMap<string, number>;
}

const BATCH = 500;
const MAX_UNDER_WAY = 4;

export function createBulkWriter(database: Database): BulkWriter {
  const waiting = new Map<string, { spec: CollectionSpec<Document>; documents: Document[] }>();
  const underWay = new Set<Promise<void>>();
  const written = new Map<string, number>();
  let failure: unknown = null;

  const send = (spec: CollectionSpec<Document>, documents: Document[]) => {
    const collection: Collection<Document> = database.collection(spec);
    const work: Promise<void> = collection
      .insertMany(documents as OptionalUnlessRequiredId<Document>[], { ordered: false })
      .then(
        () => void written.set(spec.name, (written.get(spec.name) ?? 0) + documents.length),
        (error: unknown) => {
          failure ??= error;
        },
      )
      .finally(() => underWay.delete(work));
    underWay.add(work);
  };
  const check = () => {
    if (failure) throw failure;
  };

  return {
    written,
    add(spec, document) {
      const queue = waiting.get(spec.name) ?? { spec: spec as CollectionSpec<Document>, documents: [] };
      waiting.set(spec.name, queue);
      queue.documents.push(document);
      if (queue.documents.length >= BATCH) {
        waiting.delete(spec.name);
        send(queue.spec, queue.documents);
      }
    },
    async breathe() {
      check();
      while (underWay.size > MAX_UNDER_WAY) {
        await Promise.race(underWay);
        check();
      }
    },
    async flush() {
      for (const { spec, documents } of waiting.values()) send(spec, documents);
      waiting.clear();
      while (underWay.size > 0) await Promise.race(underWay);
      check();
    },
  };
}

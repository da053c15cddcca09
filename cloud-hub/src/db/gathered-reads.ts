import type { Collection, Filter } from 'mongodb';

type Waiting<T> = {
  promise: Promise<T | null>;
  resolve(found: T | null): void;
  reject(cause: unknown): void;
};

/** Most documents of one reading. */
const MAX_TOGETHER = 500;

/**
 * Reads documents by `_id`, each reading with all that were asked for while the one before was under way: ten thousand stations that come
 * back at once are not ten thousand questions. A reading begins after everybody who waits for it has asked, so that nobody is shown what
 * was true before the own request; nothing is kept.
 */
export function gatherReads<T extends { _id: string }, P extends keyof T & string>(
  collection: Collection<T>,
  /** Fields that are read, beside `_id`. */
  fields: readonly P[],
): (id: string) => Promise<Pick<T, P | '_id'> | null> {
  type Found = Pick<T, P | '_id'>;
  const projection = Object.fromEntries(fields.map((field) => [field, 1]));
  let waiting = new Map<string, Waiting<Found>>();
  let reading = false;

  async function readAll(): Promise<void> {
    while (waiting.size > 0) {
      const batch = new Map([...waiting].slice(0, MAX_TOGETHER));
      waiting = new Map([...waiting].slice(MAX_TOGETHER));
      try {
        const filter = { _id: { $in: [...batch.keys()] } } as Filter<T>;
        const found = await collection
          .find<Found>(filter, { projection, batchSize: batch.size + 1 })
          .toArray();
        for (const document of found) {
          batch.get(document._id)?.resolve(document);
          batch.delete(document._id);
        }
        for (const { resolve } of batch.values()) resolve(null);
      } catch (cause) {
        for (const { reject } of batch.values()) reject(cause);
      }
    }
    reading = false;
  }

  return (id) => {
    const known = waiting.get(id);
    if (known) return known.promise;
    let settle: Omit<Waiting<Found>, 'promise'> | undefined;
    const promise = new Promise<Found | null>((resolve, reject) => {
      settle = { resolve, reject };
    });
    if (settle) waiting.set(id, { promise, ...settle });
    if (!reading) {
      reading = true;
      // What else comes in this turn of the event loop goes along.
      setImmediate(() => void readAll());
    }
    return promise;
  };
}

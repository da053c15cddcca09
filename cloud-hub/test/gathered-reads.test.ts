import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Database, defineCollection, gatherReads } from '../src/db/index.js';
import { openTestStore } from './support/store.js';

type Thing = { _id: string; n: number; rest: string };
const things = defineCollection<Thing>('things', []);

describe('gathered reads', () => {
  let database: Database;
  beforeEach(async () => {
    database = await openTestStore();
  });
  afterEach(() => database.close());

  it('reads each document that is asked for, and what is asked for together in few readings', async () => {
    const collection = database.collection(things);
    await collection.insertMany(
      Array.from({ length: 1_200 }, (_, n) => ({ _id: `t-${n}`, n, rest: 'not asked for' })),
    );
    let readings = 0;
    const find = collection.find.bind(collection);
    collection.find = ((...args: Parameters<typeof find>) => {
      readings++;
      return find(...args);
    }) as typeof find;
    const read = gatherReads(collection, ['n']);
    const ids = Array.from({ length: 1_300 }, (_, n) => `t-${n}`);
    const found = await Promise.all([...ids, ...ids].map(read));
    expect(found.slice(0, 1_200)).toEqual(ids.slice(0, 1_200).map((_id, n) => ({ _id, n })));
    expect(found.slice(1_200, 1_300).every((each) => each === null)).toBe(true);
    expect(found.slice(1_300)).toEqual(found.slice(0, 1_300));
    expect(readings).toBe(3);
  });

  it('shows what was written before it was asked for, also while a reading is under way', async () => {
    const collection = database.collection(things);
    await collection.insertOne({ _id: 'a', n: 0, rest: '' });
    const read = gatherReads(collection, ['n']);
    for (let n = 1; n <= 50; n++) {
      const early = read('a');
      await collection.updateOne({ _id: 'a' }, { $set: { n } });
      expect(await read('a')).toEqual({ _id: 'a', n });
      await early;
    }
  });

  it('tells everybody who waits that the store failed, and reads again afterwards', async () => {
    const collection = database.collection(things);
    await collection.insertOne({ _id: 'a', n: 1, rest: '' });
    const find = collection.find.bind(collection);
    collection.find = (() => {
      throw new Error('the store is away');
    }) as never;
    const read = gatherReads(collection, ['n']);
    const failed = await Promise.allSettled([read('a'), read('b')]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    collection.find = find;
    expect(await read('a')).toEqual({ _id: 'a', n: 1 });
  });
});

import { type Collection, type Db, type Document, Double, Int32, Long, ObjectId } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startInProcess, type TestServer } from './start-in-process.js';

describe('commands through the driver', () => {
  let server: TestServer;
  let db: Db;
  let things: Collection<Document>;
  let clock: Date;
  beforeAll(async () => {
    clock = new Date('2026-01-01T00:00:00Z');
    server = await startInProcess({ now: () => clock });
    db = server.client.db('commands');
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    await db.dropDatabase();
    things = db.collection('things');
  });

  /** Stages of a winning plan from the top down. */
  function stagesOf(plan: Document): string[] {
    return [plan.stage, ...(plan.inputStage ? stagesOf(plan.inputStage) : [])];
  }

  async function explainStages(command: Document): Promise<string[]> {
    const { queryPlanner } = await db.command({ explain: command, verbosity: 'queryPlanner' });
    return stagesOf(queryPlanner.winningPlan);
  }

  describe('explain', () => {
    beforeEach(async () => {
      await things.insertMany(Array.from({ length: 50 }, (_, n) => ({ n, group: n % 5, at: new Date(n) })));
      await things.createIndex({ group: 1, at: -1 });
    });

    it('names the scan of every command that selects documents', async () => {
      const q = { group: 3 };
      for (const command of [
        { find: 'things', filter: q },
        { aggregate: 'things', pipeline: [{ $match: q }, { $count: 'n' }], cursor: {} },
        { count: 'things', query: q },
        { distinct: 'things', key: 'n', query: q },
        { update: 'things', updates: [{ q, u: { $set: { x: 1 } } }] },
        { delete: 'things', deletes: [{ q, limit: 0 }] },
        { findAndModify: 'things', query: q, remove: true },
      ]) {
        expect(await explainStages(command)).toEqual(['FETCH', 'IXSCAN']);
      }
      expect(await things.countDocuments({})).toBe(50);
    });

    it('tells full scans, id look-ups, sorts from an index and sorts in memory apart', async () => {
      expect(await explainStages({ find: 'things', filter: { n: 1 } })).toEqual(['COLLSCAN']);
      expect(await explainStages({ find: 'things', filter: { _id: new ObjectId() } })).toEqual(['IDHACK']);
      const filter = { group: 2, at: { $gt: new Date(10) } };
      expect(await explainStages({ find: 'things', filter, sort: { at: -1 } })).toEqual(['FETCH', 'IXSCAN']);
      expect(await explainStages({ find: 'things', filter, sort: { at: 1 } })).toEqual(['FETCH', 'IXSCAN']);
      expect(await explainStages({ find: 'things', filter, sort: { n: 1 } })).toEqual([
        'SORT',
        'FETCH',
        'IXSCAN',
      ]);
      expect(await explainStages({ find: 'things', sort: { group: 1, at: -1 } })).toEqual([
        'FETCH',
        'IXSCAN',
      ]);
      expect(
        await explainStages({
          find: 'things',
          filter: { group: { $in: [1, 2] } },
          sort: { group: 1, at: -1 },
        }),
      ).toEqual(['FETCH', 'IXSCAN']);
    });

    it('starts the next page of a keyset list in the middle of the index', async () => {
      await things.createIndex({ n: 1, _id: 1 });
      const { _id } = (await things.findOne({ n: 30 })) ?? {};
      const beyond = { $or: [{ n: { $gt: 30 } }, { n: 30, _id: { $gt: _id } }] };
      // Alone, and within a range of the same field, which says less.
      for (const filter of [beyond, { n: { $gte: 3 }, ...beyond }, { ...beyond, n: { $gt: 3, $lte: 90 } }]) {
        const find = { find: 'things', filter, sort: { n: 1, _id: 1 }, limit: 5 };
        expect(await explainStages(find)).toEqual(['FETCH', 'IXSCAN']);
        const { executionStats } = await db.command({ explain: find, verbosity: 'executionStats' });
        expect(executionStats).toMatchObject({ nReturned: 5, totalDocsExamined: 6 });
      }
    });

    it('counts what a read touches', async () => {
      const { executionStats } = await db.command({
        explain: { find: 'things', filter: { group: 1, at: { $lt: new Date(20) } } },
        verbosity: 'executionStats',
      });
      expect(executionStats).toMatchObject({ nReturned: 4, totalKeysExamined: 4, totalDocsExamined: 4 });
    });
  });

  it('keeps the BSON type of numbers an update does not touch, and grows int32 to int64', async () => {
    await things.insertOne({
      _id: 1 as never,
      long: Long.fromNumber(5),
      double: new Double(2),
      int: new Int32(2147483647),
    });
    await things.updateOne({}, { $inc: { long: 1, double: 1, int: 1 }, $set: { other: 'x' } });
    await things.updateOne({}, [{ $set: { more: { $add: ['$long', 1] } } }]);
    const types = await things
      .find({ long: { $type: 'long' }, double: { $type: 'double' }, int: { $type: 'long' } })
      .toArray();
    expect(types).toEqual([{ _id: 1, long: 6, double: 3, int: 2147483648, other: 'x', more: 7 }]);
  });

  it('removes expired documents and keeps the rest', async () => {
    await things.createIndex({ at: 1 }, { expireAfterSeconds: 60 });
    await things.insertMany([
      { n: 1, at: clock },
      { n: 2, at: new Date(clock.getTime() + 3_600_000) },
      { n: 3 },
    ]);
    clock = new Date(clock.getTime() + 61_000);
    server.maintain();
    expect((await things.find().sort({ n: 1 }).toArray()).map(({ n }) => n)).toEqual([2, 3]);
  });

  it('enforces unique indexes over arrays, compound keys, sparse and partial ones', async () => {
    await things.createIndex({ tags: 1 }, { unique: true, sparse: true });
    await things.createIndex({ a: 1, b: 1 }, { unique: true, partialFilterExpression: { live: true } });
    await things.insertMany([{ tags: ['x', 'y', 'x'] }, {}, {}, { a: 1, b: 1, live: true, tags: ['z'] }]);
    await expect(things.insertOne({ tags: ['w', 'y'] })).rejects.toMatchObject({
      code: 11000,
      keyPattern: { tags: 1 },
    });
    await expect(things.insertOne({ a: 1, b: 1, live: true })).rejects.toMatchObject({
      keyValue: { a: 1, b: 1 },
    });
    await things.insertMany([
      { a: 1, b: 1 },
      { a: 1, b: 2, live: true },
    ]);
    await expect(
      things.updateOne({ a: 1, b: 1, live: { $exists: false } }, { $set: { live: true } }),
    ).rejects.toMatchObject({
      code: 11000,
    });
    // A refused document leaves no key behind.
    await things.insertOne({ tags: ['w'] });
    await things.deleteOne({ tags: 'y' });
    await things.insertOne({ tags: ['y'] });
  });

  it('refuses to build a unique index over duplicates, and leaves none behind', async () => {
    await things.insertMany([{ a: 1 }, { a: 1 }]);
    await expect(things.createIndex({ a: 1 }, { unique: true })).rejects.toMatchObject({ code: 11000 });
    expect((await things.indexes()).map(({ name }) => name)).toEqual(['_id_']);
    await things.createIndex({ a: 1 });
    await expect(things.createIndex({ a: 1 }, { unique: true })).rejects.toThrow(/different options/);
  });

  it('goes on after a failed statement when unordered, and stops when ordered', async () => {
    const docs = [{ _id: 1 }, { _id: 1 }, { _id: 2 }] as never[];
    await expect(things.insertMany(docs, { ordered: true })).rejects.toMatchObject({
      result: { insertedCount: 1 },
    });
    await things.deleteMany({});
    await expect(things.insertMany(docs, { ordered: false })).rejects.toMatchObject({
      result: { insertedCount: 2 },
    });
  });

  it('updates each document once although the update moves it along the index it is found by', async () => {
    await things.createIndex({ n: 1 });
    await things.insertMany(Array.from({ length: 300 }, (_, n) => ({ n })));
    const { modifiedCount } = await things.updateMany({ n: { $gte: 0 } }, { $inc: { n: 1000 } });
    expect(modifiedCount).toBe(300);
    expect(await things.countDocuments({ n: { $gte: 2000 } })).toBe(0);
  });

  it('serves a cursor while its collection changes, and forgets it when killed', async () => {
    await things.insertMany(Array.from({ length: 500 }, (_, n) => ({ n })));
    const cursor = things.find({}, { batchSize: 10 }).sort({ _id: 1 });
    expect((await cursor.next())?.n).toBe(0);
    await things.deleteMany({ n: { $gte: 400 } });
    expect((await cursor.toArray()).length).toBe(399);
    const open = things.find({}, { batchSize: 2 });
    await open.next();
    const { id } = open;
    await open.close();
    await expect(db.command({ getMore: id, collection: 'things' })).rejects.toMatchObject({ code: 43 });
  });

  it('ends a cursor whose index or collection is dropped with QueryPlanKilled', async () => {
    await things.createIndex({ n: 1 });
    await things.insertMany(Array.from({ length: 500 }, (_, n) => ({ n })));
    const byIndex = things.find({ n: { $gte: 0 } }, { batchSize: 5 });
    const byScan = things.find({}, { batchSize: 5 });
    await Promise.all([byIndex.next(), byScan.next()]);
    await things.dropIndex('n_1');
    await expect(byIndex.toArray()).rejects.toMatchObject({ code: 175 });
    await things.drop();
    await expect(byScan.toArray()).rejects.toMatchObject({ code: 175 });
  });

  it('sorts in memory with a limit as it sorts without', async () => {
    await things.insertMany(Array.from({ length: 3000 }, (_, n) => ({ n, k: (n * 7919) % 101 })));
    const all = await things.find().sort({ k: -1, n: 1 }).toArray();
    const page = await things.find().sort({ k: -1, n: 1 }).skip(20).limit(10).toArray();
    expect(page).toEqual(all.slice(20, 30));
  });

  it('projects nested, sliced, matched and computed fields', async () => {
    await things.insertOne({
      _id: 1 as never,
      a: { b: 1, c: 2 },
      list: [
        { k: 1, v: 'x' },
        { k: 2, v: 'y' },
      ],
      n: 3,
    });
    const one = (projection: Document, filter: Document = {}) => things.findOne(filter, { projection });
    expect(await one({ 'a.b': 1 })).toEqual({ _id: 1, a: { b: 1 } });
    expect(await one({ _id: 0, list: 0, a: 0 })).toEqual({ n: 3 });
    expect(await one({ 'list.v': 1, _id: 0 })).toEqual({ list: [{ v: 'x' }, { v: 'y' }] });
    expect(await one({ list: { $elemMatch: { k: 2 } }, _id: 0 })).toEqual({ list: [{ k: 2, v: 'y' }] });
    expect(await one({ 'list.$': 1, _id: 0 }, { 'list.k': 2 })).toEqual({ list: [{ k: 2, v: 'y' }] });
    expect(await one({ list: { $slice: -1 }, a: 0, n: 0 })).toEqual({ _id: 1, list: [{ k: 2, v: 'y' }] });
    expect(await one({ _id: 0, twice: { $multiply: ['$n', 2] } })).toEqual({ twice: 6 });
    await expect(one({ a: 1, n: 0 })).rejects.toMatchObject({ code: 31254 });
  });

  const refusals: [string, (c: Collection<Document>) => Promise<unknown>, RegExp][] = [
    ['a transaction', (c) => withTransaction(c), /Transactions are not supported/],
    ['a change stream', (c) => c.watch().next(), /\$changeStream is not supported/],
    ['$where', (c) => c.find({ $where: 'true' }).toArray(), /\$where is not supported/],
    ['$text', (c) => c.find({ $text: { $search: 'x' } }).toArray(), /\$text is not supported/],
    ['$near', (c) => c.find({ at: { $near: [0, 0] } }).toArray(), /\$near is not supported/],
    ['$jsonSchema', (c) => c.find({ $jsonSchema: {} }).toArray(), /\$jsonSchema is not supported/],
    ['a collation', (c) => c.find({}, { collation: { locale: 'en' } }).toArray(), /collation/],
    ['a text index', (c) => c.createIndex({ a: 'text' }), /text index/],
    ['a wildcard index', (c) => c.createIndex({ '$**': 1 }), /wildcard index/],
    [
      'an unknown update operator',
      (c) => c.updateOne({}, { $nope: { a: 1 } }, { upsert: true }),
      /Unknown modifier: \$nope/,
    ],
    ['an unknown query operator', (c) => c.find({ a: { $nope: 1 } }).toArray(), /unknown operator: \$nope/],
    ['a tailable cursor', (c) => c.find({}, { tailable: true }).toArray(), /find\.tailable/],
    ['an unknown command', () => db.command({ mapReduce: 'things' }), /no such command: 'mapReduce'/],
    [
      'a capped collection',
      () => db.createCollection('capped', { capped: true, size: 10 }),
      /create option capped/,
    ],
  ];
  for (const [title, attempt, message] of refusals) {
    it(`refuses ${title} and says so`, async () => {
      await expect(attempt(things)).rejects.toThrow(message);
    });
  }

  async function withTransaction(collection: Collection<Document>): Promise<void> {
    await collection.insertOne({});
    const command = {
      insert: 'things',
      documents: [{}],
      txnNumber: Long.ONE,
      startTransaction: true,
      autocommit: false,
    };
    await db.command(command);
  }
});

import { type Db, type Document, Long } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startInProcess, type TestServer } from './start-in-process.js';

const ORDERS: Document[] = [
  { _id: 1, rider: 'ann', amountFen: 500, tags: ['a', 'b'], station: 1, fee: { base: 3 } },
  { _id: 2, rider: 'bob', amountFen: 700, tags: [], station: 2 },
  { _id: 3, rider: 'ann', amountFen: 300, tags: ['b'], station: 3, note: '' },
  { _id: 4, rider: 'cid', amountFen: 900, station: null },
];

/** Pipelines on ORDERS and what MongoDB 7 answers. */
const CASES: { title: string; pipeline: Document[]; expected: Document[] }[] = [
  {
    title: 'groups, sums and counts',
    pipeline: [
      {
        $group: {
          _id: '$rider',
          total: { $sum: '$amountFen' },
          orders: { $sum: 1 },
          tags: { $push: '$tags' },
        },
      },
      { $sort: { total: -1, _id: 1 } },
    ],
    expected: [
      { _id: 'cid', total: 900, orders: 1, tags: [] },
      { _id: 'ann', total: 800, orders: 2, tags: [['a', 'b'], ['b']] },
      { _id: 'bob', total: 700, orders: 1, tags: [[]] },
    ],
  },
  {
    title: 'groups by documents and by missing fields',
    pipeline: [{ $group: { _id: { base: '$fee.base' }, n: { $count: {} } } }, { $sort: { n: 1 } }],
    expected: [
      { _id: { base: 3 }, n: 1 },
      { _id: {}, n: 3 },
    ],
  },
  {
    title: 'unwinds, and keeps an empty string which is not an array',
    pipeline: [{ $unwind: '$note' }, { $project: { _id: 1, note: 1 } }],
    expected: [{ _id: 3, note: '' }],
  },
  {
    title: 'unwinds with positions and empty arrays kept',
    pipeline: [
      { $unwind: { path: '$tags', includeArrayIndex: 'at', preserveNullAndEmptyArrays: true } },
      { $project: { tags: 1, at: 1 } },
    ],
    expected: [
      { _id: 1, tags: 'a', at: 0 },
      { _id: 1, tags: 'b', at: 1 },
      { _id: 2, at: null },
      { _id: 3, tags: 'b', at: 0 },
      { _id: 4, at: null },
    ],
  },
  {
    title: 'adds fields below existing ones and removes fields whose value is missing',
    pipeline: [
      { $match: { _id: 1 } },
      { $addFields: { fee: { extra: { $add: ['$fee.base', 1] } }, rider: '$nothing' } },
      { $unset: ['tags', 'station'] },
    ],
    expected: [{ _id: 1, amountFen: 500, fee: { base: 3, extra: 4 } }],
  },
  {
    title: 'projects computed fields with conditions',
    pipeline: [
      { $sort: { _id: 1 } },
      { $limit: 2 },
      {
        $project: {
          _id: 0,
          big: { $cond: [{ $gte: ['$amountFen', 600] }, 'yes', 'no'] },
          n: { $size: '$tags' },
        },
      },
    ],
    expected: [
      { big: 'no', n: 2 },
      { big: 'yes', n: 0 },
    ],
  },
  {
    title: 'compares across types in $expr as MongoDB orders them',
    pipeline: [{ $match: { $expr: { $gt: ['$rider', 10_000] } } }, { $count: 'n' }],
    expected: [{ n: 4 }],
  },
  {
    title: 'runs facets independently',
    pipeline: [
      {
        $facet: {
          riders: [{ $sortByCount: '$rider' }, { $limit: 1 }],
          sum: [{ $group: { _id: null, fen: { $sum: '$amountFen' } } }],
        },
      },
    ],
    expected: [{ riders: [{ _id: 'ann', count: 2 }], sum: [{ _id: null, fen: 2400 }] }],
  },
  {
    title: 'joins through $lookup; a null or missing local field joins missing foreign fields',
    pipeline: [
      { $lookup: { from: 'stations', localField: 'station', foreignField: 'number', as: 'at' } },
      { $project: { at: '$at.name' } },
      { $sort: { _id: 1 } },
    ],
    expected: [
      { _id: 1, at: ['North'] },
      { _id: 2, at: ['South'] },
      { _id: 3, at: [] },
      { _id: 4, at: ['Depot'] },
    ],
  },
  {
    title: 'joins with a pipeline that sees let variables',
    pipeline: [
      { $match: { _id: 2 } },
      {
        $lookup: {
          from: 'stations',
          let: { s: '$station' },
          pipeline: [{ $match: { $expr: { $lt: ['$number', '$$s'] } } }, { $project: { _id: 0, name: 1 } }],
          as: 'below',
        },
      },
      { $project: { below: 1 } },
    ],
    expected: [{ _id: 2, below: [{ name: 'North' }, { name: 'Depot' }] }],
  },
  {
    title: 'appends another collection',
    pipeline: [
      { $project: { _id: 0, name: '$rider' } },
      { $unionWith: { coll: 'stations', pipeline: [{ $project: { _id: 0, name: 1 } }] } },
      { $sort: { name: 1 } },
      { $limit: 2 },
    ],
    expected: [{ name: 'Depot' }, { name: 'North' }],
  },
  {
    title: 'buckets',
    pipeline: [
      { $bucket: { groupBy: '$amountFen', boundaries: [0, 600, 1000], output: { n: { $sum: 1 } } } },
    ],
    expected: [
      { _id: 0, n: 2 },
      { _id: 600, n: 2 },
    ],
  },
  {
    title: 'sums and orders arrays of one document',
    pipeline: [
      { $match: { _id: 1 } },
      {
        $project: {
          _id: 0,
          sum: { $sum: ['$amountFen', '$fee.base', 'text'] },
          most: { $max: ['$tags', 'aa'] },
          sorted: { $sortArray: { input: '$tags', sortBy: -1 } },
        },
      },
    ],
    expected: [{ sum: 503, most: ['a', 'b'], sorted: ['b', 'a'] }],
  },
];

describe('aggregate', () => {
  let server: TestServer;
  let db: Db;
  beforeAll(async () => {
    server = await startInProcess();
    db = server.client.db('aggregates');
    await db.collection('orders').insertMany(ORDERS.map((order) => ({ ...order })));
    await db.collection<Document>('stations').insertMany([
      { _id: 1 as never, number: 1, name: 'North' },
      { _id: 2 as never, number: 2, name: 'South' },
      { _id: 3 as never, name: 'Depot' },
    ]);
  });
  afterAll(() => server.close());

  for (const { title, pipeline, expected } of CASES) {
    it(title, async () => {
      expect(await db.collection('orders').aggregate(pipeline).toArray()).toEqual(expected);
    });
  }

  it('adds int64 values beyond what doubles hold exactly', async () => {
    const big = db.collection('big');
    const value = Long.fromString('9007199254740993');
    await big.insertMany([{ value }, { value: 2 }]);
    const [sum] = await big
      .aggregate([{ $group: { _id: null, sum: { $sum: '$value' } } }], { promoteLongs: false })
      .toArray();
    expect(String(sum?.sum)).toBe('9007199254740995');
  });

  it('streams a long result in batches', async () => {
    const many = db.collection('many');
    await many.insertMany(Array.from({ length: 1000 }, (_, n) => ({ n })));
    const cursor = many.aggregate([{ $match: { n: { $gte: 10 } } }, { $project: { _id: 0, n: 1 } }], {
      batchSize: 50,
    });
    const seen: number[] = [];
    for await (const { n } of cursor) seen.push(n);
    expect(seen).toEqual(Array.from({ length: 990 }, (_, i) => i + 10));
  });

  it('replaces a collection with $out and updates one with $merge', async () => {
    const totals = db.collection<Document>('totals');
    const byRider = { $group: { _id: '$rider', total: { $sum: '$amountFen' } } };
    await db
      .collection('orders')
      .aggregate([byRider, { $out: 'totals' }])
      .toArray();
    await db
      .collection('orders')
      .aggregate([
        { $match: { rider: 'ann' } },
        byRider,
        { $set: { total: 1, seen: true } },
        { $merge: 'totals' },
      ])
      .toArray();
    expect(await totals.find().sort({ _id: 1 }).toArray()).toEqual([
      { _id: 'ann', total: 1, seen: true },
      { _id: 'bob', total: 700 },
      { _id: 'cid', total: 900 },
    ]);
  });

  const refused: [string, Document[], RegExp][] = [
    ['$graphLookup', [{ $graphLookup: {} }], /pipeline stage \$graphLookup is not supported/],
    ['$changeStream', [{ $changeStream: {} }], /pipeline stage \$changeStream is not supported/],
    [
      '$function',
      [{ $project: { a: { $function: { body: 'x' } } } }],
      /expression operator \$function is not supported/,
    ],
    [
      '$function in a nested pipeline',
      [{ $facet: { a: [{ $set: { b: { $function: {} } } }] } }],
      /\$function/,
    ],
    ['$where', [{ $match: { $where: 'true' } }], /query operator \$where is not supported/],
    ['an unknown stage', [{ $nope: 1 }], /Unrecognized pipeline stage name: '\$nope'/],
    ['an unknown operator', [{ $set: { a: { $nope: 1 } } }], /Unrecognized expression '\$nope'/],
    ['an unknown accumulator', [{ $group: { _id: 1, a: { $nope: 1 } } }], /\$nope/],
  ];
  for (const [title, pipeline, message] of refused) {
    it(`refuses ${title} by name, even on an empty collection`, async () => {
      await expect(db.collection('empty').aggregate(pipeline).toArray()).rejects.toThrow(message);
    });
  }
});

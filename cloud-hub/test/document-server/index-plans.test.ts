import fc from 'fast-check';
import { BSON, type Document } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { createEngine, type Engine } from '../../src/document-server/index.js';
import { fieldValue, scalar, testDocument } from './bson-values.js';
import { findAll, mustRun, runCommand } from './run-command.js';

/** Index sets under test; each is compared with no index at all. */
const INDEX_SETS: Document[][] = [
  [{ key: { a: 1 } }],
  [{ key: { a: -1 } }],
  [{ key: { a: 1, b: -1 } }],
  [{ key: { b: -1, c: -1, a: 1 } }],
  [{ key: { 'a.y': 1 } }, { key: { b: 1 }, sparse: true }],
  [{ key: { 'a.y': 1, 'a.z': -1 } }],
  [{ key: { 'a.0': 1 } }, { key: { c: 1, 'a.y': 1 } }],
  [
    { key: { a: 1 }, partialFilterExpression: { b: { $exists: true } } },
    { key: { c: 1, a: 1 }, sparse: true },
  ],
  [
    { key: { b: 1 }, partialFilterExpression: { c: 1 } },
    { key: { c: 1 }, partialFilterExpression: { a: { $gt: 0 } } },
  ],
];

const condition: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: scalar },
  { weight: 1, arbitrary: fieldValue },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }).map(($in) => ({ $in })) },
  { weight: 1, arbitrary: scalar.map(($gt) => ({ $gt })) },
  { weight: 1, arbitrary: scalar.map(($lte) => ({ $lte })) },
  { weight: 2, arbitrary: fc.tuple(scalar, scalar).map(([$gte, $lt]) => ({ $gte, $lt })) },
  { weight: 1, arbitrary: fc.tuple(scalar, scalar).map(([$gt, $lte]) => ({ $gt, $lte })) },
  { weight: 1, arbitrary: fc.tuple(scalar, scalar).map(([$eq, $gt]) => ({ $eq, $gt })) },
  { weight: 1, arbitrary: scalar.map(($ne) => ({ $ne })) },
  { weight: 1, arbitrary: fc.boolean().map(($exists) => ({ $exists })) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('', 'a', '^b', 'c$', '[^a]', 'B', '\\0'), fc.constantFrom('', 'i'))
      .map(([$regex, $options]) => ({ $regex, $options })),
  },
  { weight: 1, arbitrary: scalar.map((y) => ({ $elemMatch: { y } })) },
);

const plainFilter = fc.record(
  {
    a: condition,
    b: condition,
    c: condition,
    'a.y': condition,
    'a.z': condition,
    'a.0': condition,
    _id: fc.constantFrom<unknown>(3, { $gt: 20 }, { $in: [1, 2, 70] }, { $lte: 12 }),
  },
  { requiredKeys: [] },
);
const filter: fc.Arbitrary<Document> = fc.oneof(
  { weight: 6, arbitrary: plainFilter },
  { weight: 1, arbitrary: fc.tuple(plainFilter, plainFilter).map(($and) => ({ $and })) },
  { weight: 1, arbitrary: fc.tuple(plainFilter, plainFilter).map(($or) => ({ $or })) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('a', 'b', 'a.y'), condition, condition, plainFilter, plainFilter)
      .map(([path, first, second, also, rest]) => ({
        ...rest,
        $or: [{ [path]: first }, { ...also, [path]: second }],
      })),
  },
);

const direction = fc.constantFrom(1, -1);
const sort = fc.option(
  fc
    .tuple(
      fc.constantFrom('a', 'b', 'c', 'a.y', 'a.0', '_id'),
      direction,
      fc.constantFrom('b', 'c', 'a', 'a.z'),
      direction,
    )
    .map(([first, d1, second, d2]) => ({ [first]: d1, [second]: d2, _id: 1 })),
  { nil: undefined },
);

const query = fc.record({ filter, sort, limit: fc.constantFrom(0, 0, 5), skip: fc.constantFrom(0, 0, 2) });

const update: fc.Arbitrary<Document> = fc.oneof(
  fieldValue.map((a) => ({ $set: { a } })),
  fieldValue.map((b) => ({ $set: { b, 'c.z': 1 } })),
  fc.constant({ $unset: { b: '' } }),
  fc.constant({ $push: { c: 1 } }),
);

function withDocuments(documents: readonly Document[], indexes: readonly Document[]) {
  const plain = createEngine({ file: ':memory:' });
  const indexed = createEngine({ file: ':memory:' });
  if (indexes.length > 0) {
    const named = indexes.map(({ key, ...rest }, i) => ({ key, ...rest, name: `index_${i}` }));
    mustRun(indexed, { createIndexes: 't', indexes: named, $db: 'test' });
  }
  for (const [i, document] of documents.entries()) {
    const insert = { insert: 't', documents: [{ _id: i, ...document }], $db: 'test' };
    // Parallel arrays cannot be indexed; such a document is left out of both.
    if (!runCommand(indexed, insert).writeErrors) mustRun(plain, insert);
  }
  return { plain, indexed };
}

const text = (documents: readonly Document[]) => documents.map((document) => BSON.EJSON.stringify(document));

/** What a find gives, or that it cannot be sorted: by two arrays at once. */
function found(engine: Engine, find: Document): string[] {
  const reply = runCommand(engine, { ...find, $db: 'test', batchSize: 100_000 });
  if (reply.ok === 1) return text(reply.cursor.firstBatch);
  expect(reply).toMatchObject({
    codeName: 'BadValue',
    errmsg: 'cannot sort with keys that are parallel arrays',
  });
  return [reply.errmsg];
}

describe('index plans', () => {
  for (const indexes of INDEX_SETS) {
    it(`find what a full scan finds, in the same order when sorted: ${JSON.stringify(indexes)}`, () => {
      fc.assert(
        fc.property(
          fc.array(testDocument, { minLength: 5, maxLength: 40 }),
          fc.array(query, { minLength: 5, maxLength: 15 }),
          fc.tuple(plainFilter, update),
          (documents, queries, [updateFilter, change]) => {
            const { plain, indexed } = withDocuments(documents, indexes);
            try {
              const compare = () => {
                for (const { filter: f, sort: order, limit, skip } of queries) {
                  const find = { find: 't', filter: f, ...(order && { sort: order, limit, skip }) };
                  const expected = found(plain, find);
                  const actual = found(indexed, find);
                  if (order) expect(actual).toEqual(expected);
                  else expect(actual.sort()).toEqual(expected.sort());
                  const count = { count: 't', query: f, $db: 'test' };
                  expect(runCommand(indexed, count).n).toBe(runCommand(plain, count).n);
                }
              };
              compare();
              const statement = {
                update: 't',
                updates: [{ q: updateFilter, u: change, multi: true }],
                $db: 'test',
              };
              const [a, b] = [runCommand(indexed, statement), runCommand(plain, statement)];
              // An update that an index refuses stops half way on one side only.
              if (a.writeErrors || b.writeErrors) return;
              expect(a.nModified).toBe(b.nModified);
              compare();
            } finally {
              plain.close();
              indexed.close();
            }
          },
        ),
        { numRuns: 25 },
      );
    });
  }

  it('texts that are looked for in keys are found and counted as in the documents, whatever characters they have', () => {
    // Letters whose other case is another letter's, a zero character, which keys escape, and what begins like it.
    const unit = fc.constantFrom(
      ...'aAzZkK\u212asS\u017fiI\u0131\u0130\u00e4\u00c4.*-/\\$^\u0000\u0001\u00ff换电',
    );
    const word = fc.string({ unit, maxLength: 4 });
    const value = fc.oneof(
      { weight: 5, arbitrary: word },
      { weight: 2, arbitrary: fc.array(word, { maxLength: 3 }) },
      { weight: 1, arbitrary: fc.constantFrom(null, 7, { y: 'a' }) },
    );
    const documents = fc.array(
      fc.record({ t: fc.constantFrom('k', 'K', 'aa'), a: value, b: word, c: fc.nat(3) }),
      {
        minLength: 1,
        maxLength: 30,
      },
    );
    const pattern = fc
      .tuple(fc.string({ unit, minLength: 1, maxLength: 2 }), fc.constantFrom('', 'i', 'im'))
      .map(([text, $options]) => ({ $regex: text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&'), $options }));
    const filters = fc.array(
      fc.oneof(
        fc.record({ t: fc.constantFrom('k', 'aa'), a: pattern }),
        fc.record({ t: fc.constant({ $in: ['k', 'K', 'k'] }), b: pattern }),
        fc.tuple(pattern, pattern).map(([a, b]) => ({ $and: [{ t: 'k' }, { a }, { b }] })),
        fc.record({ t: pattern, b: word }),
        fc.record({ a: pattern, b: fc.constant({ $ne: 'a' }) }),
        fc.record({ b: pattern, t: fc.constant('k'), c: fc.nat(3) }),
      ),
      { minLength: 3, maxLength: 8 },
    );
    const indexes = fc.constantFrom(
      [{ key: { t: 1, a: 1, c: 1 } }, { key: { t: 1, b: 1, c: 1 } }],
      [{ key: { a: 1 } }, { key: { t: 1 } }],
      [{ key: { t: 1, c: 1, b: 1 } }, { key: { b: 1, a: 1 } }],
      [{ key: { t: 1, a: -1 } }, { key: { c: 1, t: 1, b: 1 } }],
    );
    fc.assert(
      fc.property(documents, indexes, filters, (all, keys, list) => {
        const { plain, indexed } = withDocuments(all, keys);
        try {
          for (const wanted of list) {
            const find = { find: 't', filter: wanted };
            expect(text(findAll(indexed, find)).sort()).toEqual(text(findAll(plain, find)).sort());
            const count = { count: 't', query: wanted, $db: 'test' };
            expect(runCommand(indexed, count).n).toBe(runCommand(plain, count).n);
          }
        } finally {
          plain.close();
          indexed.close();
        }
      }),
      { numRuns: 150 },
    );
  });

  it('an index that is built over what is there holds what one that was there before holds', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...INDEX_SETS),
        fc.array(testDocument, { minLength: 5, maxLength: 40 }),
        (indexes, documents) => {
          const { plain, indexed } = withDocuments(documents, indexes);
          try {
            const named = indexes.map(({ key, ...rest }, i) => ({ key, ...rest, name: `index_${i}` }));
            mustRun(plain, { createIndexes: 't', indexes: named, $db: 'test' });
            for (const { name, key } of named) {
              // In the order of the index, so that its keys are compared and not only its documents.
              const find = { find: 't', filter: {}, hint: name, sort: key };
              expect(text(findAll(plain, find))).toEqual(text(findAll(indexed, find)));
            }
          } finally {
            plain.close();
            indexed.close();
          }
        },
      ),
      {
        numRuns: 60,
        // The first document is refused by the second index, after the first has learnt of arrays and leaves sorting to the reader.
        examples: [
          [
            [{ key: { 'a.0': 1 } }, { key: { c: 1, 'a.y': 1 } }],
            [{ a: [], c: [] }, { a: [{}] }, { a: [0] }, {}],
          ],
        ],
      },
    );
  });

  it('sorts a document by the smallest of the keys that an index would have for it', () => {
    const documents = [
      {
        a: [
          { y: 1, z: 9 },
          { y: 2, z: 0 },
        ],
      },
      { a: [{ y: 1, z: 5 }] },
      { a: [7, { y: 5 }] },
      { a: [[3], 4] },
    ];
    const { plain, indexed } = withDocuments(documents, []);
    const order = (sort: Document) => findAll(plain, { find: 't', filter: {}, sort }).map(({ _id }) => _id);
    expect(order({ 'a.y': 1, 'a.z': 1 })).toEqual([2, 3, 1, 0]);
    expect(order({ 'a.y': -1, 'a.z': 1 })).toEqual([2, 0, 1, 3]);
    expect(order({ 'a.0': 1, _id: 1 })).toEqual([3, 2, 1, 0]);
    plain.close();
    indexed.close();
  });
});

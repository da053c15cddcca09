import { BSON, Decimal128, Double, Int32, Long, Timestamp } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { readDocument } from '../bson/raw-document.js';
import type { Doc } from '../bson/values.js';
import type { CommandError } from '../errors.js';
import { applyUpdate } from './apply.js';

const NOW = new Date('2026-03-04T05:06:07Z');

interface Options {
  readonly filter?: Doc;
  readonly arrayFilters?: Doc[];
  readonly inserting?: boolean;
}

/** Applies an update as the server does, on values with their BSON types; the result as canonical JSON. */
function updated(
  doc: Doc,
  update: Doc,
  { filter = {}, arrayFilters = [], inserting = false }: Options = {},
): unknown {
  const typed = readDocument(Buffer.from(BSON.serialize(doc)), 'typed');
  const change = readDocument(Buffer.from(BSON.serialize(update)), 'typed');
  applyUpdate(typed, change, {
    filter,
    arrayFilters,
    inserting,
    now: () => NOW,
    compileExpression: () => () => true,
  });
  return BSON.EJSON.serialize(BSON.deserialize(BSON.serialize(typed), { promoteValues: false }), {
    relaxed: false,
  });
}

function canonical(doc: Doc): unknown {
  return BSON.EJSON.serialize(BSON.deserialize(BSON.serialize(doc), { promoteValues: false }), {
    relaxed: false,
  });
}

/** Document, update, result, options. */
const CASES: [Doc, Doc, Doc, Options?][] = [
  [{ a: 1 }, { $set: { 'b.c.d': 2 } }, { a: 1, b: { c: { d: 2 } } }],
  [{ a: [1] }, { $set: { 'a.3': 4 } }, { a: [1, null, null, 4] }],
  [{}, { $set: { z: 1, b: 2, 'c.y': 3, 'c.x': 4 } }, { b: 2, c: { x: 4, y: 3 }, z: 1 }],
  [{ a: [1, 2, 3] }, { $unset: { 'a.1': '' } }, { a: [1, null, 3] }],
  [{ a: { b: 1 } }, { $unset: { 'a.b': 1, 'x.y': 1 } }, { a: {} }],
  [{ a: 1 }, { $rename: { a: 'n.m' } }, { n: { m: 1 } }],
  [{ a: 1 }, { $setOnInsert: { b: 1 } }, { a: 1 }],
  [{ a: 1 }, { $setOnInsert: { b: 1 } }, { a: 1, b: 1 }, { inserting: true }],
  // Arithmetic keeps or widens types.
  [{ n: new Int32(1) }, { $inc: { n: new Int32(2) } }, { n: new Int32(3) }],
  [{ n: new Int32(2147483647) }, { $inc: { n: 1 } }, { n: Long.fromString('2147483648') }],
  [{ n: Long.fromNumber(1) }, { $mul: { n: 3 } }, { n: Long.fromNumber(3) }],
  [{ n: new Int32(1) }, { $inc: { n: new Double(0.5) } }, { n: new Double(1.5) }],
  [
    { n: Decimal128.fromString('0.1') },
    { $inc: { n: Decimal128.fromString('0.2') } },
    { n: Decimal128.fromString('0.3') },
  ],
  [{}, { $inc: { n: 5 }, $mul: { m: Long.fromNumber(7) } }, { m: Long.ZERO, n: 5 }],
  [{ n: 5 }, { $bit: { n: { and: 6, or: 8 } } }, { n: 12 }],
  [
    { n: 5, s: 'x' },
    { $min: { n: 3, s: 1 }, $max: { m: 2 } },
    { n: 3, s: 1, m: 2 },
  ],
  [
    {},
    { $currentDate: { a: true, b: { $type: 'timestamp' } } },
    { a: NOW, b: new Timestamp({ t: NOW.getTime() / 1000, i: 1 }) },
  ],
  // Arrays.
  [{ a: [1] }, { $push: { a: { $each: [5, 3], $position: 0, $sort: 1, $slice: 2 } } }, { a: [1, 3] }],
  [
    { a: [{ k: 2 }, { k: 1 }] },
    { $push: { a: { $each: [{ k: 3 }], $sort: { k: -1 }, $slice: -2 } } },
    { a: [{ k: 2 }, { k: 1 }] },
  ],
  [
    { a: [1, { x: 1 }] },
    { $addToSet: { a: { $each: [1, { x: 1 }, Long.fromNumber(1), 2] } } },
    { a: [1, { x: 1 }, 2] },
  ],
  [{ a: [1, 5, 9] }, { $pull: { a: { $gt: 4 } } }, { a: [1] }],
  [{ a: [{ k: 1, v: 1 }, { k: 2 }] }, { $pull: { a: { k: 1 } } }, { a: [{ k: 2 }] }],
  [{ a: ['ab', 'b'] }, { $pull: { a: /^a/ } }, { a: ['b'] }],
  [{ a: [1, 2, 1] }, { $pullAll: { a: [1] } }, { a: [2] }],
  [{ a: [1, 2], b: [1, 2] }, { $pop: { a: 1, b: -1 } }, { a: [1], b: [2] }],
  // Positional.
  [{ a: [1, 5, 5] }, { $set: { 'a.$': 0 } }, { a: [1, 0, 5] }, { filter: { a: 5 } }],
  [
    {
      a: [
        { k: 1, n: 0 },
        { k: 2, n: 0 },
      ],
    },
    { $inc: { 'a.$.n': 1 } },
    {
      a: [
        { k: 1, n: 0 },
        { k: 2, n: 1 },
      ],
    },
    { filter: { 'a.k': 2 } },
  ],
  [
    {
      a: [
        { k: 1, g: 2 },
        { k: 2, g: 1 },
      ],
    },
    { $set: { 'a.$.h': 1 } },
    {
      a: [
        { k: 1, g: 2 },
        { k: 2, g: 1, h: 1 },
      ],
    },
    { filter: { a: { $elemMatch: { k: 2, g: 1 } } } },
  ],
  [{ a: [1, 2] }, { $inc: { 'a.$[]': 10 } }, { a: [11, 12] }],
  [
    { a: [{ l: [1, 8] }, { l: [9] }] },
    { $set: { 'a.$[].l.$[big]': 0 } },
    { a: [{ l: [1, 0] }, { l: [0] }] },
    { arrayFilters: [{ big: { $gt: 5 } }] },
  ],
  [
    { a: [{ k: 1 }, { k: 2 }] },
    { $unset: { 'a.$[x].k': 1 } },
    { a: [{ k: 1 }, {}] },
    { arrayFilters: [{ 'x.k': 2 }] },
  ],
];

/** Document, update, error name, options. */
const FAILURES: [Doc, Doc, string, Options?][] = [
  [{}, { $nope: { a: 1 } }, 'FailedToParse'],
  [{}, { $set: 5 }, 'FailedToParse'],
  [{}, { $set: { a: 1, 'a.b': 2 } }, 'ConflictingUpdateOperators'],
  [{}, { $set: { a: 1 }, $inc: { a: 1 } }, 'ConflictingUpdateOperators'],
  [{}, { $set: { '': 1 } }, 'EmptyFieldName'],
  [{}, { $set: { 'a..b': 1 } }, 'EmptyFieldName'],
  [{}, { $set: { $a: 1 } }, 'DollarPrefixedFieldName'],
  [{ a: 1 }, { $set: { 'a.b': 1 } }, 'PathNotViable'],
  [{ a: [1] }, { $set: { 'a.x': 1 } }, 'PathNotViable'],
  [{ a: 'x' }, { $inc: { a: 1 } }, 'TypeMismatch'],
  [{}, { $inc: { a: 'x' } }, 'TypeMismatch'],
  [{ n: Long.MAX_VALUE }, { $inc: { n: 1 } }, 'BadValue'],
  [{ a: 1 }, { $push: { a: 1 } }, 'BadValue'],
  [{ a: 1 }, { $pull: { a: 1 } }, 'BadValue'],
  [{ a: 1 }, { $pop: { a: 1 } }, 'TypeMismatch'],
  [{ a: [1] }, { $set: { 'a.$': 1 } }, 'BadValue'],
  [{ a: [1] }, { $set: { 'a.$[x]': 1 } }, 'BadValue'],
  [{ a: [1] }, { $set: { a: 1 } }, 'FailedToParse', { arrayFilters: [{ x: 1 }] }],
  [{}, { $set: { 'a.$[]': 1 } }, 'BadValue'],
  [{ a: 1 }, { $set: { 'b.5000000': 1, b: [] } }, 'ConflictingUpdateOperators'],
  [{ b: [] }, { $set: { 'b.5000000': 1 } }, 'BadValue'],
];

describe('applyUpdate', () => {
  it.each(CASES)('on %j with %j gives %j', (doc, update, expected, options) => {
    expect(updated(doc, update, options)).toEqual(canonical(expected));
  });

  it.each(FAILURES)('on %j refuses %j with %s', (doc, update, codeName, options) => {
    let thrown: unknown;
    try {
      updated(doc, update, options);
    } catch (error) {
      thrown = error;
    }
    expect((thrown as CommandError | undefined)?.codeName).toBe(codeName);
  });

  it('creates fields in path order and keeps the order of those there are', () => {
    expect(JSON.stringify(updated({ z: 1, y: 1 }, { $set: { y: 2, c: 1, a: 1 } }))).toBe(
      JSON.stringify(canonical({ z: 1, y: 2, a: 1, c: 1 })),
    );
  });
});

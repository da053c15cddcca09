import { BSONRegExp, Decimal128, Double, Int32, Long, MaxKey, MinKey } from 'mongodb';
import { describe, expect, it } from 'vitest';
import type { Doc } from '../bson/values.js';
import { compileFilter } from './filter.js';

const noExpressions = () => {
  throw new Error('no $expr here');
};

function matches(filter: Doc, doc: Doc): boolean {
  return compileFilter(filter, noExpressions).test(doc);
}

/** Filter, document, and whether MongoDB 7 matches them. */
const CASES: [Doc, Doc, boolean][] = [
  // Null and missing.
  [{ a: null }, {}, true],
  [{ a: null }, { a: null }, true],
  [{ a: null }, { a: [null, 1] }, true],
  [{ a: null }, { a: [] }, false],
  [{ 'a.b': null }, { a: [] }, false],
  [{ 'a.b': null }, { a: [{ c: 1 }] }, true],
  [{ 'a.b': null }, { a: 5 }, true],
  [{ a: { $ne: null } }, {}, false],
  [{ a: { $exists: false } }, { a: null }, false],
  [{ 'a.b': { $exists: false } }, { a: [] }, true],
  [{ a: { $gte: null } }, {}, true],
  [{ a: { $gt: null } }, { a: 1 }, false],
  // Arrays.
  [{ a: 1 }, { a: [1, 2] }, true],
  [{ a: [1, 2] }, { a: [1, 2] }, true],
  [{ a: [1, 2] }, { a: [[1, 2], 3] }, true],
  [{ a: [2, 1] }, { a: [1, 2] }, false],
  [{ a: { $gt: 1, $lt: 3 } }, { a: [0, 5] }, true],
  [{ a: { $elemMatch: { $gt: 1, $lt: 3 } } }, { a: [0, 5] }, false],
  [{ a: { $not: { $gt: 1 } } }, { a: [0, 5] }, false],
  [{ a: { $nin: [1] } }, { a: [1, 2] }, false],
  [{ a: { $all: [1, 2] } }, { a: [2, 1, 3] }, true],
  [{ a: { $all: [] } }, { a: [] }, false],
  [{ a: { $all: [{ $elemMatch: { b: 1 } }, { $elemMatch: { b: 2 } }] } }, { a: [{ b: 1 }, { b: 2 }] }, true],
  [{ a: { $size: 0 } }, { a: [] }, true],
  [{ a: { $size: 1 } }, { a: 'x' }, false],
  [{ 'a.1': 5 }, { a: [4, 5] }, true],
  [{ 'a.b': 1 }, { a: [{ b: [1] }] }, true],
  [{ 'a.b': 1 }, { a: [[{ b: 1 }]] }, false],
  [{ 'a.0.b': 1 }, { a: [{ b: 1 }] }, true],
  [{ a: { $elemMatch: { b: 1, c: 2 } } }, { a: [{ b: 1 }, { c: 2 }] }, false],
  [{ 'a.b': 1, 'a.c': 2 }, { a: [{ b: 1 }, { c: 2 }] }, true],
  // Documents.
  [{ a: { b: 1, c: 2 } }, { a: { b: 1, c: 2 } }, true],
  [{ a: { c: 2, b: 1 } }, { a: { b: 1, c: 2 } }, false],
  [{ a: { b: 1 } }, { a: { b: 1, c: 2 } }, false],
  [{ a: {} }, { a: {} }, true],
  // Numbers of all types, NaN, and types that do not compare.
  [{ a: 1 }, { a: Long.fromNumber(1) }, true],
  [{ a: new Double(1) }, { a: new Int32(1) }, true],
  [{ a: Decimal128.fromString('0.1') }, { a: 0.1 }, false],
  [{ a: Decimal128.fromString('0.5') }, { a: 0.5 }, true],
  [{ a: Long.fromString('9007199254740993') }, { a: 9007199254740992 }, false],
  [{ a: { $gt: 9007199254740992 } }, { a: Long.fromString('9007199254740993') }, true],
  [{ a: Number.NaN }, { a: Number.NaN }, true],
  [{ a: { $lt: 5 } }, { a: Number.NaN }, false],
  [{ a: { $gte: Number.NaN } }, { a: Number.NaN }, true],
  [{ a: { $gt: 1 } }, { a: '2' }, false],
  [{ a: { $lt: new MaxKey() } }, { a: '2' }, true],
  [{ a: { $gt: new MinKey() } }, {}, false],
  [{ a: true }, { a: 1 }, false],
  // Strings and regular expressions.
  [{ a: { $gt: 'B' } }, { a: 'a' }, true],
  [{ a: /^ab/i }, { a: 'ABc' }, true],
  [{ a: new BSONRegExp('^ab', 'i') }, { a: ['x', 'Abc'] }, true],
  [{ a: { $regex: 'b$', $options: 'm' } }, { a: 'ab\nc' }, true],
  [{ a: { $in: [/^x/, 'y'] } }, { a: 'xyz' }, true],
  [{ a: { $not: /^x/ } }, {}, true],
  // Logic and the rest.
  [{ $or: [{ a: 1 }, { b: 1 }] }, { b: 1 }, true],
  [{ $nor: [{ a: 1 }, { b: 1 }] }, { b: 1 }, false],
  [{ $and: [{ a: { $gt: 0 } }, { a: { $lt: 2 } }] }, { a: 1 }, true],
  [{ a: { $mod: [4, 1] } }, { a: [3, 5] }, true],
  [{ a: { $type: 'string' } }, { a: [1, 'x'] }, true],
  [{ a: { $type: 'array' } }, { a: [] }, true],
  [{ a: { $type: ['int', 'long'] } }, { a: new Double(1) }, false],
  [{ a: { $type: 'number' } }, { a: new Double(1) }, true],
  [{ constructor: { $exists: true } }, {}, false],
];

const REFUSED: [Doc, RegExp][] = [
  [{ $or: [] }, /\$or must be a nonempty array/],
  [{ a: { $in: 1 } }, /\$in needs an array/],
  [{ a: { $in: [{ $gt: 1 }] } }, /cannot nest \$ under \$in/],
  [{ a: { $mod: [0, 1] } }, /divisor cannot be 0/],
  [{ a: { $type: 'nope' } }, /Unknown type name alias: nope/],
  [{ a: { $regex: '(' } }, /does not compile/],
  [{ a: { $regex: 'a', $options: 'x' } }, /option x is not supported/],
  [{ a: { $options: 'i' } }, /\$options needs a \$regex/],
  [{ a: { $ne: /x/ } }, /regex as arg to \$ne/],
  [{ $nope: 1 }, /unknown top level operator: \$nope/],
  [{ a: { $bitsAllSet: 1 } }, /\$bitsAllSet is not supported/],
];

describe('compileFilter', () => {
  it.each(CASES)('%j on %j is %s', (filter, doc, expected) => {
    expect(matches(filter, doc)).toBe(expected);
  });

  it.each(REFUSED)('refuses %j', (filter, message) => {
    expect(() => matches(filter, {})).toThrow(message);
  });

  it('says which top-level fields it reads', () => {
    const { fields } = compileFilter(
      { 'a.b': 1, $or: [{ c: 1 }, { 'd.e': { $elemMatch: { f: 1 } } }] },
      noExpressions,
    );
    expect([...(fields ?? [])].sort()).toEqual(['a', 'c', 'd']);
  });
});

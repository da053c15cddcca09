import fc from 'fast-check';
import { BSON, type Document } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { readDocument } from '../../src/document-server/bson/raw-document.js';
import { changedFields } from '../../src/document-server/bson/raw-paths.js';
import { CommandError } from '../../src/document-server/errors.js';
import { applyUpdate } from '../../src/document-server/update/apply.js';
import { type Modification, modifyDocument } from '../../src/document-server/update/modify.js';
import { fieldValue, scalar, testDocument } from './bson-values.js';

const path = fc.constantFrom(
  'a',
  'a.y',
  'a.0',
  'a.0.y',
  'a.y.z',
  'b',
  'b.y',
  'c',
  'c.z',
  'd',
  'd.e.f',
  '换电',
);
const fields = (value: fc.Arbitrary<unknown>) => fc.dictionary(path, value, { minKeys: 1, maxKeys: 3 });
const update: fc.Arbitrary<Document> = fc.record(
  {
    $set: fields(fieldValue),
    $unset: fields(fc.constant('')),
    $inc: fields(fc.integer({ min: -5, max: 5 })),
    $min: fields(scalar),
    $max: fields(scalar),
    $push: fields(scalar),
    $pull: fields(scalar),
    $addToSet: fields(scalar),
    $rename: fc.dictionary(path, path, { minKeys: 1, maxKeys: 2 }),
    $setOnInsert: fields(scalar),
  },
  { requiredKeys: [] },
);
const bytesOf = (document: Document) => Buffer.from(BSON.serialize(document));
const modification = (change: Document): Modification => ({
  update: readDocument(bytesOf(change), 'typed'),
  filter: {},
  arrayFilters: [],
  expressions: { compileTest: () => () => true } as never,
  now: () => new Date(0),
});

/** What comes of it, or the code of its refusal. */
function outcome(work: () => Buffer): string {
  try {
    return BSON.EJSON.stringify(BSON.deserialize(work(), { promoteValues: false }), { relaxed: false });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return error.codeName;
  }
}

describe('an update that decodes only what it names', () => {
  it('makes of a document what one makes that decodes all of it', () => {
    fc.assert(
      fc.property(testDocument, update, (document, change) => {
        fc.pre(Object.keys(change).length > 0);
        const bytes = bytesOf({ _id: 7, ...document, tail: [1, { z: 2 }] });
        const whole = () => {
          const doc = readDocument(bytes, 'typed');
          const { update: operators, ...context } = modification(change);
          applyUpdate(doc, operators as Document, {
            ...context,
            inserting: false,
            compileExpression: () => () => true,
          });
          return bytesOf(doc);
        };
        expect(outcome(() => modifyDocument(bytes, modification(change)))).toBe(outcome(whole));
      }),
      { numRuns: 1_000 },
    );
  });

  it('refuses or takes a path of very many parts in no time', () => {
    const bytes = bytesOf({ _id: 1, a: { a: 1 } });
    const path = Array.from({ length: 200_000 }, () => 'a').join('.');
    const startedMs = performance.now();
    expect(() => modifyDocument(bytes, modification({ $set: { [path]: 1 } }))).toThrow();
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });

  it('copies what it does not name byte by byte, and keeps the order of fields', () => {
    const bytes = bytesOf({ _id: 1, x: 1, deep: { one: 1, two: { y: [1] }, three: 3 }, z: new Date(5) });
    const change = {
      $set: { 'deep.two': 'new', 'deep.four': 4, w: 0 },
      $unset: { 'deep.one': '' },
      $inc: { x: 1 },
    };
    const next = modifyDocument(bytes, modification(change));
    expect(BSON.deserialize(next)).toEqual({
      _id: 1,
      x: 2,
      deep: { two: 'new', three: 3, four: 4 },
      z: new Date(5),
      w: 0,
    });
    expect(Object.keys(BSON.deserialize(next))).toEqual(['_id', 'x', 'deep', 'z', 'w']);
    expect([...changedFields(bytes, next)].sort()).toEqual(['deep', 'w', 'x']);
    expect([...changedFields(next, bytes)].sort()).toEqual(['deep', 'w', 'x']);
    expect([...changedFields(bytes, bytes)]).toEqual([]);
  });
});

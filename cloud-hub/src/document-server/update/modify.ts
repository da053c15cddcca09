import { BSON, type Document, ObjectId } from 'mongodb';
import type { Expressions } from '../aggregate/expressions.js';
import { runUpdatePipeline } from '../aggregate/update-pipeline.js';
import { equalValues } from '../bson/key-encoding.js';
import { readDocument } from '../bson/raw-document.js';
import { addPath, mergePaths, type PathTree, readPaths } from '../bson/raw-paths.js';
import { cloneValue, type Doc, isDocument, isOperatorDocument, setOwn } from '../bson/values.js';
import { CommandError } from '../errors.js';
import { isRegex } from '../query/regex.js';
import { checkId } from '../storage/records.js';
import { applyUpdate } from './apply.js';

/** What an update does to a document, ready to apply to many. */
export interface Modification {
  /** Operator document, replacement or pipeline; decoded with number types kept. */
  readonly update: unknown;
  readonly filter: Doc;
  readonly arrayFilters: readonly Doc[];
  readonly expressions: Expressions;
  readonly now: () => Date;
}

export type UpdateKind = 'operators' | 'replacement' | 'pipeline';

/** @throws CommandError FailedToParse when it is none of the three */
export function updateKind(update: unknown): UpdateKind {
  if (Array.isArray(update)) return 'pipeline';
  if (!isDocument(update)) {
    throw new CommandError('FailedToParse', 'Update argument must be either an object or an array');
  }
  return Object.keys(update)[0]?.startsWith('$') ? 'operators' : 'replacement';
}

/**
 * The new BSON of an existing document. What an update by operators does not name is copied and never decoded.
 * @throws CommandError from the update, or ImmutableField for `_id`
 */
export function modifyDocument(bytes: Buffer, modification: Modification): Buffer {
  const touched = touchedPaths(modification.update);
  if (touched === null) return modified(readDocument(bytes, 'typed'), modification);
  return mergePaths(bytes, modified(readPaths(bytes, touched, 'typed'), modification), touched);
}

/** All that an update looks at; null = it may look at anything. */
function touchedPaths(update: unknown): PathTree | null {
  if (updateKind(update) !== 'operators') return null;
  const tree: PathTree = new Map();
  addPath(tree, ['_id'], 'read');
  for (const [operator, fields] of Object.entries(update as Doc)) {
    if (!isDocument(fields)) return null;
    for (const [path, operand] of Object.entries(fields)) {
      // Elements of arrays that the filter, or one of the update, tells.
      if (path.includes('$')) return null;
      addPath(tree, path.split('.'), operator === '$set' ? 'replaced' : 'read');
      if (operator === '$rename') addPath(tree, String(operand).split('.'), 'read');
    }
  }
  return tree;
}

function modified(doc: Doc, modification: Modification): Buffer {
  const id = doc._id;
  const next = change(doc, modification, false);
  if (!Object.hasOwn(next, '_id')) return encode({ _id: id, ...next });
  if (!equalValues(next._id, id)) {
    throw new CommandError(
      'ImmutableField',
      "Performing an update on the path '_id' would modify the immutable field '_id'",
    );
  }
  return encode(next);
}

/** The document an upsert inserts: equalities of the filter, then the update, then an `_id`. */
export function upsertDocument(typedFilter: Doc, modification: Modification): { bytes: Buffer; id: unknown } {
  const seed: Doc = {};
  seedFrom(typedFilter, seed);
  const start =
    updateKind(modification.update) === 'replacement'
      ? Object.hasOwn(seed, '_id')
        ? { _id: seed._id }
        : {}
      : seed;
  const next = change(start, modification, true);
  if (Object.hasOwn(seed, '_id') && Object.hasOwn(next, '_id') && !equalValues(seed._id, next._id)) {
    throw new CommandError(
      'ImmutableField',
      "Performing an update on the path '_id' would modify the immutable field '_id'",
    );
  }
  const { _id: id = new ObjectId(), ...rest } = next;
  checkId(id);
  return { bytes: encode({ _id: id, ...rest }), id };
}

function change(doc: Doc, modification: Modification, inserting: boolean): Doc {
  const { update, filter, arrayFilters, expressions, now } = modification;
  switch (updateKind(update)) {
    case 'pipeline':
      return runUpdatePipeline(doc, update as unknown[], expressions);
    case 'replacement':
      return replace(doc, update as Doc);
    case 'operators': {
      applyUpdate(doc, update as Doc, {
        filter,
        arrayFilters,
        inserting,
        now,
        compileExpression: expressions.compileTest,
      });
      return doc;
    }
  }
}

function replace(doc: Doc, replacement: Doc): Doc {
  for (const key of Object.keys(replacement)) {
    if (key.startsWith('$')) {
      throw new CommandError(
        'DollarPrefixedFieldName',
        `The dollar ($) prefixed field '${key}' is not allowed in a replacement`,
      );
    }
  }
  const { _id: id = doc._id, ...rest } = replacement;
  return id === undefined ? rest : { _id: id, ...rest };
}

function seedFrom(filter: Doc, seed: Doc): void {
  for (const [path, condition] of Object.entries(filter)) {
    if (path === '$and' && Array.isArray(condition)) {
      for (const clause of condition) if (isDocument(clause)) seedFrom(clause, seed);
    } else if (!path.startsWith('$')) {
      const value = equalityOf(condition);
      if (value !== undefined) setPath(seed, path.split('.'), cloneValue(value));
    }
  }
}

function equalityOf(condition: unknown): unknown {
  if (isRegex(condition)) return undefined;
  if (!isOperatorDocument(condition)) return condition;
  if ('$eq' in condition) return condition.$eq;
  if (Array.isArray(condition.$in) && condition.$in.length === 1 && !isRegex(condition.$in[0]))
    return condition.$in[0];
  if (Array.isArray(condition.$all) && condition.$all.length === 1) return equalityOf(condition.$all[0]);
  return undefined;
}

function setPath(seed: Doc, parts: readonly string[], value: unknown): void {
  let owner = seed;
  for (const part of parts.slice(0, -1)) {
    const next = Object.hasOwn(owner, part) ? owner[part] : undefined;
    if (next !== undefined && !isDocument(next)) {
      throw new CommandError(
        'NotSingleValueField',
        `cannot infer query fields to set, path '${parts.join('.')}' is matched twice`,
      );
    }
    if (isDocument(next)) {
      owner = next;
    } else {
      const made: Doc = {};
      setOwn(owner, part, made);
      owner = made;
    }
  }
  setOwn(owner, parts.at(-1) as string, value);
}

function encode(doc: Doc): Buffer {
  return Buffer.from(BSON.serialize(doc as Document, { ignoreUndefined: true }));
}

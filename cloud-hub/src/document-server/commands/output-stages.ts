import { readDocument } from '../bson/raw-document.js';
import { type Doc, isDocument, setOwn } from '../bson/values.js';
import { CommandError } from '../errors.js';
import { valuesAtPath } from '../query/paths.js';
import type { Collection } from '../storage/catalog.js';
import type { StoredRecord } from '../storage/records.js';
import { type Modification, modifyDocument } from '../update/modify.js';
import { type CommandContext, expressionsFor } from './context.js';
import { encodeDocument } from './reply.js';

/** Stages that write their input to a collection; allowed last, and performed in the command's transaction. */
export const OUTPUT_STAGES: readonly string[] = ['$merge', '$out'];

interface Namespace {
  readonly db: string;
  readonly name: string;
}

/** Performs `$out` or `$merge` on finished results. All or nothing. */
export function writeResults(context: CommandContext, db: string, stage: Doc, results: readonly Doc[]): void {
  if ('$out' in stage) replaceCollection(context, namespaceOf(stage.$out, db, '$out'), results);
  else mergeInto(context, db, stage.$merge, results);
}

function namespaceOf(target: unknown, db: string, stage: string): Namespace {
  if (typeof target === 'string') return { db, name: target };
  if (isDocument(target) && typeof target.coll === 'string') {
    return { db: typeof target.db === 'string' ? target.db : db, name: target.coll };
  }
  throw new CommandError('FailedToParse', `${stage} takes a collection name, or { db, coll }`);
}

/** The collection's documents become the results; its indexes stay. */
function replaceCollection(context: CommandContext, target: Namespace, results: readonly Doc[]): void {
  const collection = context.catalog.ensure(target.db, target.name);
  for (const record of [...recordsMatching(context, collection, {})])
    context.records.delete(collection, record);
  for (const doc of results) context.records.insert(collection, encodeDocument(doc));
}

interface MergePlan {
  readonly on: readonly string[];
  readonly whenMatched: unknown;
  readonly whenNotMatched: unknown;
  readonly variables: unknown;
}

const MERGE_FIELDS = new Set(['into', 'on', 'whenMatched', 'whenNotMatched', 'let']);

function mergeInto(context: CommandContext, db: string, spec: unknown, results: readonly Doc[]): void {
  const given: Doc = isDocument(spec) && 'into' in spec ? spec : { into: spec };
  for (const field of Object.keys(given)) {
    if (!MERGE_FIELDS.has(field))
      throw new CommandError('IDLUnknownField', `BSON field '$merge.${field}' is an unknown field`);
  }
  const target = namespaceOf(given.into, db, '$merge');
  const plan: MergePlan = {
    on: parseOn(given.on),
    whenMatched: given.whenMatched ?? 'merge',
    whenNotMatched: given.whenNotMatched ?? 'insert',
    variables: given.let,
  };
  const collection = context.catalog.ensure(target.db, target.name);
  requireUnique(collection, plan.on);
  for (const doc of results) mergeOne(context, collection, plan, doc);
}

function parseOn(on: unknown): string[] {
  if (on === undefined) return ['_id'];
  const fields = Array.isArray(on) ? on : [on];
  if (fields.length === 0 || !fields.every((field) => typeof field === 'string')) {
    throw new CommandError('TypeMismatch', '$merge on must be a string or an array of strings');
  }
  return fields as string[];
}

/** A merge by fields that may repeat would have several targets. */
function requireUnique(collection: Collection, on: readonly string[]): void {
  const wanted = [...on].sort().join('\0');
  const unique = collection.indexes.some(
    ({ spec, fields }) =>
      spec.unique && !spec.partialFilterExpression && [...fields].sort().join('\0') === wanted,
  );
  if (wanted !== '_id' && !unique) {
    throw new CommandError(
      'Location51183',
      `Cannot find index to verify that join fields will be unique: ${on.join(', ')}`,
    );
  }
}

function mergeOne(context: CommandContext, collection: Collection, plan: MergePlan, doc: Doc): void {
  const filter: Doc = {};
  for (const field of plan.on) setOwn(filter, field, { $eq: valuesAtPath(doc, field).values[0] ?? null });
  const [hit] = recordsMatching(context, collection, filter, 1);
  if (hit === undefined) {
    whenNotMatched(context, collection, plan, doc);
    return;
  }
  const next = whenMatched(context, plan, doc, hit);
  if (next !== undefined) context.records.replace(collection, hit, next);
}

function whenNotMatched(context: CommandContext, collection: Collection, plan: MergePlan, doc: Doc): void {
  switch (plan.whenNotMatched) {
    case 'insert':
      context.records.insert(collection, encodeDocument(doc));
      return;
    case 'discard':
      return;
    case 'fail':
      throw new CommandError(
        'MergeStageNoMatchingDocument',
        '$merge could not find a matching document in the target collection for at least one document in the source collection',
      );
    default:
      throw new CommandError('BadValue', `unknown $merge whenNotMatched: ${String(plan.whenNotMatched)}`);
  }
}

function whenMatched(
  context: CommandContext,
  plan: MergePlan,
  doc: Doc,
  hit: StoredRecord,
): Buffer | undefined {
  const old = readDocument(hit.bytes, 'typed');
  if (Array.isArray(plan.whenMatched)) {
    const variables = expressionsFor(context, isDocument(plan.variables) ? plan.variables : {}, doc);
    const modification: Modification = {
      update: plan.whenMatched,
      filter: {},
      arrayFilters: [],
      expressions: variables.withVariables({ new: doc }),
      now: context.now,
    };
    return modifyDocument(hit.bytes, modification);
  }
  switch (plan.whenMatched) {
    case 'keepExisting':
      return undefined;
    case 'replace':
      return encodeDocument({ ...doc, _id: old._id });
    case 'merge':
      return encodeDocument({ ...old, ...doc, _id: old._id });
    case 'fail':
      throw new CommandError('DuplicateKey', '$merge with whenMatched: fail found an existing document', {
        keyPattern: Object.fromEntries(plan.on.map((field) => [field, 1])),
        keyValue: Object.fromEntries(
          plan.on.map((field) => [field, valuesAtPath(doc, field).values[0] ?? null]),
        ),
      });
    default:
      throw new CommandError('BadValue', `unknown $merge whenMatched: ${String(plan.whenMatched)}`);
  }
}

function recordsMatching(context: CommandContext, collection: Collection, filter: Doc, limit = 0) {
  const { compileTest } = context.expressions;
  return context.reader
    .prepare(collection, { filter, sort: [], skip: 0, limit, compileExpression: compileTest })
    .records();
}

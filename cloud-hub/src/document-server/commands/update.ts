import type { Expressions } from '../aggregate/expressions.js';
import { elementNames, findElement, readElement, readFields } from '../bson/raw-document.js';
import { type Doc, isDocument } from '../bson/values.js';
import { CommandError } from '../errors.js';
import { parseSort } from '../query/sort.js';
import type { Collection } from '../storage/catalog.js';
import { type Modification, modifyDocument, updateKind, upsertDocument } from '../update/modify.js';
import { type Command, type CommandContext, expressionsFor, refuseCollation } from './context.js';
import { documentOption } from './request.js';
import { runStatements } from './write-results.js';

const STATEMENT_FIELDS = new Set([
  'q',
  'u',
  'c',
  'multi',
  'upsert',
  'arrayFilters',
  'hint',
  'sort',
  'collation',
]);

/** All but the update itself, which is read with its number types. */
const READ_NATIVE = [...STATEMENT_FIELDS].filter((field) => field !== 'u').map((field) => Buffer.from(field));

export interface UpdateOutcome {
  readonly matched: number;
  readonly modified: number;
  readonly upsertedId?: { readonly id: unknown };
}

export const updateCommand: Command = {
  writes: true,
  fields: ['updates', 'ordered', 'bypassDocumentValidation', 'let', 'rawData'],
  run(context, request) {
    const collectionName = request.collection();
    const expressions = expressionsFor(context, request.body.let);
    let n = 0;
    let nModified = 0;
    const upserted: Doc[] = [];
    const failures = runStatements(
      request.list('updates'),
      request.body.ordered !== false,
      (statement, index) => {
        const outcome = runUpdate(context, request.db, collectionName, statement, expressions);
        n += outcome.matched;
        nModified += outcome.modified;
        if (outcome.upsertedId !== undefined) {
          upserted.push({ index, _id: outcome.upsertedId.id });
          n++;
        }
      },
    );
    return { n, nModified, ...(upserted.length > 0 && { upserted }), ...failures, ok: 1 };
  },
};

/** One update statement, read from its bytes so that number types survive. */
function runUpdate(
  context: CommandContext,
  db: string,
  name: string,
  bytes: Buffer,
  expressions: Expressions,
): UpdateOutcome {
  for (const field of elementNames(bytes)) {
    if (!STATEMENT_FIELDS.has(field)) {
      throw new CommandError('IDLUnknownField', `BSON field 'update.updates.${field}' is an unknown field`);
    }
  }
  const statement = readFields(bytes, READ_NATIVE, 'native');
  refuseCollation(statement.collation);
  const filter = documentOption(statement.q, 'update.updates.q');
  const modification: Modification = {
    update: typedField(bytes, 'u'),
    filter,
    arrayFilters: arrayFiltersOf(statement.arrayFilters),
    expressions,
    now: context.now,
  };
  const multi = statement.multi === true;
  if (multi && updateKind(modification.update) === 'replacement') {
    throw new CommandError('FailedToParse', 'multi update is not supported for replacement-style update');
  }
  if (multi && statement.sort !== undefined)
    throw new CommandError('FailedToParse', 'Cannot specify sort with multi=true');
  const collection = context.catalog.find(db, name);
  const read = context.reader.prepare(collection, {
    filter,
    sort: parseSort(statement.sort),
    skip: 0,
    limit: multi ? 0 : 1,
    hint: statement.hint,
    compileExpression: expressions.compileTest,
  });
  // All matches are found before the first change, or a changed document could be met again further on.
  const found = multi ? [...read.records()].map(({ rid }) => rid) : [...read.records()];
  if (found.length === 0) {
    if (statement.upsert !== true) return { matched: 0, modified: 0 };
    const made = upsertDocument(typedField(bytes, 'q') as Doc, modification);
    context.records.insert(context.catalog.ensure(db, name), made.bytes);
    return { matched: 0, modified: 0, upsertedId: { id: made.id } };
  }
  let modified = 0;
  for (const hit of found) {
    const record = typeof hit === 'number' ? context.records.byRow(collection as Collection, hit) : hit;
    if (record === undefined) continue;
    const next = modifyDocument(record.bytes, modification);
    if (context.records.replace(collection as Collection, record, next)) modified++;
  }
  return { matched: found.length, modified };
}

function typedField(bytes: Buffer, field: string): unknown {
  const element = findElement(bytes, field);
  return element && readElement(bytes, element, 'typed');
}

export function arrayFiltersOf(value: unknown): Doc[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || !value.every(isDocument)) {
    throw new CommandError('TypeMismatch', 'arrayFilters must be an array of objects');
  }
  return value;
}

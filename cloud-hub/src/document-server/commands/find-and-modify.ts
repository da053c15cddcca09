import { readDocument } from '../bson/raw-document.js';
import { type Doc, isDocument } from '../bson/values.js';
import { CommandError } from '../errors.js';
import { compileProjection, decodeFor } from '../query/projection.js';
import { parseSort } from '../query/sort.js';
import type { Collection } from '../storage/catalog.js';
import { type Modification, modifyDocument, upsertDocument } from '../update/modify.js';
import { type Command, expressionsFor, refuseCollation } from './context.js';
import { documentOption } from './request.js';
import { arrayFiltersOf } from './update.js';

export const findAndModifyCommand: Command = {
  writes: true,
  fields: [
    'query',
    'sort',
    'remove',
    'update',
    'new',
    'fields',
    'upsert',
    'bypassDocumentValidation',
    'arrayFilters',
    'hint',
    'let',
    'collation',
    'rawData',
  ],
  run(context, request) {
    const { body } = request;
    const remove = body.remove === true;
    const upsert = body.upsert === true;
    if (remove && (body.update !== undefined || upsert || body.new === true)) {
      throw new CommandError(
        'FailedToParse',
        'Cannot specify both an update (or new, upsert) and remove=true',
      );
    }
    if (!remove && body.update === undefined) {
      throw new CommandError('FailedToParse', 'Either an update or remove=true must be specified');
    }
    refuseCollation(body.collation);
    const filter = documentOption(body.query, 'findAndModify.query');
    const expressions = expressionsFor(context, body.let);
    const projector = compileProjection(body.fields, filter, {
      evaluate: expressions.evaluate,
      check: expressions.check,
      compileExpression: expressions.compileTest,
    });
    const shown = (bytes: Buffer): Doc =>
      projector === undefined ? readDocument(bytes, 'typed') : projector.project(decodeFor(projector, bytes));
    const collection = context.catalog.find(request.db, request.collection());
    const read = context.reader.prepare(collection, {
      filter,
      sort: parseSort(body.sort),
      skip: 0,
      limit: 1,
      hint: body.hint,
      compileExpression: expressions.compileTest,
    });
    const [record] = read.records();
    if (remove) {
      if (record === undefined) return { value: null, lastErrorObject: { n: 0 }, ok: 1 };
      context.records.delete(collection as Collection, record);
      return { value: shown(record.bytes), lastErrorObject: { n: 1 }, ok: 1 };
    }
    const modification: Modification = {
      update: request.typed('update'),
      filter,
      arrayFilters: arrayFiltersOf(body.arrayFilters),
      expressions,
      now: context.now,
    };
    if (record === undefined) {
      if (!upsert) return { value: null, lastErrorObject: { n: 0, updatedExisting: false }, ok: 1 };
      const typedFilter = request.typed('query');
      const made = upsertDocument(isDocument(typedFilter) ? typedFilter : {}, modification);
      context.records.insert(context.catalog.ensure(request.db, request.collection()), made.bytes);
      const lastErrorObject = { n: 1, updatedExisting: false, upserted: made.id };
      return { value: body.new === true ? shown(made.bytes) : null, lastErrorObject, ok: 1 };
    }
    const next = modifyDocument(record.bytes, modification);
    context.records.replace(collection as Collection, record, next);
    return {
      value: shown(body.new === true ? next : record.bytes),
      lastErrorObject: { n: 1, updatedExisting: true },
      ok: 1,
    };
  },
};

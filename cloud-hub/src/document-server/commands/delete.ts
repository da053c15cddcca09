import { CommandError } from '../errors.js';
import { type Command, expressionsFor, refuseCollation } from './context.js';
import { documentOption, readStatement } from './request.js';
import { runStatements } from './write-results.js';

const STATEMENT_FIELDS = new Set(['q', 'limit', 'hint', 'collation']);

export const deleteCommand: Command = {
  writes: true,
  fields: ['deletes', 'ordered', 'let', 'rawData'],
  run(context, request) {
    const collection = context.catalog.find(request.db, request.collection());
    const { compileTest } = expressionsFor(context, request.body.let);
    let n = 0;
    const failures = runStatements(request.list('deletes'), request.body.ordered !== false, (bytes) => {
      const statement = readStatement(bytes);
      for (const field of Object.keys(statement)) {
        if (!STATEMENT_FIELDS.has(field)) {
          throw new CommandError(
            'IDLUnknownField',
            `BSON field 'delete.deletes.${field}' is an unknown field`,
          );
        }
      }
      if (statement.limit !== 0 && statement.limit !== 1) {
        throw new CommandError('FailedToParse', 'The limit field in delete objects must be 0 or 1');
      }
      refuseCollation(statement.collation);
      const read = context.reader.prepare(collection, {
        filter: documentOption(statement.q, 'delete.deletes.q'),
        sort: [],
        skip: 0,
        limit: statement.limit,
        hint: statement.hint,
        compileExpression: compileTest,
      });
      if (collection === undefined) return;
      for (const rid of [...read.records()].map((record) => record.rid)) {
        const record = context.records.byRow(collection, rid);
        if (record === undefined) continue;
        context.records.delete(collection, record);
        n++;
      }
    });
    return { n, ...failures, ok: 1 };
  },
};

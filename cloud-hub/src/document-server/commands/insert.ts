import { CommandError } from '../errors.js';
import type { Command } from './context.js';
import { MAX_WRITE_BATCH } from './handshake.js';
import { runStatements } from './write-results.js';

/** Stores documents as the bytes they came in. */
export const insertCommand: Command = {
  writes: true,
  fields: ['documents', 'ordered', 'bypassDocumentValidation', 'rawData'],
  run(context, request) {
    const documents = request.list('documents');
    if (documents.length === 0 || documents.length > MAX_WRITE_BATCH) {
      throw new CommandError('InvalidLength', `Write batch sizes must be between 1 and ${MAX_WRITE_BATCH}`);
    }
    const collection = context.catalog.ensure(request.db, request.collection());
    let n = 0;
    const failures = runStatements(documents, request.body.ordered !== false, (document) => {
      context.records.insert(collection, document);
      n++;
    });
    return { n, ...failures, ok: 1 };
  },
};

import { Long } from 'mongodb';
import { type Doc, isNumeric, toNumber } from '../bson/values.js';
import type { ResultStream } from '../cursors.js';
import { CommandError } from '../errors.js';
import { compileProjection, decodeFor, type Projector } from '../query/projection.js';
import type { PreparedRead } from '../query/reader.js';
import { parseSort } from '../query/sort.js';
import { type Command, type CommandContext, expressionsFor, refuseCollation } from './context.js';
import { encodeDocument } from './reply.js';
import { type CommandRequest, countOption, documentOption } from './request.js';

/** A find command, planned. */
export function prepareFind(
  context: CommandContext,
  request: CommandRequest,
): { read: PreparedRead; filter: Doc } {
  const { body } = request;
  refuseCollation(body.collation);
  const filter = documentOption(body.filter, 'find.filter');
  const read = context.reader.prepare(context.catalog.find(request.db, request.collection()), {
    filter,
    sort: parseSort(body.sort),
    skip: countOption(body.skip, 'find.skip') ?? 0,
    limit: limitOf(body.limit),
    hint: body.hint,
    compileExpression: expressionsFor(context, body.let).compileTest,
  });
  return { read, filter };
}

/** A negative limit asks for one batch, as older drivers do. */
function limitOf(limit: unknown): number {
  return isNumeric(limit) ? Math.abs(Math.trunc(toNumber(limit))) : 0;
}

export const findCommand: Command = {
  writes: false,
  fields: [
    'filter',
    'sort',
    'projection',
    'hint',
    'skip',
    'limit',
    'batchSize',
    'singleBatch',
    'let',
    'collation',
    'allowDiskUse',
    'noCursorTimeout',
    'allowPartialResults',
    'rawData',
  ],
  run(context, request) {
    const { body } = request;
    const { read, filter } = prepareFind(context, request);
    const expressions = expressionsFor(context, body.let);
    const projector = compileProjection(body.projection, filter, {
      evaluate: expressions.evaluate,
      check: expressions.check,
      compileExpression: expressions.compileTest,
    });
    return context.cursors.start(results(read, projector), {
      ns: `${request.db}.${request.collection()}`,
      batchSize: countOption(body.batchSize, 'find.batchSize'),
      single: body.singleBatch === true || (isNumeric(body.limit) && toNumber(body.limit) < 0),
    });
  },
};

/** Without a projection the stored bytes are the answer. */
function* results(read: PreparedRead, projector: Projector | undefined): ResultStream {
  for (const { bytes } of read.records()) {
    yield projector === undefined ? bytes : encodeDocument(projector.project(decodeFor(projector, bytes)));
  }
}

export const getMoreCommand: Command = {
  writes: false,
  fields: ['collection', 'batchSize'],
  run(context, request) {
    const { collection, batchSize } = request.body;
    if (typeof collection !== 'string') {
      throw new CommandError('TypeMismatch', "BSON field 'getMore.collection' must be a string");
    }
    const id = cursorId(request.typed('getMore'));
    return context.cursors.next(
      id,
      `${request.db}.${collection}`,
      countOption(batchSize, 'getMore.batchSize'),
    );
  },
};

export const killCursorsCommand: Command = {
  writes: false,
  fields: ['cursors'],
  run(context, request) {
    const cursors = request.typed('cursors');
    if (!Array.isArray(cursors))
      throw new CommandError('TypeMismatch', "BSON field 'killCursors.cursors' must be an array");
    const cursorsKilled: Long[] = [];
    const cursorsNotFound: Long[] = [];
    for (const id of cursors.map(cursorId))
      (context.cursors.kill(id) ? cursorsKilled : cursorsNotFound).push(id);
    return { cursorsKilled, cursorsNotFound, cursorsAlive: [], cursorsUnknown: [], ok: 1 };
  },
};

function cursorId(value: unknown): Long {
  if (value instanceof Long) return value;
  if (isNumeric(value)) return Long.fromNumber(toNumber(value));
  throw new CommandError('TypeMismatch', 'a cursor id must be a number');
}

import { checkStages, type PipelineSource, preparePipeline, runPipeline } from '../aggregate/pipeline.js';
import { type Doc, isDocument } from '../bson/values.js';
import type { ResultStream } from '../cursors.js';
import { CommandError } from '../errors.js';
import { type Command, type CommandContext, expressionsFor, refuseCollation } from './context.js';
import { encodeDocument } from './reply.js';
import { type CommandRequest, countOption, documentOption } from './request.js';

/** The pipeline and where it reads. */
export function pipelineOf(
  context: CommandContext,
  request: CommandRequest,
): { pipeline: Doc[]; source: PipelineSource } {
  const { body } = request;
  refuseCollation(body.collation);
  const pipeline = body.pipeline;
  if (!Array.isArray(pipeline) || !pipeline.every(isDocument)) {
    throw new CommandError('TypeMismatch', "'pipeline' option must be specified as an array of objects");
  }
  const name = body.aggregate;
  return {
    pipeline,
    source: {
      reader: context.reader,
      collection: typeof name === 'string' ? context.catalog.find(request.db, name) : undefined,
      hint: body.hint,
      collectionNamed: (other) => context.catalog.find(request.db, other),
      expressions: expressionsFor(context, body.let),
    },
  };
}

export const aggregateCommand: Command = {
  writes: false,
  fields: [
    'pipeline',
    'cursor',
    'allowDiskUse',
    'let',
    'hint',
    'collation',
    'bypassDocumentValidation',
    'rawData',
  ],
  run(context, request) {
    const { pipeline, source } = pipelineOf(context, request);
    checkStages(pipeline);
    const cursor = documentOption(request.body.cursor, 'aggregate.cursor');
    const name = request.body.aggregate;
    return context.cursors.start(encoded(runPipeline(preparePipeline(pipeline, source), source)), {
      ns: `${request.db}.${typeof name === 'string' ? name : '$cmd.aggregate'}`,
      batchSize: countOption(cursor.batchSize, 'cursor.batchSize'),
      single: false,
    });
  },
};

function* encoded(docs: Iterable<Doc>): ResultStream {
  for (const doc of docs) yield encodeDocument(doc);
}

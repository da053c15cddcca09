import { checkStages, type PipelineSource, preparePipeline, runPipeline } from '../aggregate/pipeline.js';
import { type Doc, isDocument } from '../bson/values.js';
import type { ResultStream } from '../cursors.js';
import { CommandError } from '../errors.js';
import { type Command, type CommandContext, expressionsFor, refuseCollation } from './context.js';
import { OUTPUT_STAGES, writeResults } from './output-stages.js';
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

/** The last stage when it writes to a collection. */
function outputStage(pipeline: unknown): Doc | undefined {
  const last = Array.isArray(pipeline) ? pipeline.at(-1) : undefined;
  return isDocument(last) && OUTPUT_STAGES.some((name) => name in last) ? last : undefined;
}

/** The pipeline without a final `$out` or `$merge`. */
export function inputStages(pipeline: readonly Doc[]): Doc[] {
  return outputStage(pipeline) === undefined ? [...pipeline] : pipeline.slice(0, -1);
}

export const aggregateCommand: Command = {
  writes: (request) => outputStage(request.body.pipeline) !== undefined,
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
    const output = outputStage(pipeline);
    const stages = inputStages(pipeline);
    checkStages(stages);
    const cursor = documentOption(request.body.cursor, 'aggregate.cursor');
    const name = request.body.aggregate;
    let results: Iterable<Doc> = runPipeline(preparePipeline(stages, source), source);
    if (output !== undefined) {
      refuseLinearizable(request);
      // Everything is read before the first write, which may go to the collection being read.
      writeResults(context, request.db, output, [...results]);
      results = [];
    }
    return context.cursors.start(encoded(results), {
      ns: `${request.db}.${typeof name === 'string' ? name : '$cmd.aggregate'}`,
      batchSize: countOption(cursor.batchSize, 'cursor.batchSize'),
      single: false,
    });
  },
};

function refuseLinearizable(request: CommandRequest): void {
  const concern = request.body.readConcern;
  if (isDocument(concern) && concern.level === 'linearizable') {
    throw new CommandError(
      'InvalidOptions',
      'readConcern level linearizable cannot be used with $out or $merge',
    );
  }
}

function* encoded(docs: Iterable<Doc>): ResultStream {
  for (const doc of docs) yield encodeDocument(doc);
}

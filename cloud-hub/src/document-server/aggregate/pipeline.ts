import { Aggregator } from 'mingo/aggregator';
import type { Iterator as MingoIterator } from 'mingo/lazy';
import { readDocument, readFields } from '../bson/raw-document.js';
import { type Doc, isDocument, isNumeric, toNumber } from '../bson/values.js';
import { CommandError, notSupported } from '../errors.js';
import type { PreparedRead, Reader } from '../query/reader.js';
import { parseSort, type SortField } from '../query/sort.js';
import type { Collection } from '../storage/catalog.js';
import { withoutMissing } from './accumulators.js';
import { checkExpression } from './check-expressions.js';
import { type ForeignPipeline, lookupStage, unionStage } from './collection-stages.js';
import { asCommandError, type Expressions, mingoOptions } from './expressions.js';
import { fieldsRead } from './fields-read.js';
import { MINGO_STAGES, OWN_STAGES, REFUSED_STAGES } from './operator-lists.js';
import { desugar, facetStage, type Stage } from './stages.js';

export type PipelineStage = Doc;

/** Where a pipeline reads: the command's own collection and, for `$lookup` and the like, others by name. */
export interface PipelineSource {
  readonly reader: Reader;
  readonly collection: Collection | undefined;
  readonly hint?: unknown;
  readonly collectionNamed: (name: string) => Collection | undefined;
  readonly expressions: Expressions;
}

/** A pipeline split into what the reader does with indexes and what runs on its documents. */
export interface PreparedPipeline {
  readonly read: PreparedRead;
  /** The filter given to the reader. */
  readonly filter: Doc;
  /** True when the reader was asked for an order. */
  readonly sorts: boolean;
  readonly rest: readonly PipelineStage[];
}

/** Stage name of a pipeline element. @throws CommandError Location40323 when it does not name exactly one */
export function stageName(stage: unknown): string {
  const names = isDocument(stage) ? Object.keys(stage) : [];
  if (names.length !== 1) {
    throw new CommandError(
      'Location40323',
      'A pipeline stage specification object must contain exactly one field.',
    );
  }
  return names[0] as string;
}

/** Stages beside `$out` and `$merge`, which the command itself performs. */
export const PIPELINE_STAGES: readonly string[] = [...MINGO_STAGES, ...OWN_STAGES].sort();

/** @throws CommandError UnrecognizedPipelineStage or CommandNotSupported, naming the stage */
export function checkStages(pipeline: readonly unknown[]): void {
  for (const stage of pipeline) {
    const name = stageName(stage);
    if (REFUSED_STAGES.includes(name)) throw notSupported(`the pipeline stage ${name}`);
    if (!PIPELINE_STAGES.includes(name)) {
      throw new CommandError('UnrecognizedPipelineStage', `Unrecognized pipeline stage name: '${name}'`);
    }
    const operand = (stage as Doc)[name];
    if (name === '$facet' && isDocument(operand)) {
      for (const nested of Object.values(operand)) if (Array.isArray(nested)) checkStages(nested);
    } else if (isDocument(operand) && Array.isArray(operand.pipeline)) {
      checkStages(operand.pipeline);
    } else if (EXPRESSION_STAGES.has(name)) {
      checkExpression(operand);
    }
  }
}

/** Stages whose operand consists of expressions throughout. */
const EXPRESSION_STAGES = new Set([
  '$addFields',
  '$set',
  '$project',
  '$group',
  '$replaceWith',
  '$replaceRoot',
  '$sortByCount',
]);

/** Gives the leading `$match`, `$sort`, `$skip` and `$limit` to the reader, so that indexes serve them. */
export function preparePipeline(
  pipeline: readonly PipelineStage[],
  source: PipelineSource,
): PreparedPipeline {
  const rest = pipeline.flatMap(desugar);
  const matches: Doc[] = [];
  let sort: SortField[] = [];
  let skip = 0;
  let limit = 0;
  while (rest[0] !== undefined && isDocument(rest[0].$match))
    matches.push((rest.shift() as Doc).$match as Doc);
  if (rest[0] !== undefined && isDocument(rest[0].$sort)) sort = parseSort((rest.shift() as Doc).$sort);
  if (rest[0] !== undefined && isCount(rest[0].$skip)) skip = toNumber((rest.shift() as Doc).$skip);
  if (rest[0] !== undefined && isCount(rest[0].$limit) && toNumber(rest[0].$limit) > 0) {
    limit = toNumber((rest.shift() as Doc).$limit);
  }
  const filter = matches.length <= 1 ? (matches[0] ?? {}) : { $and: matches };
  const read = source.reader.prepare(source.collection, {
    filter,
    sort,
    skip,
    limit,
    hint: source.hint,
    compileExpression: source.expressions.compileTest,
  });
  return { read, filter, sorts: sort.length > 0, rest };
}

function isCount(value: unknown): boolean {
  return isNumeric(value) && Number.isInteger(toNumber(value)) && toNumber(value) >= 0;
}

/** Runs a prepared pipeline; documents are produced as they are asked for where the stages allow it. */
export function* runPipeline(
  prepared: PreparedPipeline,
  source: PipelineSource,
): Generator<Doc, void, undefined> {
  const input = decoded(prepared.read, fieldsRead(prepared.rest));
  if (prepared.rest.length === 0) {
    yield* input;
    return;
  }
  const counted = countingGroup(prepared.rest);
  if (counted !== undefined) {
    const n = prepared.read.count();
    if (n > 0) yield { _id: counted.id, [counted.field]: n };
    return;
  }
  try {
    const options = mingoOptions(source.expressions.variables, boundStages(source));
    const results: MingoIterator = new Aggregator([...prepared.rest], options).stream(input);
    for (let step = results.next(); !step.done; step = results.next())
      yield withoutMissing(step.value) as Doc;
  } catch (error) {
    throw asCommandError(error);
  }
}

function* decoded(
  read: PreparedRead,
  fields: readonly string[] | undefined,
): Generator<Doc, void, undefined> {
  const names = fields?.map((field) => Buffer.from(field, 'utf8'));
  for (const { bytes } of read.records()) {
    yield names === undefined ? readDocument(bytes, 'native') : readFields(bytes, names, 'native');
  }
}

/** The shape of the driver's countDocuments: one group with a constant id that sums 1. */
function countingGroup(rest: readonly PipelineStage[]): { id: unknown; field: string } | undefined {
  const group = rest.length === 1 ? rest[0]?.$group : undefined;
  if (!isDocument(group)) return undefined;
  const { _id: id, ...others } = group;
  const [field, second] = Object.keys(others);
  if (!(typeof id === 'number' || id === null) || field === undefined || second !== undefined)
    return undefined;
  const accumulator = others[field];
  const sumsOne = isDocument(accumulator) && Object.keys(accumulator).length === 1 && accumulator.$sum === 1;
  return sumsOne && !field.includes('.') ? { id, field } : undefined;
}

/** Stages that read other collections or run pipelines of their own. */
function boundStages(source: PipelineSource): Record<string, Stage> {
  const foreign: ForeignPipeline = (name, pipeline, variables) => {
    const inner: PipelineSource = {
      ...source,
      collection: name === undefined ? undefined : source.collectionNamed(name),
      hint: undefined,
      expressions:
        Object.keys(variables).length === 0
          ? source.expressions
          : source.expressions.withVariables(variables),
    };
    return runPipeline(preparePipeline(pipeline, inner), inner);
  };
  return {
    $lookup: lookupStage(foreign),
    $unionWith: unionStage(foreign),
    $facet: facetStage((pipeline, docs, options) =>
      new Aggregator(pipeline.flatMap(desugar), options).run(docs),
    ),
  };
}

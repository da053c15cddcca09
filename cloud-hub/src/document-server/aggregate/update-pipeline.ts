import { Aggregator } from 'mingo/aggregator';
import { BSON, type Document } from 'mongodb';
import { equalValues } from '../bson/key-encoding.js';
import { readDocument } from '../bson/raw-document.js';
import { type Doc, isDocument } from '../bson/values.js';
import { CommandError } from '../errors.js';
import { withoutMissing } from './accumulators.js';
import { asCommandError, type Expressions, mingoOptions } from './expressions.js';
import { desugar } from './stages.js';

/** Stages an update may use (MongoDB manual, "Updates with Aggregation Pipeline"). */
export const UPDATE_STAGES: readonly string[] = [
  '$addFields',
  '$set',
  '$project',
  '$unset',
  '$replaceRoot',
  '$replaceWith',
];

/**
 * Runs an update pipeline on one document. Numbers are plain inside the pipeline; top-level fields whose value did
 * not change keep the BSON type they had.
 */
export function runUpdatePipeline(doc: Doc, pipeline: unknown[], expressions: Expressions): Doc {
  const stages = pipeline.map((stage) => {
    const name = isDocument(stage) ? Object.keys(stage)[0] : undefined;
    if (name === undefined || !UPDATE_STAGES.includes(name)) {
      throw new CommandError(
        'InvalidOptions',
        `${name ?? 'an empty stage'} is not allowed to be used within an update`,
      );
    }
    return plain(stage as Doc);
  });
  const simple = stages.flatMap(desugar);
  const before = plain(doc);
  let result: Doc | undefined;
  try {
    [result] = new Aggregator(simple, mingoOptions(expressions.variables)).run<Doc>([{ ...before }]);
  } catch (error) {
    throw asCommandError(error);
  }
  const next: Doc = {};
  const id = result !== undefined && Object.hasOwn(result, '_id') ? result._id : doc._id;
  if (id !== undefined) next._id = equalValues(id, doc._id) ? doc._id : id;
  for (const [key, value] of Object.entries(withoutMissing(result ?? {}) as Doc)) {
    if (key === '_id') continue;
    const same = Object.hasOwn(doc, key) && equalValues(before[key], value);
    next[key] = same ? doc[key] : value;
  }
  return next;
}

/** The same document with plain numbers, as pipelines compute with. */
function plain(doc: Doc): Doc {
  return readDocument(Buffer.from(BSON.serialize(doc as Document, { ignoreUndefined: true })), 'native');
}

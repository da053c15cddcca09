import { evalExpr } from 'mingo/core';
import { type Iterator, Lazy } from 'mingo/lazy';
import type { Options } from 'mingo/types';
import { type Doc, isDocument, setOwn } from '../bson/values.js';
import { CommandError } from '../errors.js';
import { valuesAtPath } from '../query/paths.js';
import type { Stage } from './stages.js';

/** Runs a pipeline on another collection of the same database, or on no collection (`$documents`). */
export type ForeignPipeline = (name: string | undefined, pipeline: Doc[], variables: Doc) => Iterable<Doc>;

const LOOKUP_FIELDS = new Set(['from', 'localField', 'foreignField', 'let', 'pipeline', 'as']);

function checkFields(stage: string, spec: Doc, allowed: ReadonlySet<string>): void {
  for (const field of Object.keys(spec)) {
    if (!allowed.has(field))
      throw new CommandError('FailedToParse', `unknown argument to ${stage}: ${field}`);
  }
}

function subPipeline(stage: string, value: unknown): Doc[] {
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every(isDocument)) return value;
  throw new CommandError('TypeMismatch', `${stage}.pipeline must be an array of objects`);
}

/** Variables a stage's pipeline sees: those around it, then its own `let` on the current document. */
function bind(spec: unknown, doc: Doc, options: Options): Doc {
  const bound: Doc = { ...options.variables };
  if (!isDocument(spec)) return bound;
  for (const [name, expression] of Object.entries(spec))
    bound[name] = evalExpr(doc, expression, options) ?? null;
  return bound;
}

/** `$lookup`: one indexed read of the foreign collection per document. */
export function lookupStage(foreign: ForeignPipeline): Stage {
  return (source, operand, options) => {
    if (!isDocument(operand))
      throw new CommandError('FailedToParse', 'the $lookup specification must be an object');
    checkFields('$lookup', operand, LOOKUP_FIELDS);
    const { from, localField, foreignField, as } = operand;
    if (typeof as !== 'string' || as === '')
      throw new CommandError('FailedToParse', '$lookup needs the string field as');
    if (from !== undefined && typeof from !== 'string') {
      throw new CommandError(
        'FailedToParse',
        '$lookup.from must be the name of a collection of the same database',
      );
    }
    if ((localField === undefined) !== (foreignField === undefined)) {
      throw new CommandError('FailedToParse', '$lookup needs both or neither of localField and foreignField');
    }
    if (localField === undefined && operand.pipeline === undefined) {
      throw new CommandError('FailedToParse', '$lookup needs localField and foreignField, or a pipeline');
    }
    const pipeline = subPipeline('$lookup', operand.pipeline);
    return source.map((doc: Doc) => {
      const join = typeof localField === 'string' ? [joinMatch(doc, localField, String(foreignField))] : [];
      const found = [...foreign(from, [...join, ...pipeline], bind(operand.let, doc, options))];
      const out = { ...doc };
      setOwn(out, as, found);
      return out;
    });
  };
}

/** Equality of any local value with the foreign field; a missing local field joins as null. */
function joinMatch(doc: Doc, localField: string, foreignField: string): Doc {
  const values = valuesAtPath(doc, localField).values.map((value) => value ?? null);
  return { $match: { [foreignField]: values.length === 1 ? { $eq: values[0] } : { $in: values } } };
}

/** `$unionWith`: this pipeline's documents, then those of another collection. */
export function unionStage(foreign: ForeignPipeline): Stage {
  return (source, operand, options) => {
    const spec = typeof operand === 'string' ? { coll: operand } : operand;
    if (!isDocument(spec))
      throw new CommandError('FailedToParse', 'the $unionWith specification must be a string or an object');
    checkFields('$unionWith', spec, new Set(['coll', 'pipeline']));
    const { coll } = spec;
    if (coll !== undefined && typeof coll !== 'string') {
      throw new CommandError('FailedToParse', '$unionWith.coll must be the name of a collection');
    }
    const others = foreign(coll, subPipeline('$unionWith', spec.pipeline), { ...options.variables });
    return Lazy(chain(source, others));
  };
}

function* chain(source: Iterator, others: Iterable<Doc>): Generator<unknown, void, undefined> {
  for (let step = source.next(); !step.done; step = source.next()) yield step.value;
  yield* others;
}

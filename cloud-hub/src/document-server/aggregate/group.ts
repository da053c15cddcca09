import { evalExpr } from 'mingo/core';
import { type Iterator, Lazy } from 'mingo/lazy';
import * as pipeline from 'mingo/operators/pipeline';
import type { Options } from 'mingo/types';
import { mapKey } from '../bson/key-encoding.js';
import { type Doc, getOwn, isDocument, setOwn } from '../bson/values.js';
import { CommandError } from '../errors.js';
import { type Accumulator, STREAMING_ACCUMULATORS, withoutMissing } from './accumulators.js';

interface GroupField {
  readonly name: string;
  readonly create: () => Accumulator;
  readonly operand: Evaluated;
}

/** An expression, ready to be worked out on one document after the other. */
type Evaluated = (doc: Doc) => unknown;

/** Accumulators that only mingo has; a group that uses one runs in mingo's own `$group`. */
const MINGO_ACCUMULATORS = new Set([
  '$stdDevPop',
  '$stdDevSamp',
  '$mergeObjects',
  '$firstN',
  '$lastN',
  '$maxN',
  '$minN',
  '$top',
  '$topN',
  '$bottom',
  '$bottomN',
]);

export const ACCUMULATORS: readonly string[] = [
  ...Object.keys(STREAMING_ACCUMULATORS),
  ...MINGO_ACCUMULATORS,
].sort();

/** `$group` that keeps one running value per group and field, not the documents; group keys compare as MongoDB's. */
export function groupStage(source: Iterator, operand: unknown, options: Options): Iterator {
  if (!isDocument(operand))
    throw new CommandError('Location15947', "a group's fields must be specified in an object");
  if (!('_id' in operand)) {
    throw new CommandError('Location15955', 'a group specification must include an _id');
  }
  const fields: GroupField[] = [];
  let onlyStreaming = true;
  for (const [name, spec] of Object.entries(operand)) {
    if (name === '_id') continue;
    const [operator, argument] = accumulatorOf(name, spec);
    const create = STREAMING_ACCUMULATORS[operator];
    if (create === undefined) {
      if (!MINGO_ACCUMULATORS.has(operator)) {
        throw new CommandError('Location15952', `unknown group operator '${operator}'`);
      }
      onlyStreaming = false;
    } else {
      fields.push({ name, create, operand: evaluated(argument, options) });
    }
  }
  if (!onlyStreaming) return pipeline.$group(source, operand as never, options);
  return source.transform((docs: Doc[]) => Lazy(groupAll(docs, evaluated(operand._id, options), fields)));
}

/** A field of the document itself is read straight away: most sums are of such, and over many documents. */
function evaluated(expression: unknown, options: Options): Evaluated {
  const field = typeof expression === 'string' ? /^\$([^$.]+)$/.exec(expression)?.[1] : undefined;
  if (field !== undefined) return (doc) => getOwn(doc, field);
  return (doc) => withoutMissing(evalExpr(doc, expression, options));
}

function accumulatorOf(name: string, spec: unknown): [string, unknown] {
  if (name.includes('.'))
    throw new CommandError('Location40234', `The field name '${name}' cannot contain '.'`);
  if (!isDocument(spec))
    throw new CommandError('Location40234', `The field '${name}' must be an accumulator object`);
  const entries = Object.entries(spec);
  if (entries.length !== 1)
    throw new CommandError('Location40238', `The field '${name}' must specify one accumulator`);
  return entries[0] as [string, unknown];
}

function groupAll(docs: readonly Doc[], idOf: Evaluated, fields: readonly GroupField[]): Doc[] {
  const groups = new Map<string, { id: unknown; states: Accumulator[] }>();
  for (const doc of docs) {
    const id = idOf(doc) ?? null;
    const key = mapKey(id);
    let group = groups.get(key);
    if (group === undefined) {
      group = { id, states: fields.map((field) => field.create()) };
      groups.set(key, group);
    }
    for (const [i, field] of fields.entries()) {
      group.states[i]?.add(field.operand(doc));
    }
  }
  return [...groups.values()].map(({ id, states }) => {
    const out: Doc = { _id: id };
    for (const [i, field] of fields.entries()) setOwn(out, field.name, states[i]?.result());
    return out;
  });
}

import { evalExpr } from 'mingo/core';
import { type Iterator, Lazy } from 'mingo/lazy';
import type { Options } from 'mingo/types';
import {
  cloneValue,
  type Doc,
  getOwn,
  isDocument,
  isNumeric,
  isOperatorDocument,
  setOwn,
  toNumber,
} from '../bson/values.js';
import { CommandError } from '../errors.js';
import { compileFilter } from '../query/filter.js';
import { compileProjection } from '../query/projection.js';
import { parseSort, sortDocuments } from '../query/sort.js';
import { checkExpression } from './check-expressions.js';
import { isTrue } from './truth.js';

/** A pipeline stage in mingo's shape: documents in, documents out. */
export type Stage = (source: Iterator, operand: unknown, options: Options) => Iterator;

const match: Stage = (source, operand, options) => {
  if (!isDocument(operand)) {
    throw new CommandError('Location15959', 'the match filter must be an expression in an object');
  }
  const { test } = compileFilter(
    operand,
    (expression) => (doc) => isTrue(evalExpr(doc, expression, options)),
  );
  return source.filter((doc: Doc) => test(doc));
};

const sort: Stage = (source, operand) => {
  const fields = parseSort(operand);
  if (fields.length === 0)
    throw new CommandError('Location15976', '$sort stage must have at least one sort key');
  return source.transform((docs: Doc[]) => Lazy(sortDocuments(docs, fields, (doc) => doc)));
};

const count: Stage = (source, operand) => {
  if (typeof operand !== 'string' || operand === '' || operand.startsWith('$') || operand.includes('.')) {
    throw new CommandError('Location40156', 'the count field must be a non-empty string without $ or .');
  }
  return Lazy(
    (function* () {
      let n = 0;
      for (let step = source.next(); !step.done; step = source.next()) n++;
      if (n > 0) yield { [operand]: n };
    })(),
  );
};

const project: Stage = (source, operand, options) => {
  if (!isDocument(operand) || Object.keys(operand).length === 0) {
    throw new CommandError('Location51272', '$project specification must have at least one field');
  }
  const projector = compileProjection(
    operand,
    {},
    {
      evaluate: (expression, doc) => evalExpr(doc, expression, options),
      check: checkExpression,
      compileExpression: (expression) => (doc) => isTrue(evalExpr(doc, expression, options)),
    },
  );
  return projector === undefined ? source : source.map((doc: Doc) => projector.project(doc));
};

const addFields: Stage = (source, operand, options) => {
  if (!isDocument(operand) || Object.keys(operand).length === 0) {
    throw new CommandError('Location40272', '$addFields specification stage must be a non-empty object');
  }
  const fields = flattenFields(operand, []);
  return source.map((doc: Doc) => {
    // Every expression sees the document as it came in.
    const values = fields.map(({ expression }) => evalExpr(doc, expression, options));
    return fields.reduce<unknown>((out, { path }, i) => withField(out, path, values[i]), doc);
  });
};

interface ComputedField {
  readonly path: readonly string[];
  readonly expression: unknown;
}

/** `{ a: { b: 1 } }` adds the field `a.b` and keeps the others of `a`. */
function flattenFields(spec: Doc, prefix: readonly string[]): ComputedField[] {
  return Object.entries(spec).flatMap(([key, expression]) => {
    const path = [...prefix, ...key.split('.')];
    if (path.some((part) => part === '' || part.startsWith('$'))) {
      throw new CommandError('Location16410', `bad field path in $addFields: "${path.join('.')}"`);
    }
    const nested =
      isDocument(expression) && !isOperatorDocument(expression) && Object.keys(expression).length > 0;
    return nested ? flattenFields(expression, path) : [{ path, expression }];
  });
}

/** A copy with one field set, or left out when its value is missing; arrays on the way are set element by element. */
function withField(target: unknown, path: readonly string[], value: unknown): unknown {
  if (Array.isArray(target)) return target.map((item) => withField(item, path, value));
  const out: Doc = isDocument(target) ? { ...target } : {};
  const [head, ...rest] = path as [string, ...string[]];
  const next = rest.length === 0 ? value : withField(getOwn(out, head), rest, value);
  if (next === undefined) delete out[head];
  else setOwn(out, head, next);
  return out;
}

const unwind: Stage = (source, operand) => {
  const spec = typeof operand === 'string' ? { path: operand } : operand;
  if (
    !isDocument(spec) ||
    typeof spec.path !== 'string' ||
    !spec.path.startsWith('$') ||
    spec.path.length < 2
  ) {
    throw new CommandError('Location28818', "path option to $unwind stage should be prefixed with a '$'");
  }
  const path = spec.path.slice(1).split('.');
  const keepEmpty = spec.preserveNullAndEmptyArrays === true;
  const indexField =
    typeof spec.includeArrayIndex === 'string' ? spec.includeArrayIndex.split('.') : undefined;
  const numbered = (doc: unknown, index: number | null) =>
    indexField === undefined ? doc : withField(doc, indexField, index);
  return Lazy(
    (function* () {
      for (let step = source.next(); !step.done; step = source.next()) {
        const doc = step.value as Doc;
        const value = path.reduce<unknown>(
          (at, part) => (isDocument(at) ? getOwn(at, part) : undefined),
          doc,
        );
        if (Array.isArray(value) && value.length > 0) {
          for (const [i, item] of value.entries()) yield numbered(withField(doc, path, item), i);
        } else if (
          Array.isArray(value) ? keepEmpty : value === null || value === undefined ? keepEmpty : true
        ) {
          yield numbered(Array.isArray(value) ? withField(doc, path, undefined) : doc, null);
        }
      }
    })(),
  );
};

const sample: Stage = (source, operand) => {
  const size = isDocument(operand) && isNumeric(operand.size) ? toNumber(operand.size) : Number.NaN;
  if (!Number.isInteger(size) || size < 1)
    throw new CommandError('Location28747', 'size argument to $sample must be a positive integer');
  return source.transform((docs: Doc[]) => {
    const pool = [...docs];
    const chosen = Math.min(size, pool.length);
    // The first part of a Fisher-Yates shuffle: every document at most once.
    for (let i = 0; i < chosen; i++) {
      const j = i + Math.floor(Math.random() * (pool.length - i));
      [pool[i], pool[j]] = [pool[j] as Doc, pool[i] as Doc];
    }
    return Lazy(pool.slice(0, chosen));
  });
};

/** `$facet` runs each of its pipelines on copies of the whole input. */
export function facetStage(run: (pipeline: Doc[], docs: Doc[], options: Options) => Doc[]): Stage {
  return (source, operand, options) => {
    if (!isDocument(operand) || !Object.values(operand).every(Array.isArray)) {
      throw new CommandError('Location40169', 'the $facet specification must be an object of pipelines');
    }
    return source.transform((docs: Doc[]) => {
      const out: Doc = {};
      for (const [name, pipeline] of Object.entries(operand)) {
        setOwn(
          out,
          name,
          run(
            pipeline as Doc[],
            docs.map((doc) => cloneValue(doc) as Doc),
            options,
          ),
        );
      }
      return Lazy([out]);
    });
  };
}

/** Stages of ours in place of mingo's, whose results differ from MongoDB's. */
export const STAGES: Record<string, Stage> = {
  $match: match,
  $sort: sort,
  $count: count,
  $project: project,
  $addFields: addFields,
  $set: addFields,
  $unwind: unwind,
  $sample: sample,
};

/** Stages that stand for others. */
export function desugar(stage: Doc): Doc[] {
  if ('$sortByCount' in stage) {
    return [{ $group: { _id: stage.$sortByCount, count: { $sum: 1 } } }, { $sort: { count: -1 } }];
  }
  if ('$unset' in stage) {
    const fields = Array.isArray(stage.$unset) ? stage.$unset : [stage.$unset];
    if (fields.length === 0 || !fields.every((field) => typeof field === 'string' && field !== '')) {
      throw new CommandError('Location31002', '$unset specification must be a string or an array of strings');
    }
    return [{ $project: Object.fromEntries(fields.map((field) => [field, 0])) }];
  }
  return [stage];
}

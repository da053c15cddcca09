import { Context, evalExpr } from 'mingo/core';
import type { Iterator } from 'mingo/lazy';
import { Lazy } from 'mingo/lazy';
import * as accumulators from 'mingo/operators/accumulator';
import * as expressions from 'mingo/operators/expression';
import * as pipeline from 'mingo/operators/pipeline';
import * as projections from 'mingo/operators/projection';
import * as windows from 'mingo/operators/window';
import type { Options } from 'mingo/types';
import type { Doc } from '../bson/values.js';
import { isDocument } from '../bson/values.js';
import { CommandError } from '../errors.js';
import { compileFilter } from '../query/filter.js';
import { parseSort, sortDocuments } from '../query/sort.js';
import { EXPRESSION_OVERRIDES } from './expression-overrides.js';
import { groupStage } from './group.js';
import { isTrue } from './truth.js';

type Stage = (source: Iterator, operand: unknown, options: Options) => Iterator;

const matchStage: Stage = (source, operand, options) => {
  if (!isDocument(operand))
    throw new CommandError('Location15955', 'the match filter must be an expression in an object');
  const { test } = compileFilter(
    operand,
    (expression) => (doc) => isTrue(evalExpr(doc, expression, options)),
  );
  return source.filter((doc: Doc) => test(doc));
};

const sortStage: Stage = (source, operand) => {
  const fields = parseSort(operand);
  if (fields.length === 0)
    throw new CommandError('Location15976', '$sort stage must have at least one sort key');
  return source.transform((docs: Doc[]) => Lazy(sortDocuments(docs, fields, (doc) => doc)));
};

const countStage: Stage = (source, operand) => {
  if (typeof operand !== 'string' || operand === '' || operand.startsWith('$') || operand.includes('.')) {
    throw new CommandError('Location40156', 'the count field must be a non-empty string without $ or .');
  }
  return source.transform((docs: Doc[]) => Lazy(docs.length > 0 ? [{ [operand]: docs.length }] : []));
};

/**
 * mingo's operators with ours in place of those whose result differs from MongoDB: comparison, filters, `$sort`,
 * `$group`, `$count`.
 */
export function createMingoContext(): Context {
  return Context.init({
    accumulator: { ...accumulators },
    expression: { ...expressions, ...EXPRESSION_OVERRIDES },
    pipeline: { ...pipeline, $match: matchStage, $sort: sortStage, $group: groupStage, $count: countStage },
    projection: { ...projections },
    window: { ...windows },
  } as Parameters<typeof Context.init>[0]);
}

import { Context } from 'mingo/core';
import * as accumulators from 'mingo/operators/accumulator';
import * as expressions from 'mingo/operators/expression';
import * as pipeline from 'mingo/operators/pipeline';
import * as windows from 'mingo/operators/window';
import { EXPRESSION_OVERRIDES } from './expression-overrides.js';
import { groupStage } from './group.js';
import { EXPRESSIONS, MINGO_STAGES, WINDOW_OPERATORS } from './operator-lists.js';
import { STAGES, type Stage } from './stages.js';

/**
 * The operators a pipeline may use: mingo's, by explicit list, with ours in place of those whose result differs
 * from MongoDB's. `bound` are stages that need the database.
 */
export function createMingoContext(bound: Record<string, Stage> = {}): Context {
  return Context.init({
    accumulator: { ...accumulators },
    expression: { ...pick(expressions, EXPRESSIONS), ...EXPRESSION_OVERRIDES },
    pipeline: { ...pick(pipeline, MINGO_STAGES), ...STAGES, $group: groupStage, ...bound },
    window: pick(windows, WINDOW_OPERATORS),
  } as Parameters<typeof Context.init>[0]);
}

function pick(operators: object, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(operators).filter(([name]) => names.includes(name)));
}

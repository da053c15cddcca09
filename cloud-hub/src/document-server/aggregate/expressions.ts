import { Aggregator } from 'mingo/aggregator';
import { Context, evalExpr } from 'mingo/core';
import type { Options } from 'mingo/types';
import type { Doc } from '../bson/values.js';
import { CommandError } from '../errors.js';
import type { DocumentTest } from '../query/paths.js';
import { checkExpression } from './check-expressions.js';
import { createMingoContext } from './mingo-context.js';
import type { Stage } from './stages.js';
import { isTrue } from './truth.js';

/** Evaluates aggregation expressions outside a pipeline: `$expr`, computed projections, `let`. */
export interface Expressions {
  readonly variables: Doc;
  /** Value of an expression on a document. */
  evaluate(expression: unknown, doc: Doc): unknown;
  /** @throws CommandError when the expression uses an operator that is unknown or refused */
  check(expression: unknown): void;
  /** Truth test of an expression, as `$expr` needs it. */
  compileTest(expression: unknown): DocumentTest;
  /** The same with variables (`$$name`) bound. */
  withVariables(variables: Doc): Expressions;
}

/** Options of every mingo run: no scripts, our operators, and the stages in `bound`. */
export function mingoOptions(variables: Doc = {}, bound: Record<string, Stage> = {}): Partial<Options> {
  return { scriptEnabled: false, context: createMingoContext(bound), variables };
}

/** Turns mingo's plain errors into command errors; ours and SQLite's pass. */
export function asCommandError(error: unknown): unknown {
  if (error instanceof CommandError || !(error instanceof Error)) return error;
  if ('code' in error && String(error.code).startsWith('SQLITE_')) return error;
  return new CommandError('BadValue', error.message);
}

/**
 * mingo's own prepared form of the options. It is made inside mingo and not exported; a stage is handed it, and
 * evaluating with it saves copying every operator table at each evaluation.
 */
function prepareOptions(options: Partial<Options>): Options {
  let prepared = options as Options;
  const capture: Stage = (source, _operand, given) => {
    prepared = given;
    return source;
  };
  const base = options.context ?? Context.init();
  const context = Context.from(base).addPipelineOps({ $capture: capture } as never);
  new Aggregator([{ $capture: {} }], { ...options, context }).stream([]);
  return prepared;
}

export function createExpressions(variables: Doc = {}): Expressions {
  const options = prepareOptions(mingoOptions(variables));
  const evaluate = (expression: unknown, doc: Doc): unknown => {
    try {
      return evalExpr(doc, expression, options);
    } catch (error) {
      throw asCommandError(error);
    }
  };
  return {
    variables,
    evaluate,
    check: checkExpression,
    compileTest: (expression) => {
      checkExpression(expression);
      return (doc) => isTrue(evaluate(expression, doc));
    },
    withVariables: (more) => createExpressions({ ...variables, ...more }),
  };
}

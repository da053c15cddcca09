import { evalExpr } from 'mingo/core';
import type { Options } from 'mingo/types';
import type { Doc } from '../bson/values.js';
import { CommandError } from '../errors.js';
import type { DocumentTest } from '../query/paths.js';
import { createMingoContext } from './mingo-context.js';
import { isTrue } from './truth.js';

/** Evaluates aggregation expressions outside a pipeline: `$expr`, computed projections, `let`. */
export interface Expressions {
  readonly variables: Doc;
  /** Value of an expression on a document. */
  evaluate(expression: unknown, doc: Doc): unknown;
  /** Truth test of an expression, as `$expr` needs it. */
  compileTest(expression: unknown): DocumentTest;
  /** The same with variables (`$$name`) bound. */
  withVariables(variables: Doc): Expressions;
}

/** Base options of every mingo call: no scripts, our operators. */
export function mingoOptions(variables: Doc = {}): Partial<Options> {
  return { scriptEnabled: false, context: createMingoContext(), variables };
}

/** Turns mingo's plain errors into command errors; ours pass. */
export function asCommandError(error: unknown): unknown {
  if (error instanceof CommandError || !(error instanceof Error)) return error;
  if ('code' in error && String(error.code).startsWith('SQLITE_')) return error;
  return new CommandError('BadValue', error.message);
}

export function createExpressions(variables: Doc = {}): Expressions {
  const options = mingoOptions(variables) as Options;
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
    compileTest: (expression) => (doc) => isTrue(evaluate(expression, doc)),
    withVariables: (more) => createExpressions({ ...variables, ...more }),
  };
}

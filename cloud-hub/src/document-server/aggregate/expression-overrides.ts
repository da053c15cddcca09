import { evalExpr } from 'mingo/core';
import * as accumulators from 'mingo/operators/accumulator';
import * as expressions from 'mingo/operators/expression';
import type { Options } from 'mingo/types';
import { BSONRegExp, ObjectId } from 'mongodb';
import { compareValues, equalValues } from '../bson/key-encoding.js';
import { bsonClass, type Doc, isDocument, toNumber, typeNameOf } from '../bson/values.js';
import { CommandError } from '../errors.js';
import { toRegExp } from '../query/regex.js';
import { parseSort, sortDocuments } from '../query/sort.js';
import { type Accumulator, STREAMING_ACCUMULATORS } from './accumulators.js';

type Expression = (subject: unknown, operand: unknown, options: Options) => unknown;

function pair(name: string, subject: unknown, operand: unknown, options: Options): [unknown, unknown] {
  if (!Array.isArray(operand) || operand.length !== 2) {
    const given = Array.isArray(operand) ? operand.length : 1;
    throw new CommandError(
      'Location16020',
      `Expression ${name} takes exactly 2 arguments. ${given} were passed in.`,
    );
  }
  return [evalExpr(subject, operand[0], options), evalExpr(subject, operand[1], options)];
}

/** Order of two expression results: a missing value sorts below null. */
function order(a: unknown, b: unknown): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  return compareValues(a, b);
}

function comparison(name: string, accept: (sign: number) => unknown): Expression {
  return (subject, operand, options) => accept(Math.sign(order(...pair(name, subject, operand, options))));
}

const isIn: Expression = (subject, operand, options) => {
  const [value, list] = pair('$in', subject, operand, options);
  if (!Array.isArray(list))
    throw new CommandError('Location40081', '$in requires an array as a second argument');
  return list.some((item) => equalValues(item, value ?? null));
};

const type: Expression = (subject, operand, options) => {
  const argument = Array.isArray(operand) ? operand[0] : operand;
  return typeNameOf(evalExpr(subject, argument, options));
};

const toObjectId: Expression = (subject, operand, options) => {
  const value = evalExpr(subject, operand, options);
  if (value === null || value === undefined) return null;
  if (bsonClass(value) === 'ObjectId') return value;
  if (typeof value === 'string' && ObjectId.isValid(value) && value.length === 24) return new ObjectId(value);
  throw new CommandError(
    'BadValue',
    `Failed to parse objectId '${String(value)}' in $convert with no onError value`,
  );
};

const toText: Expression = (subject, operand, options) => {
  const value = evalExpr(subject, operand, options);
  return bsonClass(value) === undefined
    ? expressions.$toString(subject as Doc, operand as never, options)
    : String(value);
};

/** A regular expression as decoded from BSON becomes a JavaScript one before mingo sees it. */
function withRegex(expression: Expression): Expression {
  return (subject, operand, options) => {
    if (typeof operand !== 'object' || operand === null || !('regex' in operand)) {
      return expression(subject, operand, options);
    }
    const regex = evalExpr(subject, operand.regex, options);
    const native = regex instanceof BSONRegExp ? toRegExp(regex.pattern, regex.options) : regex;
    return expression(subject, { ...operand, regex: native }, options);
  };
}

/** The operand list of an accumulator used as an expression: one array, or several values. */
function operandList(subject: unknown, operand: unknown, options: Options): unknown[] {
  const value = evalExpr(subject, operand, options);
  if (!Array.isArray(value)) return [value];
  return Array.isArray(operand) && value.length === 1 && Array.isArray(value[0]) ? value[0] : value;
}

/**
 * `$sum` and the like over an array of the document. mingo calls the same name with a list of documents when it
 * accumulates, which stays its own business.
 */
function overList(name: '$sum' | '$avg' | '$min' | '$max', accumulate: Expression): Expression {
  return (subject, operand, options) => {
    if (Array.isArray(subject)) return accumulate(subject, operand, options);
    const running = (STREAMING_ACCUMULATORS[name] as () => Accumulator)();
    for (const value of operandList(subject, operand, options)) running.add(value);
    return running.result();
  };
}

const sortArray: Expression = (subject, operand, options) => {
  if (!isDocument(operand)) throw new CommandError('Location2942500', '$sortArray requires an object');
  const input = evalExpr(subject, operand.input, options);
  if (input === null || input === undefined) return null;
  if (!Array.isArray(input))
    throw new CommandError('Location2942504', 'The input argument to $sortArray must be an array');
  const { sortBy } = operand;
  if (isDocument(sortBy))
    return sortDocuments(input, parseSort(sortBy), (item) => (isDocument(item) ? item : {}));
  const direction = toNumber(sortBy) < 0 ? -1 : 1;
  return [...input].sort((a, b) => compareValues(a, b) * direction);
};

/** Expression operators where mingo's result differs from MongoDB's: comparison across types, BSON classes. */
export const EXPRESSION_OVERRIDES: Record<string, Expression> = {
  $cmp: comparison('$cmp', (sign) => sign),
  $eq: comparison('$eq', (sign) => sign === 0),
  $ne: comparison('$ne', (sign) => sign !== 0),
  $gt: comparison('$gt', (sign) => sign > 0),
  $gte: comparison('$gte', (sign) => sign >= 0),
  $lt: comparison('$lt', (sign) => sign < 0),
  $lte: comparison('$lte', (sign) => sign <= 0),
  $in: isIn,
  $type: type,
  $sum: overList('$sum', accumulators.$sum as Expression),
  $avg: overList('$avg', accumulators.$avg as Expression),
  $min: overList('$min', accumulators.$min as Expression),
  $max: overList('$max', accumulators.$max as Expression),
  $sortArray: sortArray,
  $toObjectId: toObjectId,
  $toString: toText,
  $regexMatch: withRegex(expressions.$regexMatch as Expression),
  $regexFind: withRegex(expressions.$regexFind as Expression),
  $regexFindAll: withRegex(expressions.$regexFindAll as Expression),
};

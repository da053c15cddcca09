import { evalExpr } from 'mingo/core';
import * as expressions from 'mingo/operators/expression';
import type { Options } from 'mingo/types';
import { BSONRegExp, ObjectId } from 'mongodb';
import { compareValues, equalValues } from '../bson/key-encoding.js';
import { bsonClass, type Doc, typeNameOf } from '../bson/values.js';
import { CommandError } from '../errors.js';
import { toRegExp } from '../query/regex.js';

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
  $toObjectId: toObjectId,
  $toString: toText,
  $regexMatch: withRegex(expressions.$regexMatch as Expression),
  $regexFind: withRegex(expressions.$regexFind as Expression),
  $regexFindAll: withRegex(expressions.$regexFindAll as Expression),
};

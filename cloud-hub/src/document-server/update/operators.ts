import { Long, Timestamp } from 'mongodb';
import { compareValues, equalValues } from '../bson/key-encoding.js';
import {
  bsonClass,
  cloneValue,
  type Doc,
  getOwn,
  isDocument,
  isNumeric,
  setOwn,
  toNumber,
  typeNameOf,
} from '../bson/values.js';
import { CommandError } from '../errors.js';
import { compileFilter, type ExpressionCompiler, elementTest } from '../query/filter.js';
import type { ValueTest } from '../query/paths.js';
import { isRegex, regexTest } from '../query/regex.js';
import { parseSort, sortDocuments } from '../query/sort.js';
import { calculate, toBigInt } from './arithmetic.js';

/** The place an operator changes: `key` of a document, or a position of an array. */
export interface Target {
  readonly container: Doc | unknown[];
  readonly key: string | number;
  /** Full path, for messages. */
  readonly path: string;
}

export interface OperatorTools {
  readonly now: () => Date;
  readonly compileExpression: ExpressionCompiler;
}

export type UpdateOperator = (target: Target, operand: unknown, tools: OperatorTools) => void;

export function readTarget({ container, key }: Target): unknown {
  return Array.isArray(container) ? container[Number(key)] : getOwn(container, String(key));
}

export function writeTarget({ container, key }: Target, value: unknown): void {
  if (Array.isArray(container)) container[Number(key)] = value;
  else setOwn(container, String(key), value);
}

/** Removes a field; an array keeps its length and gets null, as MongoDB does. */
export function removeTarget({ container, key }: Target): void {
  if (!Array.isArray(container)) delete container[String(key)];
  else if (Number(key) < container.length) container[Number(key)] = null;
}

const set: UpdateOperator = (target, operand) => writeTarget(target, cloneValue(operand));

function arithmetic(name: string, operation: 'add' | 'multiply'): UpdateOperator {
  return (target, operand) => {
    const current = readTarget(target);
    if (current === undefined) {
      writeTarget(target, operation === 'add' ? operand : calculate('multiply', operand, 0));
      return;
    }
    if (!isNumeric(current)) {
      throw new CommandError(
        'TypeMismatch',
        `Cannot apply ${name} to a value of non-numeric type. The field '${target.path}' is of type ${typeNameOf(current)}`,
      );
    }
    writeTarget(target, calculate(operation, current, operand));
  };
}

function extreme(sign: 1 | -1): UpdateOperator {
  return (target, operand) => {
    const current = readTarget(target);
    if (current === undefined || compareValues(operand, current) * sign > 0) {
      writeTarget(target, cloneValue(operand));
    }
  };
}

const currentDate: UpdateOperator = (target, operand, tools) => {
  const type = isDocument(operand) ? operand.$type : operand;
  if (typeof type === 'boolean' || type === 'date') {
    writeTarget(target, tools.now());
  } else if (type === 'timestamp') {
    const seconds = Math.floor(tools.now().getTime() / 1000);
    writeTarget(target, new Timestamp({ t: seconds, i: 1 }));
  } else {
    throw new CommandError(
      'BadValue',
      `${typeNameOf(operand)} is not valid type for $currentDate. Please use a boolean ('true') or a $type expression ({$type: 'timestamp/date'}).`,
    );
  }
};

const BIT: Record<string, (a: bigint, b: bigint) => bigint> = {
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
};

const bit: UpdateOperator = (target, operand) => {
  if (!isDocument(operand)) {
    throw new CommandError('BadValue', `The $bit modifier is not compatible with a ${typeNameOf(operand)}`);
  }
  for (const [name, mask] of Object.entries(operand)) {
    const apply = BIT[name];
    if (apply === undefined) {
      throw new CommandError(
        'BadValue',
        `The $bit modifier only supports 'and', 'or', and 'xor', not '${name}'`,
      );
    }
    const current = readTarget(target) ?? 0;
    for (const value of [mask, current]) {
      if (!['int', 'long'].includes(typeNameOf(value))) {
        throw new CommandError(
          'BadValue',
          `Cannot apply $bit to a value of non-integral type at '${target.path}'`,
        );
      }
    }
    const result = apply(toBigInt(current), toBigInt(mask));
    const wide = bsonClass(current) === 'Long' || bsonClass(mask) === 'Long';
    writeTarget(target, wide ? Long.fromBigInt(result) : calculate('add', Number(result), 0));
  }
};

function existingArray(target: Target, name: string): unknown[] | undefined {
  const current = readTarget(target);
  if (current === undefined || Array.isArray(current)) return current;
  const type = typeNameOf(current);
  throw new CommandError(
    'BadValue',
    name === '$addToSet'
      ? `Cannot apply $addToSet to non-array field. Field named '${target.path}' has non-array type ${type}`
      : `The field '${target.path}' must be an array but is of type ${type} in document`,
  );
}

function eachList(operand: Doc, name: string): unknown[] {
  if (Array.isArray(operand.$each)) return operand.$each;
  throw new CommandError(
    'BadValue',
    `The argument to $each in ${name} must be an array but it was of type: ${typeNameOf(operand.$each)}`,
  );
}

function integerClause(operand: Doc, name: string): number | undefined {
  const value = operand[name];
  if (value === undefined) return undefined;
  const number = toNumber(value);
  if (!Number.isInteger(number)) {
    throw new CommandError(
      'BadValue',
      `The value for ${name} must be an integer value but was given type: ${typeNameOf(value)}`,
    );
  }
  return number;
}

const PUSH_CLAUSES = new Set(['$each', '$slice', '$sort', '$position']);

const push: UpdateOperator = (target, operand) => {
  const list = [...(existingArray(target, '$push') ?? [])];
  if (!isDocument(operand) || !('$each' in operand)) {
    writeTarget(target, [...list, cloneValue(operand)]);
    return;
  }
  for (const clause of Object.keys(operand)) {
    if (!PUSH_CLAUSES.has(clause))
      throw new CommandError('BadValue', `Unrecognized clause in $push: ${clause}`);
  }
  const items = eachList(operand, '$push').map(cloneValue);
  list.splice(integerClause(operand, '$position') ?? list.length, 0, ...items);
  const ordered = operand.$sort === undefined ? list : sortItems(list, operand.$sort);
  const slice = integerClause(operand, '$slice');
  if (slice === undefined) writeTarget(target, ordered);
  else writeTarget(target, slice >= 0 ? ordered.slice(0, slice) : ordered.slice(slice));
};

function sortItems(list: unknown[], sort: unknown): unknown[] {
  if (isDocument(sort)) {
    return sortDocuments(list, parseSort(sort), (item) => (isDocument(item) ? item : {}));
  }
  const direction = toNumber(sort);
  if (direction !== 1 && direction !== -1) {
    throw new CommandError('BadValue', 'The $sort element value must be either 1 or -1');
  }
  return [...list].sort((a, b) => compareValues(a, b) * direction);
}

const addToSet: UpdateOperator = (target, operand) => {
  const list = [...(existingArray(target, '$addToSet') ?? [])];
  const each = isDocument(operand) && Object.keys(operand)[0] === '$each';
  if (each && Object.keys(operand).length > 1) {
    throw new CommandError('BadValue', 'Found unexpected fields after $each in $addToSet');
  }
  for (const item of each ? eachList(operand as Doc, '$addToSet') : [operand]) {
    if (!list.some((other) => equalValues(other, item))) list.push(cloneValue(item));
  }
  writeTarget(target, list);
};

function pullTest(operand: unknown, tools: OperatorTools): ValueTest {
  if (isRegex(operand)) return regexTest(operand);
  if (!isDocument(operand)) return (item) => equalValues(item, operand);
  const keys = Object.keys(operand);
  if (keys.length === 0) return (item) => isDocument(item) && Object.keys(item).length === 0;
  if (keys[0]?.startsWith('$')) return elementTest(operand, tools.compileExpression, '$pull');
  const { test } = compileFilter(operand, tools.compileExpression);
  return (item) => isDocument(item) && test(item);
}

function removeWhere(target: Target, test: ValueTest): void {
  const current = readTarget(target);
  if (current === undefined) return;
  if (!Array.isArray(current)) throw new CommandError('BadValue', 'Cannot apply $pull to a non-array value');
  writeTarget(
    target,
    current.filter((item) => !test(item)),
  );
}

const pull: UpdateOperator = (target, operand, tools) => removeWhere(target, pullTest(operand, tools));

const pullAll: UpdateOperator = (target, operand) => {
  if (!Array.isArray(operand)) {
    throw new CommandError(
      'BadValue',
      `$pullAll requires an array argument but was given a ${typeNameOf(operand)}`,
    );
  }
  removeWhere(target, (item) => operand.some((other) => equalValues(item, other)));
};

const pop: UpdateOperator = (target, operand) => {
  const end = toNumber(operand);
  if (end !== 1 && end !== -1) throw new CommandError('FailedToParse', `$pop expects 1 or -1, found: ${end}`);
  const current = readTarget(target);
  if (current === undefined) return;
  if (!Array.isArray(current)) {
    throw new CommandError(
      'TypeMismatch',
      `Path '${target.path}' contains an element of non-array type '${typeNameOf(current)}'`,
    );
  }
  writeTarget(target, end === 1 ? current.slice(0, -1) : current.slice(1));
};

/** Update operators that change one place; `$rename` moves between two and lives with the path walk. */
export const PLACE_OPERATORS: Record<string, UpdateOperator> = {
  $set: set,
  $setOnInsert: set,
  $unset: removeTarget,
  $inc: arithmetic('$inc', 'add'),
  $mul: arithmetic('$mul', 'multiply'),
  $min: extreme(-1),
  $max: extreme(1),
  $currentDate: currentDate,
  $bit: bit,
  $push: push,
  $addToSet: addToSet,
  $pull: pull,
  $pullAll: pullAll,
  $pop: pop,
};

/** Operators that do nothing when their path does not exist, instead of creating it. */
export const NEVER_CREATES = new Set(['$unset', '$pull', '$pullAll', '$pop']);

/** Every update operator, with the positional forms. */
export const UPDATE_OPERATORS: readonly string[] = [
  ...Object.keys(PLACE_OPERATORS),
  '$rename',
  '$each',
  '$position',
  '$slice',
  '$sort',
].sort();

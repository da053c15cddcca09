import { compareValues } from '../bson/key-encoding.js';
import {
  BSON_TYPES,
  type Doc,
  isDocument,
  isNumeric,
  isOperatorDocument,
  toNumber,
  typeNameOf,
} from '../bson/values.js';
import { CommandError, notSupported } from '../errors.js';
import { equalTo, memberOf, relatedTo } from './comparisons.js';
import { anyAtPath, type DocumentTest, type ValueTest } from './paths.js';
import { isRegex, regexTest, toRegExp } from './regex.js';

/** Compiles an aggregation expression to a truth test; given by the aggregation side, for `$expr`. */
export type ExpressionCompiler = (expression: unknown) => DocumentTest;

/** A filter ready to run. */
export interface Filter {
  test: DocumentTest;
  /** Top-level fields the filter reads, or null when it may read any. */
  readonly fields: readonly string[] | null;
  /** True when the filter tells int, long and double apart, so documents must be decoded with their types. */
  readonly typed: boolean;
}

interface Compilation {
  readonly fields: Set<string>;
  wholeDocument: boolean;
  typed: boolean;
  readonly compileExpression: ExpressionCompiler;
}

/**
 * Compiles a find filter.
 * @throws CommandError BadValue, FailedToParse or CommandNotSupported; the message names the operator
 */
export function compileFilter(filter: Doc, compileExpression: ExpressionCompiler): Filter {
  const compilation: Compilation = {
    fields: new Set(),
    wholeDocument: false,
    typed: false,
    compileExpression,
  };
  const test = compileClauses(filter, compilation);
  return {
    test,
    fields: compilation.wholeDocument ? null : [...compilation.fields],
    typed: compilation.typed,
  };
}

function allOf(tests: readonly DocumentTest[]): DocumentTest {
  if (tests.length === 1) return tests[0] as DocumentTest;
  return (doc) => {
    for (const test of tests) if (!test(doc)) return false;
    return true;
  };
}

function compileClauses(filter: Doc, c: Compilation): DocumentTest {
  const tests: DocumentTest[] = [];
  for (const [key, condition] of Object.entries(filter)) {
    if (key.startsWith('$')) {
      const logical = LOGICAL[key];
      if (logical === undefined) throw unknownTopLevel(key);
      const test = logical(condition, c);
      if (test !== undefined) tests.push(test);
    } else {
      c.fields.add(key.split('.', 1)[0] as string);
      tests.push(...compileCondition(key, condition, c));
    }
  }
  return tests.length === 0 ? () => true : allOf(tests);
}

function unknownTopLevel(key: string): CommandError {
  if (REFUSED_QUERY_OPERATORS.includes(key)) return notSupported(`the query operator ${key}`);
  return new CommandError('BadValue', `unknown top level operator: ${key}`);
}

function clauseList(name: string, value: unknown, c: Compilation): DocumentTest[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new CommandError('BadValue', `${name} must be a nonempty array`);
  }
  return value.map((clause) => {
    if (!isDocument(clause)) throw new CommandError('BadValue', `${name} entries need to be full objects`);
    return compileClauses(clause, c);
  });
}

/** Operators at the top of a filter. */
const LOGICAL: Record<string, (value: unknown, c: Compilation) => DocumentTest | undefined> = {
  $and: (value, c) => allOf(clauseList('$and', value, c)),
  $or: (value, c) => {
    const tests = clauseList('$or', value, c);
    return (doc) => tests.some((test) => test(doc));
  },
  $nor: (value, c) => {
    const tests = clauseList('$nor', value, c);
    return (doc) => !tests.some((test) => test(doc));
  },
  $expr: (value, c) => {
    c.wholeDocument = true;
    return c.compileExpression(value);
  },
  $comment: () => undefined,
};

/** Conditions on one path. */
function compileCondition(path: string, condition: unknown, c: Compilation): DocumentTest[] {
  if (isRegex(condition)) return [anyAtPath(path, regexTest(condition))];
  if (!isOperatorDocument(condition)) return [anyAtPath(path, equalTo(condition))];
  const tests: DocumentTest[] = [];
  for (const [name, operand] of Object.entries(condition)) {
    if (name === '$options') {
      if (!('$regex' in condition)) throw new CommandError('BadValue', '$options needs a $regex');
      continue;
    }
    const compile = FIELD_OPERATORS[name];
    if (compile === undefined) {
      if (REFUSED_QUERY_OPERATORS.includes(name)) throw notSupported(`the query operator ${name}`);
      throw new CommandError('BadValue', `unknown operator: ${name}`);
    }
    tests.push(compile(path, operand, c, condition));
  }
  return tests;
}

type FieldOperator = (path: string, operand: unknown, c: Compilation, siblings: Doc) => DocumentTest;

function some(compile: (operand: unknown) => ValueTest, expand = true): FieldOperator {
  return (path, operand) => anyAtPath(path, compile(operand), expand);
}

function none(compile: (operand: unknown) => ValueTest): FieldOperator {
  return (path, operand) => {
    const test = anyAtPath(path, compile(operand));
    return (doc) => !test(doc);
  };
}

function noRegex(name: string, operand: unknown): void {
  if (isRegex(operand)) throw new CommandError('BadValue', `Can't have regex as arg to ${name}.`);
}

function related(name: string, accept: (order: number) => boolean): FieldOperator {
  return some((operand) => {
    noRegex(name, operand);
    return relatedTo(operand, accept);
  });
}

function listFor(name: string, operand: unknown): unknown[] {
  if (!Array.isArray(operand)) throw new CommandError('BadValue', `${name} needs an array`);
  for (const item of operand) {
    if (isOperatorDocument(item)) throw new CommandError('BadValue', `cannot nest $ under ${name}`);
  }
  return operand;
}

const FIELD_OPERATORS: Record<string, FieldOperator> = {
  $eq: some(equalTo),
  $ne: none((operand) => {
    noRegex('$ne', operand);
    return equalTo(operand);
  }),
  $gt: related('$gt', (order) => order > 0),
  $gte: related('$gte', (order) => order >= 0),
  $lt: related('$lt', (order) => order < 0),
  $lte: related('$lte', (order) => order <= 0),
  $in: some((operand) => memberOf(listFor('$in', operand))),
  $nin: none((operand) => memberOf(listFor('$nin', operand))),
  $exists: (path, operand) => {
    const exists = anyAtPath(path, (value) => value !== undefined, false);
    const wanted = isNumeric(operand) ? toNumber(operand) !== 0 : operand !== false && operand !== null;
    return (doc) => exists(doc) === wanted;
  },
  $type: (path, operand, c) => {
    c.typed = true;
    const names = typeNames(operand);
    return anyAtPath(path, (value) => value !== undefined && names.has(typeNameOf(value)));
  },
  $size: some((operand) => {
    const size = toNumber(operand);
    if (!Number.isInteger(size) || size < 0) {
      throw new CommandError('BadValue', 'Failed to parse $size. Expected a non-negative integer');
    }
    return (value) => Array.isArray(value) && value.length === size;
  }, false),
  $all: (path, operand, c) => {
    if (!Array.isArray(operand)) throw new CommandError('BadValue', '$all needs an array');
    const tests = operand.flatMap((item) =>
      isDocument(item) && '$elemMatch' in item
        ? [elemMatch(path, item.$elemMatch, c)]
        : [anyAtPath(path, isRegex(item) ? regexTest(item) : equalTo(item))],
    );
    return (doc) => tests.length > 0 && tests.every((test) => test(doc));
  },
  $elemMatch: (path, operand, c) => elemMatch(path, operand, c),
  $mod: some((operand) => {
    if (!Array.isArray(operand) || operand.length < 2) {
      throw new CommandError('BadValue', 'malformed mod, not enough elements');
    }
    if (operand.length > 2) throw new CommandError('BadValue', 'malformed mod, too many elements');
    const divisor = Math.trunc(toNumber(operand[0]));
    const remainder = Math.trunc(toNumber(operand[1]));
    if (divisor === 0) throw new CommandError('BadValue', 'divisor cannot be 0');
    if (Number.isNaN(divisor) || Number.isNaN(remainder)) {
      throw new CommandError('BadValue', 'malformed mod, divisor and remainder must be numbers');
    }
    return (value) => isNumeric(value) && Math.trunc(toNumber(value)) % divisor === remainder;
  }),
  $regex: (path, operand, _c, siblings) => {
    const options = siblings.$options;
    if (options !== undefined && typeof options !== 'string') {
      throw new CommandError('BadValue', '$options has to be a string');
    }
    if (isRegex(operand)) {
      if (options === undefined) return anyAtPath(path, regexTest(operand));
      const source = operand instanceof RegExp ? operand.source : operand.pattern;
      return anyAtPath(path, stringTest(toRegExp(source, options)));
    }
    if (typeof operand !== 'string') throw new CommandError('BadValue', '$regex has to be a string');
    return anyAtPath(path, stringTest(toRegExp(operand, options ?? '')));
  },
  $not: (path, operand, c) => {
    if (!isRegex(operand) && !isOperatorDocument(operand)) {
      throw new CommandError('BadValue', '$not needs a regex or a document');
    }
    const test = allOf(compileCondition(path, operand, c));
    return (doc) => !test(doc);
  },
};

function stringTest(regex: RegExp): ValueTest {
  return (value) => typeof value === 'string' && regex.test(value);
}

function elemMatch(path: string, operand: unknown, c: Compilation): DocumentTest {
  const item = elementTest(operand, c, '$elemMatch');
  return anyAtPath(path, (value) => Array.isArray(value) && value.some(item), false);
}

/**
 * Test of one array element: `{ $gt: 1 }` looks at the element itself, `{ x: 1 }` at its fields.
 * Also the meaning of a `$pull` condition.
 */
export function elementTest(operand: unknown, c: Compilation | ExpressionCompiler, name: string): ValueTest {
  if (!isDocument(operand)) throw new CommandError('BadValue', `${name} needs an Object`);
  const compilation: Compilation =
    typeof c === 'function'
      ? { fields: new Set(), wholeDocument: false, typed: false, compileExpression: c }
      : { ...c, fields: new Set() };
  const keys = Object.keys(operand);
  const onValue = keys.length > 0 && keys.every((key) => key.startsWith('$') && !(key in LOGICAL));
  const test = onValue
    ? allOf(compileCondition('v', operand, compilation))
    : compileClauses(operand, compilation);
  if (typeof c !== 'function') c.typed ||= compilation.typed;
  if (onValue) return (value) => test({ v: value });
  return (value) => (isDocument(value) ? test(value) : Array.isArray(value) && test({ ...value }));
}

function typeNames(operand: unknown): Set<string> {
  const list = Array.isArray(operand) ? operand : [operand];
  if (list.length === 0) throw new CommandError('FailedToParse', '$type must match at least one type');
  const names = new Set<string>();
  for (const item of list) {
    if (item === 'number') {
      for (const name of ['int', 'long', 'double', 'decimal']) names.add(name);
    } else if (typeof item === 'string') {
      if (!(item in BSON_TYPES)) throw new CommandError('BadValue', `Unknown type name alias: ${item}`);
      names.add(item);
    } else if (isNumeric(item)) {
      const found = Object.entries(BSON_TYPES).find(([, code]) => compareValues(code, item) === 0);
      if (found === undefined) {
        throw new CommandError('BadValue', `Invalid numerical type code: ${toNumber(item)}`);
      }
      names.add(found[0]);
    } else {
      throw new CommandError('TypeMismatch', 'type must be represented as a number or a string');
    }
  }
  return names;
}

/** Every operator a filter may use. */
export const QUERY_OPERATORS: readonly string[] = [
  ...Object.keys(LOGICAL),
  ...Object.keys(FIELD_OPERATORS),
  '$options',
].sort();

/** Query operators that MongoDB has and this server refuses by name. */
export const REFUSED_QUERY_OPERATORS: readonly string[] = [
  '$where',
  '$text',
  '$jsonSchema',
  '$near',
  '$nearSphere',
  '$geoWithin',
  '$geoIntersects',
  '$bitsAllSet',
  '$bitsAnySet',
  '$bitsAllClear',
  '$bitsAnyClear',
  '$sampleRate',
];

import { equalValues } from '../bson/key-encoding.js';
import { type Doc, isOperatorDocument, RANK, rankOf } from '../bson/values.js';
import { compileFilter, type ExpressionCompiler } from './filter.js';

/**
 * Does `filter` provably imply a partial index's filter? Looks at the top level only: the same condition, or an
 * equality whose value passes the partial condition. Anything unclear is a no.
 */
export function impliesPartial(filter: Doc, partial: Doc, compileExpression: ExpressionCompiler): boolean {
  const conditions = flatten(filter);
  return Object.entries(partial).every(([path, demanded]) => {
    if (path === '$and' && Array.isArray(demanded)) {
      return demanded.every((clause) => impliesPartial(filter, clause as Doc, compileExpression));
    }
    if (path.startsWith('$')) return false;
    return conditions.some(
      ([key, given]) =>
        key === path &&
        (equalValues(given, demanded) || equalityPasses(path, given, demanded, compileExpression)),
    );
  });
}

function flatten(filter: Doc): [string, unknown][] {
  return Object.entries(filter).flatMap(([key, condition]) =>
    key === '$and' && Array.isArray(condition)
      ? condition.flatMap((clause) => flatten(clause as Doc))
      : [[key, condition] as [string, unknown]],
  );
}

function equalityPasses(
  path: string,
  given: unknown,
  demanded: unknown,
  compile: ExpressionCompiler,
): boolean {
  const values = equalityValues(given);
  if (values === undefined)
    return isOperatorDocument(demanded) && onlyExists(demanded) && demandsValue(given);
  if (values.some((value) => [RANK.null, RANK.array, RANK.regex].some((rank) => rank === rankOf(value))))
    return false;
  const test = compileFilter({ v: demanded }, compile).test;
  // A dotted path can reach several values, one of which equals the operand: safe only for positive conditions.
  if (path.includes('.') && !(isOperatorDocument(demanded) && onlyExists(demanded))) {
    return !isOperatorDocument(demanded) && values.every((value) => equalValues(value, demanded));
  }
  return values.length > 0 && isPositive(demanded) && values.every((value) => test({ v: value }));
}

const POSITIVE = new Set(['$eq', '$gt', '$gte', '$lt', '$lte', '$in', '$exists', '$type']);

/** Conditions that hold for a field as soon as they hold for one of its array elements. */
function isPositive(condition: unknown): boolean {
  if (!isOperatorDocument(condition)) return true;
  const names = Object.keys(condition);
  if (names.some((name) => !POSITIVE.has(name))) return false;
  return condition.$exists === undefined || condition.$exists === true;
}

function onlyExists(condition: Doc): boolean {
  return Object.keys(condition).length === 1 && condition.$exists === true;
}

/** True for range conditions, which no missing field passes. */
function demandsValue(condition: unknown): boolean {
  if (!isOperatorDocument(condition)) return false;
  return Object.entries(condition).some(
    ([name, value]) => ['$gt', '$gte', '$lt', '$lte'].includes(name) && rankOf(value) !== RANK.null,
  );
}

function equalityValues(condition: unknown): readonly unknown[] | undefined {
  if (!isOperatorDocument(condition)) return [condition];
  if ('$eq' in condition) return [condition.$eq];
  return Array.isArray(condition.$in) ? condition.$in : undefined;
}

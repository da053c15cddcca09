import { BSON } from 'mongodb';
import type { SpecDocument, SpecEntity } from './crud-spec-files.js';

function isDocument(value: unknown): value is SpecDocument {
  return (
    value !== null &&
    typeof value === 'object' &&
    !Array.isArray(value) &&
    !('_bsontype' in value) &&
    !(value instanceof Date)
  );
}

/**
 * Compares a result with the unified test format's expectation.
 * Returns undefined when it matches, or what differs. Extra fields are allowed at the root only.
 */
export function mismatch(
  expected: unknown,
  actual: unknown,
  entities: ReadonlyMap<string, SpecEntity>,
  at = '$',
  root = true,
): string | undefined {
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) {
      return `${at}: expected ${expected.length} elements, got ${show(actual)}`;
    }
    return firstOf(expected.map((item, i) => mismatch(item, actual[i], entities, `${at}[${i}]`, root)));
  }
  if (!isDocument(expected)) {
    return show(expected) === show(actual ?? null)
      ? undefined
      : `${at}: expected ${show(expected)}, got ${show(actual)}`;
  }
  const [operator] = Object.keys(expected);
  if (operator?.startsWith('$$')) return special(operator, expected[operator], actual, entities, at, root);
  if (!isDocument(actual)) return `${at}: expected a document, got ${show(actual)}`;
  const differences = Object.entries(expected).map(([field, value]) =>
    mismatch(value, actual[field], entities, `${at}.${field}`, false),
  );
  const extra = root ? [] : Object.keys(actual).filter((field) => !(field in expected));
  return firstOf(differences) ?? (extra.length > 0 ? `${at}: extra fields ${extra.join(', ')}` : undefined);
}

function special(
  operator: string,
  operand: unknown,
  actual: unknown,
  entities: ReadonlyMap<string, SpecEntity>,
  at: string,
  root: boolean,
): string | undefined {
  switch (operator) {
    case '$$unsetOrMatches':
      return actual === undefined || actual === null
        ? undefined
        : mismatch(operand, actual, entities, at, root);
    case '$$exists':
      return (actual !== undefined) === operand ? undefined : `${at}: should ${operand ? '' : 'not '}exist`;
    case '$$type':
      return actual !== undefined ? undefined : `${at}: missing, wanted type ${String(operand)}`;
    case '$$matchAsRoot':
      return mismatch(operand, actual, entities, at, true);
    default:
      return `${at}: this runner does not know ${operator}`;
  }
}

function firstOf(results: readonly (string | undefined)[]): string | undefined {
  return results.find((result) => result !== undefined);
}

/** Canonical text of a value with numbers compared by value, as the format asks. */
export function show(value: unknown): string {
  return BSON.EJSON.stringify(BSON.deserialize(BSON.serialize({ v: value })), { relaxed: true });
}

import { compareValues, encodeKey, mapKey } from '../bson/key-encoding.js';
import { isNumeric, RANK, rankOf } from '../bson/values.js';
import type { ValueTest } from './paths.js';
import { isRegex, regexTest } from './regex.js';

/** Equality as a filter means it: null also matches a missing field, 1 matches 1.0 and Long 1. */
export function equalTo(operand: unknown): ValueTest {
  const rank = rankOf(operand);
  if (rank === RANK.null) return (value) => value === null || value === undefined;
  if (typeof operand === 'string' || typeof operand === 'boolean') return (value) => value === operand;
  if (typeof operand === 'number' && !Number.isNaN(operand)) {
    return (value) =>
      value === operand ||
      (typeof value === 'object' && isNumeric(value) && compareValues(value, operand) === 0);
  }
  const key = encodeKey(operand);
  return (value) => value !== undefined && rankOf(value) === rank && encodeKey(value).equals(key);
}

/** Range comparison within the operand's type; only MinKey and MaxKey compare across types. */
export function relatedTo(operand: unknown, accept: (order: number) => boolean): ValueTest {
  const rank = rankOf(operand);
  if (rank === RANK.null) return accept(0) ? (value) => value === null || value === undefined : () => false;
  if (rank === RANK.minKey || rank === RANK.maxKey) {
    return (value) => value !== undefined && accept(compareValues(value, operand));
  }
  if (isNumeric(operand)) {
    const operandIsNaN = Number.isNaN(numberOf(operand));
    return (value) => {
      if (!isNumeric(value)) return false;
      // NaN equals NaN, and is neither above nor below any number.
      if (operandIsNaN || Number.isNaN(numberOf(value))) {
        return operandIsNaN && Number.isNaN(numberOf(value)) && accept(0);
      }
      return accept(compareValues(value, operand));
    };
  }
  if (operand instanceof Date) {
    const time = operand.getTime();
    return (value) => value instanceof Date && accept(value.getTime() - time);
  }
  const key = encodeKey(operand);
  return (value) =>
    value !== undefined && rankOf(value) === rank && accept(Buffer.compare(encodeKey(value), key));
}

function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  const wrapped = (value as { value?: unknown }).value;
  if (typeof wrapped === 'number') return wrapped;
  return Number(String(value));
}

/** Membership test of `$in`: a hash of the keys, and the regular expressions one by one. */
export function memberOf(operands: readonly unknown[]): ValueTest {
  const regexes = operands.filter(isRegex).map(regexTest);
  const literals = operands.filter((operand) => !isRegex(operand));
  const keys = new Set(literals.map(mapKey));
  const hasNull = literals.some((operand) => rankOf(operand) === RANK.null);
  return (value) => {
    if (value === undefined) return hasNull;
    return keys.has(mapKey(value)) || regexes.some((test) => test(value));
  };
}

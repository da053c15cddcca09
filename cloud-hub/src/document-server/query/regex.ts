import { BSONRegExp } from 'mongodb';
import { CommandError, notSupported } from '../errors.js';
import type { ValueTest } from './paths.js';

/** Longest pattern accepted, in characters (MongoDB's own limit is 32764). */
const MAX_PATTERN = 1024;

export function isRegex(value: unknown): value is RegExp | BSONRegExp {
  return value instanceof RegExp || value instanceof BSONRegExp;
}

/**
 * A JavaScript regular expression for a MongoDB one. Options i, m, s and u have the same meaning; x is refused.
 * @throws CommandError BadValue when the pattern does not compile
 */
export function toRegExp(pattern: string, options: string): RegExp {
  if (pattern.length > MAX_PATTERN) {
    throw new CommandError('BadValue', `$regex pattern is longer than ${MAX_PATTERN} characters`);
  }
  for (const option of options) {
    if (option === 'x') throw notSupported('the $regex option x');
    if (!'imsu'.includes(option)) throw new CommandError('BadValue', `invalid $regex option: ${option}`);
  }
  try {
    return new RegExp(pattern, [...new Set(options)].join(''));
  } catch (error) {
    throw new CommandError('BadValue', `$regex does not compile: ${String(error)}`);
  }
}

/** Strings that match, and an equal regular expression stored as a value. */
export function regexTest(value: RegExp | BSONRegExp): ValueTest {
  const source = value instanceof RegExp ? value.source : value.pattern;
  const options = value instanceof RegExp ? value.flags.replace('g', '') : value.options;
  const compiled = toRegExp(source, options);
  return (candidate) =>
    typeof candidate === 'string'
      ? compiled.test(candidate)
      : candidate instanceof BSONRegExp && candidate.pattern === source && candidate.options === options;
}

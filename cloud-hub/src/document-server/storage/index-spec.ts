import { BSON } from 'mongodb';
import { type Doc, isDocument, isNumeric, toNumber } from '../bson/values.js';
import { CommandError, notSupported } from '../errors.js';

/** What a client asked for in createIndexes, checked. */
export interface IndexSpec {
  readonly name: string;
  readonly key: Record<string, 1 | -1>;
  readonly unique: boolean;
  readonly sparse: boolean;
  readonly partialFilterExpression?: Doc;
  readonly expireAfterSeconds?: number;
}

const MAX_FIELDS = 31;
const MAX_NAME = 255;
/** Options that change nothing here: indexes are always built in one step, version 2, simple collation. */
const IGNORED = new Set(['v', 'background', 'ns', 'hidden']);

/** Checks one element of createIndexes.indexes. @throws CommandError CannotCreateIndex naming the option */
export function parseIndexSpec(raw: Doc): IndexSpec {
  const { key, name, unique, sparse, partialFilterExpression, expireAfterSeconds, ...others } = raw;
  for (const option of Object.keys(others)) {
    if (option === 'collation' && isSimpleCollation(others.collation)) continue;
    if (option === 'hidden' && others.hidden) throw notSupported('a hidden index');
    if (!IGNORED.has(option)) throw notSupported(`the index option ${option}`);
  }
  const parsedKey = parseKey(key);
  const parsedName = name ?? Object.entries(parsedKey).flat().join('_');
  if (typeof parsedName !== 'string' || parsedName === '' || parsedName.length > MAX_NAME) {
    throw new CommandError('CannotCreateIndex', `index name must be a string of 1 to ${MAX_NAME} characters`);
  }
  const partial = partialFilterExpression ?? undefined;
  if (partial !== undefined && !isDocument(partial)) {
    throw new CommandError('CannotCreateIndex', 'partialFilterExpression must be an object');
  }
  if (partial !== undefined && sparse) {
    throw new CommandError('CannotCreateIndex', 'cannot mix "partialFilterExpression" and "sparse" options');
  }
  const seconds = expireAfterSeconds ?? undefined;
  if (seconds !== undefined) checkExpiry(seconds, parsedKey);
  return {
    name: parsedName,
    key: parsedKey,
    unique: Boolean(unique),
    sparse: Boolean(sparse),
    ...(partial !== undefined && { partialFilterExpression: partial }),
    ...(seconds !== undefined && { expireAfterSeconds: toNumber(seconds) }),
  };
}

export function isSimpleCollation(collation: unknown): boolean {
  return isDocument(collation) && (Object.keys(collation).length === 0 || collation.locale === 'simple');
}

function parseKey(key: unknown): Record<string, 1 | -1> {
  if (!isDocument(key) || Object.keys(key).length === 0) {
    throw new CommandError('CannotCreateIndex', 'Index keys cannot be an empty object');
  }
  const fields = Object.entries(key);
  if (fields.length > MAX_FIELDS) {
    throw new CommandError('CannotCreateIndex', `an index may have at most ${MAX_FIELDS} fields`);
  }
  const parsed: Record<string, 1 | -1> = {};
  for (const [path, order] of fields) {
    if (typeof order === 'string') throw notSupported(`a ${order} index (field ${path})`);
    if (!isNumeric(order) || !(Math.abs(toNumber(order)) > 0)) {
      throw new CommandError('CannotCreateIndex', `Values in the index key pattern must be 1 or -1: ${path}`);
    }
    if (path.includes('$**')) throw notSupported(`a wildcard index (${path})`);
    if (path === '' || path.split('.').some((part) => part === '' || part.startsWith('$'))) {
      throw new CommandError('CannotCreateIndex', `bad field name in the index key pattern: "${path}"`);
    }
    parsed[path] = toNumber(order) < 0 ? -1 : 1;
  }
  return parsed;
}

function checkExpiry(seconds: unknown, key: Record<string, 1 | -1>): void {
  if (!isNumeric(seconds) || toNumber(seconds) < 0 || toNumber(seconds) > 0x7fffffff) {
    throw new CommandError('CannotCreateIndex', 'expireAfterSeconds must be a number from 0 to 2147483647');
  }
  const fields = Object.keys(key);
  if (fields.length !== 1 || fields[0] === '_id') {
    throw new CommandError('CannotCreateIndex', 'TTL indexes are single-field indexes, and never on _id');
  }
}

/** The spec as listIndexes shows it. */
export function describeIndex(spec: IndexSpec): Doc {
  return {
    v: 2,
    key: spec.key,
    name: spec.name,
    ...(spec.unique && { unique: true }),
    ...(spec.sparse && { sparse: true }),
    ...(spec.partialFilterExpression && { partialFilterExpression: spec.partialFilterExpression }),
    ...(spec.expireAfterSeconds !== undefined && { expireAfterSeconds: spec.expireAfterSeconds }),
  };
}

/** Same options, byte for byte; the name aside. */
export function sameDefinition(a: IndexSpec, b: IndexSpec): boolean {
  return definition(a) === definition(b);
}

/** Same key pattern in the same field order. */
export function sameKey(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  const left = Object.entries(a);
  const right = Object.entries(b);
  return (
    left.length === right.length &&
    left.every(([path, order], i) => path === right[i]?.[0] && toNumber(order) === toNumber(right[i]?.[1]))
  );
}

function definition(spec: IndexSpec): string {
  const { name: _name, ...rest } = describeIndex(spec);
  return Buffer.from(BSON.serialize(rest)).toString('latin1');
}

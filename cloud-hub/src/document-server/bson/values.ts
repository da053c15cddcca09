import type { Decimal128, Double, Int32, Long } from 'mongodb';

/** A decoded document. Keys keep their BSON order. */
export type Doc = Record<string, unknown>;

/** First byte of an encoded key: the order in which MongoDB sorts the types ("Comparison/Sort Order" in its manual). */
export const RANK = {
  minKey: 0x0a,
  undefined: 0x0f,
  null: 0x14,
  number: 0x1e,
  string: 0x3c,
  object: 0x46,
  array: 0x50,
  binary: 0x5a,
  objectId: 0x64,
  bool: 0x6e,
  date: 0x78,
  timestamp: 0x82,
  regex: 0x8c,
  code: 0x96,
  maxKey: 0xf0,
} as const;

const RANK_BY_BSON_CLASS: Record<string, number> = {
  MinKey: RANK.minKey,
  Undefined: RANK.undefined,
  Int32: RANK.number,
  Double: RANK.number,
  Long: RANK.number,
  Decimal128: RANK.number,
  BSONSymbol: RANK.string,
  DBRef: RANK.object,
  Binary: RANK.binary,
  ObjectId: RANK.objectId,
  Timestamp: RANK.timestamp,
  BSONRegExp: RANK.regex,
  Code: RANK.code,
  MaxKey: RANK.maxKey,
};

/** The name of the BSON class a value is wrapped in, or undefined for plain JavaScript values. */
export function bsonClass(value: unknown): string | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  const name = (value as { _bsontype?: unknown })._bsontype;
  return typeof name === 'string' && name in RANK_BY_BSON_CLASS ? name : undefined;
}

/** Type rank of a value; a missing value (undefined) ranks as null. */
export function rankOf(value: unknown): number {
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return RANK.number;
    case 'string':
      return RANK.string;
    case 'boolean':
      return RANK.bool;
    case 'undefined':
      return RANK.null;
  }
  if (value === null) return RANK.null;
  if (Array.isArray(value)) return RANK.array;
  if (value instanceof Date) return RANK.date;
  if (value instanceof RegExp) return RANK.regex;
  if (value instanceof Uint8Array) return RANK.binary;
  return RANK_BY_BSON_CLASS[bsonClass(value) ?? ''] ?? RANK.object;
}

/** True for an embedded document: not an array, date, regular expression or BSON value class. */
export function isDocument(value: unknown): value is Doc {
  return value !== null && typeof value === 'object' && rankOf(value) === RANK.object;
}

export type Numeric = number | bigint | Int32 | Double | Long | Decimal128;

/** True for every numeric BSON type, wrapped or not. */
export function isNumeric(value: unknown): value is Numeric {
  return typeof value === 'number' || (typeof value === 'object' && rankOf(value) === RANK.number);
}

/** Numeric value as a double (an int64 or decimal may lose digits); NaN for anything else. */
export function toNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  switch (bsonClass(value)) {
    case 'Int32':
    case 'Double':
      return (value as Int32).value;
    case 'Long':
      return (value as Long).toNumber();
    case 'Decimal128':
      return Number((value as Decimal128).toString());
  }
  return typeof value === 'bigint' ? Number(value) : Number.NaN;
}

/** True when an object's first key is an operator (`{ $gt: 1 }`), which makes it a condition and not a literal. */
export function isOperatorDocument(value: unknown): value is Doc {
  if (!isDocument(value)) return false;
  for (const key in value) return key.startsWith('$') && key !== '$ref' && key !== '$id' && key !== '$db';
  return false;
}

/** Name and number of every BSON type, as `$type` accepts them. */
export const BSON_TYPES: Record<string, number> = {
  double: 1,
  string: 2,
  object: 3,
  array: 4,
  binData: 5,
  undefined: 6,
  objectId: 7,
  bool: 8,
  date: 9,
  null: 10,
  regex: 11,
  dbPointer: 12,
  javascript: 13,
  symbol: 14,
  javascriptWithScope: 15,
  int: 16,
  timestamp: 17,
  long: 18,
  decimal: 19,
  minKey: -1,
  maxKey: 127,
};

const TYPE_BY_BSON_CLASS: Record<string, string> = {
  Int32: 'int',
  Double: 'double',
  Long: 'long',
  Decimal128: 'decimal',
  BSONSymbol: 'symbol',
  DBRef: 'object',
  Binary: 'binData',
  ObjectId: 'objectId',
  Timestamp: 'timestamp',
  BSONRegExp: 'regex',
  Code: 'javascript',
  MinKey: 'minKey',
  MaxKey: 'maxKey',
  Undefined: 'undefined',
};

/** BSON type name of a value; an unwrapped number counts as what the serialiser would write. */
export function typeNameOf(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'long';
    case 'number':
      return Number.isInteger(value) && Math.abs(value) <= 0x7fffffff && !Object.is(value, -0)
        ? 'int'
        : 'double';
    case 'undefined':
      return 'missing';
  }
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Date) return 'date';
  if (value instanceof RegExp) return 'regex';
  if (value instanceof Uint8Array) return 'binData';
  return TYPE_BY_BSON_CLASS[bsonClass(value) ?? ''] ?? 'object';
}

/** Sets a key even when it is `__proto__`, which plain assignment would not store. */
export function setOwn(target: Doc, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    target[key] = value;
  }
}

/** Own property or undefined; never a method inherited from Object.prototype. */
export function getOwn(source: Doc, key: string): unknown {
  return Object.hasOwn(source, key) ? source[key] : undefined;
}

/** Copy of documents and arrays; other values are immutable here and shared. */
export function cloneValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(cloneValue);
  if (!isDocument(value)) return value;
  const copy: Doc = {};
  for (const key of Object.keys(value)) setOwn(copy, key, cloneValue(value[key]));
  return copy;
}

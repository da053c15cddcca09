import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from 'mongodb';
import { CommandError } from '../errors.js';
import { type Doc, setOwn } from './values.js';

/**
 * How numbers are decoded. `native`: int32, double and safe int64 as JavaScript numbers, for matching and
 * aggregation. `typed`: wrapped in their BSON class, so that an update writes back the type it read.
 */
export type Decoding = 'native' | 'typed';

/** BSON element types (bsonspec.org version 1.1). */
const TYPE = {
  double: 0x01,
  string: 0x02,
  document: 0x03,
  array: 0x04,
  binary: 0x05,
  undefined: 0x06,
  objectId: 0x07,
  bool: 0x08,
  date: 0x09,
  null: 0x0a,
  regex: 0x0b,
  dbPointer: 0x0c,
  code: 0x0d,
  symbol: 0x0e,
  codeWithScope: 0x0f,
  int32: 0x10,
  timestamp: 0x11,
  int64: 0x12,
  decimal128: 0x13,
  minKey: 0xff,
  maxKey: 0x7f,
} as const;

/** Deepest nesting accepted (MongoDB's own limit). */
const MAX_DEPTH = 100;
const BINARY_OLD = 2;

function invalid(why: string): CommandError {
  return new CommandError('InvalidBSON', `invalid BSON: ${why}`);
}

/** Number of bytes of a value of `type` at `at`; throws InvalidBSON when it does not fit before `end`. */
function valueSize(bytes: Buffer, type: number, at: number, end: number): number {
  let size: number;
  switch (type) {
    case TYPE.double:
    case TYPE.date:
    case TYPE.timestamp:
    case TYPE.int64:
      size = 8;
      break;
    case TYPE.int32:
      size = 4;
      break;
    case TYPE.objectId:
      size = 12;
      break;
    case TYPE.bool:
      size = 1;
      break;
    case TYPE.undefined:
    case TYPE.null:
    case TYPE.minKey:
    case TYPE.maxKey:
      size = 0;
      break;
    case TYPE.decimal128:
      size = 16;
      break;
    case TYPE.string:
    case TYPE.code:
    case TYPE.symbol:
      size = 4 + length32(bytes, at, end, 1);
      if (at + size <= end && bytes[at + size - 1] !== 0) throw invalid('string without its final NUL');
      break;
    case TYPE.document:
    case TYPE.array:
    case TYPE.codeWithScope:
      size = length32(bytes, at, end, 5);
      break;
    case TYPE.binary:
      size = 5 + length32(bytes, at, end, 0);
      break;
    case TYPE.dbPointer:
      size = 4 + length32(bytes, at, end, 1) + 12;
      break;
    case TYPE.regex: {
      const options = nul(bytes, at, end) + 1;
      size = nul(bytes, options, end) + 1 - at;
      break;
    }
    default:
      throw invalid(`unknown element type 0x${type.toString(16)}`);
  }
  if (at + size > end) throw invalid('a value reaches past its document');
  return size;
}

function length32(bytes: Buffer, at: number, end: number, least: number): number {
  if (at + 4 > end) throw invalid('a length reaches past its document');
  const length = bytes.readInt32LE(at);
  if (length < least || length > end - at) throw invalid(`bad length ${length}`);
  return length;
}

function nul(bytes: Buffer, at: number, end: number): number {
  const found = bytes.indexOf(0, at);
  if (found < 0 || found >= end) throw invalid('a name without its final NUL');
  return found;
}

/** End offset of the document that starts at `start`, checked against `limit` and its final NUL. */
function documentEnd(bytes: Buffer, start: number, limit: number): number {
  const end = start + length32(bytes, start, limit, 5);
  if (bytes[end - 1] !== 0) throw invalid('document without its final NUL');
  return end;
}

/**
 * Checks a whole document from outside: every length, terminator and type, to the last byte.
 * @throws CommandError InvalidBSON, or BSONObjectTooLarge-free; size limits are the caller's.
 */
export function validateBson(bytes: Buffer): void {
  if (documentEnd(bytes, 0, bytes.length) !== bytes.length) throw invalid('bytes after the document');
  validateElements(bytes, 0, bytes.length, 0);
}

function validateElements(bytes: Buffer, start: number, end: number, depth: number): void {
  if (depth > MAX_DEPTH)
    throw new CommandError('Overflow', `document nested deeper than ${MAX_DEPTH} levels`);
  const last = end - 1;
  let at = start + 4;
  while (at < last) {
    const type = bytes[at] as number;
    const value = nul(bytes, at + 1, last) + 1;
    const size = valueSize(bytes, type, value, last);
    if (type === TYPE.document || type === TYPE.array) {
      validateElements(bytes, value, documentEnd(bytes, value, value + size), depth + 1);
    }
    if (type === TYPE.codeWithScope) throw invalid('code with scope is not accepted');
    if (type === TYPE.bool && (bytes[value] as number) > 1)
      throw invalid('a boolean that is neither 0 nor 1');
    at = value + size;
  }
  if (at !== last) throw invalid('elements do not end with the document');
}

/** One element's place: `type`, and its value in bytes [start, end). */
export interface RawElement {
  readonly type: number;
  readonly start: number;
  readonly end: number;
  /** Offset of the element's type byte. */
  readonly at: number;
}

/** The element that begins at `at`, before `last`, the final NUL of its document. */
export function elementAt(bytes: Buffer, at: number, last: number): RawElement {
  const type = bytes[at] as number;
  const start = nul(bytes, at + 1, last) + 1;
  return { type, at, start, end: start + valueSize(bytes, type, start, last) };
}

/** Finds a top-level element by name without decoding the others. */
export function findElement(bytes: Buffer, name: string): RawElement | undefined {
  const wanted = Buffer.from(name, 'utf8');
  const last = bytes.length - 1;
  let at = 4;
  while (at < last) {
    const element = elementAt(bytes, at, last);
    if (sameName(bytes, at + 1, element.start - 1, wanted)) return element;
    at = element.end;
  }
  return undefined;
}

function sameName(bytes: Buffer, start: number, end: number, wanted: Buffer): boolean {
  if (end - start !== wanted.length) return false;
  for (let i = 0; i < wanted.length; i++) if (bytes[start + i] !== wanted[i]) return false;
  return true;
}

/** Decodes one element's value. */
export function readElement(bytes: Buffer, element: RawElement, decoding: Decoding): unknown {
  return readValue(bytes, element.type, element.start, element.end, decoding);
}

/** Decodes a whole document. */
export function readDocument(bytes: Buffer, decoding: Decoding = 'native'): Doc {
  return readDocumentAt(bytes, 0, documentEnd(bytes, 0, bytes.length), decoding);
}

function readDocumentAt(bytes: Buffer, start: number, end: number, decoding: Decoding): Doc {
  const doc: Doc = {};
  const last = end - 1;
  let at = start + 4;
  while (at < last) {
    const type = bytes[at] as number;
    const nameEnd = nul(bytes, at + 1, last);
    const value = nameEnd + 1;
    const next = value + valueSize(bytes, type, value, last);
    setOwn(doc, bytes.toString('utf8', at + 1, nameEnd), readValue(bytes, type, value, next, decoding));
    at = next;
  }
  return doc;
}

function readArrayAt(bytes: Buffer, start: number, end: number, decoding: Decoding): unknown[] {
  const list: unknown[] = [];
  const last = end - 1;
  let at = start + 4;
  while (at < last) {
    const type = bytes[at] as number;
    const value = nul(bytes, at + 1, last) + 1;
    const next = value + valueSize(bytes, type, value, last);
    list.push(readValue(bytes, type, value, next, decoding));
    at = next;
  }
  return list;
}

/**
 * Decodes only some top-level fields: what a filter, a sort or an index key needs.
 * Elements after the last wanted one are not looked at.
 */
export function readFields(bytes: Buffer, wanted: readonly Buffer[], decoding: Decoding): Doc {
  const doc: Doc = {};
  const last = bytes.length - 1;
  let at = 4;
  let missing = wanted.length;
  while (at < last && missing > 0) {
    const type = bytes[at] as number;
    const nameEnd = nul(bytes, at + 1, last);
    const value = nameEnd + 1;
    const next = value + valueSize(bytes, type, value, last);
    for (const name of wanted) {
      if (!sameName(bytes, at + 1, nameEnd, name)) continue;
      setOwn(doc, name.toString('utf8', 0, name.length), readValue(bytes, type, value, next, decoding));
      missing--;
      break;
    }
    at = next;
  }
  return doc;
}

/** The documents of a BSON array, as views of the same bytes. */
export function arrayDocuments(bytes: Buffer, element: RawElement): Buffer[] | undefined {
  if (element.type !== TYPE.array) return undefined;
  const list: Buffer[] = [];
  const last = element.end - 1;
  let at = element.start + 4;
  while (at < last) {
    const type = bytes[at] as number;
    const value = nul(bytes, at + 1, last) + 1;
    const next = value + valueSize(bytes, type, value, last);
    if (type !== TYPE.document) return undefined;
    list.push(bytes.subarray(value, next));
    at = next;
  }
  return list;
}

/** Names of the top-level elements, in order. */
export function elementNames(bytes: Buffer): string[] {
  const names: string[] = [];
  const last = bytes.length - 1;
  let at = 4;
  while (at < last) {
    const nameEnd = nul(bytes, at + 1, last);
    names.push(bytes.toString('utf8', at + 1, nameEnd));
    at = nameEnd + 1 + valueSize(bytes, bytes[at] as number, nameEnd + 1, last);
  }
  return names;
}

function readValue(bytes: Buffer, type: number, start: number, end: number, decoding: Decoding): unknown {
  switch (type) {
    case TYPE.double: {
      const value = bytes.readDoubleLE(start);
      return decoding === 'typed' ? new Double(value) : value;
    }
    case TYPE.string:
      return bytes.toString('utf8', start + 4, end - 1);
    case TYPE.document:
      return readDocumentAt(bytes, start, end, decoding);
    case TYPE.array:
      return readArrayAt(bytes, start, end, decoding);
    case TYPE.binary:
      return readBinary(bytes, start, end);
    case TYPE.objectId:
      return new ObjectId(Buffer.from(bytes.subarray(start, end)));
    case TYPE.bool:
      return bytes[start] === 1;
    case TYPE.date:
      return new Date(Number(bytes.readBigInt64LE(start)));
    case TYPE.undefined:
    case TYPE.null:
      return null;
    case TYPE.regex: {
      const options = nul(bytes, start, end);
      return new BSONRegExp(
        bytes.toString('utf8', start, options),
        bytes.toString('utf8', options + 1, end - 1),
      );
    }
    case TYPE.code:
      return new Code(bytes.toString('utf8', start + 4, end - 1));
    case TYPE.symbol:
      return new BSONSymbol(bytes.toString('utf8', start + 4, end - 1));
    case TYPE.int32: {
      const value = bytes.readInt32LE(start);
      return decoding === 'typed' ? new Int32(value) : value;
    }
    case TYPE.timestamp:
      return new Timestamp(Long.fromBits(bytes.readInt32LE(start), bytes.readInt32LE(start + 4), true));
    case TYPE.int64: {
      const value = Long.fromBits(bytes.readInt32LE(start), bytes.readInt32LE(start + 4));
      if (decoding === 'typed') return value;
      const number = value.toNumber();
      return Number.isSafeInteger(number) ? number : value;
    }
    case TYPE.decimal128:
      return new Decimal128(Buffer.from(bytes.subarray(start, end)));
    case TYPE.minKey:
      return new MinKey();
    case TYPE.maxKey:
      return new MaxKey();
    default:
      throw invalid(`element type 0x${type.toString(16)} is not accepted`);
  }
}

function readBinary(bytes: Buffer, start: number, end: number): Binary {
  const subtype = bytes[start + 4] as number;
  // Subtype 2 repeats its length inside (bsonspec.org, "binary (old)").
  const from = subtype === BINARY_OLD ? start + 9 : start + 5;
  return new Binary(Buffer.from(bytes.subarray(Math.min(from, end), end)), subtype);
}

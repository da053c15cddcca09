import type { Binary, BSONRegExp, BSONSymbol, Code, Decimal128, Long, ObjectId, Timestamp } from 'mongodb';
import { writeDecimal } from './decimal-key.js';
import { bsonClass, type Doc, RANK, rankOf } from './values.js';

/**
 * Order-preserving key encoding of BSON values: comparing two encodings byte by byte gives MongoDB's comparison
 * order, and equal encodings mean equal values. One encoder serves indexes, uniqueness, sorting, grouping, distinct.
 *
 * Layout: type rank, then per type: numbers as a big-endian double in total order followed by a residual for what
 * a double cannot hold; strings in UTF-8 with 00 escaped as 00 FF and ended by 00 01; documents and arrays as their
 * elements ended by 00. Every encoding is prefix-free, so compound keys are plain concatenations, and a descending
 * component is the inverted bytes.
 */
export class KeyWriter {
  private buffer = Buffer.allocUnsafe(64);
  private length = 0;

  /** Bytes written so far. */
  take(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  byte(value: number): void {
    this.room(1);
    this.buffer[this.length++] = value;
  }

  bytes(source: Uint8Array): void {
    this.room(source.length);
    this.buffer.set(source, this.length);
    this.length += source.length;
  }

  /** Appends one value; `direction` -1 inverts its bytes. */
  value(value: unknown, direction: 1 | -1 = 1): void {
    const start = this.length;
    this.put(value);
    if (direction < 0) {
      for (let i = start; i < this.length; i++) this.buffer[i] = ~(this.buffer[i] as number) & 0xff;
    }
  }

  /** A double in total order; NaN sorts before every number and -0 equals 0. */
  double(value: number): void {
    this.room(8);
    const at = this.length;
    this.length += 8;
    if (Number.isNaN(value)) {
      this.buffer.fill(0, at, at + 8);
      return;
    }
    this.buffer.writeDoubleBE(value === 0 ? 0 : value, at);
    const first = this.buffer[at] as number;
    if (first & 0x80) {
      for (let i = at; i < at + 8; i++) this.buffer[i] = ~(this.buffer[i] as number) & 0xff;
    } else {
      this.buffer[at] = first ^ 0x80;
    }
  }

  private room(count: number): void {
    if (this.length + count <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length + count));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }

  private number(value: number): void {
    this.double(value);
    this.byte(RESIDUAL_NONE);
  }

  private int64(value: bigint): void {
    const nearest = Number(value);
    this.double(nearest);
    const rest = value - BigInt(nearest);
    if (rest === 0n) {
      this.byte(RESIDUAL_NONE);
      return;
    }
    // An int64 that no double holds lies beyond 2^53, where the step between doubles is a power of two up to 2^11.
    this.residual((rest << 63n) / doubleStep(nearest));
  }

  /** Distance to the nearest double in 2^-63 of a step: at most half a step either way. */
  residual(fixed: bigint): void {
    this.byte(fixed < 0n ? RESIDUAL_BELOW : RESIDUAL_ABOVE);
    this.room(8);
    this.buffer.writeBigUInt64BE(BigInt.asUintN(64, fixed + (1n << 63n)), this.length);
    this.length += 8;
  }

  private text(value: string): void {
    this.room(value.length * 3 + 2);
    if (value.includes('\0')) {
      for (const b of Buffer.from(value, 'utf8')) {
        this.byte(b);
        if (b === 0) this.byte(0xff);
      }
    } else {
      this.length += this.buffer.write(value, this.length, 'utf8');
    }
    this.byte(0);
    this.byte(1);
  }

  private put(value: unknown): void {
    const rank = rankOf(value);
    this.byte(rank);
    switch (rank) {
      case RANK.number:
        this.numeric(value);
        return;
      case RANK.string:
        this.text(typeof value === 'string' ? value : String((value as BSONSymbol).value));
        return;
      case RANK.object:
        this.document(value as Doc);
        return;
      case RANK.array:
        for (const item of value as unknown[]) this.put(item);
        this.byte(0);
        return;
      case RANK.binary:
        this.binary(value as Binary | Uint8Array);
        return;
      case RANK.objectId:
        this.bytes((value as ObjectId).id);
        return;
      case RANK.bool:
        this.byte(value ? 1 : 0);
        return;
      case RANK.date:
        this.double((value as Date).getTime());
        return;
      case RANK.timestamp:
        this.room(8);
        this.buffer.writeBigUInt64BE(BigInt.asUintN(64, (value as Timestamp).toBigInt()), this.length);
        this.length += 8;
        return;
      case RANK.regex:
        this.regex(value as RegExp | BSONRegExp);
        return;
      case RANK.code:
        this.text(String((value as Code).code));
        return;
    }
  }

  private numeric(value: unknown): void {
    if (typeof value === 'number') {
      this.number(value);
      return;
    }
    if (typeof value === 'bigint') {
      this.int64(value);
      return;
    }
    const kind = bsonClass(value);
    if (kind === 'Long') {
      this.int64((value as Long).toBigInt());
      return;
    }
    if (kind === 'Decimal128') {
      writeDecimal(this, (value as Decimal128).toString());
      return;
    }
    this.number((value as { value: number }).value);
  }

  private document(value: Doc): void {
    for (const key of Object.keys(value)) {
      const field = value[key];
      this.byte(rankOf(field));
      this.text(key);
      this.put(field);
    }
    this.byte(0);
  }

  private binary(value: Binary | Uint8Array): void {
    const raw = value instanceof Uint8Array ? value : value.buffer.subarray(0, value.position);
    this.room(5);
    this.buffer.writeUInt32BE(raw.length, this.length);
    this.buffer[this.length + 4] = value instanceof Uint8Array ? 0 : value.sub_type;
    this.length += 5;
    this.bytes(raw);
  }

  private regex(value: RegExp | BSONRegExp): void {
    this.text(value instanceof RegExp ? value.source : value.pattern);
    this.text(value instanceof RegExp ? value.flags : value.options);
  }
}

export const RESIDUAL_BELOW = 0x7f;
export const RESIDUAL_NONE = 0x80;
export const RESIDUAL_ABOVE = 0x81;

/** Distance between neighbouring doubles at `value` (|value| >= 2^53), as an integer. */
function doubleStep(value: number): bigint {
  const exponent = BigInt(Math.abs(value)).toString(2).length - 1;
  return 1n << BigInt(exponent - 52);
}

/** Key of one value. */
export function encodeKey(value: unknown): Buffer {
  const writer = new KeyWriter();
  writer.value(value);
  return writer.take();
}

/** Compound key; `directions[i]` is -1 where component i sorts descending. */
export function encodeCompoundKey(values: readonly unknown[], directions: readonly (1 | -1)[]): Buffer {
  const writer = new KeyWriter();
  for (let i = 0; i < values.length; i++) writer.value(values[i], directions[i]);
  return writer.take();
}

/** MongoDB's order of two values: negative, zero or positive. */
export function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number' && !Number.isNaN(a) && !Number.isNaN(b)) return a - b;
  const rank = rankOf(a) - rankOf(b);
  return rank !== 0 ? rank : Buffer.compare(encodeKey(a), encodeKey(b));
}

/** Equal in MongoDB's sense: 1, 1.0 and Long 1 are equal; documents need the same field order. */
export function equalValues(a: unknown, b: unknown): boolean {
  return compareValues(a, b) === 0;
}

/** The key as a string usable in a Map; one character per byte. */
export function mapKey(value: unknown): string {
  return encodeKey(value).toString('latin1');
}

/** Smallest byte string greater than every string that starts with `prefix`. */
export function afterPrefix(prefix: Buffer): Buffer {
  const next = Buffer.from(prefix);
  for (let i = next.length - 1; i >= 0; i--) {
    const byte = next[i] as number;
    if (byte !== 0xff) {
      next[i] = byte + 1;
      return next.subarray(0, i + 1);
    }
  }
  return Buffer.alloc(17, 0xff);
}

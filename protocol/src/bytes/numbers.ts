/** Integer types that appear on the wires. */
export type NumberType =
  | 'u8'
  | 's8'
  | 'u16be'
  | 's16be'
  | 'u24be'
  | 'u32be'
  | 'u16le'
  | 's16le'
  | 'u32le'
  | 's32le';

/** Width of each type, bytes. */
export const NUMBER_SIZE: Readonly<Record<NumberType, number>> = {
  u8: 1,
  s8: 1,
  u16be: 2,
  s16be: 2,
  u24be: 3,
  u32be: 4,
  u16le: 2,
  s16le: 2,
  u32le: 4,
  s32le: 4,
};

/** One byte. @throws RangeError when `at` is outside: a decoder must have checked the length first. */
export function byteAt(bytes: Uint8Array, at: number): number {
  const value = bytes[at];
  if (value === undefined) throw new RangeError(`byte ${at} of ${bytes.length} was read`);
  return value;
}

/** One number. @throws RangeError when it does not lie inside: a decoder must have checked the length first. */
export function readNumber(bytes: Uint8Array, at: number, type: NumberType): number {
  const little = type.endsWith('le');
  const size = NUMBER_SIZE[type];
  let value = 0;
  for (let i = 0; i < size; i += 1) value = value * 256 + byteAt(bytes, little ? at + size - 1 - i : at + i);
  const limit = 2 ** (8 * size);
  return type.startsWith('s') && value >= limit / 2 ? value - limit : value;
}

/** `count` numbers of one type in a row. */
export function readNumbers(bytes: Uint8Array, at: number, type: NumberType, count: number): number[] {
  const size = NUMBER_SIZE[type];
  return Array.from({ length: count }, (_, i) => readNumber(bytes, at + i * size, type));
}

/** Big-endian bytes of an unsigned or negative integer, `size` bytes wide (two's complement). */
export function bigEndian(value: number, size: number): number[] {
  const limit = 2 ** (8 * size);
  let rest = ((Math.trunc(value) % limit) + limit) % limit;
  const bytes: number[] = [];
  for (let i = 0; i < size; i += 1) {
    bytes.unshift(rest % 256);
    rest = Math.floor(rest / 256);
  }
  return bytes;
}

/** True when bit `n` (0 = lowest) of an unsigned value below 2^53 is set. */
export function bitSet(value: number, n: number): boolean {
  return Math.floor(value / 2 ** n) % 2 === 1;
}

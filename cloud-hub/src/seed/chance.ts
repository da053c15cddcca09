import { createHash } from 'node:crypto';

/** Repeatable chance: the same seed gives the same draws. Not for secrets. */
export interface Chance {
  /** In [0, 1). */
  next(): number;
  /** Whole number, both ends included. */
  int(from: number, to: number): number;
  between(from: number, to: number): number;
  /** True with this probability. */
  hits(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** Index by weight; weights are not negative and not all zero. */
  weighted(weights: readonly number[]): number;
  /** Hex digits. */
  hex(digits: number): string;
  /** A UUIDv7 of that time, as the hub's own ids are. */
  uuid(atMs: number): string;
}

/** SFC32, seeded by SHA-256 of the text. */
export function createChance(seed: string): Chance {
  const digest = createHash('sha256').update(seed).digest();
  let [a, b, c, counter] = [
    digest.readUInt32LE(0),
    digest.readUInt32LE(4),
    digest.readUInt32LE(8),
    digest.readUInt32LE(12),
  ];
  const word = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
  const next = () => word() / 4_294_967_296;
  const int = (from: number, to: number) => from + Math.floor(next() * (to - from + 1));
  const hex = (digits: number) => {
    let text = '';
    while (text.length < digits) text += word().toString(16).padStart(8, '0');
    return text.slice(0, digits);
  };
  return {
    next,
    int,
    between: (from, to) => from + next() * (to - from),
    hits: (probability) => next() < probability,
    pick<T>(from: readonly T[]): T {
      const item = from[int(0, from.length - 1)];
      if (item === undefined) throw new RangeError('nothing to pick from');
      return item;
    },
    weighted(weights) {
      let left = next() * weights.reduce((sum, weight) => sum + weight, 0);
      for (const [index, weight] of weights.entries()) {
        left -= weight;
        if (left < 0) return index;
      }
      return weights.length - 1;
    },
    hex,
    uuid(atMs) {
      const time = Math.floor(atMs).toString(16).padStart(12, '0');
      const variant = (8 + int(0, 3)).toString(16);
      return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(3)}-${variant}${hex(3)}-${hex(12)}`;
    },
  };
}

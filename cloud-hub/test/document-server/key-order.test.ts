import fc from 'fast-check';
import { BSON, Decimal128, Long } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { compareValues, encodeCompoundKey, encodeKey } from '../../src/document-server/bson/key-encoding.js';
import { rankOf } from '../../src/document-server/bson/values.js';
import { anyValue, rareScalar } from './bson-values.js';

/** Exact numeric value of a finite BSON number as digits * 10^exponent. */
function exact(value: unknown): { digits: bigint; exponent: number } | undefined {
  const text = typeof value === 'number' ? exactDouble(value) : exactOther(value);
  const match = text === undefined ? null : /^(-?\d+)(?:\.(\d+))?(?:E([+-]?\d+))?$/i.exec(text);
  if (match === null) return undefined;
  const fraction = match[2] ?? '';
  return { digits: BigInt(`${match[1]}${fraction}`), exponent: Number(match[3] ?? 0) - fraction.length };
}

/** All digits of a double, which toString rounds away. */
function exactDouble(value: number): string | undefined {
  if (!Number.isFinite(value)) return undefined;
  let mantissa = value;
  let power = 0;
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    power++;
  }
  return power === 0 ? BigInt(mantissa).toString() : `${BigInt(mantissa) * 5n ** BigInt(power)}E-${power}`;
}

function exactOther(value: unknown): string | undefined {
  if (value instanceof Long || value instanceof Decimal128) return value.toString();
  return exactDouble((value as { value: number }).value);
}

function sign(order: number): number {
  return Math.sign(order) + 0;
}

describe('key encoding', () => {
  it('orders numbers of all types by exact value', () => {
    const number = rareScalar.filter((value) => rankOf(value) === rankOf(1) && exact(value) !== undefined);
    fc.assert(
      fc.property(number, number, (a, b) => {
        const x = exact(a);
        const y = exact(b);
        if (x === undefined || y === undefined) return;
        const low = Math.min(x.exponent, y.exponent);
        const left = x.digits * 10n ** BigInt(x.exponent - low);
        const right = y.digits * 10n ** BigInt(y.exponent - low);
        const expected = left < right ? -1 : left > right ? 1 : 0;
        expect(sign(Buffer.compare(encodeKey(a), encodeKey(b)))).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });

  it('orders strings by their UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        const expected = sign(Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8')));
        expect(sign(Buffer.compare(encodeKey(a), encodeKey(b)))).toBe(expected);
      }),
    );
  });

  it('orders types before values, and arrays and documents element by element', () => {
    fc.assert(
      fc.property(anyValue, anyValue, (a, b) => {
        expect(sign(Buffer.compare(encodeKey(a), encodeKey(b)))).toBe(sign(reference(a, b)));
        expect(sign(compareValues(a, b))).toBe(sign(reference(a, b)));
      }),
      { numRuns: 3000 },
    );
  });

  it('gives prefix-free keys, so compound keys compare component by component in any direction', () => {
    const direction = fc.constantFrom<1 | -1>(1, -1);
    fc.assert(
      fc.property(anyValue, anyValue, anyValue, anyValue, direction, direction, (a1, a2, b1, b2, d1, d2) => {
        const left = encodeCompoundKey([a1, a2], [d1, d2]);
        const right = encodeCompoundKey([b1, b2], [d1, d2]);
        const expected = compareValues(a1, b1) * d1 || compareValues(a2, b2) * d2;
        expect(sign(Buffer.compare(left, right))).toBe(sign(expected));
      }),
      { numRuns: 2000 },
    );
  });

  it('does not depend on how a value was decoded', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const bytes = BSON.serialize({ value });
        const promoted = BSON.deserialize(bytes).value;
        const typed = BSON.deserialize(bytes, { promoteValues: false }).value;
        expect(encodeKey(typed).toString('hex')).toBe(encodeKey(promoted).toString('hex'));
      }),
    );
  });
});

/** MongoDB's order by definition, without keys: type rank, then structure, then scalars by key. */
function reference(a: unknown, b: unknown): number {
  const rank = rankOf(a) - rankOf(b);
  if (rank !== 0) return rank;
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
      const order = reference(a[i], b[i]);
      if (order !== 0) return order;
    }
    return a.length - b.length;
  }
  if (rankOf(a) === rankOf({})) {
    const left = Object.entries(a as object);
    const right = Object.entries(b as object);
    for (let i = 0; i < Math.min(left.length, right.length); i++) {
      const [nameA, valueA] = left[i] as [string, unknown];
      const [nameB, valueB] = right[i] as [string, unknown];
      const order =
        rankOf(valueA) - rankOf(valueB) ||
        Buffer.compare(Buffer.from(nameA), Buffer.from(nameB)) ||
        reference(valueA, valueB);
      if (order !== 0) return order;
    }
    return left.length - right.length;
  }
  return Buffer.compare(encodeKey(a), encodeKey(b));
}

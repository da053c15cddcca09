import fc from 'fast-check';
import { Binary, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp } from 'mongodb';

const NUMBERS = [0, -0, 1, -1, 1.5, 2, 100, -7, 0.1, 1e300, -1e300, 5e-324, Number.NaN, Infinity, -Infinity];
const LONGS = ['9007199254740993', '9007199254740992', '9223372036854775807', '-9223372036854775808', '3'];
const DECIMALS = [
  '0.1',
  '1',
  '1.5',
  '-1',
  '9007199254740993',
  '9007199254740993.5',
  '1E400',
  '-1E400',
  '1E-400',
  '0',
];
const STRINGS = ['', 'a', 'ab', 'b', 'A', 'é', '\u{1f600}', '\uffff', 'a\0', 'a\0b', 'a\x01'];

/** Scalar BSON values, dense in collisions and edge cases. */
export const scalar: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(...NUMBERS),
  fc.constantFrom(...STRINGS),
  fc.constantFrom(...LONGS).map((text) => Long.fromString(text)),
  fc.constantFrom(null, true, false),
  fc.constantFrom(0, 5, -5, 1_700_000_000_000).map((ms) => new Date(ms)),
  fc.constantFrom('00000000000000000000000a', 'ffffffffffffffffffffffff').map((hex) => new ObjectId(hex)),
);

/** Scalars with the rarer types added. */
export const rareScalar: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 5, arbitrary: scalar },
  { weight: 1, arbitrary: fc.constantFrom(...DECIMALS).map((text) => Decimal128.fromString(text)) },
  { weight: 1, arbitrary: fc.double().map((value) => new Double(value)) },
  { weight: 1, arbitrary: fc.integer().map((value) => new Int32(value)) },
  { weight: 1, arbitrary: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map((value) => Long.fromBigInt(value)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 4 }).map((bytes) => new Binary(bytes)) },
  { weight: 1, arbitrary: fc.constantFrom(new MinKey(), new MaxKey(), new Timestamp({ t: 3, i: 1 })) },
);

/** Any BSON value, two levels deep. */
export const anyValue: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    rareScalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('x', 'y', 'z', 'xy'), tie('value'), { maxKeys: 3 }),
  ),
})).value;

/** Field values of test documents: scalars, arrays of scalars, embedded documents, arrays of documents. */
export const fieldValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 7, arbitrary: scalar },
  { weight: 2, arbitrary: fc.array(scalar, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.record({ y: scalar, z: scalar }, { requiredKeys: [] }) },
  {
    weight: 1,
    arbitrary: fc.array(fc.oneof(fc.record({ y: scalar, z: scalar }, { requiredKeys: [] }), scalar), {
      maxLength: 3,
    }),
  },
);

/** A document with fields a, b, c, any of them missing. */
export const testDocument: fc.Arbitrary<Record<string, unknown>> = fc.record(
  { a: fieldValue, b: fieldValue, c: fieldValue },
  { requiredKeys: [] },
);

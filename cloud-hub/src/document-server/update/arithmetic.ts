import { Decimal128, Double, Int32, Long } from 'mongodb';
import { bsonClass, toNumber, typeNameOf } from '../bson/values.js';
import { CommandError } from '../errors.js';

export type Operation = 'add' | 'multiply';

const INT32_MAX = 0x7fffffff;
const INT32_MIN = -0x80000000;
const INT64_MAX = (1n << 63n) - 1n;
const INT64_MIN = -(1n << 63n);
/** Digits a decimal128 holds. */
const DECIMAL_DIGITS = 34;

/**
 * `$inc` and `$mul` on BSON numbers with MongoDB's result types: int32 grows to int64 when it must, int64 overflow
 * is an error, double wins over integers, decimal wins over all.
 * @throws CommandError BadValue on int64 overflow
 */
export function calculate(operation: Operation, a: unknown, b: unknown): unknown {
  const types = [typeNameOf(a), typeNameOf(b)];
  if (types.includes('decimal')) return decimal(operation, decimalText(a), decimalText(b));
  if (types.includes('double')) {
    const [x, y] = [toNumber(a), toNumber(b)];
    return new Double(operation === 'add' ? x + y : x * y);
  }
  const [x, y] = [toBigInt(a), toBigInt(b)];
  const result = operation === 'add' ? x + y : x * y;
  if (!types.includes('long') && result >= INT32_MIN && result <= INT32_MAX) return new Int32(Number(result));
  if (result > INT64_MAX || result < INT64_MIN) {
    throw new CommandError(
      'BadValue',
      `Failed to apply the ${operation} operation: the int64 result overflows`,
    );
  }
  return Long.fromBigInt(result);
}

export function toBigInt(value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  return bsonClass(value) === 'Long' ? (value as Long).toBigInt() : BigInt(toNumber(value));
}

function decimalText(value: unknown): string {
  return bsonClass(value) === 'Decimal128' || bsonClass(value) === 'Long'
    ? String(value)
    : String(toNumber(value));
}

function decimal(operation: Operation, a: string, b: string): Decimal128 {
  const x = split(a);
  const y = split(b);
  // Infinity and NaN follow double rules.
  if (x === undefined || y === undefined) {
    const result = operation === 'add' ? Number(a) + Number(b) : Number(a) * Number(b);
    return Decimal128.fromString(String(result));
  }
  if (operation === 'multiply') return join(x.digits * y.digits, x.exponent + y.exponent);
  const exponent = Math.min(x.exponent, y.exponent);
  const scaled = (part: Parts) => part.digits * 10n ** BigInt(part.exponent - exponent);
  return join(scaled(x) + scaled(y), exponent);
}

interface Parts {
  readonly digits: bigint;
  readonly exponent: number;
}

function split(text: string): Parts | undefined {
  const match = /^(-?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text);
  if (match === null) return undefined;
  const fraction = match[3] ?? '';
  return {
    digits: BigInt(`${match[1]}${match[2]}${fraction}`),
    exponent: Number(match[4] ?? 0) - fraction.length,
  };
}

/** Rounds half to even to what a decimal128 holds. */
function join(digits: bigint, exponent: number): Decimal128 {
  let value = digits;
  let power = exponent;
  const excess = (value < 0n ? -value : value).toString().length - DECIMAL_DIGITS;
  if (excess > 0) {
    const unit = 10n ** BigInt(excess);
    const rest = value % unit;
    const doubled = (rest < 0n ? -rest : rest) * 2n;
    value /= unit;
    if (doubled > unit || (doubled === unit && value % 2n !== 0n)) value += digits < 0n ? -1n : 1n;
    power += excess;
  }
  return Decimal128.fromString(`${value}E${power}`);
}

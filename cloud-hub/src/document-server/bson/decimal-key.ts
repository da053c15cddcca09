import { type KeyWriter, RESIDUAL_NONE } from './key-encoding.js';

/** Markers outside the residual range: magnitudes that no finite, non-zero double is near. */
const BEYOND_BELOW = 0x7e;
const BEYOND_ABOVE = 0x82;
const DIGITS = 34;
/** Smallest exponent of a decimal128 digit string, so that stored exponents are positive. */
const EXPONENT_OFFSET = 7000;

/**
 * Writes a decimal128 so that it sorts among doubles and int64 values by its exact numeric value: the nearest
 * double, then the distance to it. Precise to 2^-63 of a double's step, finer than 34 digits need, except for
 * magnitudes below 1e-307, where decimals closer than that share a key.
 */
export function writeDecimal(writer: KeyWriter, text: string): void {
  const nearest = Number(text);
  if (Number.isNaN(nearest) || text === 'Infinity' || text === '-Infinity') {
    writer.double(nearest);
    writer.byte(RESIDUAL_NONE);
    return;
  }
  const { digits, exponent, negative } = parseDecimal(text);
  if (digits === 0n) {
    writer.double(0);
    writer.byte(RESIDUAL_NONE);
    return;
  }
  if (!Number.isFinite(nearest) || Math.abs(nearest) < 1e-307) {
    writer.double(Number.isFinite(nearest) ? nearest : Number.MAX_VALUE * Math.sign(nearest));
    writeBeyond(writer, digits, exponent, negative);
    return;
  }
  writer.double(nearest);
  const fixed = distance(negative ? -digits : digits, exponent, nearest);
  if (fixed === 0n) writer.byte(RESIDUAL_NONE);
  else writer.residual(fixed);
}

function parseDecimal(text: string): { digits: bigint; exponent: number; negative: boolean } {
  const match = /^(-?)(\d*)\.?(\d*)(?:E([+-]?\d+))?$/i.exec(text);
  if (match === null) throw new Error(`not a decimal128: ${text}`);
  const fraction = match[3] ?? '';
  return {
    digits: BigInt(`${match[2]}${fraction}` || '0'),
    exponent: Number(match[4] ?? 0) - fraction.length,
    negative: match[1] === '-',
  };
}

/** (digits * 10^exponent - nearest) in 2^-63 of the double's step, exact integer arithmetic, truncated. */
function distance(digits: bigint, exponent: number, nearest: number): bigint {
  const { mantissa, power } = splitDouble(nearest);
  const scale10 = 10n ** BigInt(Math.abs(exponent));
  const scale2 = 2n ** BigInt(Math.abs(power));
  // digits * 10^exponent / 2^power - mantissa, as a fraction numerator / denominator
  let numerator = digits;
  let denominator = 1n;
  if (exponent >= 0) numerator *= scale10;
  else denominator *= scale10;
  if (power >= 0) denominator *= scale2;
  else numerator *= scale2;
  return ((numerator - mantissa * denominator) << 63n) / denominator;
}

function splitDouble(value: number): { mantissa: bigint; power: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const magnitude = biased === 0 ? fraction : fraction | (1n << 52n);
  return { mantissa: value < 0 ? -magnitude : magnitude, power: (biased === 0 ? 1 : biased) - 1075 };
}

function writeBeyond(writer: KeyWriter, digits: bigint, exponent: number, negative: boolean): void {
  const text = digits.toString().replace(/0+$/, '');
  const adjusted = exponent + digits.toString().length - 1 + EXPONENT_OFFSET;
  const body = Buffer.alloc(2 + DIGITS, 0x30);
  body.writeUInt16BE(adjusted, 0);
  body.write(text, 2, 'latin1');
  if (negative) for (let i = 0; i < body.length; i++) body[i] = ~(body[i] as number) & 0xff;
  writer.byte(negative ? BEYOND_BELOW : BEYOND_ABOVE);
  writer.bytes(body);
}

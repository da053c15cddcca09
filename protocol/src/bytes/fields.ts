import { NUMBER_SIZE, type NumberType, readNumber } from './numbers.js';

/** One number of a fixed layout: published value = (raw + add) × mul ÷ div. */
export type FieldSpec = {
  readonly at: number;
  readonly type: NumberType;
  readonly add?: number;
  readonly mul?: number;
  readonly div?: number;
};

/** A layout: field name → where and how. Names carry the published unit. */
export type FieldTable = Readonly<Record<string, FieldSpec>>;

export type FieldValues<T extends FieldTable> = { -readonly [K in keyof T]: number };

/** Bytes from the base to the end of the last field. */
export function tableLength(table: FieldTable): number {
  return Math.max(0, ...Object.values(table).map((field) => field.at + NUMBER_SIZE[field.type]));
}

/** Reads every field of a table. @throws RangeError when `bytes` is shorter than base + {@link tableLength}. */
export function readFields<T extends FieldTable>(bytes: Uint8Array, table: T, base = 0): FieldValues<T> {
  const values: Record<string, number> = {};
  for (const [name, field] of Object.entries(table)) values[name] = readField(bytes, field, base);
  return values as FieldValues<T>;
}

/** Reads one field of a table. */
export function readField(bytes: Uint8Array, field: FieldSpec, base = 0): number {
  const raw = readNumber(bytes, base + field.at, field.type);
  return ((raw + (field.add ?? 0)) * (field.mul ?? 1)) / (field.div ?? 1);
}

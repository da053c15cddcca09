/** Tag of the cell list: a length byte, then index (u8) and voltage (u16 mV) for each cell. */
export const CELLS_TAG = 0x79;

/** Tags whose values are published. */
export const TAG = {
  mosTemperature: 0x80,
  temperature1: 0x81,
  temperature2: 0x82,
  voltage: 0x83,
  current: 0x84,
  soc: 0x85,
  cycles: 0x87,
  errors: 0x8b,
  capacity: 0xaa,
  chargeMos: 0xab,
  dischargeMos: 0xac,
  productionDate: 0xb4,
  version: 0xb7,
  currentFormat: 0xc0,
} as const;

const widths = (bytes: number, tags: readonly number[]): [number, number][] =>
  tags.map((tag) => [tag, bytes]);
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** Value width of every tag, bytes: the stream can only be walked when all are known. */
export const TAG_BYTES: ReadonlyMap<number, number> = new Map([
  ...widths(2, [
    ...range(0x80, 0x84),
    0x87,
    ...range(0x8a, 0x8c),
    ...range(0x8e, 0x9c),
    ...range(0x9e, 0xa8),
  ]),
  ...widths(1, [0x85, 0x86, 0x9d, 0xa9, 0xab, 0xac, 0xae, 0xaf, 0xb1, 0xb3, 0xb8, 0xc0]),
  ...widths(2, [0xad, 0xb0]),
  ...widths(4, [0x89, 0xaa, 0xb5, 0xb6, 0xb9]),
  ...widths(8, [0xb4]),
  ...widths(10, [0xb2]),
  ...widths(15, [0xb7]),
  ...widths(24, [0xba]),
]);

/** Temperatures above this are negative: the protocol counts on from it. */
export const HIGHEST_PLAIN_C = 99;
/** Set in the current while charging, when the device sends the signed form (tag C0 = 1). */
export const CHARGE_FLAG = 0x8000;

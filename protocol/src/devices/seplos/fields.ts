import type { FieldTable } from '../../bytes/index.js';

/** Kelvin × 10 on the wire. */
export const KELVIN_OFFSET = -2731;

/** Answer to 42 after the temperatures. */
export const TELEMETRY_FIELDS = {
  currentMa: { at: 0, type: 's16be', mul: 10 },
  voltageMv: { at: 2, type: 'u16be', mul: 10 },
  remainingMah: { at: 4, type: 'u16be', mul: 10 },
  items: { at: 6, type: 'u8' },
  capacityMah: { at: 7, type: 'u16be', mul: 10 },
  socPct: { at: 9, type: 'u16be', div: 10 },
  designCapacityMah: { at: 11, type: 'u16be', mul: 10 },
  cycles: { at: 13, type: 'u16be' },
  sohPct: { at: 15, type: 'u16be', div: 10 },
  portVoltageMv: { at: 17, type: 'u16be', mul: 10 },
} as const satisfies FieldTable;

/** Where the item count stands and the least it may say: the six values above are read. */
export const ITEMS_AT = 6;
export const MIN_ITEMS = 6;

/** The power-transistor sensor is the last of six: four cell groups, ambient, transistors. */
export const MOS_SENSOR = { count: 6, index: 5 } as const;

/** Offset of the switch byte in the extension of the answer to 44: bit 0 discharge, bit 1 charge. */
export const SWITCH_BYTE = 6;

/** Operating mode, the last byte of the answer to 44. */
export const MODES: Readonly<Record<number, string>> = {
  0: 'idle',
  1: 'discharge',
  2: 'charge',
  4: 'float_charge',
  8: 'full',
  16: 'standby',
  32: 'off',
};

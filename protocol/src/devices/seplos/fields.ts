import type { FieldTable } from '../../bytes/index.js';
import type { PackAlarm } from '../../domain/reading.js';

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

/**
 * Bytes of the bit-alarm block in the answer to 44 (document V2.0, tables 11 and 13): alarm events 1–6, switches, two
 * balance bytes, system state, two disconnection bytes, alarm events 7 and 8, six spare ones.
 */
export const STATUS_BYTE = {
  switches: 6,
  balanceLow: 7,
  balanceHigh: 8,
  system: 9,
  disconnectLow: 10,
  disconnectHigh: 11,
} as const;

export const SWITCH_BIT = { discharge: 0, charge: 1 } as const;

/** System state. Some firmware leaves its byte 0 and sends the state as the last spare byte. */
export const MODES: Readonly<Record<number, string>> = {
  0: 'idle',
  1: 'discharge',
  2: 'charge',
  4: 'float_charge',
  16: 'standby',
  32: 'off',
};

/** Alarm events by their place in the block. A warning and the protection it precedes have one name. */
export const EVENT_ALARMS: Readonly<Record<number, readonly (PackAlarm | undefined)[]>> = {
  0: [
    'sensor_fault',
    'sensor_fault',
    'sensor_fault',
    'other_fault',
    'cell_fault',
    'charge_mos_fault',
    'discharge_mos_fault',
    'other_fault',
  ],
  1: [
    'cell_over_voltage',
    'cell_over_voltage',
    'cell_under_voltage',
    'cell_under_voltage',
    'pack_over_voltage',
    'pack_over_voltage',
    'pack_under_voltage',
    'pack_under_voltage',
  ],
  2: [
    'charge_over_temperature',
    'charge_over_temperature',
    'charge_under_temperature',
    'charge_under_temperature',
    'discharge_over_temperature',
    'discharge_over_temperature',
    'discharge_under_temperature',
    'discharge_under_temperature',
  ],
  3: [
    'ambient_over_temperature',
    'ambient_over_temperature',
    'ambient_under_temperature',
    'ambient_under_temperature',
    'mos_over_temperature',
    'mos_over_temperature',
  ],
  4: [
    'charge_over_current',
    'charge_over_current',
    'discharge_over_current',
    'discharge_over_current',
    'discharge_over_current',
    'short_circuit',
    'mos_locked',
    'mos_locked',
  ],
  5: [
    'pack_over_voltage',
    undefined,
    'low_soc',
    'low_soc',
    'cell_under_voltage',
    'other_fault',
    'other_fault',
  ],
  13: ['config_fault', 'config_fault', 'config_fault', 'config_fault', 'config_fault'],
};

/** Bits of the events that report a state, not an alarm: heating, waiting for a charger, bits for the maker. */
export const EVENT_STATE_BITS: Readonly<Record<number, readonly number[]>> = {
  3: [6, 7],
  5: [1, 7],
  13: [5, 6, 7],
};

import type { FieldTable } from '../../bytes/index.js';
import type { PackAlarm } from '../../domain/reading.js';

/** Kelvin × 10 on the wire. */
export const KELVIN_OFFSET = -2731;

/** Answer to 03 up to the temperatures. */
export const BASIC_INFO_FIELDS = {
  voltageMv: { at: 0, type: 'u16be', mul: 10 },
  currentMa: { at: 2, type: 's16be', mul: 10 },
  remainingMah: { at: 4, type: 'u16be', mul: 10 },
  capacityMah: { at: 6, type: 'u16be', mul: 10 },
  cycles: { at: 8, type: 'u16be' },
  date: { at: 10, type: 'u16be' },
  balanceLow: { at: 12, type: 'u16be' },
  balanceHigh: { at: 14, type: 'u16be' },
  protectionBits: { at: 16, type: 'u16be' },
  version: { at: 18, type: 'u8' },
  socPct: { at: 19, type: 'u8' },
  fet: { at: 20, type: 'u8' },
  cellCount: { at: 21, type: 'u8' },
  sensorCount: { at: 22, type: 'u8' },
} as const satisfies FieldTable;

/** Bits of the protection word. */
export const PROTECTION_ALARMS: readonly PackAlarm[] = [
  'cell_over_voltage',
  'cell_under_voltage',
  'pack_over_voltage',
  'pack_under_voltage',
  'charge_over_temperature',
  'charge_under_temperature',
  'discharge_over_temperature',
  'discharge_under_temperature',
  'charge_over_current',
  'discharge_over_current',
  'short_circuit',
  'front_end_fault',
  'mos_locked',
  'charge_timeout',
];

/** Counters in the answer to AA, in wire order. */
export const ERROR_COUNTERS = [
  'shortCircuit',
  'chargeOverCurrent',
  'dischargeOverCurrent',
  'cellOverVoltage',
  'cellUnderVoltage',
  'chargeOverTemperature',
  'chargeUnderTemperature',
  'dischargeOverTemperature',
  'dischargeUnderTemperature',
  'packOverVoltage',
  'packUnderVoltage',
] as const;

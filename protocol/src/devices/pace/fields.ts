import type { FieldTable } from '../../bytes/index.js';
import type { PackAlarm } from '../../domain/reading.js';

/** Kelvin × 10 on the wire. 2730 is what the vendor's own tool subtracts (not 2731, as the relatives do). */
export const KELVIN_OFFSET = -2730;

/** v25 answer to 42, after the temperatures. */
export const ANALOG_FIELDS = {
  currentMa: { at: 0, type: 's16be', mul: 10 },
  voltageMv: { at: 2, type: 'u16be' },
  remainingMah: { at: 4, type: 'u16be', mul: 10 },
  items: { at: 6, type: 'u8' },
  capacityMah: { at: 7, type: 'u16be', mul: 10 },
  cycles: { at: 9, type: 'u16be' },
  designCapacityMah: { at: 11, type: 'u16be', mul: 10 },
} as const satisfies FieldTable;

/** Bytes that follow the fields, by item count. Counts that are not listed end the answer with bytes of their own. */
export const EXTRA_BYTES: Readonly<Record<number, number>> = { 3: 0, 9: 14 };

/** v20 (EG4) answer to 42, after the temperatures. */
export const ANALOG_V20_FIELDS = {
  currentMa: { at: 0, type: 's16be', mul: 10 },
  voltageMv: { at: 2, type: 'u16be', mul: 10 },
  remainingMah: { at: 4, type: 'u16be', mul: 10 },
  capacityMah: { at: 6, type: 'u16be', mul: 10 },
  cycles: { at: 8, type: 'u16be' },
  items: { at: 10, type: 'u8' },
  socPct: { at: 11, type: 'u16be' },
  sohPct: { at: 13, type: 'u16be' },
} as const satisfies FieldTable;

/** A v20 answer says four sensors and sends two more. */
export const V20_SENSORS_BEYOND_COUNT = 2;

/** v25: four cell groups, transistors, environment. v20: four cell groups, environment, transistors. */
export const MOS_SENSOR = { count: 6, v25: 4, v20: 5 } as const;

/** Answer to 44, after the lists. */
export const STATUS_FIELDS = {
  chargeCurrentState: { at: 0, type: 'u8' },
  packVoltageState: { at: 1, type: 'u8' },
  dischargeCurrentState: { at: 2, type: 'u8' },
  protection1: { at: 3, type: 'u8' },
  protection2: { at: 4, type: 'u8' },
  system: { at: 5, type: 'u8' },
  configuration: { at: 6, type: 'u8' },
  fault: { at: 7, type: 'u8' },
  balanceBits: { at: 8, type: 'u16be' },
  warning1: { at: 10, type: 'u8' },
  warning2: { at: 11, type: 'u8' },
} as const satisfies FieldTable;

/** Bits of the first protection and warning bytes. */
export const LIMIT_1_ALARMS: readonly PackAlarm[] = [
  'cell_over_voltage',
  'cell_under_voltage',
  'pack_over_voltage',
  'pack_under_voltage',
  'charge_over_current',
  'discharge_over_current',
  'short_circuit',
];

/** Bits of the second protection byte. Bit 7 tells "fully charged" and is no alarm. */
export const PROTECTION_2_ALARMS: readonly PackAlarm[] = [
  'charge_over_temperature',
  'discharge_over_temperature',
  'charge_under_temperature',
  'discharge_under_temperature',
  'mos_over_temperature',
  'ambient_over_temperature',
  'ambient_under_temperature',
];

/** Bits of the second warning byte: transistors and environment change places against the protection byte. */
export const WARNING_2_ALARMS: readonly PackAlarm[] = [
  'charge_over_temperature',
  'discharge_over_temperature',
  'charge_under_temperature',
  'discharge_under_temperature',
  'ambient_over_temperature',
  'ambient_under_temperature',
  'mos_over_temperature',
  'low_soc',
];

export const FAULT_ALARMS: readonly (PackAlarm | undefined)[] = [
  'charge_mos_fault',
  'discharge_mos_fault',
  'sensor_fault',
  'communication_fault',
  'cell_fault',
  'front_end_fault',
];

export const SYSTEM_BIT = { chargeMos: 1, dischargeMos: 2, discharging: 3, charging: 5 } as const;
export const FULLY_CHARGED_BIT = 7;

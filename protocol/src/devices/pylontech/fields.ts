import type { FieldTable } from '../../bytes/index.js';
import type { PackAlarm } from '../../domain/reading.js';

/** Kelvin × 10 on the wire; 273.1 is the offset the document uses. */
export const KELVIN_OFFSET = -2731;

/** Answer to 92, after the number byte (V2.8 section 4.6). */
export const MANAGEMENT_FIELDS = {
  chargeVoltageLimitMv: { at: 0, type: 'u16be' },
  dischargeVoltageLimitMv: { at: 2, type: 'u16be' },
  chargeCurrentLimitMa: { at: 4, type: 's16be', mul: 100 },
  dischargeCurrentLimitMa: { at: 6, type: 's16be', mul: 100 },
  status: { at: 8, type: 'u8' },
} as const satisfies FieldTable;

/** Answer to 47, after the flag byte. The scale of the current limits is disputed between sources: published raw. */
export const SYSTEM_PARAMETER_FIELDS = {
  cellHighMv: { at: 0, type: 'u16be' },
  cellLowMv: { at: 2, type: 'u16be' },
  cellUnderMv: { at: 4, type: 'u16be' },
  chargeHighDeciC: { at: 6, type: 'u16be', add: KELVIN_OFFSET },
  chargeLowDeciC: { at: 8, type: 'u16be', add: KELVIN_OFFSET },
  chargeCurrentLimitRaw: { at: 10, type: 's16be' },
  moduleHighMv: { at: 12, type: 'u16be' },
  moduleLowMv: { at: 14, type: 'u16be' },
  moduleUnderMv: { at: 16, type: 'u16be' },
  dischargeHighDeciC: { at: 18, type: 'u16be', add: KELVIN_OFFSET },
  dischargeLowDeciC: { at: 20, type: 'u16be', add: KELVIN_OFFSET },
  dischargeCurrentLimitRaw: { at: 22, type: 's16be' },
} as const satisfies FieldTable;

/** Answer to 61, whole system (V3.5). Only single devices that emulate it were recorded. */
export const SYSTEM_ANALOG_FIELDS = {
  voltageMv: { at: 0, type: 'u16be' },
  currentMa: { at: 2, type: 's16be', mul: 10 },
  socPct: { at: 4, type: 'u8' },
  cyclesAverage: { at: 5, type: 'u16be' },
  cyclesMax: { at: 7, type: 'u16be' },
  sohPct: { at: 9, type: 'u8' },
  sohMinPct: { at: 10, type: 'u8' },
  maxCellMv: { at: 11, type: 'u16be' },
  maxCellModule: { at: 13, type: 'u16be' },
  minCellMv: { at: 15, type: 'u16be' },
  minCellModule: { at: 17, type: 'u16be' },
  cellAverageDeciC: { at: 19, type: 'u16be', add: KELVIN_OFFSET },
  cellMaxDeciC: { at: 21, type: 'u16be', add: KELVIN_OFFSET },
  cellMaxModule: { at: 23, type: 'u16be' },
  cellMinDeciC: { at: 25, type: 'u16be', add: KELVIN_OFFSET },
  cellMinModule: { at: 27, type: 'u16be' },
  mosAverageDeciC: { at: 29, type: 'u16be', add: KELVIN_OFFSET },
  mosMaxDeciC: { at: 31, type: 'u16be', add: KELVIN_OFFSET },
  mosMaxModule: { at: 33, type: 'u16be' },
  mosMinDeciC: { at: 35, type: 'u16be', add: KELVIN_OFFSET },
  mosMinModule: { at: 37, type: 'u16be' },
  bmsAverageDeciC: { at: 39, type: 'u16be', add: KELVIN_OFFSET },
  bmsMaxDeciC: { at: 41, type: 'u16be', add: KELVIN_OFFSET },
  bmsMaxModule: { at: 43, type: 'u16be' },
  bmsMinDeciC: { at: 45, type: 'u16be', add: KELVIN_OFFSET },
  bmsMinModule: { at: 47, type: 'u16be' },
} as const satisfies FieldTable;

/** Bits of status 1 in the answer to 44 (V2.8 section 4.4). */
export const STATUS_1_ALARMS: Readonly<Record<number, PackAlarm>> = {
  0: 'pack_over_voltage',
  1: 'cell_under_voltage',
  2: 'charge_over_current',
  4: 'discharge_over_current',
  5: 'discharge_over_temperature',
  6: 'charge_over_temperature',
  7: 'pack_under_voltage',
};

import type { FieldTable } from '../../bytes/index.js';

/** Temperatures are sent with 40 added, currents with 30000 added. */
export const TEMPERATURE_OFFSET = -40;
export const CURRENT_OFFSET = -30_000;

export const CELL_SLOTS = 32;
export const SENSOR_SLOTS = 8;
export const SENSORS_AT = 0x20 * 2;

/** Status block (registers 00–3D, newer firmware up to 4F). Positive current is charging, unlike in the A5 protocol. */
export const STATUS_FIELDS = {
  voltageMv: { at: 0x28 * 2, type: 'u16be', mul: 100 },
  currentMa: { at: 0x29 * 2, type: 'u16be', add: CURRENT_OFFSET, mul: 100 },
  socPct: { at: 0x2a * 2, type: 'u16be', div: 10 },
  maxCellMv: { at: 0x2b * 2, type: 'u16be' },
  minCellMv: { at: 0x2c * 2, type: 'u16be' },
  maxTemperatureDeciC: { at: 0x2d * 2, type: 'u16be', add: TEMPERATURE_OFFSET, mul: 10 },
  minTemperatureDeciC: { at: 0x2e * 2, type: 'u16be', add: TEMPERATURE_OFFSET, mul: 10 },
  state: { at: 0x2f * 2, type: 'u16be' },
  remainingMah: { at: 0x30 * 2, type: 'u16be', mul: 100 },
  cellCount: { at: 0x31 * 2, type: 'u16be' },
  sensorCount: { at: 0x32 * 2, type: 'u16be' },
  cycles: { at: 0x33 * 2, type: 'u16be' },
  balancing: { at: 0x34 * 2, type: 'u16be' },
  chargeMos: { at: 0x35 * 2, type: 'u16be' },
  dischargeMos: { at: 0x36 * 2, type: 'u16be' },
  averageMv: { at: 0x37 * 2, type: 'u16be' },
  deltaMv: { at: 0x38 * 2, type: 'u16be' },
  powerW: { at: 0x39 * 2, type: 'u16be' },
  alarm1: { at: 0x3a * 2, type: 'u16be' },
  alarm2: { at: 0x3b * 2, type: 'u16be' },
  alarm3: { at: 0x3c * 2, type: 'u16be' },
  alarm4: { at: 0x3d * 2, type: 'u16be' },
} as const satisfies FieldTable;

export const ALARM_FIELDS = ['alarm1', 'alarm2', 'alarm3', 'alarm4'] as const;

/** Byte counts of the answers: 62 or 80 status registers, nine registers around the transistor sensor, versions. */
export const BLOCK_BYTES = { status: [124, 160], mosTemperature: [18], versions: [64] } as const;

/** Register 42, inside the long status block and inside the block that starts at 3E. 0 and FFFF mean no sensor. */
export const MOS_REGISTER = 0x42;
export const NO_SENSOR = [0x0000, 0xffff] as const;

/** Two texts of 16 characters each. */
export const VERSION_CHARS = 16;

export const STATES: Readonly<Record<number, string>> = { 0: 'idle', 1: 'charge', 2: 'discharge' };

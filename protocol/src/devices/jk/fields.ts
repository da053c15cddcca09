import type { FieldTable } from '../../bytes/index.js';
import type { PackAlarm } from '../../domain/reading.js';

/** Byte layouts of the cell-info frame. The block before byte 112 shifts by 16, what follows by 32. */
export type JkLayout = 'JK02_24S' | 'JK02_32S';

/** Firmware from this major version on sends the 32S layout. */
export const FIRST_32S_MAJOR = 11;

const CELLS_AT = 6;

/** Cell-info frame up to software 10.x, little-endian. */
const CELL_INFO_24S = {
  cellMask: { at: 54, type: 'u32le' },
  averageMv: { at: 58, type: 'u16le' },
  deltaMv: { at: 60, type: 'u16le' },
  voltageMv: { at: 118, type: 'u32le' },
  powerMw: { at: 122, type: 'u32le' },
  currentMa: { at: 126, type: 's32le' },
  temperature1DeciC: { at: 130, type: 's16le' },
  temperature2DeciC: { at: 132, type: 's16le' },
  mosTemperatureDeciC: { at: 134, type: 's16le' },
  errorBits: { at: 136, type: 'u16le' },
  balanceCurrentMa: { at: 138, type: 's16le' },
  balancing: { at: 140, type: 'u8' },
  socPct: { at: 141, type: 'u8' },
  remainingMah: { at: 142, type: 'u32le' },
  capacityMah: { at: 146, type: 'u32le' },
  cycles: { at: 150, type: 'u32le' },
  totalCycledMah: { at: 154, type: 'u32le' },
  sohPct: { at: 158, type: 'u8' },
  runtimeS: { at: 162, type: 'u32le' },
  chargeMos: { at: 166, type: 'u8' },
  dischargeMos: { at: 167, type: 'u8' },
} as const satisfies FieldTable;

/** Cell-info frame from software 11 on, little-endian. */
const CELL_INFO_32S = {
  cellMask: { at: 70, type: 'u32le' },
  averageMv: { at: 74, type: 'u16le' },
  deltaMv: { at: 76, type: 'u16le' },
  mosTemperatureDeciC: { at: 144, type: 's16le' },
  voltageMv: { at: 150, type: 'u32le' },
  powerMw: { at: 154, type: 'u32le' },
  currentMa: { at: 158, type: 's32le' },
  temperature1DeciC: { at: 162, type: 's16le' },
  temperature2DeciC: { at: 164, type: 's16le' },
  errorBits: { at: 166, type: 'u32le' },
  balanceCurrentMa: { at: 170, type: 's16le' },
  balancing: { at: 172, type: 'u8' },
  socPct: { at: 173, type: 'u8' },
  remainingMah: { at: 174, type: 'u32le' },
  capacityMah: { at: 178, type: 'u32le' },
  cycles: { at: 182, type: 'u32le' },
  totalCycledMah: { at: 186, type: 'u32le' },
  sohPct: { at: 190, type: 'u8' },
  runtimeS: { at: 194, type: 'u32le' },
  chargeMos: { at: 198, type: 'u8' },
  dischargeMos: { at: 199, type: 'u8' },
} as const satisfies FieldTable;

export const CELL_INFO: Readonly<
  Record<
    JkLayout,
    { cellsAt: number; cellSlots: number; fields: typeof CELL_INFO_24S | typeof CELL_INFO_32S }
  >
> = {
  JK02_24S: { cellsAt: CELLS_AT, cellSlots: 24, fields: CELL_INFO_24S },
  JK02_32S: { cellsAt: CELLS_AT, cellSlots: 32, fields: CELL_INFO_32S },
};

/** What an absent temperature sensor reads. */
export const ABSENT_DECI_C = -2000;

/** Settings frame: what the user set, where the cell-info frame tells what is left of it. */
export const SETTINGS_FIELDS = {
  cellCount: { at: 114, type: 'u32le' },
  chargeSwitch: { at: 118, type: 'u32le' },
  dischargeSwitch: { at: 122, type: 'u32le' },
  balanceSwitch: { at: 126, type: 'u32le' },
  designCapacityMah: { at: 130, type: 'u32le' },
} as const satisfies FieldTable;

/** Places of texts in the device-info frame: first byte, length. The password fields behind 62 are never read. */
export const DEVICE_INFO_TEXTS = {
  model: [6, 16],
  hwVersion: [22, 8],
  fwVersion: [30, 8],
  productionDate: [78, 8],
  serial: [86, 16],
} as const;

export const DEVICE_INFO_FIELDS = {
  uptimeS: { at: 38, type: 'u32le' },
  powerOnCount: { at: 42, type: 'u32le' },
} as const satisfies FieldTable;

/** Bits of the error word, both layouts. Reminders and accessories have no name in the list of pack alarms. */
export const ERROR_ALARMS: readonly (PackAlarm | undefined)[] = [
  'cell_fault',
  'mos_over_temperature',
  'config_fault',
  'sensor_fault',
  'cell_over_voltage',
  'pack_over_voltage',
  'charge_over_current',
  'short_circuit',
  'charge_over_temperature',
  'charge_under_temperature',
  'communication_fault',
  'cell_under_voltage',
  'pack_under_voltage',
  'discharge_over_current',
  'short_circuit',
  'discharge_over_temperature',
  'charge_mos_fault',
  'discharge_mos_fault',
  undefined,
  undefined,
  'discharge_mos_fault',
  'over_temperature',
  'sensor_fault',
  'communication_fault',
];

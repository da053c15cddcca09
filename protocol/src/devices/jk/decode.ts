import { bitSet, fixedText, readField, readFields, readNumbers } from '../../bytes/index.js';
import { emptyReading, type PackReading } from '../../domain/reading.js';
import { alarmsOfBits } from '../alarm-bits.js';
import {
  ABSENT_DECI_C,
  CELL_INFO,
  DEVICE_INFO_FIELDS,
  DEVICE_INFO_TEXTS,
  ERROR_ALARMS,
  FIRST_32S_MAJOR,
  type JkLayout,
  SETTINGS_FIELDS,
} from './fields.js';
import type { JkFrame } from './frame.js';

/** Identity of the device, and by its firmware the layout of the cell-info frames. Passwords in the frame are not read. */
export type JkDeviceInfo = {
  type: 'deviceInfo';
  reading: PackReading;
  layout: JkLayout;
  uptimeS: number;
  powerOnCount: number;
};

export type JkCellInfo = {
  type: 'cellInfo';
  /** Empty when the frame does not fit the layout: {@link fitsLayout}. */
  reading: PackReading;
  averageMv: number;
  deltaMv: number;
  /** Without direction. */
  powerMw: number;
  balanceCurrentMa: number;
  balancing: boolean;
  totalCycledMah: number;
  runtimeS: number;
  /** Error word as sent. */
  problemCode: number;
};

export type JkSettings = {
  type: 'settings';
  reading: PackReading;
  cellCount: number;
  settingsCapacityMah: number;
  chargeSwitch: boolean;
  dischargeSwitch: boolean;
  balanceSwitch: boolean;
};

export type JkAnswer = JkDeviceInfo | JkCellInfo | JkSettings;

/**
 * Meaning of a sound frame. `layout` is what the device-info frame told; without it the layout that explains the cell
 * voltages is taken.
 */
export function decodeAnswer(frame: JkFrame, layout?: JkLayout): JkAnswer {
  switch (frame.type) {
    case 'deviceInfo':
      return decodeDeviceInfo(frame.bytes);
    case 'cellInfo':
      return decodeCellInfo(frame.bytes, layout ?? likelyLayout(frame.bytes));
    case 'settings':
      return decodeSettings(frame.bytes);
  }
}

/** Layout of a firmware version such as `10.08` or `7.1.0H`. */
export function layoutOfFirmware(version: string): JkLayout {
  return Number.parseInt(version, 10) >= FIRST_32S_MAJOR ? 'JK02_32S' : 'JK02_24S';
}

/** The layout in which the pack voltage is nearest to the sum of the cells. */
export function likelyLayout(bytes: Uint8Array): JkLayout {
  return mismatchMv(bytes, 'JK02_24S') <= mismatchMv(bytes, 'JK02_32S') ? 'JK02_24S' : 'JK02_32S';
}

/**
 * True when pack voltage and sum of the cells are of one size. Boards with a layout that is not read (hardware 3.x sends
 * floats) fail it; a pack that lost some of its sense wires does not.
 */
export function fitsLayout(bytes: Uint8Array, layout: JkLayout): boolean {
  return mismatchMv(bytes, layout) <= readField(bytes, CELL_INFO[layout].fields.voltageMv) / 2;
}

function mismatchMv(bytes: Uint8Array, layout: JkLayout): number {
  const sum = enabledCells(bytes, layout).reduce((total, cell) => total + cell, 0);
  if (sum === 0) return Number.POSITIVE_INFINITY;
  return Math.abs(readField(bytes, CELL_INFO[layout].fields.voltageMv) - sum);
}

function enabledCells(bytes: Uint8Array, layout: JkLayout): number[] {
  const { cellsAt, cellSlots, fields } = CELL_INFO[layout];
  const mask = readField(bytes, fields.cellMask);
  return readNumbers(bytes, cellsAt, 'u16le', cellSlots).filter((_, slot) => bitSet(mask, slot));
}

function decodeCellInfo(bytes: Uint8Array, layout: JkLayout): JkCellInfo {
  const values = readFields(bytes, CELL_INFO[layout].fields);
  const { voltageMv, currentMa, socPct, sohPct, remainingMah, capacityMah, cycles, errorBits } = values;
  const sensors = [values.temperature1DeciC, values.temperature2DeciC];
  const reading: PackReading = {
    ...emptyReading(),
    voltageMv,
    currentMa,
    socPct,
    sohPct,
    remainingMah,
    capacityMah,
    cycles,
    cellMv: enabledCells(bytes, layout),
    temperaturesDeciC: sensors.filter((deciC) => deciC !== ABSENT_DECI_C),
    chargeMos: values.chargeMos === 1,
    dischargeMos: values.dischargeMos === 1,
    protectionBits: errorBits,
    alarms: [...new Set(alarmsOfBits(errorBits, ERROR_ALARMS, 'error', 32))],
  };
  if (values.mosTemperatureDeciC !== ABSENT_DECI_C) reading.mosTemperatureDeciC = values.mosTemperatureDeciC;
  const { averageMv, deltaMv, powerMw, balanceCurrentMa, totalCycledMah, runtimeS } = values;
  const balancing = values.balancing !== 0;
  const rest = { averageMv, deltaMv, powerMw, balanceCurrentMa, balancing, totalCycledMah, runtimeS };
  const believed = fitsLayout(bytes, layout) ? reading : emptyReading();
  return { type: 'cellInfo', reading: believed, ...rest, problemCode: errorBits };
}

function decodeDeviceInfo(bytes: Uint8Array): JkDeviceInfo {
  const text = ([at, length]: readonly [number, number]): string =>
    fixedText(bytes.subarray(at, at + length));
  const fwVersion = text(DEVICE_INFO_TEXTS.fwVersion);
  const reading: PackReading = {
    ...emptyReading(),
    model: text(DEVICE_INFO_TEXTS.model),
    hwVersion: text(DEVICE_INFO_TEXTS.hwVersion),
    fwVersion,
    serial: text(DEVICE_INFO_TEXTS.serial),
  };
  const date = /^(\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/.exec(text(DEVICE_INFO_TEXTS.productionDate));
  if (date) reading.productionDate = `20${date[1]}-${date[2]}-${date[3]}`;
  return {
    type: 'deviceInfo',
    reading,
    layout: layoutOfFirmware(fwVersion),
    ...readFields(bytes, DEVICE_INFO_FIELDS),
  };
}

function decodeSettings(bytes: Uint8Array): JkSettings {
  const values = readFields(bytes, SETTINGS_FIELDS);
  return {
    type: 'settings',
    reading: { ...emptyReading(), designCapacityMah: values.designCapacityMah },
    cellCount: values.cellCount,
    settingsCapacityMah: values.designCapacityMah,
    chargeSwitch: values.chargeSwitch !== 0,
    dischargeSwitch: values.dischargeSwitch !== 0,
    balanceSwitch: values.balanceSwitch !== 0,
  };
}

import { bitSet, fixedText, readFields, readNumbers, tableLength } from '../../bytes/index.js';
import {
  type DecodeResult,
  decoded,
  emptyReading,
  type PackReading,
  undecodable,
} from '../../domain/reading.js';
import { alarmsOfBits } from '../alarm-bits.js';
import { jbdCommand } from './commands.js';
import { BASIC_INFO_FIELDS, ERROR_COUNTERS, KELVIN_OFFSET, PROTECTION_ALARMS } from './fields.js';
import type { JbdFrame } from './frame.js';

export type JbdErrorCounters = Record<(typeof ERROR_COUNTERS)[number], number>;

/** What one answer says. Merge the readings of 03, 04 and 05 to get the pack. */
export type JbdAnswer =
  | { command: 'basicInfo'; reading: PackReading; cellCount: number }
  | { command: 'cellVoltages'; reading: PackReading }
  | { command: 'deviceName'; reading: PackReading }
  | { command: 'errorCounters'; counters: JbdErrorCounters };

/** Meaning of a sound frame. The caller compares `frame.command` with what it asked for. */
export function decodeAnswer(frame: JbdFrame): DecodeResult<JbdAnswer> {
  switch (jbdCommand(frame.command)) {
    case 'basicInfo':
      return decodeBasicInfo(frame.data);
    case 'cellVoltages':
      return decodeCellVoltages(frame.data);
    case 'deviceName': {
      // The module reports one text; packs name themselves by it, boards by their hardware type.
      const name = fixedText(frame.data);
      const reading: PackReading = { ...emptyReading(), model: name, hwVersion: name };
      return decoded({ command: 'deviceName', reading });
    }
    case 'errorCounters':
      return decodeErrorCounters(frame.data);
    default:
      return undecodable('unknown_type', `command ${frame.command.toString(16)} is not read`);
  }
}

function decodeBasicInfo(data: Uint8Array): DecodeResult<JbdAnswer> {
  const sensorsAt = tableLength(BASIC_INFO_FIELDS);
  if (data.length < sensorsAt) {
    return undecodable('length', `basic info has ${data.length} bytes, at least ${sensorsAt} needed`);
  }
  const fields = readFields(data, BASIC_INFO_FIELDS);
  if (data.length < sensorsAt + 2 * fields.sensorCount) {
    return undecodable('length', `basic info ends inside its ${fields.sensorCount} temperatures`);
  }
  // Bytes after the temperatures belong to boards with extra sensors; real firmware repeats capacities there.
  const reading: PackReading = {
    ...emptyReading(),
    voltageMv: fields.voltageMv,
    currentMa: fields.currentMa,
    socPct: fields.socPct,
    remainingMah: fields.remainingMah,
    capacityMah: fields.capacityMah,
    cycles: fields.cycles,
    temperaturesDeciC: readNumbers(data, sensorsAt, 'u16be', fields.sensorCount).map(
      (raw) => raw + KELVIN_OFFSET,
    ),
    chargeMos: bitSet(fields.fet, 0),
    dischargeMos: bitSet(fields.fet, 1),
    fwVersion: `${fields.version >> 4}.${fields.version & 15}`,
    protectionBits: fields.protectionBits,
    balanceBits: fields.balanceLow + fields.balanceHigh * 0x10000,
    alarms: alarmsOfBits(fields.protectionBits, PROTECTION_ALARMS, 'protection'),
  };
  const productionDate = packedDate(fields.date);
  if (productionDate !== undefined) reading.productionDate = productionDate;
  return decoded({ command: 'basicInfo', reading, cellCount: fields.cellCount });
}

function decodeCellVoltages(data: Uint8Array): DecodeResult<JbdAnswer> {
  if (data.length === 0 || data.length % 2 !== 0) {
    return undecodable('length', `cell voltages have ${data.length} bytes, an even number is needed`);
  }
  const reading = { ...emptyReading(), cellMv: readNumbers(data, 0, 'u16be', data.length / 2) };
  return decoded({ command: 'cellVoltages', reading });
}

function decodeErrorCounters(data: Uint8Array): DecodeResult<JbdAnswer> {
  if (data.length < 2 * ERROR_COUNTERS.length) {
    return undecodable('length', `error counters have ${data.length} bytes`);
  }
  const values = readNumbers(data, 0, 'u16be', ERROR_COUNTERS.length);
  const counters = Object.fromEntries(ERROR_COUNTERS.map((name, i) => [name, values[i] ?? 0]));
  return decoded({ command: 'errorCounters', counters: counters as JbdErrorCounters });
}

/** Date word: 7 bits year since 2000, 4 bits month, 5 bits day. Undefined when it is no date. */
function packedDate(word: number): string | undefined {
  const month = (word >> 5) & 15;
  const day = word & 31;
  if (month < 1 || month > 12 || day < 1) return undefined;
  return `${2000 + (word >> 9)}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

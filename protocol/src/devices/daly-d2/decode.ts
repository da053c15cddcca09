import { fixedText, readFields, readNumber, readNumbers } from '../../bytes/index.js';
import {
  type DecodeResult,
  decoded,
  emptyReading,
  type PackReading,
  undecodable,
} from '../../domain/reading.js';
import { alarmsOfBits } from '../alarm-bits.js';
import { DALY_D2_BLOCKS, type DalyD2Block } from './commands.js';
import {
  ALARM_FIELDS,
  BLOCK_BYTES,
  CELL_SLOTS,
  MOS_REGISTER,
  NO_SENSOR,
  SENSOR_SLOTS,
  SENSORS_AT,
  STATES,
  STATUS_FIELDS,
  TEMPERATURE_OFFSET,
  VERSION_CHARS,
} from './fields.js';
import type { DalyD2Frame } from './frame.js';

/** What one answer says. Merge the readings of all blocks to get the pack. */
export type DalyD2Answer =
  | {
      block: 'status';
      reading: PackReading;
      cellCount: number;
      temperatureCount: number;
      state: string;
      balancing: boolean;
      averageMv: number;
      deltaMv: number;
      maxCellMv: number;
      minCellMv: number;
      powerW: number;
    }
  | { block: 'mosTemperature'; reading: PackReading }
  | { block: 'versions'; reading: PackReading };

/** Meaning of an answer. `asked` is the block that was requested; without it the length tells. */
export function decodeAnswer(frame: DalyD2Frame, asked?: DalyD2Block): DecodeResult<DalyD2Answer> {
  const { data } = frame;
  const block = asked ?? blockOfLength(data.length);
  if (!block || !(BLOCK_BYTES[block] as readonly number[]).includes(data.length)) {
    return undecodable('length', `${data.length} bytes are no answer to ${asked ?? 'a block that is read'}`);
  }
  switch (block) {
    case 'status':
      return decodeStatus(data);
    case 'mosTemperature': {
      const at = (MOS_REGISTER - DALY_D2_BLOCKS.mosTemperature.register) * 2;
      return decoded({ block, reading: { ...emptyReading(), ...mosTemperature(data, at) } });
    }
    case 'versions': {
      const fwVersion = fixedText(data.subarray(0, VERSION_CHARS));
      const hwVersion = fixedText(data.subarray(VERSION_CHARS, 2 * VERSION_CHARS));
      return decoded({ block, reading: { ...emptyReading(), fwVersion, hwVersion } });
    }
  }
}

function blockOfLength(length: number): DalyD2Block | undefined {
  const found = Object.entries(BLOCK_BYTES).find(([, lengths]) =>
    (lengths as readonly number[]).includes(length),
  );
  return found?.[0] as DalyD2Block | undefined;
}

function decodeStatus(data: Uint8Array): DecodeResult<DalyD2Answer> {
  const values = readFields(data, STATUS_FIELDS);
  const { voltageMv, currentMa, socPct, remainingMah, cycles, cellCount, sensorCount } = values;
  if (cellCount > CELL_SLOTS || sensorCount > SENSOR_SLOTS) {
    return undecodable('length', `${cellCount} cells and ${sensorCount} sensors do not fit the block`);
  }
  const reading: PackReading = {
    ...emptyReading(),
    voltageMv,
    currentMa,
    socPct,
    remainingMah,
    cycles,
    cellMv: readNumbers(data, 0, 'u16be', cellCount),
    temperaturesDeciC: readNumbers(data, SENSORS_AT, 'u16be', sensorCount).map(
      (raw) => (raw + TEMPERATURE_OFFSET) * 10,
    ),
    ...mosTemperature(data, MOS_REGISTER * 2),
    chargeMos: values.chargeMos === 1,
    dischargeMos: values.dischargeMos === 1,
    alarms: ALARM_FIELDS.flatMap((field) => alarmsOfBits(values[field], [], field)),
  };
  const { averageMv, deltaMv, maxCellMv, minCellMv, powerW } = values;
  return decoded({
    block: 'status',
    reading,
    cellCount,
    temperatureCount: sensorCount,
    state: STATES[values.state] ?? `state_${values.state}`,
    balancing: values.balancing !== 0,
    ...{ averageMv, deltaMv, maxCellMv, minCellMv, powerW },
  });
}

function mosTemperature(data: Uint8Array, at: number): Pick<PackReading, 'mosTemperatureDeciC'> {
  if (at + 2 > data.length) return {};
  const raw = readNumber(data, at, 'u16be');
  if ((NO_SENSOR as readonly number[]).includes(raw)) return {};
  return { mosTemperatureDeciC: (raw + TEMPERATURE_OFFSET) * 10 };
}

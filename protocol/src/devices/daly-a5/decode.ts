import { bitSet, byteAt, readNumber, readNumbers } from '../../bytes/index.js';
import {
  type DecodeResult,
  decoded,
  emptyReading,
  type PackReading,
  undecodable,
} from '../../domain/reading.js';
import { dalyA5Command } from './commands.js';
import type { DalyA5Frame } from './frame.js';

/** One answer. Cells and temperatures come in several numbered frames; {@link dalyA5Pack} puts a round together. */
export type DalyA5Answer =
  | { command: 'soc'; reading: PackReading }
  | { command: 'cellRange'; maxCellMv: number; maxCellIndex: number; minCellMv: number; minCellIndex: number }
  | { command: 'temperatureRange'; maxTemperatureDeciC: number; minTemperatureDeciC: number }
  | { command: 'mosStatus'; reading: PackReading; state: string }
  | { command: 'statusInfo'; reading: PackReading; cellCount: number; temperatureCount: number }
  | { command: 'cellVoltages'; part: number; cellMv: number[] }
  | { command: 'temperatures'; part: number; temperaturesDeciC: number[] }
  | { command: 'faults'; reading: PackReading; faultCode: number };

const STATES: Readonly<Record<number, string>> = { 0: 'idle', 1: 'charge', 2: 'discharge' };
const CURRENT_ZERO = 30_000;
const TEMPERATURE_OFFSET = -40;
/** Cells and temperatures in one numbered frame. */
const CELLS_PER_FRAME = 3;
const SENSORS_PER_FRAME = 7;
const FAULT_BYTES = 7;

/** Meaning of a sound frame. The caller compares the command with what it asked for. */
export function decodeAnswer({ command, data }: DalyA5Frame): DecodeResult<DalyA5Answer> {
  const u16 = (at: number): number => readNumber(data, at, 'u16be');
  const deciC = (at: number): number => (byteAt(data, at) + TEMPERATURE_OFFSET) * 10;
  switch (dalyA5Command(command)) {
    case 'soc': {
      // Above 30000 the pack discharges: the opposite of the D2 protocol of the same maker.
      const currentMa = (CURRENT_ZERO - u16(4)) * 100;
      return decoded({
        command: 'soc',
        reading: { ...emptyReading(), voltageMv: u16(0) * 100, currentMa, socPct: u16(6) / 10 },
      });
    }
    case 'cellRange':
      return decoded({
        command: 'cellRange',
        maxCellMv: u16(0),
        maxCellIndex: byteAt(data, 2),
        minCellMv: u16(3),
        minCellIndex: byteAt(data, 5),
      });
    case 'temperatureRange':
      return decoded({
        command: 'temperatureRange',
        maxTemperatureDeciC: deciC(0),
        minTemperatureDeciC: deciC(2),
      });
    case 'mosStatus': {
      const state = byteAt(data, 0);
      const reading = {
        ...emptyReading(),
        chargeMos: byteAt(data, 1) === 1,
        dischargeMos: byteAt(data, 2) === 1,
        remainingMah: readNumber(data, 4, 'u32be'),
      };
      return decoded({ command: 'mosStatus', reading, state: STATES[state] ?? `state_${state}` });
    }
    case 'statusInfo':
      return decoded({
        command: 'statusInfo',
        reading: { ...emptyReading(), cycles: u16(5) },
        cellCount: byteAt(data, 0),
        temperatureCount: byteAt(data, 1),
      });
    case 'cellVoltages':
      return decoded({
        command: 'cellVoltages',
        part: byteAt(data, 0),
        cellMv: readNumbers(data, 1, 'u16be', CELLS_PER_FRAME),
      });
    case 'temperatures': {
      const raw = readNumbers(data, 1, 'u8', SENSORS_PER_FRAME);
      const temperaturesDeciC = raw.map((value) => (value + TEMPERATURE_OFFSET) * 10);
      return decoded({ command: 'temperatures', part: byteAt(data, 0), temperaturesDeciC });
    }
    case 'faults': {
      const alarms: string[] = [];
      for (let at = 0; at < FAULT_BYTES; at += 1) {
        for (let bit = 0; bit < 8; bit += 1)
          if (bitSet(byteAt(data, at), bit)) alarms.push(`fault_${at}_bit_${bit}`);
      }
      const reading = { ...emptyReading(), alarms };
      return decoded({ command: 'faults', reading, faultCode: byteAt(data, FAULT_BYTES) });
    }
    default:
      return undecodable('unknown_type', `command ${command.toString(16)} is not read`);
  }
}

/**
 * Cells and temperatures of one polling round in order, cut at the counts of `statusInfo`. Empty while a part is missing
 * or the count is not known: half a pack would look like dead cells.
 */
export function dalyA5Lists(
  answers: readonly DalyA5Answer[],
): Pick<PackReading, 'cellMv' | 'temperaturesDeciC'> {
  const counts = answers.find((answer) => answer.command === 'statusInfo');
  const cells = new Map<number, number[]>();
  const sensors = new Map<number, number[]>();
  for (const answer of answers) {
    if (answer.command === 'cellVoltages') cells.set(answer.part, answer.cellMv);
    if (answer.command === 'temperatures') sensors.set(answer.part, answer.temperaturesDeciC);
  }
  return {
    cellMv: inOrder(cells, counts?.cellCount ?? 0),
    temperaturesDeciC: inOrder(sensors, counts?.temperatureCount ?? 0),
  };
}

function inOrder(parts: ReadonlyMap<number, number[]>, count: number): number[] {
  const values: number[] = [];
  for (let part = 1; values.length < count; part += 1) {
    const next = parts.get(part);
    if (!next) return [];
    values.push(...next);
  }
  return values.slice(0, count);
}

import { byteAt, readNumber, readNumbers } from '../../bytes/index.js';
import {
  type DecodeResult,
  decoded,
  emptyReading,
  type PackReading,
  undecodable,
} from '../../domain/reading.js';
import { socPctOf } from '../soc.js';
import { KELVIN_OFFSET } from './fields.js';

/** A record that the pack keeps of an earlier moment (answer to A1). It is no live reading. */
export type PaceHistory = {
  command: 'history';
  /** Local time of the pack, `YYYY-MM-DDThh:mm:ss`. */
  recordedAt: string;
  reading: PackReading;
};

/** INFO of the answer to A1: date and time, cells, temperatures, current, voltage, capacities, then event bytes. */
export function decodeHistory(info: Uint8Array): DecodeResult<PaceHistory> {
  const cut = undecodable('length', `history INFO of ${info.length} bytes does not fit its counts`);
  const cells = info[6];
  if (cells === undefined || cells === 0) return cut;
  const sensors = info[7 + 2 * cells];
  if (sensors === undefined) return cut;
  const sensorsAt = 8 + 2 * cells;
  const restAt = sensorsAt + 2 * sensors;
  if (restAt + 8 > info.length) return cut;
  const recordedAt = timestamp(info);
  if (recordedAt === undefined) return undecodable('length', 'the record does not begin with a date');
  const remainingMah = readNumber(info, restAt + 4, 'u16be') * 10;
  const capacityMah = readNumber(info, restAt + 6, 'u16be') * 10;
  const socPct = socPctOf(remainingMah, capacityMah);
  const reading: PackReading = {
    ...emptyReading(),
    currentMa: readNumber(info, restAt, 's16be') * 10,
    voltageMv: readNumber(info, restAt + 2, 'u16be'),
    remainingMah,
    capacityMah,
    ...(socPct !== undefined && { socPct }),
    cellMv: readNumbers(info, 7, 'u16be', cells),
    temperaturesDeciC: readNumbers(info, sensorsAt, 'u16be', sensors).map((raw) => raw + KELVIN_OFFSET),
  };
  return decoded({ command: 'history', recordedAt, reading });
}

function timestamp(info: Uint8Array): string | undefined {
  const parts = [0, 1, 2, 3, 4, 5].map((at) => byteAt(info, at));
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59)
    return undefined;
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${2000 + year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}`;
}

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

/** Values of one or more packs, in the order of the wire (master first). */
export type PylontechAnalog = {
  command: 'analog';
  /** A switch or alarm changed since it was last read (info flag bits 0 and 4). */
  infoFlag: number;
  /** The byte after the flag: the number of packs, or the pack that was asked for. Not used to count. */
  packOrCount: number;
  packs: PackReading[];
};

/** Capacity fields hold this when the value needs the 24-bit fields that follow. */
const EXTENDED = 0xffff;
const ITEMS_WITH_EXTENSION = 4;

/** INFO of the answer to 42. Packs are read until INFO ends: the count byte is not reliable. */
export function decodeAnalog(info: Uint8Array): DecodeResult<PylontechAnalog> {
  if (info.length < 3) return undecodable('length', `analog INFO has ${info.length} bytes`);
  const packs: PackReading[] = [];
  let at = 2;
  while (at < info.length) {
    const pack = decodePack(info, at);
    if (!pack.ok) return pack;
    packs.push(pack.value.reading);
    at = pack.value.end;
  }
  return decoded({ command: 'analog', infoFlag: byteAt(info, 0), packOrCount: byteAt(info, 1), packs });
}

function decodePack(info: Uint8Array, start: number): DecodeResult<{ reading: PackReading; end: number }> {
  const cut = undecodable('length', `analog INFO ends inside the pack that starts at byte ${start}`);
  const cells = byteAt(info, start);
  if (cells === 0) return undecodable('length', `the pack at byte ${start} says it has no cells`);
  const sensorsAt = start + 1 + 2 * cells;
  if (sensorsAt >= info.length) return cut;
  const sensors = byteAt(info, sensorsAt);
  const restAt = sensorsAt + 1 + 2 * sensors;
  if (restAt + 11 > info.length) return cut;
  const items = byteAt(info, restAt + 6);
  const end = restAt + (items >= ITEMS_WITH_EXTENSION ? 17 : 11);
  if (end > info.length) return cut;

  const remaining = readNumber(info, restAt + 4, 'u16be');
  const capacity = readNumber(info, restAt + 7, 'u16be');
  const long = items >= ITEMS_WITH_EXTENSION;
  const reading: PackReading = {
    ...emptyReading(),
    voltageMv: readNumber(info, restAt + 2, 'u16be'),
    currentMa: readNumber(info, restAt, 's16be') * 100,
    cycles: readNumber(info, restAt + 9, 'u16be'),
    cellMv: readNumbers(info, start + 1, 'u16be', cells),
    temperaturesDeciC: readNumbers(info, sensorsAt + 1, 'u16be', sensors).map((raw) => raw + KELVIN_OFFSET),
  };
  if (remaining !== EXTENDED) reading.remainingMah = remaining;
  else if (long) reading.remainingMah = readNumber(info, restAt + 11, 'u24be');
  if (capacity !== EXTENDED) reading.capacityMah = capacity;
  else if (long) reading.capacityMah = readNumber(info, restAt + 14, 'u24be');
  const socPct = socPctOf(reading.remainingMah, reading.capacityMah);
  if (socPct !== undefined) reading.socPct = socPct;
  return decoded({ reading, end });
}

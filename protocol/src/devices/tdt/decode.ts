import { bitSet, byteAt, fixedText, readNumber, readNumbers } from '../../bytes/index.js';
import {
  type DecodeResult,
  decoded,
  emptyReading,
  type PackReading,
  undecodable,
} from '../../domain/reading.js';
import { alarmsOfBits } from '../alarm-bits.js';
import type { Binary7eFrame } from '../binary-7e/frame.js';
import { TDT_COMMANDS } from './commands.js';

const KELVIN_OFFSET = -2731;
/** Current: 14 bits of 0.1 A; bit 15 set while discharging. */
const CURRENT_MASK = 0x3fff;
const DISCHARGE_BIT = 15;
/** After the lists of the status answer: protection word, switches. */
const STATUS = { protection: 6, switches: 8, length: 9 } as const;
const SWITCH_BIT = { discharge: 1, charge: 2 } as const;
/** Three texts of the versions answer. */
const VERSION_TEXT = 20;

/** What one answer says; merge the readings to get the pack. */
export function decodeAnswer({ command, data }: Binary7eFrame): DecodeResult<PackReading> {
  switch (command) {
    case TDT_COMMANDS.analog:
      return decodeAnalog(data);
    case TDT_COMMANDS.status:
      return decodeStatus(data);
    case TDT_COMMANDS.versions: {
      const [fwVersion = '', , serial = ''] = [0, 1, 2].map((i) =>
        fixedText(data.subarray(i * VERSION_TEXT, (i + 1) * VERSION_TEXT)),
      );
      return decoded({ ...emptyReading(), fwVersion, serial });
    }
    default:
      return undecodable('unknown_type', `function ${command.toString(16)} is not read`);
  }
}

function decodeAnalog(data: Uint8Array): DecodeResult<PackReading> {
  const cut = undecodable('length', `analog data of ${data.length} bytes ends too early`);
  const cells = data[0] ?? 0;
  const sensors = data[1 + 2 * cells];
  if (cells === 0 || sensors === undefined) return cut;
  const sensorsAt = 2 + 2 * cells;
  const at = sensorsAt + 2 * sensors;
  if (at + 14 > data.length) return cut;
  const rawCurrent = readNumber(data, at, 'u16be');
  const magnitudeMa = (rawCurrent & CURRENT_MASK) * 100;
  return decoded({
    ...emptyReading(),
    currentMa: bitSet(rawCurrent, DISCHARGE_BIT) && magnitudeMa > 0 ? -magnitudeMa : magnitudeMa,
    voltageMv: readNumber(data, at + 2, 'u16be') * 10,
    remainingMah: readNumber(data, at + 4, 'u16be') * 100,
    cycles: readNumber(data, at + 8, 'u16be'),
    socPct: readNumber(data, at + 12, 'u16be'),
    cellMv: readNumbers(data, 1, 'u16be', cells),
    temperaturesDeciC: readNumbers(data, sensorsAt, 'u16be', sensors).map((raw) => raw + KELVIN_OFFSET),
  });
}

function decodeStatus(data: Uint8Array): DecodeResult<PackReading> {
  const cut = undecodable('length', `status data of ${data.length} bytes ends too early`);
  const cells = data[0] ?? 0;
  const sensors = data[1 + cells];
  if (cells === 0 || sensors === undefined) return cut;
  const at = cells + sensors;
  if (at + STATUS.length > data.length) return cut;
  const protectionBits = readNumber(data, at + STATUS.protection, 'u16be');
  const switches = byteAt(data, at + STATUS.switches);
  return decoded({
    ...emptyReading(),
    protectionBits,
    dischargeMos: bitSet(switches, SWITCH_BIT.discharge),
    chargeMos: bitSet(switches, SWITCH_BIT.charge),
    alarms: alarmsOfBits(protectionBits, [], 'protection'),
  });
}

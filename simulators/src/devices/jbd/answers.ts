import type { PackSnapshot } from '../../physics/pack.js';
import type { ProtectionFlag } from '../../physics/protections.js';
import { createByteSink, kelvinWord } from '../byte-sink.js';

/** Bit numbers of the protection word (JBD basic information, byte 16). */
const PROTECTION_BITS: readonly (readonly [ProtectionFlag, number])[] = [
  ['cell-over-voltage', 0],
  ['cell-under-voltage', 1],
  ['charge-over-temperature', 4],
  ['charge-under-temperature', 5],
  ['discharge-over-temperature', 6],
  ['charge-over-current', 8],
  ['discharge-over-current', 9],
];

/** What a JBD board was given at the factory. */
export interface JbdBoard {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  /** 0x22 = 2.2. */
  readonly softwareVersion: number;
  /** Temperature sensors that are fitted. */
  readonly sensors: number;
}

/** Command 03, basic information. */
export function basicInfo(pack: PackSnapshot, board: JbdBoard): Uint8Array {
  const balance = pack.balancing.reduce((bits, on, i) => bits | (on && i < 32 ? 2 ** i : 0), 0);
  const protection = PROTECTION_BITS.reduce(
    (bits, [flag, bit]) => bits | (pack.protections.has(flag) ? 1 << bit : 0),
    0,
  );
  const sensors = pack.temperaturesDeciC.slice(0, board.sensors);
  const sink = createByteSink()
    .u16be(Math.round(pack.voltageMv / 10))
    .u16be(Math.round(pack.currentMa / 10))
    .u16be(Math.round(pack.remainingMah / 10))
    .u16be(Math.round(pack.capacityMah / 10))
    .u16be(pack.cycles)
    .u16be(((board.year - 2000) << 9) | (board.month << 5) | board.day)
    .u16be(balance & 0xffff)
    .u16be(balance >>> 16)
    .u16be(protection)
    .u8(board.softwareVersion)
    .u8(Math.round(pack.socPct))
    .u8((pack.chargeMos ? 1 : 0) | (pack.dischargeMos ? 2 : 0))
    .u8(pack.seriesCells)
    .u8(sensors.length);
  for (const deciC of sensors) sink.u16be(kelvinWord(deciC));
  return sink.done();
}

/** Command 04: cell voltages. */
export function cellVoltages(pack: PackSnapshot): Uint8Array {
  const sink = createByteSink();
  for (const mv of pack.cellMv) sink.u16be(mv);
  return sink.done();
}

/** Command 05: the name of the electronics. */
export function deviceName(pack: Pick<PackSnapshot, 'seriesCells'>): Uint8Array {
  const name = `JBD-SP${String(pack.seriesCells).padStart(2, '0')}S030-VB`;
  return createByteSink().text(name, name.length).done();
}

/** Command AA: eleven error counters and a spare word. */
export function errorCounters(counters: readonly number[]): Uint8Array {
  const sink = createByteSink();
  for (let i = 0; i < 12; i += 1) sink.u16be(counters[i] ?? 0);
  return sink.done();
}

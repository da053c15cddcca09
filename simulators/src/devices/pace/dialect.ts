import type { PackSnapshot } from '../../physics/pack.js';
import { alarmLevel } from '../alarm-level.js';
import { type AsciiDialect, type AsciiHandler, RTN } from '../ascii-bus/bus.js';
import { createByteSink } from '../byte-sink.js';

/** PACE counts kelvin from 273.0, not 273.1: confirmed by the vendor's own tool. */
const KELVIN_OFFSET = 2730;
const SPACE = 0x20;
const centi = (milli: number) => Math.round(milli / 10);

/** Four cell groups, MOSFET, environment. */
function wireTemperatures(pack: PackSnapshot): number[] {
  const [a = 0, b = a, c = a, d = a] = pack.temperaturesDeciC;
  return [a, b, c, d, pack.mosTemperatureDeciC, Math.min(a, b, c, d)];
}

/** Command 42, analog values. */
export function paceAnalog(
  number: number,
  pack: PackSnapshot,
  temperaturesDeciC = wireTemperatures(pack),
): Uint8Array {
  const sink = createByteSink().u8(0).u8(number).u8(pack.cellMv.length);
  for (const mv of pack.cellMv) sink.u16be(mv);
  sink.u8(temperaturesDeciC.length);
  for (const deciC of temperaturesDeciC) sink.u16be(deciC + KELVIN_OFFSET);
  return sink
    .u16be(centi(pack.currentMa))
    .u16be(pack.voltageMv)
    .u16be(centi(pack.remainingMah))
    .u8(0x03)
    .u16be(centi(pack.capacityMah))
    .u16be(pack.cycles)
    .u16be(centi(pack.designCapacityMah))
    .done();
}

/** Command 44, states. */
export function paceStatus(number: number, pack: PackSnapshot): Uint8Array {
  const { limits, protections } = pack;
  const has = (flag: Parameters<typeof protections.has>[0]) => protections.has(flag);
  const sink = createByteSink().u8(0).u8(number).u8(pack.cellMv.length);
  for (const mv of pack.cellMv) sink.u8(alarmLevel(mv, limits.underVoltageMv, limits.overVoltageMv));
  const temperatures = wireTemperatures(pack);
  sink.u8(temperatures.length);
  for (const deciC of temperatures)
    sink.u8(alarmLevel(deciC, limits.chargeMinC * 10, limits.dischargeMaxC * 10));
  const protection1 =
    (has('cell-over-voltage') ? 0x01 : 0) |
    (has('cell-under-voltage') ? 0x02 : 0) |
    (has('charge-over-current') ? 0x10 : 0) |
    (has('discharge-over-current') ? 0x20 : 0);
  const protection2 =
    (has('charge-over-temperature') ? 0x01 : 0) |
    (has('discharge-over-temperature') ? 0x02 : 0) |
    (has('charge-under-temperature') ? 0x04 : 0);
  const system =
    (pack.chargeMos ? 0x02 : 0) |
    (pack.dischargeMos ? 0x04 : 0) |
    (pack.currentMa < 0 ? 0x08 : 0) |
    (pack.currentMa > 0 ? 0x20 : 0);
  const balance = pack.balancing.reduce((bits, on, i) => bits | (on && i < 16 ? 1 << i : 0), 0);
  return sink
    .bytes([0, 0, 0])
    .bytes([protection1, protection2, system, 0, 0])
    .bytes([balance & 0xff, balance >> 8, 0, 0])
    .done();
}

/** Command C1: hardware version, space padded to 19 characters and ended by NUL. */
export function paceHardwareVersion(version: string): Uint8Array {
  return createByteSink().text(version, 19, SPACE).u8(0).done();
}

/** Command C2: serial number, space padded. */
export function paceSerialNumber(serial: string): Uint8Array {
  return createByteSink().text(serial, 40, SPACE).done();
}

const answered = (info: Uint8Array) => ({ rtn: RTN.ok, info });

/** PACE (P16S100A and relabelled ones), protocol version 25. */
export const paceDialect: AsciiDialect = {
  ver: 0x25,
  cid1: 0x46,
  lenientLength: false,
  turnaroundMs: 15,
  commands: new Map<number, AsciiHandler>([
    [0x42, (request, self) => answered(paceAnalog(request.adr, self))],
    [0x44, (request, self) => answered(paceStatus(request.adr, self))],
    [0xc1, (_request, self) => answered(paceHardwareVersion(`P${self.seriesCells}S100A-VB-1.00`))],
    [0xc2, (_request, self) => answered(paceSerialNumber(self.serial))],
  ]),
};

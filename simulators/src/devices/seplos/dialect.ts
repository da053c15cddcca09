import type { PackSnapshot } from '../../physics/pack.js';
import { alarmLevel } from '../alarm-level.js';
import { type AsciiDialect, type AsciiHandler, RTN } from '../ascii-bus/bus.js';
import { createByteSink, kelvinWord } from '../byte-sink.js';

const centi = (milli: number) => Math.round(milli / 10);
const SPACE = 0x20;

/** Four cell groups, ambient, MOSFET. */
function wireTemperatures(pack: PackSnapshot): number[] {
  const [a = 0, b = a, c = a, d = a] = pack.temperaturesDeciC;
  return [a, b, c, d, Math.min(a, b, c, d), pack.mosTemperatureDeciC];
}

/** Command 42, telemetry. */
export function seplosTelemetry(
  number: number,
  pack: PackSnapshot,
  temperaturesDeciC = wireTemperatures(pack),
  portMv = pack.voltageMv,
): Uint8Array {
  const sink = createByteSink().u8(0).u8(number).u8(pack.cellMv.length);
  for (const mv of pack.cellMv) sink.u16be(mv);
  sink.u8(temperaturesDeciC.length);
  for (const deciC of temperaturesDeciC) sink.u16be(kelvinWord(deciC));
  return sink
    .u16be(centi(pack.currentMa))
    .u16be(centi(pack.voltageMv))
    .u16be(centi(pack.remainingMah))
    .u8(0x0a)
    .u16be(centi(pack.capacityMah))
    .u16be(Math.round(pack.socPct * 10))
    .u16be(centi(pack.designCapacityMah))
    .u16be(pack.cycles)
    .u16be(Math.round(pack.sohPct * 10))
    .u16be(centi(portMv))
    .bytes([0, 0, 0, 0, 0, 0, 0, 0])
    .done();
}

const MODE = { discharge: 0x01, charge: 0x02, full: 0x08, standby: 0x10 };

function modeOf(pack: PackSnapshot): number {
  if (pack.currentMa < 0) return MODE.discharge;
  if (pack.currentMa > 0) return MODE.charge;
  return pack.socPct >= 99.5 ? MODE.full : MODE.standby;
}

/** Command 44, states. */
export function seplosStatus(number: number, pack: PackSnapshot, mode = modeOf(pack)): Uint8Array {
  const { limits, protections } = pack;
  const sink = createByteSink().u8(0).u8(number).u8(pack.cellMv.length);
  for (const mv of pack.cellMv) sink.u8(alarmLevel(mv, limits.underVoltageMv, limits.overVoltageMv));
  const temperatures = wireTemperatures(pack);
  sink.u8(temperatures.length);
  for (const deciC of temperatures)
    sink.u8(alarmLevel(deciC, limits.chargeMinC * 10, limits.dischargeMaxC * 10));
  const overCurrent = protections.has('charge-over-current') || protections.has('discharge-over-current');
  const voltage = protections.has('cell-over-voltage') ? 2 : protections.has('cell-under-voltage') ? 1 : 0;
  const switches = (pack.dischargeMos ? 0x01 : 0) | (pack.chargeMos ? 0x02 : 0);
  const extension = new Uint8Array(20);
  extension[6] = switches;
  extension[19] = mode;
  return sink
    .u8(overCurrent ? 2 : 0)
    .u8(voltage)
    .u8(extension.length)
    .bytes(extension)
    .done();
}

/** Command 51: model, two version bytes, name of the inverter protocol, space padded. */
export function seplosManufacturer(model: string, inverterProtocol: string): Uint8Array {
  return createByteSink().text(model, 10, SPACE).u8(2).u8(7).text(inverterProtocol, 20, SPACE).done();
}

const answered = (info: Uint8Array) => ({ rtn: RTN.ok, info });

/** Seplos V2 (EMU10xx/11xx) on its host port. Packs number themselves from 1; addresses count from 0. */
export const seplosDialect: AsciiDialect = {
  ver: 0x20,
  cid1: 0x46,
  lenientLength: true,
  turnaroundMs: 20,
  commands: new Map<number, AsciiHandler>([
    [0x4f, () => ({ rtn: RTN.ok })],
    [0x42, (request, self) => answered(seplosTelemetry(request.adr + 1, self))],
    [0x44, (request, self) => answered(seplosStatus(request.adr, self))],
    [
      0x51,
      (_request, self) => answered(seplosManufacturer(`11${self.seriesCells}-VB`, 'CANProtocol:Voltbay')),
    ],
  ]),
};

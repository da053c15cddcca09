import type { PackSnapshot } from '../../physics/pack.js';
import { alarmLevel } from '../alarm-level.js';
import { createByteSink, kelvinWord } from '../byte-sink.js';

/** Above this capacity the 16-bit fields say FFFF and 24-bit fields follow (Pylontech 2.x, command 42). */
const EXTENDED_ABOVE_MAH = 65_000;
const MAKER = 'Pylon---------------';

const deciA = (ma: number) => Math.round(ma / 100);

/** Temperatures in wire order: the average of all sensors comes first. */
export function wireTemperatures(pack: PackSnapshot): number[] {
  const sum = pack.temperaturesDeciC.reduce((total, t) => total + t, 0);
  return [Math.round(sum / Math.max(1, pack.temperaturesDeciC.length)), ...pack.temperaturesDeciC];
}

/** INFO block of one pack in the answer to command 42. */
export function analogBlock(pack: PackSnapshot, temperaturesDeciC = wireTemperatures(pack)): Uint8Array {
  const sink = createByteSink();
  sink.u8(pack.cellMv.length);
  for (const mv of pack.cellMv) sink.u16be(mv);
  sink.u8(temperaturesDeciC.length);
  for (const deciC of temperaturesDeciC) sink.u16be(kelvinWord(deciC));
  sink.u16be(deciA(pack.currentMa)).u16be(pack.voltageMv);
  if (pack.designCapacityMah > EXTENDED_ABOVE_MAH) {
    sink.u16be(0xffff).u8(4).u16be(0xffff).u16be(pack.cycles);
    sink.u24be(pack.remainingMah).u24be(pack.capacityMah);
  } else {
    sink.u16be(pack.remainingMah).u8(2).u16be(pack.capacityMah).u16be(pack.cycles);
  }
  return sink.done();
}

/** Command 42: `count` is the number of packs when all were asked for, else the number asked. */
export function analogInfo(count: number, blocks: readonly Uint8Array[], flag = 0x11): Uint8Array {
  const sink = createByteSink().u8(flag).u8(count);
  for (const block of blocks) sink.bytes(block);
  return sink.done();
}

/** Command 44: alarm levels and status bytes 1–5. */
export function alarmInfo(number: number, pack: PackSnapshot): Uint8Array {
  const { limits, protections } = pack;
  const has = (flag: Parameters<typeof protections.has>[0]) => protections.has(flag);
  const cellLevels = pack.cellMv.map((mv) => alarmLevel(mv, limits.underVoltageMv, limits.overVoltageMv));
  const sensors = wireTemperatures(pack);
  const sink = createByteSink().u8(0).u8(number).u8(cellLevels.length).bytes(cellLevels);
  sink.u8(sensors.length);
  for (const deciC of sensors) sink.u8(alarmLevel(deciC, limits.chargeMinC * 10, limits.dischargeMaxC * 10));
  const status1 =
    (has('cell-under-voltage') ? 0x82 : 0) |
    (has('charge-over-temperature') ? 0x40 : 0) |
    (has('discharge-over-temperature') ? 0x20 : 0) |
    (has('discharge-over-current') ? 0x10 : 0) |
    (has('charge-over-current') ? 0x04 : 0) |
    (has('cell-over-voltage') ? 0x01 : 0);
  const status2 =
    (pack.currentMa < 0 ? 0x08 : 0) | (pack.dischargeMos ? 0x04 : 0) | (pack.chargeMos ? 0x02 : 0);
  const status3 =
    (pack.currentMa > 0 ? 0x80 : 0) | (pack.currentMa < 0 ? 0x40 : 0) | (pack.socPct >= 99.5 ? 0x08 : 0);
  const errorBits = (from: number) =>
    cellLevels.slice(from, from + 8).reduce((bits, value, i) => bits | (value ? 1 << i : 0), 0);
  return sink
    .u8(has('charge-over-current') ? 2 : 0)
    .u8(has('cell-over-voltage') ? 2 : has('cell-under-voltage') ? 1 : 0)
    .u8(has('discharge-over-current') ? 2 : 0)
    .bytes([status1, status2, status3, errorBits(0), errorBits(8)])
    .done();
}

/** Command 92: what the pack allows now. */
export function managementInfo(number: number, pack: PackSnapshot): Uint8Array {
  const { limits } = pack;
  const status = (pack.chargeMos ? 0x80 : 0) | (pack.dischargeMos ? 0x40 : 0) | (pack.socPct < 5 ? 0x20 : 0);
  return createByteSink()
    .u8(number)
    .u16be(limits.chargeMv)
    .u16be(limits.dischargeMv)
    .u16be(pack.chargeMos ? deciA(limits.chargeMa) : 0)
    .u16be(pack.dischargeMos ? -deciA(limits.dischargeMa) : 0)
    .u8(status)
    .done();
}

/** Command 47: fixed limits of the model. Current limits on the 0.1 A scale of the published documents. */
export function systemParameterInfo(pack: PackSnapshot): Uint8Array {
  const { limits, seriesCells } = pack;
  const lowCellMv = limits.underVoltageMv + 300;
  return createByteSink()
    .u8(0x11)
    .u16be(limits.overVoltageMv)
    .u16be(lowCellMv)
    .u16be(limits.underVoltageMv)
    .u16be(kelvinWord(limits.chargeMaxC * 10))
    .u16be(kelvinWord(limits.chargeMinC * 10))
    .u16be(deciA(limits.chargeMa))
    .u16be(limits.overVoltageMv * seriesCells)
    .u16be(lowCellMv * seriesCells)
    .u16be(limits.underVoltageMv * seriesCells)
    .u16be(kelvinWord(limits.dischargeMaxC * 10))
    .u16be(kelvinWord(-200))
    .u16be(-deciA(limits.dischargeMa))
    .done();
}

/** Command 51: 10 characters model, two version bytes, 20 characters maker. */
export function manufacturerInfo(pack: Pick<PackSnapshot, 'model'>): Uint8Array {
  return createByteSink().text(pack.model, 10).u8(1).u8(3).text(MAKER, 20).done();
}

/** Command 93: number byte and 16 characters, NUL padded as the other text fields are. */
export function serialNumberInfo(number: number, pack: Pick<PackSnapshot, 'serial'>): Uint8Array {
  return createByteSink().u8(number).text(pack.serial, 16).done();
}

/** Command 96: number, manufacturer version (2 bytes), main-line version (3 bytes). */
export function firmwareInfo(number: number): Uint8Array {
  return createByteSink().u8(number).bytes([0x01, 0x03, 0x02, 0x01, 0x05]).done();
}

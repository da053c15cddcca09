import type { PackSnapshot } from '../../physics/pack.js';

/** Daly D2 over Bluetooth: Modbus registers behind the header D2 03. */

const STATUS_REGISTERS = 62;
const CELL_SLOTS = 32;
const SENSOR_SLOTS = 8;
const CURRENT_ZERO = 30_000;
const TEMPERATURE_ZERO = 40;

/** CRC-16/Modbus; sent low byte first. */
export function crc16Modbus(bytes: Iterable<number>): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return crc;
}

export interface D2Request {
  readonly start: number;
  readonly count: number;
}

/** A read request, or undefined for anything else. */
export function parseD2Request(bytes: Uint8Array): D2Request | undefined {
  if (bytes.length !== 8 || bytes[0] !== 0xd2 || bytes[1] !== 0x03) return undefined;
  const crc = crc16Modbus(bytes.subarray(0, 6));
  if (bytes[6] !== (crc & 0xff) || bytes[7] !== crc >> 8) return undefined;
  const view = Buffer.from(bytes);
  return { start: view.readUInt16BE(2), count: view.readUInt16BE(4) };
}

const celsius = (deciC: number) => Math.round(deciC / 10) + TEMPERATURE_ZERO;

/** Registers 00–3D, the status block. */
export function d2Status(pack: PackSnapshot): number[] {
  const registers = new Array<number>(STATUS_REGISTERS).fill(0);
  pack.cellMv.slice(0, CELL_SLOTS).forEach((mv, i) => {
    registers[i] = mv;
  });
  pack.temperaturesDeciC.slice(0, SENSOR_SLOTS).forEach((deciC, i) => {
    registers[0x20 + i] = celsius(deciC);
  });
  const highest = Math.max(...pack.cellMv);
  const lowest = Math.min(...pack.cellMv);
  const state = pack.currentMa > 0 ? 1 : pack.currentMa < 0 ? 2 : 0;
  const has = (flag: Parameters<typeof pack.protections.has>[0], bit: number) =>
    pack.protections.has(flag) ? 1 << bit : 0;
  registers.splice(
    0x28,
    22,
    Math.round(pack.voltageMv / 100),
    Math.round(pack.currentMa / 100) + CURRENT_ZERO,
    Math.round(pack.socPct * 10),
    highest,
    lowest,
    celsius(Math.max(...pack.temperaturesDeciC)),
    celsius(Math.min(...pack.temperaturesDeciC)),
    state,
    Math.round(pack.remainingMah / 100),
    pack.cellMv.length,
    pack.temperaturesDeciC.length,
    pack.cycles,
    pack.balancing.some(Boolean) ? 1 : 0,
    pack.chargeMos ? 1 : 0,
    pack.dischargeMos ? 1 : 0,
    Math.round(pack.cellMv.reduce((sum, mv) => sum + mv, 0) / pack.cellMv.length),
    highest - lowest,
    Math.round((pack.voltageMv * Math.abs(pack.currentMa)) / 1e6),
    has('cell-over-voltage', 1) | has('cell-under-voltage', 3),
    has('charge-over-temperature', 1) | has('discharge-over-temperature', 5),
    has('charge-over-current', 1) | has('discharge-over-current', 3),
    0,
  );
  return registers;
}

/** Registers 3E–46; the MOSFET's temperature is 42. */
function d2Mos(pack: PackSnapshot): number[] {
  const registers = new Array<number>(9).fill(0);
  registers[4] = celsius(pack.mosTemperatureDeciC);
  return registers;
}

/** Registers A9–C8: 16 characters software, 16 hardware version, the rest empty. */
function d2Versions(): number[] {
  const text = Buffer.alloc(64);
  text.write('VB_240101_10', 0, 'latin1');
  text.write('H2.0_VB_240101', 16, 'latin1');
  return Array.from({ length: 32 }, (_, i) => text.readUInt16BE(2 * i));
}

/** Answer to a read, or undefined where this device has no registers. */
export function answerD2(request: D2Request, pack: PackSnapshot): Uint8Array | undefined {
  const blocks: readonly (readonly [number, number[]])[] = [
    [0x00, d2Status(pack)],
    [0x3e, d2Mos(pack)],
    [0xa9, d2Versions()],
  ];
  const block = blocks.find(([start, registers]) => {
    return request.start >= start && request.start + request.count <= start + registers.length;
  });
  if (!block || request.count === 0) return undefined;
  const [start, registers] = block;
  return encodeD2(registers.slice(request.start - start, request.start - start + request.count));
}

/** Frames register values. */
export function encodeD2(registers: readonly number[]): Uint8Array {
  const body = [0xd2, 0x03, registers.length * 2, ...registers.flatMap((v) => [(v >> 8) & 0xff, v & 0xff])];
  const crc = crc16Modbus(body);
  return Uint8Array.from([...body, crc & 0xff, crc >> 8]);
}

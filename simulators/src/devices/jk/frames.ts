import type { PackSnapshot } from '../../physics/pack.js';
import type { ProtectionFlag } from '../../physics/protections.js';

/** JK02 frames over Bluetooth, 32-cell layout (firmware 11 and later). Little-endian, 300 bytes, last byte = sum. */

const FRAME_BYTES = 300;
const TYPE = { settings: 0x01, cellInfo: 0x02, deviceInfo: 0x03 };

const ERROR_BITS: readonly (readonly [ProtectionFlag, number])[] = [
  ['cell-over-voltage', 4],
  ['charge-over-current', 6],
  ['charge-over-temperature', 8],
  ['charge-under-temperature', 9],
  ['cell-under-voltage', 11],
  ['discharge-over-current', 13],
  ['discharge-over-temperature', 15],
];

function sum8(bytes: Uint8Array, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i += 1) sum += bytes[i] ?? 0;
  return sum & 0xff;
}

function emptyFrame(type: number, counter: number): Buffer {
  const frame = Buffer.alloc(FRAME_BYTES);
  frame.set([0x55, 0xaa, 0xeb, 0x90, type, counter & 0xff]);
  return frame;
}

function sealed(frame: Buffer): Uint8Array {
  frame[FRAME_BYTES - 1] = sum8(frame, FRAME_BYTES - 1);
  return frame;
}

export interface JkRuntime {
  counter: number;
  uptimeS: number;
}

/** Frame 02: cells and everything measured. */
export function jkCellInfo(pack: PackSnapshot, runtime: JkRuntime): Uint8Array {
  const frame = emptyFrame(TYPE.cellInfo, runtime.counter);
  pack.cellMv.slice(0, 32).forEach((mv, i) => {
    frame.writeUInt16LE(mv, 6 + 2 * i);
    frame.writeUInt16LE(60 + i, 80 + 2 * i);
  });
  const highest = Math.max(...pack.cellMv);
  const lowest = Math.min(...pack.cellMv);
  const [t1 = 0, t2 = t1, t3 = t1, t4 = t2] = pack.temperaturesDeciC;
  const errors = ERROR_BITS.reduce(
    (bits, [flag, bit]) => bits | (pack.protections.has(flag) ? 1 << bit : 0),
    0,
  );
  const balancing = pack.balancing.some(Boolean);
  frame.writeUInt32LE(2 ** pack.seriesCells - 1, 70);
  frame.writeUInt16LE(Math.round(pack.voltageMv / pack.seriesCells), 74);
  frame.writeUInt16LE(highest - lowest, 76);
  frame.writeInt16LE(pack.mosTemperatureDeciC, 144);
  frame.writeUInt32LE(pack.voltageMv, 150);
  // Power has no direction on this wire.
  frame.writeUInt32LE(Math.round((pack.voltageMv * Math.abs(pack.currentMa)) / 1000), 154);
  frame.writeInt32LE(pack.currentMa, 158);
  frame.writeInt16LE(t1, 162);
  frame.writeInt16LE(t2, 164);
  frame.writeUInt32LE(errors, 166);
  frame.writeInt16LE(balancing ? 60 : 0, 170);
  frame.writeUInt8(balancing ? 1 : 0, 172);
  frame.writeUInt8(Math.round(pack.socPct), 173);
  frame.writeUInt32LE(pack.remainingMah, 174);
  frame.writeUInt32LE(pack.capacityMah, 178);
  frame.writeUInt32LE(pack.cycles, 182);
  frame.writeUInt32LE(pack.cycles * pack.designCapacityMah, 186);
  frame.writeUInt8(Math.round(pack.sohPct), 190);
  frame.writeUInt32LE(runtime.uptimeS, 194);
  frame.writeUInt8(pack.chargeMos ? 1 : 0, 198);
  frame.writeUInt8(pack.dischargeMos ? 1 : 0, 199);
  frame.writeUInt16LE(0x00ff, 214);
  frame.writeInt16LE(t3, 256);
  frame.writeInt16LE(t4, 258);
  return sealed(frame);
}

/** Frame 03: who it is. */
export function jkDeviceInfo(pack: Pick<PackSnapshot, 'serial'>, runtime: JkRuntime): Uint8Array {
  const frame = emptyFrame(TYPE.deviceInfo, runtime.counter);
  const put = (text: string, at: number, length: number) =>
    frame.write(text.slice(0, length), at, length, 'latin1');
  put('JK_B2A20S20P', 6, 16);
  put('11.XA', 22, 8);
  put('11.48', 30, 8);
  frame.writeUInt32LE(runtime.uptimeS, 38);
  frame.writeUInt32LE(7, 42);
  put(pack.serial, 46, 16);
  put('250618', 78, 8);
  put(pack.serial, 86, 15);
  return sealed(frame);
}

/** Frame 01: settings that a reader may use. */
export function jkSettings(pack: PackSnapshot, runtime: JkRuntime): Uint8Array {
  const frame = emptyFrame(TYPE.settings, runtime.counter);
  frame.writeUInt32LE(pack.limits.underVoltageMv, 10);
  frame.writeUInt32LE(pack.limits.overVoltageMv, 18);
  frame.writeUInt32LE(pack.seriesCells, 114);
  frame.writeUInt32LE(1, 118);
  frame.writeUInt32LE(1, 122);
  frame.writeUInt32LE(1, 126);
  frame.writeUInt32LE(pack.designCapacityMah, 130);
  return sealed(frame);
}

/** Acknowledge of a command, 20 bytes. */
export function jkAcknowledge(): Uint8Array {
  const frame = Buffer.alloc(20);
  frame.set([0xaa, 0x55, 0x90, 0xeb, 0xc8, 0x01, 0x01]);
  frame[19] = sum8(frame, 19);
  return frame;
}

export type JkCommand = 'device-info' | 'cell-info';

/** Which of the reading commands a 20-byte request is; anything else, writes too, is undefined. */
export function parseJkCommand(bytes: Uint8Array): JkCommand | undefined {
  const [a, b, c, d, command] = bytes;
  const header = a === 0xaa && b === 0x55 && c === 0x90 && d === 0xeb;
  if (bytes.length !== 20 || !header || bytes[19] !== sum8(bytes, 19)) return undefined;
  return command === 0x97 ? 'device-info' : command === 0x96 ? 'cell-info' : undefined;
}

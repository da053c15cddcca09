import {
  type Assembler,
  byteAt,
  crc16Modbus,
  createAssembler,
  type Probe,
  readNumber,
} from '../../bytes/index.js';
import { type DecodeResult, undecodable } from '../../domain/reading.js';
import { DALY_D2_DEVICE, READ_REGISTERS } from './commands.js';
import { ESS_ANSWER_DEVICE, ESS_REQUEST_DEVICE } from './ess.js';

/** Answer of the device (D2, or 51 from ESS boards): the bytes of the registers. It does not repeat which they are. */
export type DalyD2Frame = { device: number; data: Uint8Array };

const DEVICES: readonly number[] = [DALY_D2_DEVICE, ESS_REQUEST_DEVICE, ESS_ANSWER_DEVICE];
const OVERHEAD = 5;
const REQUEST_LENGTH = 8;
const ERROR_FLAG = 0x80;
const ERROR_LENGTH = 5;
/** Longest frame: the byte count is one byte. */
export const MAX_DALY_D2_FRAME = OVERHEAD + 255;

/** Puts answers together from notifications; skips the module's own AT texts and `51 10` messages. */
export function createDalyD2Assembler(): Assembler<DalyD2Frame> {
  return createAssembler({ maxBytes: MAX_DALY_D2_FRAME, probe });
}

/** The first frame in `bytes`; junk before it is dropped. */
export function decodeFrame(bytes: Uint8Array): DecodeResult<DalyD2Frame> {
  const assembler = createDalyD2Assembler();
  const results = [...assembler.push(bytes), ...assembler.end()];
  return (
    results.find((result) => result.ok) ?? results[0] ?? undecodable('no_frame', 'no D2 03 in the bytes')
  );
}

function probe(buffer: Uint8Array, at: number): Probe<DalyD2Frame> {
  const device = byteAt(buffer, at);
  if (!DEVICES.includes(device)) return { kind: 'none' };
  if (at + 1 === buffer.length) return { kind: 'more' };
  const operation = byteAt(buffer, at + 1);
  if (operation === (READ_REGISTERS | ERROR_FLAG)) return errorAt(buffer, at);
  if (operation !== READ_REGISTERS) return { kind: 'none' };
  if (at + 3 > buffer.length) return { kind: 'more' };
  if (device !== ESS_ANSWER_DEVICE && crcFits(buffer, at, REQUEST_LENGTH)) {
    return { kind: 'bad', error: 'echo', detail: 'a request came back', skip: REQUEST_LENGTH };
  }
  if (device === ESS_REQUEST_DEVICE)
    return at + REQUEST_LENGTH > buffer.length ? { kind: 'more' } : { kind: 'none' };
  const count = byteAt(buffer, at + 2);
  const length = OVERHEAD + count;
  if (at + length > buffer.length) return { kind: 'more' };
  if (!crcFits(buffer, at, length)) {
    return { kind: 'bad', error: 'checksum', detail: `the CRC of ${length} bytes does not fit`, skip: 1 };
  }
  return { kind: 'frame', length, value: { device, data: buffer.slice(at + 3, at + 3 + count) } };
}

function errorAt(buffer: Uint8Array, at: number): Probe<DalyD2Frame> {
  if (at + ERROR_LENGTH > buffer.length) return { kind: 'more' };
  if (!crcFits(buffer, at, ERROR_LENGTH)) return { kind: 'none' };
  const detail = `the device refused the read with code ${byteAt(buffer, at + 2)}`;
  return { kind: 'bad', error: 'device_error', detail, skip: ERROR_LENGTH };
}

function crcFits(buffer: Uint8Array, at: number, length: number): boolean {
  if (at + length > buffer.length) return false;
  return crc16Modbus(buffer.subarray(at, at + length - 2)) === readNumber(buffer, at + length - 2, 'u16le');
}

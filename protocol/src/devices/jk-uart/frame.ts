import {
  type Assembler,
  byteAt,
  createAssembler,
  fromHex,
  type Probe,
  readNumber,
  sum16,
} from '../../bytes/index.js';

/** Answer of the native UART protocol: the tagged values between header and end byte. */
export type JkUartFrame = { command: number; source: number; body: Uint8Array };

const START = [0x4e, 0x57] as const;
/** Header: start 2, length 2, terminal 4, command, source, transport. */
const HEADER_LENGTH = 11;
/** Record number 4, end byte, checksum 4. */
const TRAILER_LENGTH = 9;
const END = 0x68;
const END_FROM_BACK = 5;
const MIN_FRAME = HEADER_LENGTH + TRAILER_LENGTH;
/** Longer declared lengths are junk: a pack with 24 cells answers with about 320 bytes. */
export const MAX_JK_UART_FRAME = 512;
/** The source byte of a request that comes back. */
const SOURCE_HOST = 3;

/** Bytes that ask for every value (command 06, source 03). */
export function encodeReadAll(): Uint8Array {
  return fromHex('4e5700130000000006030000000000006800000129') ?? new Uint8Array(0);
}

/** Puts frames together from serial reads. 0A and 0D occur inside, so no line reader can do it. */
export function createJkUartAssembler(): Assembler<JkUartFrame> {
  return createAssembler({ maxBytes: MAX_JK_UART_FRAME, probe });
}

function probe(buffer: Uint8Array, at: number): Probe<JkUartFrame> {
  if (buffer[at] !== START[0]) return { kind: 'none' };
  if (at + 1 === buffer.length) return { kind: 'more' };
  if (buffer[at + 1] !== START[1]) return { kind: 'none' };
  if (at + 4 > buffer.length) return { kind: 'more' };
  const length = readNumber(buffer, at + 2, 'u16be') + 2;
  if (length < MIN_FRAME || length > MAX_JK_UART_FRAME) {
    return { kind: 'bad', error: 'length', detail: `a frame of ${length} bytes is declared`, skip: 2 };
  }
  if (at + length > buffer.length) return { kind: 'more' };
  const bytes = buffer.subarray(at, at + length);
  if (bytes[length - END_FROM_BACK] !== END) {
    return { kind: 'bad', error: 'framing', detail: 'the end byte 68 is missing', skip: 2 };
  }
  if (sum16(bytes.subarray(0, -2)) !== readNumber(bytes, length - 2, 'u16be')) {
    return { kind: 'bad', error: 'checksum', detail: 'the last two bytes are not the sum', skip: 2 };
  }
  const source = byteAt(bytes, 9);
  if (source === SOURCE_HOST && length === encodeReadAll().length) {
    return { kind: 'bad', error: 'echo', detail: 'the request came back', skip: length };
  }
  const body = bytes.slice(HEADER_LENGTH, length - TRAILER_LENGTH);
  return { kind: 'frame', length, value: { command: byteAt(bytes, 8), source, body } };
}

import {
  type Assembler,
  byteAt,
  createAssembler,
  negatedSum16,
  type Probe,
  readNumber,
} from '../../bytes/index.js';
import { type DecodeResult, undecodable } from '../../domain/reading.js';
import { JBD_COMMANDS, type JbdCommand } from './commands.js';

/**
 * JBD answer: DD, command, status, length n, n data bytes, checksum, 77. The checksum covers status, length and data;
 * the command byte is NOT covered, so a reader must compare it with what it asked for.
 */
export type JbdFrame = { command: number; data: Uint8Array };

const START = 0xdd;
const END = 0x77;
const READ = 0xa5;
const WRITE = 0x5a;
const OVERHEAD = 7;
/** Longest frame: the length is one byte. */
export const MAX_JBD_FRAME = OVERHEAD + 255;

/** Bytes of a read request. */
export function encodeRead(command: JbdCommand): Uint8Array {
  const code = JBD_COMMANDS[command];
  const sum = negatedSum16(Uint8Array.of(code, 0));
  return Uint8Array.of(START, READ, code, 0, sum >> 8, sum & 0xff, END);
}

/** The first frame in `bytes`; junk before it is dropped. */
export function decodeFrame(bytes: Uint8Array): DecodeResult<JbdFrame> {
  const assembler = createJbdAssembler();
  const results = [...assembler.push(bytes), ...assembler.end()];
  return results.find((result) => result.ok) ?? results[0] ?? undecodable('no_frame', 'no DD in the bytes');
}

/** Puts frames together from serial reads or BLE notifications; identical on both. */
export function createJbdAssembler(): Assembler<JbdFrame> {
  return createAssembler({ maxBytes: MAX_JBD_FRAME, probe });
}

function probe(buffer: Uint8Array, at: number): Probe<JbdFrame> {
  if (buffer[at] !== START) return { kind: 'none' };
  if (at + 4 > buffer.length) return { kind: 'more' };
  const dataLength = byteAt(buffer, at + 3);
  const length = OVERHEAD + dataLength;
  if (at + length > buffer.length) return { kind: 'more' };
  if (buffer[at + length - 1] !== END) {
    return { kind: 'bad', error: 'framing', detail: 'the byte after the checksum is not 77', skip: 1 };
  }
  const sent = readNumber(buffer, at + length - 3, 'u16be');
  if (sent !== negatedSum16(buffer.subarray(at + 2, at + length - 3))) {
    return { kind: 'bad', error: 'checksum', detail: `checksum ${sent.toString(16)} does not fit`, skip: 1 };
  }
  const command = byteAt(buffer, at + 1);
  if (command === READ || command === WRITE) {
    return { kind: 'bad', error: 'echo', detail: 'a request came back', skip: length };
  }
  const status = byteAt(buffer, at + 2);
  if (status !== 0) {
    const detail = `command ${command.toString(16)} answered status ${status.toString(16)}`;
    return { kind: 'bad', error: 'device_error', detail, skip: length };
  }
  return { kind: 'frame', length, value: { command, data: buffer.slice(at + 4, at + 4 + dataLength) } };
}

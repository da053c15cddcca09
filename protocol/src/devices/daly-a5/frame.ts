import { type Assembler, byteAt, createAssembler, type Probe, sum8 } from '../../bytes/index.js';
import { HOST_ADDRESSES } from './commands.js';

/** One answer: command and its eight data bytes. Unused tail bytes hold leftovers of an earlier answer. */
export type DalyA5Frame = { command: number; data: Uint8Array };

export const DALY_A5_FRAME_LENGTH = 13;
const START = 0xa5;
const DATA_LENGTH = 8;

/** Puts 13-byte frames together from chunks of any size. */
export function createDalyA5Assembler(): Assembler<DalyA5Frame> {
  return createAssembler({ maxBytes: 4 * DALY_A5_FRAME_LENGTH, probe });
}

function probe(buffer: Uint8Array, at: number): Probe<DalyA5Frame> {
  if (buffer[at] !== START) return { kind: 'none' };
  if (at + 4 <= buffer.length && buffer[at + 3] !== DATA_LENGTH) {
    return { kind: 'bad', error: 'framing', detail: 'the length byte is not 8', skip: 1 };
  }
  if (at + DALY_A5_FRAME_LENGTH > buffer.length) return { kind: 'more' };
  const bytes = buffer.subarray(at, at + DALY_A5_FRAME_LENGTH);
  if (sum8(bytes.subarray(0, -1)) !== bytes[DALY_A5_FRAME_LENGTH - 1]) {
    return { kind: 'bad', error: 'checksum', detail: 'the last byte is not the sum', skip: 1 };
  }
  const address = byteAt(bytes, 1);
  if (address === HOST_ADDRESSES.rs485 || address === HOST_ADDRESSES.ble) {
    return { kind: 'bad', error: 'echo', detail: 'a request came back', skip: DALY_A5_FRAME_LENGTH };
  }
  const value = { command: byteAt(bytes, 2), data: bytes.slice(4, 12) };
  return { kind: 'frame', length: DALY_A5_FRAME_LENGTH, value };
}

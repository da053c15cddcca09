import { type Assembler, byteAt, createAssembler, type Probe, sameBytes, sum8 } from '../../bytes/index.js';
import { type DecodeResult, undecodable } from '../../domain/reading.js';

/** Kinds of frame the device sends, by the byte after the header. */
export const JK_FRAME_TYPES = { 1: 'settings', 2: 'cellInfo', 3: 'deviceInfo' } as const;

export type JkFrameType = (typeof JK_FRAME_TYPES)[keyof typeof JK_FRAME_TYPES];

/** A sound 300-byte frame; offsets of the layouts count from its first byte. */
export type JkFrame = { type: JkFrameType; bytes: Uint8Array };

const HEADER = Uint8Array.of(0x55, 0xaa, 0xeb, 0x90);
/** Acknowledge of the device, 20 bytes: the command header, C8. It carries no value. */
const ACKNOWLEDGE = Uint8Array.of(0xaa, 0x55, 0x90, 0xeb, 0xc8);
const ACKNOWLEDGE_LENGTH = 20;
/** What the radio module sends to itself between, and sometimes inside, the frames. */
const MODULE_NOISE = Uint8Array.of(0x41, 0x54, 0x0d, 0x0a);

export const JK_FRAME_LENGTH = 300;
/** A frame and a second one behind it. */
export const MAX_JK_BUFFER = 2 * JK_FRAME_LENGTH;

/**
 * Puts 300-byte frames together from notifications of any size. A notification that is only the module's `AT` text is
 * dropped even inside a frame; acknowledges are passed over.
 */
export function createJkAssembler(): Assembler<JkFrame> {
  const assembler = createAssembler({ maxBytes: MAX_JK_BUFFER, probe });
  return {
    ...assembler,
    push: (chunk) => (sameBytes(chunk, MODULE_NOISE) ? [] : assembler.push(chunk)),
  };
}

/** The first frame in `bytes`; junk before it is dropped. */
export function decodeFrame(bytes: Uint8Array): DecodeResult<JkFrame> {
  const assembler = createJkAssembler();
  const results = [...assembler.push(bytes), ...assembler.end()];
  const fallback = undecodable('no_frame', 'no 55 AA EB 90 in the bytes');
  return results.find((result) => result.ok) ?? results[0] ?? fallback;
}

function probe(buffer: Uint8Array, at: number): Probe<JkFrame> {
  const start = startsWith(buffer, at, HEADER);
  if (start === 'no') return acknowledgeAt(buffer, at);
  if (start === 'maybe' || at + JK_FRAME_LENGTH > buffer.length) return { kind: 'more' };
  const bytes = buffer.subarray(at, at + JK_FRAME_LENGTH);
  // The 8-bit sum accepts one in 256 of wrong frames, so a second header inside is taken as a cut-off first frame.
  const next = headerInside(bytes);
  if (next > 0) {
    return {
      kind: 'bad',
      error: 'incomplete',
      detail: `the next frame begins after ${next} bytes`,
      skip: next,
    };
  }
  const type = JK_FRAME_TYPES[byteAt(bytes, 4) as keyof typeof JK_FRAME_TYPES];
  if (!type) {
    const detail = `frame type ${byteAt(bytes, 4)} is not known`;
    return { kind: 'bad', error: 'unknown_type', detail, skip: HEADER.length };
  }
  if (sum8(bytes.subarray(0, -1)) !== bytes[JK_FRAME_LENGTH - 1]) {
    return { kind: 'bad', error: 'checksum', detail: 'the last byte is not the sum', skip: HEADER.length };
  }
  return { kind: 'frame', length: JK_FRAME_LENGTH, value: { type, bytes: bytes.slice() } };
}

function acknowledgeAt(buffer: Uint8Array, at: number): Probe<JkFrame> {
  const start = startsWith(buffer, at, ACKNOWLEDGE);
  if (start === 'no') return { kind: 'none' };
  if (start === 'maybe' || at + ACKNOWLEDGE_LENGTH > buffer.length) return { kind: 'more' };
  const bytes = buffer.subarray(at, at + ACKNOWLEDGE_LENGTH);
  const sound = sum8(bytes.subarray(0, -1)) === bytes[ACKNOWLEDGE_LENGTH - 1];
  return sound ? { kind: 'ignore', length: ACKNOWLEDGE_LENGTH } : { kind: 'none' };
}

function startsWith(buffer: Uint8Array, at: number, start: Uint8Array): 'yes' | 'no' | 'maybe' {
  const there = Math.min(start.length, buffer.length - at);
  for (let i = 0; i < there; i += 1) if (buffer[at + i] !== start[i]) return 'no';
  return there === start.length ? 'yes' : 'maybe';
}

function headerInside(bytes: Uint8Array): number {
  for (let i = 1; i + HEADER.length <= bytes.length; i += 1) {
    if (startsWith(bytes, i, HEADER) === 'yes') return i;
  }
  return -1;
}

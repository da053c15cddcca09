import { type Assembler, byteAt, createAssembler, type Probe, readNumber } from '../../bytes/index.js';

/** An answer of the binary 7E … 0D protocols (Seplos V2 BLE, TDT): function, its return code was 0, data. */
export type Binary7eFrame = { version: number; address: number; command: number; data: Uint8Array };

/** Where the two protocols differ. */
export type Binary7eFormat = {
  /** Versions that answers carry. */
  versions: readonly number[];
  /** Version of requests, to recognise an echo, where it differs from that of the answers. */
  requestVersion?: number;
  commandAt: number;
  returnCodeAt: number;
  /** Two bytes, big-endian: number of data bytes. */
  lengthAt: number;
  /** First byte that the CRC covers. */
  crcFrom: number;
  crc: (bytes: Uint8Array) => number;
};

const START = 0x7e;
const END = 0x0d;
/** CRC 2, end byte. */
const TRAILER_LENGTH = 3;
export const MAX_7E_FRAME = 512;

/** Puts frames together from notifications. 0D occurs inside, so the declared length tells where a frame ends. */
export function createBinary7eAssembler(format: Binary7eFormat): Assembler<Binary7eFrame> {
  return createAssembler({ maxBytes: MAX_7E_FRAME, probe: (buffer, at) => probe(format, buffer, at) });
}

function probe(format: Binary7eFormat, buffer: Uint8Array, at: number): Probe<Binary7eFrame> {
  if (buffer[at] !== START) return { kind: 'none' };
  if (at + 1 === buffer.length) return { kind: 'more' };
  const version = byteAt(buffer, at + 1);
  if (version !== format.requestVersion && !format.versions.includes(version)) return { kind: 'none' };
  const dataAt = format.lengthAt + 2;
  if (at + dataAt > buffer.length) return { kind: 'more' };
  const echo = version === format.requestVersion;
  const declared = readNumber(buffer, at + format.lengthAt, 'u16be');
  const length = dataAt + declared + TRAILER_LENGTH;
  if (length > MAX_7E_FRAME) {
    return { kind: 'bad', error: 'length', detail: `a frame of ${length} bytes is declared`, skip: 1 };
  }
  if (at + length > buffer.length) return { kind: 'more' };
  const bytes = buffer.subarray(at, at + length);
  if (bytes[length - 1] !== END) {
    return { kind: 'bad', error: 'framing', detail: 'the declared end is not 0D', skip: 1 };
  }
  if (
    format.crc(bytes.subarray(format.crcFrom, length - TRAILER_LENGTH)) !==
    readNumber(bytes, length - 3, 'u16be')
  ) {
    return { kind: 'bad', error: 'checksum', detail: `the CRC of ${length} bytes does not fit`, skip: 1 };
  }
  if (echo) return { kind: 'bad', error: 'echo', detail: 'a request came back', skip: length };
  const returnCode = byteAt(bytes, format.returnCodeAt);
  if (returnCode !== 0) {
    return { kind: 'bad', error: 'device_error', detail: `return code ${returnCode}`, skip: length };
  }
  const value = {
    version,
    address: byteAt(bytes, 2),
    command: byteAt(bytes, format.commandAt),
    data: bytes.slice(dataAt, length - TRAILER_LENGTH),
  };
  return { kind: 'frame', length, value };
}

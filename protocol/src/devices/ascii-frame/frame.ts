import { fromAscii, hexDigitValue, negatedSum16, toAscii } from '../../bytes/index.js';
import { type DecodeErrorClass, type DecodeResult, decoded, undecodable } from '../../domain/reading.js';

/**
 * The frame that Pylontech low-voltage packs, Seplos V2 and PACE share (Pylontech RS485 protocol V2.8, section 2):
 * `~` VER ADR CID1 CID2 LENGTH INFO CHKSUM CR, every byte between `~` and CR written as two upper-case hex digits.
 */
export type AsciiFrame = {
  /** Protocol version, 0x20 = 2.0, 0x25 = 2.5. */
  version: number;
  address: number;
  /** 0x46 = LFP battery data, 0x4A on some PACE firmware. */
  cid1: number;
  /** Request: the command. Answer: the return code, 0 = ok. */
  cid2: number;
  info: Uint8Array;
};

const SOI = 0x7e;
const EOI = 0x0d;
/** Characters of VER, ADR, CID1, CID2, LENGTH. */
const HEADER_CHARS = 12;
const CHECKSUM_CHARS = 4;
/** LENID is 12 bits wide. */
export const MAX_INFO_CHARS = 4095;
/** Longest frame: `~`, header, INFO, checksum, CR. A reader may stop holding a line that is longer. */
export const MAX_ASCII_FRAME_CHARS = 1 + HEADER_CHARS + MAX_INFO_CHARS + CHECKSUM_CHARS + 1;

/** LENGTH field: LCHKSUM in the high nibble, the number of INFO characters in the low 12 bits. */
export function lengthField(infoChars: number): number {
  const digitSum = (infoChars >> 8) + ((infoChars >> 4) & 15) + (infoChars & 15);
  return ((-digitSum & 15) << 12) | infoChars;
}

/** Bytes of a frame, `~` to CR. @throws RangeError when INFO is longer than LENID can say. */
export function encodeAsciiFrame(frame: AsciiFrame): Uint8Array {
  if (frame.info.length * 2 > MAX_INFO_CHARS) {
    throw new RangeError(`INFO of ${frame.info.length} bytes is longer than ${MAX_INFO_CHARS >> 1}`);
  }
  const length = lengthField(frame.info.length * 2);
  const head = [frame.version, frame.address, frame.cid1, frame.cid2, length >> 8, length & 0xff];
  const body = [...head, ...frame.info].map(twoDigits).join('');
  const sum = negatedSum16(toAscii(body));
  return toAscii(`~${body}${twoDigits(sum >> 8)}${twoDigits(sum & 0xff)}\r`);
}

function twoDigits(byte: number): string {
  return (byte & 0xff).toString(16).toUpperCase().padStart(2, '0');
}

/**
 * Decodes the one frame in a line. Bytes before `~` are dropped, the CR may already be cut off (a line reader does that).
 * When a frame breaks off and another `~` follows, the later one counts.
 */
export function decodeAsciiFrame(line: Uint8Array): DecodeResult<AsciiFrame> {
  const candidates = asciiCandidates(line);
  let failure: DecodeResult<AsciiFrame> = undecodable('no_frame', 'no "~" in the line');
  for (const candidate of candidates) {
    const result = decodeCandidate(candidate);
    if (result.ok) return result;
    failure = result;
  }
  return failure;
}

/**
 * Cuts a byte stream at each `~` and CR into pieces that may be frames; what stands before a `~` is dropped. For
 * captures; a live link is cut by the serial line reader.
 */
export function asciiCandidates(stream: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let start = -1;
  for (let i = 0; i < stream.length; i += 1) {
    if (stream[i] === SOI) {
      if (start >= 0) pieces.push(stream.subarray(start, i));
      start = i;
    } else if (stream[i] === EOI && start >= 0) {
      pieces.push(stream.subarray(start, i + 1));
      start = -1;
    }
  }
  if (start >= 0) pieces.push(stream.subarray(start));
  return pieces;
}

function decodeCandidate(piece: Uint8Array): DecodeResult<AsciiFrame> {
  const ended = piece[piece.length - 1] === EOI;
  const digits = piece.subarray(1, ended ? piece.length - 1 : piece.length);
  const short: DecodeErrorClass = ended ? 'too_short' : 'incomplete';
  const wrong = digits.findIndex((code) => hexDigitValue(code, true) < 0);
  if (wrong >= 0) {
    return undecodable('invalid_hex', `character ${wrong + 1} after "~" is not an upper-case hex digit`);
  }
  if (digits.length < HEADER_CHARS + CHECKSUM_CHARS) {
    return undecodable(short, `${digits.length} digits, at least ${HEADER_CHARS + CHECKSUM_CHARS} needed`);
  }
  const declared = digitsValue(digits, 8, 4);
  const infoChars = declared & MAX_INFO_CHARS;
  const lengthSound = lengthField(infoChars) === declared;
  const present = digits.length - HEADER_CHARS - CHECKSUM_CHARS;
  if (!ended && lengthSound && present < infoChars) {
    return undecodable('incomplete', `INFO has ${present} of ${infoChars} characters`);
  }
  const sumAt = digits.length - CHECKSUM_CHARS;
  const sent = digitsValue(digits, sumAt, CHECKSUM_CHARS);
  const computed = negatedSum16(digits.subarray(0, sumAt));
  if (sent !== computed) {
    return undecodable(
      'checksum',
      `CHKSUM ${fromAscii(digits.subarray(sumAt))}, computed ${computed.toString(16)}`,
    );
  }
  if (!lengthSound) {
    return undecodable('length', `LENGTH ${declared.toString(16)} contradicts its own LCHKSUM`);
  }
  if (present !== infoChars || present % 2 !== 0) {
    return undecodable('length', `LENGTH says ${infoChars} INFO characters, ${present} came`);
  }
  const bytes = new Uint8Array((HEADER_CHARS + infoChars) / 2);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = digitsValue(digits, 2 * i, 2);
  const [version = 0, address = 0, cid1 = 0, cid2 = 0] = bytes;
  return decoded({ version, address, cid1, cid2, info: bytes.slice(HEADER_CHARS / 2) });
}

function digitsValue(digits: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i += 1) value = value * 16 + hexDigitValue(digits[i] ?? 0, true);
  return value;
}

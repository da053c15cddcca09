/** Frames of the `~…\r` family as a device sees them (Pylontech RS485 protocol 2.x, section 2). */

const SOI = 0x7e;
const EOI = 0x0d;
/** LENID has 12 bits; header and checksum add 18 characters. */
const MAX_FRAME = 4095 + 18;

/** A request that passed all checks of the frame layer. */
export interface AsciiRequest {
  readonly ver: number;
  readonly adr: number;
  readonly cid1: number;
  readonly cid2: number;
  readonly info: Uint8Array;
}

export type RequestResult =
  | { ok: true; request: AsciiRequest }
  | { ok: false; reason: 'not-a-frame' }
  | { ok: false; reason: 'checksum' | 'length'; ver: number; adr: number; cid1: number };

const hex = (value: number, digits: number) =>
  (value & (2 ** (digits * 4) - 1)).toString(16).toUpperCase().padStart(digits, '0');

/** LENGTH word: high nibble is the negated sum of LENID's three digits. */
export function lengthWord(infoChars: number): number {
  const sum = ((infoChars >> 8) & 15) + ((infoChars >> 4) & 15) + (infoChars & 15);
  return ((-sum & 15) << 12) | (infoChars & 0xfff);
}

/** CHKSUM over the characters between SOI and itself. */
export function asciiChecksum(body: string): number {
  let sum = 0;
  for (let i = 0; i < body.length; i += 1) sum += body.charCodeAt(i);
  return -sum & 0xffff;
}

export interface AnswerHeader {
  readonly ver: number;
  readonly adr: number;
  readonly cid1: number;
  /** Return code; 0 = fine. */
  readonly rtn: number;
}

/** A whole answer, SOI to EOI. */
export function encodeAnswer(header: AnswerHeader, info: Uint8Array = new Uint8Array()): Uint8Array {
  const infoText = Array.from(info, (byte) => hex(byte, 2)).join('');
  const body =
    hex(header.ver, 2) +
    hex(header.adr, 2) +
    hex(header.cid1, 2) +
    hex(header.rtn, 2) +
    hex(lengthWord(infoText.length), 4) +
    infoText;
  return Buffer.from(`~${body}${hex(asciiChecksum(body), 4)}\r`, 'latin1');
}

/**
 * Checks one line (without its EOI, from SOI on) as a device's receiver does. A lenient device also takes a LENGTH that
 * counts bytes instead of characters, or that has no check digit, as some tools send it.
 */
export function parseRequest(line: string, lenient = false): RequestResult {
  if (!/^~[0-9A-Fa-f]{16,}$/.test(line)) return { ok: false, reason: 'not-a-frame' };
  const body = line.slice(1, -4);
  const byteAt = (offset: number) => Number.parseInt(body.slice(offset, offset + 2), 16);
  const header = { ver: byteAt(0), adr: byteAt(2), cid1: byteAt(4) };
  if (asciiChecksum(body) !== Number.parseInt(line.slice(-4), 16)) {
    return { ok: false, reason: 'checksum', ...header };
  }
  const declared = Number.parseInt(body.slice(8, 12), 16);
  const infoText = body.slice(12);
  const exact = declared === lengthWord(infoText.length);
  const tolerable = (declared & 0xfff) === infoText.length || declared === lengthWord(infoText.length / 2);
  if (!exact && !(lenient && tolerable)) {
    return { ok: false, reason: 'length', ...header };
  }
  return { ok: true, request: { ...header, cid2: byteAt(6), info: Buffer.from(infoText, 'hex') } };
}

/** Cuts a byte stream into lines that begin at SOI; what stands before SOI and what is too long is dropped. */
export function createLineReceiver(): (bytes: Uint8Array) => string[] {
  let line: string | undefined;
  return (bytes) => {
    const lines: string[] = [];
    for (const byte of bytes) {
      if (byte === SOI) line = '~';
      else if (line === undefined) continue;
      else if (byte === EOI) {
        lines.push(line);
        line = undefined;
      } else if (line.length >= MAX_FRAME) line = undefined;
      else line += String.fromCharCode(byte);
    }
    return lines;
  };
}

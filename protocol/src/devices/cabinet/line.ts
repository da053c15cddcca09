import { fromAscii, hexDigitValue, toAscii, xor8 } from '../../bytes/index.js';
import { type DecodeResult, decoded, undecodable } from '../../domain/reading.js';

/** Longest body, characters (docs/protocol/cabinet.md, "Line"). */
export const MAX_BODY_CHARS = 1_000;
/** Longest line: `$`, body, `*hh`, CR LF. A reader may stop holding a line that is longer. */
export const MAX_LINE_CHARS = MAX_BODY_CHARS + 6;

/** Characters of percent-encoded text that stand for themselves. */
const UNRESERVED = /[A-Za-z0-9\-_.~:/]/;

/** Line for a body, with checksum and CR LF. @throws RangeError when the body breaks the rules of a line. */
export function encodeLine(body: string): string {
  if (body.length > MAX_BODY_CHARS) throw new RangeError(`cabinet line body of ${body.length} characters`);
  if (!bodyIsClean(body))
    throw new RangeError('cabinet line body holds "$", "*" or a byte outside 0x20–0x7E');
  return `$${body}*${checksum(body)}\r\n`;
}

/** Body of the line; what stands before the last `$` is dropped, CR and LF may be missing. */
export function decodeLine(line: string | Uint8Array): DecodeResult<string> {
  const text = typeof line === 'string' ? line : fromAscii(line);
  const start = text.lastIndexOf('$');
  if (start < 0) return undecodable('no_frame', 'no "$" in the line');
  const frame = text.slice(start + 1).replace(/\r?\n?$/, '');
  const star = frame.lastIndexOf('*');
  if (star < 0) return undecodable('incomplete', 'no "*" after "$"');
  const body = frame.slice(0, star);
  const sum = frame.slice(star + 1);
  if (sum.length < 2) return undecodable('incomplete', 'the checksum is cut off');
  if (sum.length > 2) return undecodable('framing', 'characters follow the checksum');
  if (hexDigitValue(sum.charCodeAt(0), true) < 0 || hexDigitValue(sum.charCodeAt(1), true) < 0) {
    return undecodable('invalid_hex', 'the checksum is not two upper-case hex digits');
  }
  if (body.length > MAX_BODY_CHARS) return undecodable('length', `body of ${body.length} characters`);
  if (!bodyIsClean(body)) return undecodable('framing', 'a character outside 0x20–0x7E, or "*", in the body');
  if (sum !== checksum(body)) return undecodable('checksum', `checksum *${sum}, computed *${checksum(body)}`);
  return decoded(body);
}

/** Half of a surrogate pair: not encodable as UTF-8. */
const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

/** Percent-encodes free text as UTF-8 (RFC 3986), so that it fits into a field. */
export function encodeField(text: string): string {
  return encodeURIComponent(text.replace(LONE_SURROGATE, '\uFFFD')).replace(/[!'()*]|%3A|%2F/g, (found) => {
    if (found === '%3A') return ':';
    if (found === '%2F') return '/';
    return `%${found.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}

/** Text of a percent-encoded field. Undefined when an escape is broken or is not UTF-8. */
export function decodeField(field: string): string | undefined {
  try {
    return decodeURIComponent(field);
  } catch {
    return undefined;
  }
}

/** True when a text needs no percent-encoding. */
export function isPlainField(text: string): boolean {
  return [...text].every((char) => UNRESERVED.test(char));
}

function checksum(body: string): string {
  return xor8(toAscii(body)).toString(16).toUpperCase().padStart(2, '0');
}

function bodyIsClean(body: string): boolean {
  return /^[\x20-\x23\x25-\x29\x2b-\x7e]*$/.test(body);
}

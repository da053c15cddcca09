/** One character a byte (Latin-1). For text whose bytes are known to be ASCII. */
export function fromAscii(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** Bytes of an ASCII text; a character above 0xFF keeps its low byte only. */
export function toAscii(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0) & 0xff);
}

/**
 * Text of a fixed-width field: ends at the first NUL, loses the padding around it, and shows bytes that are not
 * printable ASCII as `?`, so that a device can not put control characters into logs and screens.
 */
export function fixedText(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    if (byte === 0) break;
    text += byte >= 0x20 && byte <= 0x7e ? String.fromCharCode(byte) : '?';
  }
  return text.trim();
}

/** True when every byte is printable ASCII, or NUL padding. */
export function isPrintable(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0 || (byte >= 0x20 && byte <= 0x7e));
}

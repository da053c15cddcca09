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

/** Bytes that fill a field behind its text: NUL, or FF where the memory was never written. */
function isPadding(byte: number): boolean {
  return byte === 0x00 || byte === 0xff;
}

function isVisible(byte: number): boolean {
  return byte >= 0x20 && byte <= 0x7e;
}

/**
 * Text of a fixed-width field: ends at the first padding byte, loses the spaces around it, and shows bytes that are not
 * printable ASCII as `?`, so that a device can not put control characters into logs and screens.
 */
export function fixedText(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    if (isPadding(byte)) break;
    text += isVisible(byte) ? String.fromCharCode(byte) : '?';
  }
  return text.trim();
}

/** True when every byte is printable ASCII or padding. */
export function isPrintable(bytes: Uint8Array): boolean {
  return bytes.every((byte) => isVisible(byte) || isPadding(byte));
}

const HEX_DIGITS = '0123456789abcdef';

/** Value of one ASCII hex digit, or -1. `upperOnly` refuses a–f, as devices of the `~` family send upper case only. */
export function hexDigitValue(code: number, upperOnly = false): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  if (code >= 0x41 && code <= 0x46) return code - 0x37;
  if (!upperOnly && code >= 0x61 && code <= 0x66) return code - 0x57;
  return -1;
}

/** Lower-case hex, two digits a byte. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += (HEX_DIGITS[byte >> 4] ?? '') + (HEX_DIGITS[byte & 15] ?? '');
  return text;
}

/** Bytes of a hex text in either case, spaces allowed between bytes; undefined when a digit is wrong or missing. */
export function fromHex(text: string): Uint8Array | undefined {
  const digits = text.replace(/\s+/g, '');
  if (digits.length % 2 !== 0) return undefined;
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i += 1) {
    const high = hexDigitValue(digits.charCodeAt(2 * i));
    const low = hexDigitValue(digits.charCodeAt(2 * i + 1));
    if (high < 0 || low < 0) return undefined;
    bytes[i] = (high << 4) | low;
  }
  return bytes;
}

/** Lines of the cabinet protocol, version 1 (docs/protocol/cabinet.md, "Line"). */

const DOLLAR = 0x24;
const STAR = 0x2a;
const CR = 0x0d;
const LF = 0x0a;
const MAX_BODY = 1_000;

/** XOR of all bytes of the body. */
function checksum(body: string): string {
  let xor = 0;
  for (let i = 0; i < body.length; i += 1) xor ^= body.charCodeAt(i);
  return xor.toString(16).toUpperCase().padStart(2, '0');
}

/** Fields to a whole line with its end. Free text must already be percent-encoded. */
export function encodeLine(fields: readonly (string | number)[]): string {
  const body = fields.join(',');
  return `$${body}*${checksum(body)}\r\n`;
}

/** Percent-encodes everything but `A-Z a-z 0-9 - _ . ~ : /`, as UTF-8. */
export function percentEncode(text: string): string {
  return Array.from(Buffer.from(text, 'utf8'), (byte) => {
    const char = String.fromCharCode(byte);
    return /[A-Za-z0-9\-_.~:/]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}

export interface LineReceiver {
  /** Bodies of the good lines, in order. Bad ones are dropped and counted, never answered. */
  receive(bytes: Uint8Array): string[];
  dropped(): number;
}

export function createCabinetLineReceiver(): LineReceiver {
  let line: string | undefined;
  let dropped = 0;

  function drop(): void {
    line = undefined;
    dropped += 1;
  }

  function finish(text: string): string | undefined {
    const star = text.lastIndexOf('*');
    const body = text.slice(0, star);
    if (
      star < 0 ||
      star !== text.length - 3 ||
      body.length > MAX_BODY ||
      checksum(body) !== text.slice(star + 1)
    ) {
      drop();
      return undefined;
    }
    line = undefined;
    return body;
  }

  return {
    dropped: () => dropped,
    receive(bytes) {
      const bodies: string[] = [];
      for (const byte of bytes) {
        if (byte === DOLLAR) {
          if (line !== undefined) dropped += 1;
          line = '';
        } else if (line === undefined) continue;
        else if (byte === CR) continue;
        else if (byte === LF) {
          const body = finish(line);
          if (body !== undefined) bodies.push(body);
        } else if (byte < 0x20 || byte > 0x7e || line.length > MAX_BODY + 3) drop();
        else if (byte === STAR && line.includes('*')) drop();
        else line += String.fromCharCode(byte);
      }
      return bodies;
    },
  };
}

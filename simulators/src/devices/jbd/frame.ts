/** JBD frames as the battery's electronics see them; serial line and Bluetooth carry the same bytes. */

const START = 0xdd;
const END = 0x77;
const READ = 0xa5;
const MAX_REQUEST = 64;

export interface JbdRequest {
  readonly write: boolean;
  readonly command: number;
  readonly data: Uint8Array;
}

/** 16-bit negated sum over the bytes that the checksum covers. */
export function jbdChecksum(covered: Iterable<number>): number {
  let sum = 0;
  for (const byte of covered) sum += byte;
  return -sum & 0xffff;
}

export const JBD_OK = 0x00;
export const JBD_ERROR = 0x80;

/** A whole answer. The checksum covers status, length and data, not the command byte. */
export function encodeJbdAnswer(
  command: number,
  status: number,
  data: Uint8Array = new Uint8Array(),
): Uint8Array {
  const sum = jbdChecksum([status, data.length, ...data]);
  return Uint8Array.from([START, command, status, data.length, ...data, sum >> 8, sum & 0xff, END]);
}

/** Finds requests in a byte stream. A frame with a wrong checksum or end is dropped and the search goes on after its start byte. */
export function createJbdReceiver(): (bytes: Uint8Array) => JbdRequest[] {
  let buffer: number[] = [];
  return (bytes) => {
    buffer.push(...bytes);
    const requests: JbdRequest[] = [];
    for (;;) {
      const start = buffer.indexOf(START);
      buffer = start < 0 ? [] : buffer.slice(start);
      const length = buffer[3];
      if (length === undefined) return requests;
      const total = 7 + length;
      if (total > MAX_REQUEST) {
        buffer = buffer.slice(1);
        continue;
      }
      if (buffer.length < total) return requests;
      const request = parseAt(buffer.slice(0, total));
      buffer = buffer.slice(request ? total : 1);
      if (request) requests.push(request);
    }
  };
}

function parseAt(frame: readonly number[]): JbdRequest | undefined {
  const [, mode = 0, command = 0, length = 0] = frame;
  const sum = ((frame[4 + length] ?? 0) << 8) | (frame[5 + length] ?? 0);
  if (frame.at(-1) !== END || jbdChecksum(frame.slice(2, 4 + length)) !== sum) return undefined;
  return { write: mode !== READ, command, data: Uint8Array.from(frame.slice(4, 4 + length)) };
}

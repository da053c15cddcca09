/**
 * Bounds what a client can make the MQTT parser buffer. The parser keeps a packet until its last byte has come, and MQTT allows
 * 256 MiB. The guard walks the fixed headers (MQTT 3.1.1 section 2.2) of the incoming bytes, lets packets within the limits through
 * untouched, and shortens a larger PUBLISH to its topic, its packet id and a small marker while its payload is thrown away as it
 * arrives: the session survives, the broker acknowledges, and the reader of the marker refuses the message.
 */
export type PacketGuardLimits = {
  /** Largest PUBLISH (variable header and payload), bytes. */
  maxPublishBytes: number;
  /** Largest packet of any other kind, bytes. */
  maxOtherBytes: number;
};

/** The bytes cannot be an honest client's: the connection must be closed. */
export class PacketRefusedError extends Error {
  readonly code = 'PACKET_REFUSED';
  constructor(message: string) {
    super(message);
    this.name = 'PacketRefusedError';
  }
}

const PUBLISH = 3;
const MAX_TOPIC_BYTES = 1_024;
const MARKER = 'voltbay:payload-too-large:';
const NOTHING = Buffer.alloc(0);

/** Bytes of the payload that the marker stands for; null when it is no marker. */
export function oversizedPayloadBytes(payload: Uint8Array): number | null {
  if (payload.length > MARKER.length + 12 || payload.length <= MARKER.length) return null;
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('latin1');
  if (!text.startsWith(MARKER)) return null;
  const bytes = Number(text.slice(MARKER.length));
  return Number.isSafeInteger(bytes) ? bytes : null;
}

export interface PacketGuard {
  /** The bytes to parse in place of `chunk`; may be empty. Throws `PacketRefusedError`. */
  push(chunk: Buffer): Buffer;
}

export function createPacketGuard(limits: PacketGuardLimits): PacketGuard {
  /** Bytes of an unfinished fixed header, or of the start of a PUBLISH that is being shortened. */
  let held = NOTHING;
  let passBytes = 0;
  let dropBytes = 0;
  let shortening: { firstByte: number; bodyBytes: number } | null = null;

  function push(chunk: Buffer): Buffer {
    // The common case needs neither copy nor list: only whole, allowed packets pass.
    if (held.length === 0 && dropBytes === 0 && passBytes >= chunk.length) {
      passBytes -= chunk.length;
      return chunk;
    }
    const out: Buffer[] = [];
    let rest = held.length > 0 ? Buffer.concat([held, chunk]) : chunk;
    held = NOTHING;
    let passed = 0;
    const flush = () => {
      if (passed > 0) out.push(rest.subarray(0, passed));
      rest = rest.subarray(passed);
      passed = 0;
    };
    while (passed < rest.length) {
      if (passBytes > 0) {
        const take = Math.min(passBytes, rest.length - passed);
        passed += take;
        passBytes -= take;
        continue;
      }
      if (dropBytes > 0) {
        flush();
        const take = Math.min(dropBytes, rest.length);
        rest = rest.subarray(take);
        dropBytes -= take;
        continue;
      }
      if (shortening) {
        flush();
        const start = startOfPublish(rest, shortening);
        if (!start) {
          held = Buffer.from(rest);
          rest = NOTHING;
          break;
        }
        out.push(shortenedPublish(shortening, rest.subarray(0, start.headBytes)));
        rest = rest.subarray(start.headBytes);
        dropBytes = shortening.bodyBytes - start.headBytes;
        shortening = null;
        continue;
      }
      const header = readFixedHeader(rest, passed);
      if (header === null) {
        const tail = Buffer.from(rest.subarray(passed));
        rest = rest.subarray(0, passed);
        held = tail;
        break;
      }
      const isPublish = header.firstByte >> 4 === PUBLISH;
      if (isPublish && header.bodyBytes > limits.maxPublishBytes) {
        flush();
        rest = rest.subarray(header.headerBytes);
        shortening = { firstByte: header.firstByte, bodyBytes: header.bodyBytes };
      } else if (!isPublish && header.bodyBytes > limits.maxOtherBytes) {
        throw new PacketRefusedError(
          `packet of type ${header.firstByte >> 4} with ${header.bodyBytes} bytes`,
        );
      } else {
        passed += header.headerBytes;
        passBytes = header.bodyBytes;
      }
    }
    flush();
    return out.length === 1 ? (out[0] ?? NOTHING) : Buffer.concat(out);
  }

  return { push };
}

function readFixedHeader(bytes: Buffer, at: number) {
  const firstByte = bytes[at];
  if (firstByte === undefined) return null;
  let bodyBytes = 0;
  for (let digit = 0; digit < 4; digit++) {
    const byte = bytes[at + 1 + digit];
    if (byte === undefined) return null;
    bodyBytes += (byte & 0x7f) << (7 * digit);
    if ((byte & 0x80) === 0) return { firstByte, bodyBytes, headerBytes: 2 + digit };
  }
  throw new PacketRefusedError('remaining length of more than four bytes');
}

/** Length of topic and packet id, or null while they are incomplete. */
function startOfPublish(bytes: Buffer, packet: { firstByte: number }): { headBytes: number } | null {
  if (bytes.length < 2) return null;
  const topicBytes = bytes.readUInt16BE(0);
  if (topicBytes > MAX_TOPIC_BYTES) throw new PacketRefusedError(`topic of ${topicBytes} bytes`);
  const qos = (packet.firstByte >> 1) & 3;
  const headBytes = 2 + topicBytes + (qos > 0 ? 2 : 0);
  return bytes.length >= headBytes ? { headBytes } : null;
}

function shortenedPublish(packet: { firstByte: number; bodyBytes: number }, head: Buffer): Buffer {
  const marker = Buffer.from(`${MARKER}${packet.bodyBytes - head.length}`, 'latin1');
  const length = head.length + marker.length;
  const header =
    length < 128
      ? Buffer.from([packet.firstByte, length])
      : Buffer.from([packet.firstByte, (length & 0x7f) | 0x80, length >> 7]);
  return Buffer.concat([header, head, marker]);
}

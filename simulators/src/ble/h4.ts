/** Packet types of the H4 transport (Core 5.0, Vol 4, Part A, 2). */
export const H4 = { command: 0x01, acl: 0x02, event: 0x04 } as const;

const MAX_BUFFERED = 70_000;

/** Length of the first packet in the buffer; undefined while its header is incomplete, -1 when it is no H4. */
function packetLength(buffer: Buffer): number | undefined {
  const type = buffer[0];
  if (type === undefined) return undefined;
  if (type === H4.command) return buffer.length < 4 ? undefined : 4 + buffer.readUInt8(3);
  if (type === H4.event) return buffer.length < 3 ? undefined : 3 + buffer.readUInt8(2);
  if (type === H4.acl) return buffer.length < 5 ? undefined : 5 + buffer.readUInt16LE(3);
  return -1;
}

/** Cuts a byte stream into H4 packets. Returns false from then on when the stream is not H4. */
export function createH4Splitter(onPacket: (packet: Buffer) => void): (bytes: Buffer) => boolean {
  let buffer = Buffer.alloc(0);
  return (bytes) => {
    buffer = Buffer.concat([buffer, bytes]);
    for (;;) {
      const length = packetLength(buffer);
      if (length === -1 || buffer.length > MAX_BUFFERED) return false;
      if (length === undefined || buffer.length < length) return true;
      onPacket(Buffer.from(buffer.subarray(0, length)));
      buffer = buffer.subarray(length);
    }
  };
}

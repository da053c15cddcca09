/** Control packet types of MQTT 3.1.1, section 2.2.1, that a fault may want to lose. */
export const MQTT_PACKET = { publish: 3, puback: 4, pingreq: 12, pingresp: 13 } as const;

const MAX_BUFFERED = 16 * 1024 * 1024;

/** Length of the first packet, or undefined while it is not known yet; -1 for a length that MQTT does not allow. */
function packetLength(buffer: Buffer): number | undefined {
  let length = 0;
  for (let i = 1; i <= 4; i += 1) {
    const byte = buffer[i];
    if (byte === undefined) return undefined;
    length += (byte & 0x7f) * 128 ** (i - 1);
    if ((byte & 0x80) === 0) return 1 + i + length;
  }
  return -1;
}

/** Cuts a stream into whole MQTT packets. A stream that is no MQTT is passed on as it comes. */
export function createMqttSplitter(): (chunk: Buffer) => Buffer[] {
  let buffer = Buffer.alloc(0);
  let opaque = false;
  return (chunk) => {
    if (opaque) return [chunk];
    buffer = Buffer.concat([buffer, chunk]);
    const packets: Buffer[] = [];
    for (;;) {
      const length = buffer.length > 0 ? packetLength(buffer) : undefined;
      if (length === -1 || buffer.length > MAX_BUFFERED) {
        opaque = true;
        packets.push(buffer);
        buffer = Buffer.alloc(0);
        return packets;
      }
      if (length === undefined || buffer.length < length) return packets;
      packets.push(Buffer.from(buffer.subarray(0, length)));
      buffer = buffer.subarray(length);
    }
  };
}

export function mqttPacketType(packet: Buffer): number {
  return (packet[0] ?? 0) >> 4;
}

/** Topic of a PUBLISH packet; undefined for any other. */
export function mqttPublishTopic(packet: Buffer): string | undefined {
  if (mqttPacketType(packet) !== MQTT_PACKET.publish) return undefined;
  let at = 1;
  while (((packet[at] ?? 0) & 0x80) !== 0) at += 1;
  at += 1;
  if (packet.length < at + 2) return undefined;
  return packet.toString('utf8', at + 2, at + 2 + packet.readUInt16BE(at));
}

/** Payload of an MQTT 3.1.1 PUBLISH packet; undefined for any other. */
export function mqttPublishPayload(packet: Buffer): Buffer | undefined {
  if (mqttPacketType(packet) !== MQTT_PACKET.publish) return undefined;
  let at = 1;
  while (((packet[at] ?? 0) & 0x80) !== 0) at += 1;
  at += 1;
  if (packet.length < at + 2) return undefined;
  const hasPacketId = ((packet[0] ?? 0) & 0x06) !== 0;
  return packet.subarray(at + 2 + packet.readUInt16BE(at) + (hasPacketId ? 2 : 0));
}

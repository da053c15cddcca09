import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPacketGuard, oversizedPayloadBytes, PacketRefusedError } from './packet-guard.js';

const LIMITS = { maxPublishBytes: 300, maxOtherBytes: 64 };

function packet(firstByte: number, body: Buffer): Buffer {
  const length: number[] = [];
  let rest = body.length;
  do {
    length.push((rest % 128) | (rest > 127 ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.concat([Buffer.from([firstByte, ...length]), body]);
}
function publish(topic: string, payloadBytes: number, qos: 0 | 1 = 1): Buffer {
  const head = Buffer.alloc(2 + topic.length + (qos ? 2 : 0));
  head.writeUInt16BE(topic.length, 0);
  head.write(topic, 2);
  if (qos) head.writeUInt16BE(513, 2 + topic.length);
  return packet(0x30 | (qos << 1), Buffer.concat([head, Buffer.alloc(payloadBytes, 0x61)]));
}
const PING = packet(0xc0, Buffer.alloc(0));

/** What a PUBLISH that was shortened carries, read by hand. */
function readShortened(bytes: Buffer) {
  const topicBytes = bytes.readUInt16BE(2);
  const qos = ((bytes[0] ?? 0) >> 1) & 3;
  const payloadAt = 4 + topicBytes + (qos ? 2 : 0);
  return {
    topic: bytes.subarray(4, 4 + topicBytes).toString(),
    packetId: qos ? bytes.readUInt16BE(4 + topicBytes) : null,
    payload: bytes.subarray(payloadAt, 2 + (bytes[1] ?? 0)),
    bytes: 2 + (bytes[1] ?? 0),
  };
}

describe('packet guard', () => {
  it('lets packets within the limits through byte for byte, however they are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(280), { minLength: 1, maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
        (sizes, cuts) => {
          const stream = Buffer.concat(sizes.flatMap((size) => [publish('info/1', size), PING]));
          const guard = createPacketGuard(LIMITS);
          const out: Buffer[] = [];
          for (let at = 0, i = 0; at < stream.length; i++) {
            const step = cuts[i % cuts.length] ?? 1;
            out.push(Buffer.from(guard.push(stream.subarray(at, at + step))));
            at += step;
          }
          expect(Buffer.concat(out).equals(stream)).toBe(true);
        },
      ),
    );
  });

  it.each([0, 1] as const)('shortens a PUBLISH over the limit and keeps what follows (QoS %i)', (qos) => {
    const stream = Buffer.concat([PING, publish('info/1231', 5_000, qos), PING]);
    for (const step of [1, 2, 3, 7, 64, stream.length]) {
      const guard = createPacketGuard(LIMITS);
      const out: Buffer[] = [];
      for (let at = 0; at < stream.length; at += step)
        out.push(Buffer.from(guard.push(stream.subarray(at, at + step))));
      const all = Buffer.concat(out);
      expect(all.subarray(0, 2).equals(PING)).toBe(true);
      const shortened = readShortened(all.subarray(2));
      expect(shortened.topic).toBe('info/1231');
      expect(shortened.packetId).toBe(qos ? 513 : null);
      expect(oversizedPayloadBytes(shortened.payload)).toBe(5_000);
      expect(all.subarray(2 + shortened.bytes).equals(PING)).toBe(true);
    }
  });

  it('refuses other packets over the limit, overlong lengths and absurd topics', () => {
    const subscribe = packet(0x82, Buffer.alloc(65));
    expect(() => createPacketGuard(LIMITS).push(subscribe)).toThrow(PacketRefusedError);
    expect(() => createPacketGuard(LIMITS).push(Buffer.from([0x30, 255, 255, 255, 255, 1]))).toThrow(
      PacketRefusedError,
    );
    const topic = Buffer.concat([Buffer.from([0x30, 0x80, 0x10, 0xff, 0xff]), Buffer.alloc(10)]);
    expect(() => createPacketGuard(LIMITS).push(topic)).toThrow(PacketRefusedError);
  });

  it('does not take a real payload for a marker', () => {
    expect(oversizedPayloadBytes(Buffer.from('{}'))).toBeNull();
    expect(oversizedPayloadBytes(Buffer.from('voltbay:payload-too-large:x'))).toBeNull();
  });
});

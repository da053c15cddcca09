import { describe, expect, it } from 'vitest';
import { createUplinkRecord } from './uplink-record.js';

const packet = (topic: string, message: object): Buffer => {
  const body = Buffer.concat([
    Buffer.from([0, topic.length]),
    Buffer.from(topic),
    Buffer.from(JSON.stringify(message)),
  ]);
  return Buffer.concat([Buffer.from([0x30, (body.length & 0x7f) | 0x80, body.length >> 7]), body]);
};

describe('the witness of an uplink', () => {
  const info = (seq: number, rest: object = {}) =>
    packet('info/1', { device: '1', epoch: 1, seq, type: 0, id: `i${seq}`, data: {}, ...rest });
  const birth = packet('state/1', { device: '1', online: true });

  it('notes order within a session and lane, repeats, and changed words', () => {
    const record = createUplinkRecord('1');
    record.see(birth, 'to-server');
    for (const seq of [5, 7, 6]) record.see(info(seq), 'to-server');
    for (const seq of [1, 2]) record.see(info(seq, { historical: true }), 'to-server');
    record.see(info(7), 'to-server');
    record.see(info(5, { data: { other: true } }), 'to-server');
    expect(record.outOfOrder).toEqual(['1/6']);
    expect(record.changed).toEqual(['1/5']);
    expect(record.sent.get('1/7')?.times).toBe(2);
    record.see(birth, 'to-server');
    record.see(info(3, { historical: true }), 'to-server');
    expect([record.sessions(), record.outOfOrder.length]).toEqual([2, 1]);
  });

  it('counts what an acknowledgement covers', () => {
    const record = createUplinkRecord('1');
    for (const seq of [0, 1, 2, 3]) record.see(info(seq), 'to-server');
    record.see(packet('control/1', { type: 20, data: { epoch: 1, upTo: 0, also: [2] } }), 'to-client');
    expect([...record.acknowledged]).toEqual(['1/0', '1/2']);
  });
});

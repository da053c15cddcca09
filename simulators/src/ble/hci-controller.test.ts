import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAttServer } from './att-server.js';
import { createGattDatabase } from './gatt-database.js';
import { createH4Splitter } from './h4.js';
import { createHciController } from './hci-controller.js';
import type { BlePeripheral } from './peripheral.js';

function aPeripheral(): BlePeripheral {
  return {
    address: 'a4:c1:38:00:00:01',
    addressType: 'public',
    name: 'P1',
    services: [{ uuid: 'ff00', characteristics: [{ uuid: 'ff01', properties: ['notify', 'write'] }] }],
    advertisedServices: ['ff00'],
    maxMtu: 23,
    rssi: () => -50,
    connectable: () => true,
  };
}

describe('virtual Bluetooth controller', () => {
  it('survives any bytes from a host, and still answers a reset', () => {
    const packets = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 60 }),
        // Well-formed headers with random bodies reach deeper.
        fc
          .tuple(
            fc.constantFrom(0x0406, 0x1405, 0x200c, 0x200d, 0x200e, 0x2013),
            fc.uint8Array({ maxLength: 30 }),
          )
          .map(([opcode, body]) => Uint8Array.from([1, opcode & 0xff, opcode >> 8, body.length, ...body])),
        fc
          .uint8Array({ maxLength: 30 })
          .map((body) => Uint8Array.from([2, 0x40, 0x00, body.length, 0, ...body])),
      ),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(packets, (chunks) => {
        const sent: Buffer[] = [];
        const controller = createHciController({
          address: '00:1b:dc:00:00:01',
          send: (packet) => sent.push(packet),
        });
        controller.add(aPeripheral());
        const split = createH4Splitter((packet) => controller.receive(packet));
        for (const chunk of chunks) if (!split(Buffer.from(chunk))) break;
        sent.length = 0;
        controller.receive(Buffer.from([1, 0x03, 0x0c, 0]));
        expect(sent.at(-1)?.toString('hex')).toBe('040e0401030c00');
        controller.remove('a4:c1:38:00:00:01');
        controller.reset();
      }),
      { numRuns: 200 },
    );
  });
});

describe('attribute server', () => {
  it('answers every request with its response or an error that fits the MTU, whatever stands in it', () => {
    const database = createGattDatabase(aPeripheral().services);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (pdu) => {
        const sent: Buffer[] = [];
        const server = createAttServer({ database, maxMtu: 23, send: (answer) => sent.push(answer) });
        server.receive(Buffer.from(pdu));
        const opcode = pdu[0] ?? 0;
        const isCommand = (opcode & 0x40) !== 0 || opcode === 0x1e;
        if (!isCommand) expect(sent).toHaveLength(1);
        for (const answer of sent) {
          const allowed = answer[0] === 0x01 ? 5 : Math.max(23, pdu.length);
          expect(answer.length).toBeLessThanOrEqual(allowed);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('notifies only who has subscribed, and nothing after the link is gone', () => {
    const services = aPeripheral().services;
    const database = createGattDatabase(services);
    const sent: Buffer[] = [];
    const server = createAttServer({ database, maxMtu: 23, send: (answer) => sent.push(answer) });
    const characteristic = services[0]?.characteristics[0];
    if (!characteristic) throw new Error('no characteristic');
    expect(server.notify(characteristic, Uint8Array.of(1))).toBe(false);
    server.receive(Buffer.from([0x12, 4, 0, 1, 0]));
    expect(server.notify(characteristic, new Uint8Array(30))).toBe(true);
    expect(sent.at(-1)).toHaveLength(23);
    server.close();
    expect(server.notify(characteristic, Uint8Array.of(1))).toBe(false);
  });
});

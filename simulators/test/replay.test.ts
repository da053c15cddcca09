import { afterEach, describe, expect, it } from 'vitest';
import { parseCapture } from '../src/replay/capture.js';
import { startReplay } from '../src/replay/start-replay.js';
import { startBleClient } from './support/ble-client.js';
import { openSerial } from './support/serial-client.js';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

const options = { gapMs: 5, baudRate: 0, name: 'REPLAY' };
const frames = ['dd030004', '0102030400f277'];

describe('replay on real drivers', () => {
  it('speaks from a serial port', async () => {
    const capture = [
      { id: 'a', protocol: 'jbd', transport: 'serial', request_hex: 'dda50300fffd77', frames },
    ];
    const replay = await startReplay(parseCapture(capture, 'test'), options);
    opened.push(replay);
    const client = await openSerial(replay.port ?? '');
    opened.push(client);
    client.write(Buffer.from('dda50300fffd77', 'hex'));
    await client.waitForHex(new RegExp(`^${frames.join('')}$`));
  });

  it('speaks over Bluetooth, one notification for each recorded one', async () => {
    const capture = [{ id: 'a', protocol: 'jbd', transport: 'ble', request_hex: 'dda50300fffd77', frames }];
    const replay = await startReplay(parseCapture(capture, 'test'), options);
    opened.push(replay);
    const client = startBleClient(replay.env ?? {});
    opened.push(client);
    await client.waitUntil('adapter is on', () => client.state() === 'poweredOn');
    await client.ask('scan', { on: true });
    await client.waitUntil('found', () => client.events('found', 'REPLAY').length > 0);
    await client.ask('scan', { on: false });
    await client.ask('connect', { name: 'REPLAY' });
    await client.ask('write', { name: 'REPLAY', hex: 'dda50300fffd77' });
    await client.waitUntil('both', () => client.events('data', 'REPLAY').length === 2);
    expect(client.events('data', 'REPLAY').map((message) => message.hex)).toEqual(frames);
  });
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { parseCapture } from '../src/replay/capture.js';
import {
  captureScenarioOf,
  runCaptureScenario,
  saveCaptureScenario,
} from '../src/replay/capture-scenario.js';
import { createPacer } from '../src/replay/pacer.js';
import { startReplay } from '../src/replay/start-replay.js';
import { startBleClient } from './support/ble-client.js';
import { openSerial } from './support/serial-client.js';
import { waitUntil } from './support/wait.js';

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

  it('holds each frame until a person lets it go', async () => {
    const capture = [
      { id: 'a', protocol: 'jbd', transport: 'serial', request_hex: 'dda50300fffd77', frames },
    ];
    const [input, told] = [new PassThrough(), [] as string[]];
    const pacer = createPacer({ speed: 0, step: true, input, tell: (text) => told.push(text) });
    const replay = await startReplay(parseCapture(capture, 'test'), { ...options, pacer });
    opened.push(replay, { close: async () => pacer.close() });
    const client = await openSerial(replay.port ?? '');
    opened.push(client);
    client.write(Buffer.from('dda50300fffd77', 'hex'));
    await waitUntil('the first frame is announced', () => told.length === 1);
    expect(told[0]).toMatch(/frame of 4 bytes/);
    input.write('\n');
    await client.waitForHex(new RegExp(`^${frames[0]}$`));
    // The second one is next in line and has not gone: what arrived is the first alone.
    await waitUntil('the second frame is announced', () => told.length === 2);
    await client.waitForHex(new RegExp(`^${frames[0]}$`));
    input.write('\n');
    await client.waitForHex(new RegExp(`^${frames.join('')}$`));
  });
});

describe('a capture kept as a scenario', () => {
  it('holds as long as its frames are decoded as when it was kept, and names the case that is not', () => {
    const dir = mkdtempSync(join(tmpdir(), 'voltbay-replay-'));
    try {
      const [captureFile, kept] = [join(dir, 'capture.json'), join(dir, 'kept.json')];
      // Hardware version of a JBD: dd 05 00 len "VB" checksum 77.
      const good = { id: 'version', protocol: 'jbd', transport: 'serial', frames: ['dd0500025642ff6677'] };
      const bad = { id: 'cut-short', protocol: 'jbd', transport: 'serial', frames: ['dd0500'] };
      const other = { ...good, id: 'another' };
      writeFileSync(captureFile, JSON.stringify([good, bad, other]));
      saveCaptureScenario(captureFile, ['version', 'cut-short'], kept);
      const content = JSON.parse(readFileSync(kept, 'utf8')) as { readings: object[] };
      const scenario = captureScenarioOf(content, kept);
      if (!scenario) throw new Error('not recognised');
      expect(scenario.readings).toMatchObject([
        { id: 'version', ok: true },
        { id: 'cut-short', ok: false },
      ]);
      expect(runCaptureScenario(scenario, 'kept')).toMatchObject({ ok: true, steps: 2 });
      const readings = [scenario.readings[0], { id: 'cut-short', protocol: 'jbd', ok: true }];
      const changed = captureScenarioOf({ ...content, readings }, kept);
      expect(changed && runCaptureScenario(changed, 'kept')).toMatchObject({
        ok: false,
        failure: { step: 2, text: expect.stringContaining('case cut-short was decoded as') },
      });
      expect(() => captureScenarioOf({ ...content, readings: [] }, kept)).toThrow(/one for each case/);
      expect(captureScenarioOf({ name: 'a story', steps: [] }, kept)).toBeNull();
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});

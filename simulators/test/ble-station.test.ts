import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { bleEnvironment, blePreloadPath } from '../src/ble/preload-path.js';
import { encodeLine } from '../src/devices/cabinet/line.js';
import { demoStation } from '../src/station/demo-station.js';
import { createVirtualStation } from '../src/station/station.js';
import { type BleClient, startBleClient } from './support/ble-client.js';
import { openSerial } from './support/serial-client.js';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

async function aStation(ble: number) {
  const station = await createVirtualStation(
    demoStation({ slots: ble + 1, pylontech: 1, jbdSerial: 0, ble, speed: 0 }),
  );
  opened.push(station);
  const client = startBleClient(station.agentEnvironment());
  opened.push(client);
  const serials = station
    .state()
    .slots.flatMap((slot) => (slot.pack?.packClass === 'B' ? [slot.pack.serial] : []));
  return { station, client, serials };
}

async function scanFor(client: BleClient, serials: string[]): Promise<void> {
  await client.waitUntil('adapter is on', () => client.state() === 'poweredOn');
  await client.ask('scan', { on: true });
  await client.waitUntil('all packs found', () =>
    serials.every((name) => client.events('found', name).length > 0),
  );
  await client.ask('scan', { on: false });
}

const READ_CELLS = 'dda50400fffc77';
const CELLS = /^(00)?dd040022[0-9a-f]{68}[0-9a-f]{4}77$/;

describe('Bluetooth packs through real noble', () => {
  it('are found by name and service, and answer in 20-byte notifications after a stray zero', async () => {
    const { client, serials } = await aStation(1);
    const [name = ''] = serials;
    await scanFor(client, serials);
    expect(client.events('found', name)[0]).toMatchObject({ services: ['ff00'] });
    const { characteristics } = await client.ask('connect', { name });
    expect(characteristics).toEqual([
      ['ff01', ['read', 'notify']],
      ['ff02', ['writeWithoutResponse', 'write']],
    ]);
    await client.ask('write', { name, hex: READ_CELLS });
    await client.waitUntil('the whole answer', () => CELLS.test(client.received(name)));
    const sizes = client.events('data', name).map((message) => (message.hex?.length ?? 0) / 2);
    expect(sizes).toEqual([1, 20, 20, 1]);
    const { rssi } = await client.ask('rssi', { name });
    expect(rssi).toBeLessThan(-40);
  });

  it('serve eight links at once, each with its own values', async () => {
    const { station, client, serials } = await aStation(8);
    expect(serials).toHaveLength(8);
    await scanFor(client, serials);
    for (const name of serials) await client.ask('connect', { name });
    expect(station.state().bluetooth.connected).toHaveLength(8);
    await Promise.all(serials.map((name) => client.ask('write', { name, hex: READ_CELLS })));
    await client.waitUntil('eight answers', () => serials.every((name) => CELLS.test(client.received(name))));
    expect(new Set(serials.map((name) => client.received(name))).size).toBe(8);
  });

  it('disappear when they vanish, without touching the others, and come back', async () => {
    const { station, client, serials } = await aStation(2);
    const [lost = '', other = ''] = serials;
    await scanFor(client, serials);
    for (const name of serials) await client.ask('connect', { name });
    await station.inject('ble-vanish', { serial: lost });
    await client.waitUntil('the link died', () => client.events('gone', lost).length === 1);
    client.clear();
    await client.ask('write', { name: other, hex: READ_CELLS });
    await client.waitUntil('the other answers', () => CELLS.test(client.received(other)));
    await client.ask('scan', { on: true });
    await station.inject('ble-vanish', { serial: lost, on: false });
    await client.waitUntil('it is found again', () => client.events('found', lost).length > 0);
    await client.ask('scan', { on: false });
    await client.ask('connect', { name: lost });
    client.clear();
    await client.ask('write', { name: lost, hex: READ_CELLS });
    await client.waitUntil('it answers again', () => CELLS.test(client.received(lost)));
  });

  it('are reached again after the adapter restarted', async () => {
    const { station, client, serials } = await aStation(1);
    const [name = ''] = serials;
    await scanFor(client, serials);
    await client.ask('connect', { name });
    await station.inject('ble-restart', { downMs: 1_500 });
    await client.waitUntil('link and adapter are down', () => client.state() === 'poweredOff');
    expect(client.events('gone', name)).toHaveLength(1);
    await client.waitUntil('adapter is back', () => client.state() === 'poweredOn');
    client.clear();
    await scanFor(client, serials);
    await client.ask('connect', { name });
    await client.ask('write', { name, hex: READ_CELLS });
    await client.waitUntil('it answers again', () => CELLS.test(client.received(name)));
  });

  it('are on the air only while they stand in the station', async () => {
    const { station, client, serials } = await aStation(1);
    const [name = ''] = serials;
    await scanFor(client, serials);
    await client.ask('connect', { name });
    const bay = station.state().slots.find((slot) => slot.pack?.serial === name)?.slot ?? 0;
    expect(station.removePack(bay)).toEqual({ ok: false, reason: 'door-closed' });
    const cabinet = await openSerial(station.agentHardware().ports.cabinet?.path ?? '', 115_200);
    opened.push(cabinet);
    cabinet.write(encodeLine(['C', 1, 'OPEN', bay, 'out-1']));
    await cabinet.waitFor(/R,1,OK/);
    expect(station.openDoor(bay)).toEqual({ ok: true });
    expect(station.removePack(bay)).toEqual({ ok: true, serial: name });
    await client.waitUntil('the link died', () => client.events('gone', name).length === 1);
    await cabinet.waitFor(new RegExp(`PACK,${bay},out`));
    client.clear();
    await client.ask('scan', { on: true });
    expect(station.insertPack(bay, name)).toEqual({ ok: true });
    await client.waitUntil('it advertises again', () => client.events('found', name).length > 0);
  });
});

describe('other makes over Bluetooth', () => {
  async function aMixedStation() {
    const slot = (n: number, make: 'jk' | 'daly') => ({
      slot: n,
      packClass: 'B',
      interface: { kind: make === 'jk' ? ('jk-ble' as const) : ('daly-ble' as const) },
      pack: { serial: `VB-B-010${n}`, packClass: 'B', socPct: 60 + n, make },
    });
    const station = await createVirtualStation({ speed: 0, slots: [slot(1, 'jk'), slot(2, 'daly')] });
    opened.push(station);
    const client = startBleClient(station.agentEnvironment());
    opened.push(client);
    await client.waitUntil('adapter is on', () => client.state() === 'poweredOn');
    await client.ask('scan', { on: true, services: ['ffe0', 'fff0'] });
    const found = (name: string) => client.events('found', name).length > 0;
    await client.waitUntil('both are found', () => found('VB-B-0101') && found('VB-B-0102'));
    await client.ask('scan', { on: false });
    return client;
  }

  it('JK streams frames after one command, identity with the acknowledge glued on', async () => {
    const client = await aMixedStation();
    const name = 'VB-B-0101';
    await client.ask('connect', { name, service: 'ffe0', notify: 'ffe1', write: 'ffe1' });
    await client.ask('write', { name, hex: 'aa5590eb97000000000000000000000000000011' });
    await client.waitUntil('identity', () => client.received(name).length >= 640);
    expect(client.received(name)).toMatch(/^55aaeb9003[0-9a-f]{590}aa5590ebc8/);
    client.clear();
    await client.ask('write', { name, hex: 'aa5590eb96000000000000000000000000000010' });
    const frames = () => client.received(name).match(/55aaeb9002/g)?.length ?? 0;
    await client.waitUntil('three frames by themselves', () => frames() >= 3);
    const [first = ''] = /55aaeb9002[0-9a-f]{590}/.exec(client.received(name)) ?? [];
    expect(Buffer.from(first, 'hex').readUInt8(173)).toBe(61);
  });

  it('Daly answers its status block in one notification', async () => {
    const client = await aMixedStation();
    const name = 'VB-B-0102';
    await client.ask('connect', { name, service: 'fff0', notify: 'fff1', write: 'fff2' });
    await client.ask('write', { name, hex: 'd2030000003ed7b9' });
    await client.waitUntil('the answer', () => client.received(name).length >= 258);
    const frame = Buffer.from(client.received(name), 'hex');
    expect(client.events('data', name)).toHaveLength(1);
    expect(frame.readUInt16BE(3 + 2 * 0x2a)).toBe(620);
    expect(frame.readUInt16BE(3 + 2 * 0x31)).toBe(17);
  });
});

describe('Bluetooth preload', () => {
  it('works where the native module is not installed, and changes nothing without its variable', () => {
    const directory = mkdtempSync(join(tmpdir(), 'voltbay sim '));
    opened.push({ close: async () => rmSync(directory, { recursive: true, force: true }) });
    const script = join(directory, 'probe.cjs');
    writeFileSync(
      script,
      "try { console.log(require('@abandonware/bluetooth-hci-socket').name); } catch (e) { console.log(e.code); } process.exit();",
    );
    const run = (env: NodeJS.ProcessEnv) =>
      spawnSync(process.execPath, ['--require', blePreloadPath(), script], {
        env,
        encoding: 'utf8',
      }).stdout.trim();
    expect(run({ PATH: process.env.PATH, VOLTBAY_BLE_HCI: 'tcp://127.0.0.1:9' })).toBe('VirtualHciSocket');
    expect(run({ PATH: process.env.PATH })).toBe('MODULE_NOT_FOUND');
  });

  it('keeps the options that a process has already', () => {
    const env = bleEnvironment('tcp://127.0.0.1:1', { NODE_OPTIONS: '--max-old-space-size=64' });
    expect(env.NODE_OPTIONS).toMatch(/^--max-old-space-size=64 --require .*ble-preload\.cjs"?$/);
    expect(env.VOLTBAY_BLE_HCI).toBe('tcp://127.0.0.1:1');
  });
});

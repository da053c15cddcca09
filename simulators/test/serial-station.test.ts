import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { encodeLine } from '../src/devices/cabinet/line.js';
import { demoStation } from '../src/station/demo-station.js';
import { createVirtualStation, type VirtualStation } from '../src/station/station.js';
import { openSerial, type SerialClient } from './support/serial-client.js';
import { waitUntil } from './support/wait.js';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

async function aStation(...args: Parameters<typeof createVirtualStation>): Promise<VirtualStation> {
  const station = await createVirtualStation(...args);
  opened.push(station);
  return station;
}

async function client(station: VirtualStation, port: string): Promise<SerialClient> {
  const { path = '', baudRate = 0 } = station.agentHardware().ports[port] ?? {};
  const serial = await openSerial(path, baudRate);
  opened.push(serial);
  return serial;
}

/** Battery time stands still, so that answers do not change while they are compared. */
const still = () => demoStation({ speed: 0 });

const analogOfSlot1 = '~20024642E00202FD33\r';
const unhex = (hex: string) => Buffer.from(hex, 'hex');

describe('pylontech bus on a real serial port', () => {
  it('answers each address with its own pack and stays silent for an empty slot', async () => {
    const station = await aStation(still());
    const bus = await client(station, 'bus1');
    bus.write('~20034693E00203FD2B\r');
    const [answer = ''] = await bus.waitFor(/~2003460.*\r/);
    expect(answer.slice(13, 15)).toBe('03');
    expect(Buffer.from(answer.slice(15, -5), 'hex').toString('latin1').replaceAll('\0', '')).toBe(
      'VB-A-0102',
    );
    bus.clear();
    bus.write('~20064693E00206FD25\r');
    bus.write(analogOfSlot1);
    await bus.waitFor(/\r/);
    expect(bus.text()).toMatch(/^~200246/);
  });

  it('puts the pack that a rider inserts on the bus, and takes it off when it leaves', async () => {
    const station = await aStation(still());
    const [bus, cabinet] = [await client(station, 'bus1'), await client(station, 'cabinet')];
    cabinet.write(encodeLine(['C', 1, 'OPEN', 5, 'swap-1']));
    await cabinet.waitFor(/R,1,OK/);
    expect(station.openDoor(5)).toEqual({ ok: true });
    expect(station.insertPack(5, 'VB-A-0900')).toEqual({ ok: true });
    bus.write('~20064693E00206FD25\r');
    const [answer = ''] = await bus.waitFor(/~200646.*\r/);
    expect(Buffer.from(answer.slice(15, -5), 'hex').toString('latin1')).toContain('VB-A-0900');
    expect(station.removePack(5)).toEqual({ ok: true, serial: 'VB-A-0900' });
    bus.clear();
    bus.write('~20064693E00206FD25\r');
    bus.write(analogOfSlot1);
    await bus.waitFor(/\r/);
    expect(bus.text()).toMatch(/^~2002/);
  });

  it('takes the time that the bytes need at 9600 baud', async () => {
    const station = await aStation(still());
    const bus = await client(station, 'bus1');
    const began = performance.now();
    bus.write(analogOfSlot1);
    const [answer] = await bus.waitFor(/~.*\r/);
    const wireMs = ((analogOfSlot1.length + answer.length) * 10 * 1000) / 9600;
    expect(performance.now() - began).toBeGreaterThan(wireMs * 0.97);
  });

  it('answers refused frames by their return code', async () => {
    const station = await aStation(still());
    const bus = await client(station, 'bus1');
    bus.write('~20024642E00202FD34\r');
    await bus.waitFor(/~200246020000....\r/);
    bus.clear();
    bus.write('~200246990000FDA0\r');
    await bus.waitFor(/~200246040000....\r/);
  });

  it('can echo, fall silent, and spoil its frames', async () => {
    const station = await aStation(still());
    const bus = await client(station, 'bus1');
    await station.inject('echo', { port: 'bus1' });
    bus.write(analogOfSlot1);
    await bus.waitFor(/^~20024642E00202FD33\r~20024600.*\r/);
    await station.inject('echo', { port: 'bus1', on: false });
    await station.inject('silence', { serial: 'VB-A-0101' });
    bus.clear();
    bus.write(analogOfSlot1);
    bus.write('~20034642E00203FD31\r');
    await bus.waitFor(/\r/);
    expect(bus.text()).toMatch(/^~200346/);
    await station.inject('silence', { serial: 'VB-A-0101', on: false });
    bus.clear();
    bus.write(analogOfSlot1);
    const [good = ''] = await bus.waitFor(/~.*\r/);
    await station.inject('wire', { serial: 'VB-A-0101', corruptShare: 1 });
    bus.clear();
    bus.write(analogOfSlot1);
    await waitUntil('a spoilt answer of full length', () => bus.text().length >= good.length);
    expect(bus.text()).not.toBe(good);
  });
});

describe('Seplos and PACE buses on a real serial port', () => {
  it('answer in their own dialects', async () => {
    const slot = (n: number, kind: 'seplos-v2' | 'pace-v25', address: number) => ({
      slot: n,
      packClass: 'A',
      interface: { kind, port: kind === 'seplos-v2' ? 'seplos' : 'pace', address },
      pack: { serial: `VB-A-020${n}`, packClass: 'A', socPct: 50 },
    });
    const station = await aStation({ speed: 0, slots: [slot(1, 'seplos-v2', 0), slot(2, 'pace-v25', 1)] });
    const seplos = await client(station, 'seplos');
    seplos.write('~20004642E00200FD37\r');
    const [telemetry = ''] = await seplos.waitFor(/~2000460010960001.*\r/);
    const info = Buffer.from(telemetry.slice(13, -5), 'hex');
    // Flag, number, 16 cells, 6 temperatures, current, voltage, remaining, item count, full capacity, then the charge state.
    expect(Math.abs(info.readUInt16BE(2 + 1 + 32 + 1 + 12 + 6 + 1 + 2) - 500)).toBeLessThan(5);
    const pace = await client(station, 'pace');
    pace.write('~250146C20000FD99\r');
    const [serial = ''] = await pace.waitFor(/~25014600B050.*\r/);
    expect(Buffer.from(serial.slice(13, -5), 'hex').toString('latin1').trim()).toBe('VB-A-0202');
  });
});

describe('JBD on a real serial port', () => {
  it('answers reads and refuses writes', async () => {
    const station = await aStation(still());
    const jbd = await client(station, 'jbd6');
    jbd.write(unhex('dda50300fffd77'));
    await jbd.waitForHex(/dd03001b.{54}.{4}77/);
    const frame = Buffer.from(jbd.text(), 'latin1');
    expect(frame.readUInt8(4 + 19)).toBe(91);
    expect(frame.readUInt8(4 + 21)).toBe(16);
    jbd.clear();
    jbd.write(unhex('00ff'));
    jbd.write(unhex('dda50400fffc77'));
    await jbd.waitForHex(/dd040020.{64}.{4}77/);
    jbd.clear();
    jbd.write(unhex('dd5ae1020000ff1d77'));
    await jbd.waitForHex(/dde18000ff8077/);
  });
});

describe('adapter', () => {
  it('goes away and comes back under the same name', async () => {
    const station = await aStation(still());
    const path = station.agentHardware().ports.bus1?.path ?? '';
    await station.inject('unplug', { port: 'bus1' });
    expect(existsSync(path)).toBe(false);
    await expect(openSerial(path)).rejects.toThrow();
    await station.inject('replug', { port: 'bus1' });
    const bus = await client(station, 'bus1');
    bus.write(analogOfSlot1);
    await bus.waitFor(/~20024600.*\r/);
  });

  it('can be closed and opened again by the agent, without stale bytes', async () => {
    const station = await aStation(still());
    const first = await client(station, 'bus1');
    first.write(analogOfSlot1);
    await first.close();
    const second = await client(station, 'bus1');
    second.write('~20034693E00203FD2B\r');
    await second.waitFor(/~200346.*\r/);
  });
});

describe('station memory', () => {
  it('knows after a restart where its packs are, how full, and how often it started', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'voltbay-sim-test-'));
    opened.push({ close: async () => rmSync(directory, { recursive: true, force: true }) });
    const before = await aStation(still(), { directory });
    before.ride('VB-A-0900', 10);
    before.advanceBatteries(3_600_000);
    const left = before.state();
    await before.close();
    const after = (await aStation(still(), { directory })).state();
    expect(after.controller.boot).toBe(left.controller.boot + 1);
    expect(after.meterWh).toBe(left.meterWh);
    expect(after.outside.map((pack) => [pack.serial, pack.socPct])).toEqual(
      left.outside.map((pack) => [pack.serial, pack.socPct]),
    );
    expect(after.slots.map((slot) => slot.pack?.socPct)).toEqual(left.slots.map((slot) => slot.pack?.socPct));
  });
});

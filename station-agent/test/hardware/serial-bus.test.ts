import { afterEach, describe, expect, it } from 'vitest';
import { createRepairedBinding } from '../../src/transports/serial/repaired-binding.js';
import { createSerialLink } from '../../src/transports/serial/serial-link.js';
import { type Bench, createBench, quietLog, realClock, sleep, until } from './support/bench.js';
import {
  packSerial,
  pylontechBus,
  startVirtualStation,
  type VirtualStation,
} from './support/virtual-station.js';

const FAST = { idleMs: 300, urgentMs: 100 };
let station: VirtualStation;
let bench: Bench;

async function setUp(config: object, polling = FAST): Promise<void> {
  station = await startVirtualStation(config);
  bench = createBench(station.hardware, { polling });
  await bench.start();
}

afterEach(async () => {
  await bench?.stop();
  await station?.close();
});

const readSlots = (): Set<number> => new Set(bench.readings.map(({ slot }) => slot));
const busUp = (): boolean => bench.packs.stats().buses[0]?.up ?? false;

describe('a serial bus with several packs', { timeout: 60_000 }, () => {
  it('reads every pack by its own address', async () => {
    await setUp(pylontechBus(4));
    await until('all packs were read', () => readSlots().size === 4);
    for (const slot of [1, 2, 3, 4]) {
      const latest = bench.packs.latest(slot);
      expect(latest).toMatchObject({ slot, source: 'pylontech-rs485', transport: 'serial', quality: [] });
      expect(latest?.reading.serial).toBe(packSerial(slot));
      expect(latest?.reading.cellMv).toHaveLength(16);
      expect(Math.round(latest?.reading.socPct ?? 0)).toBe(49 + slot);
    }
  });

  it('keeps the bus at the speed of the wire', async () => {
    await setUp(pylontechBus(12), { idleMs: 60_000, urgentMs: 500 });
    await until(
      'a round over all packs is done',
      () => bench.packs.stats().buses[0]?.cycleMs !== undefined,
      40_000,
    );
    const cycleMs = bench.packs.stats().buses[0]?.cycleMs ?? 0;
    // Bytes of one first read: requests of 20 characters; answers to 42, 44, 93 of 132, 84 and 52 characters.
    const wireMs = (12 * (3 * 20 + 132 + 84 + 52) * 10 * 1000) / 9600;
    expect(cycleMs).toBeGreaterThan(0.9 * wireMs);
    // The target is 1.1; a busy test machine gets some slack.
    expect(cycleMs).toBeLessThan(1.5 * wireMs);
  });

  it('does not let a silent pack hold up the others', async () => {
    await setUp(pylontechBus(3, { baudRate: 115_200 }));
    await until('all packs were read', () => readSlots().size === 3);
    await station.fault('silence', { serial: packSerial(2) });
    await until(
      'the silent pack is polled less often',
      () => (bench.packs.stats().slots[1]?.silent ?? 0) >= 3,
    );
    bench.readings.length = 0;
    const silentBefore = bench.packs.stats().slots[1]?.silent ?? 0;
    await until('the others were read ten times', () => bench.readings.length >= 10);
    expect([...readSlots()].sort()).toEqual([1, 3]);
    const silentReads = (bench.packs.stats().slots[1]?.silent ?? 0) - silentBefore;
    expect(silentReads).toBeLessThan(5);

    await station.fault('silence', { serial: packSerial(2), on: false });
    bench.packs.packChanged(2, { present: true });
    await until('it is read again', () => readSlots().has(2));
  });

  it('never makes a reading of a bad frame and goes on with the next one', async () => {
    await setUp(pylontechBus(2, { seed: 7, baudRate: 115_200 }), { idleMs: 200, urgentMs: 100 });
    await until('both packs were read', () => readSlots().size === 2);
    await station.fault('wire', {
      serial: packSerial(1),
      corruptShare: 0.4,
      truncateShare: 0.2,
      noiseShare: 0.4,
    });
    await until('bad frames were counted', () => (bench.packs.stats().slots[0]?.badFrames ?? 0) >= 5, 40_000);
    for (const { slot, reading } of bench.readings) {
      expect(Math.round(reading.socPct ?? -1)).toBe(49 + slot);
      expect(reading.cellMv).toHaveLength(16);
      expect(reading.voltageMv).toBeGreaterThan(50_000);
    }
    await station.fault('wire', { serial: packSerial(1) });
    bench.readings.length = 0;
    await until('it is read again', () => readSlots().has(1));
    const healthy = bench.packs.stats().slots[1];
    expect(healthy?.badFrames).toBe(0);
  });

  it('reads on through an adapter that echoes every request', async () => {
    await setUp(pylontechBus(2));
    await station.fault('echo', { port: 'bus1' });
    bench.readings.length = 0;
    await until('both packs were read four times', () => bench.readings.length >= 8);
    expect(readSlots().size).toBe(2);
    expect(bench.packs.stats().slots.map(({ badFrames }) => badFrames)).toEqual([0, 0]);
  });

  it.each(['idle', 'mid-read'] as const)(
    'comes back after an unplug while %s, without burning CPU',
    async (when) => {
      await setUp(pylontechBus(2), when === 'idle' ? { idleMs: 20_000, urgentMs: 500 } : FAST);
      await until('both packs were read', () => readSlots().size === 2);
      if (when === 'idle') await sleep(500);
      const reading = when === 'mid-read' ? bench.packs.readNow(1) : null;
      if (reading) await sleep(60);
      const unplugMs = performance.now();
      await station.fault('unplug', { port: 'bus1' });
      await until('the unplug is noticed', () => !busUp());
      expect(performance.now() - unplugMs).toBeLessThan(10_000);
      if (reading) expect(await reading).toMatchObject({ ok: false });
      expect(await bench.packs.readNow(1)).toMatchObject({ ok: false, reason: 'link-down' });

      const cpu = process.cpuUsage();
      await sleep(1_000);
      const { user, system } = process.cpuUsage(cpu);
      expect((user + system) / 1_000).toBeLessThan(400);

      await station.fault('replug', { port: 'bus1' });
      const replugMs = performance.now();
      await until('the port is back', busUp);
      expect(performance.now() - replugMs).toBeLessThan(20_000);
      expect(await bench.packs.readNow(1)).toMatchObject({ ok: true });
      expect(bench.packs.stats().buses[0]?.reconnects).toBe(1);
    },
  );

  it('starts without its port and uses it once it is there', async () => {
    station = await startVirtualStation(pylontechBus(1));
    await station.fault('unplug', { port: 'bus1' });
    bench = createBench(station.hardware, { polling: FAST });
    await bench.start();
    expect(await bench.packs.readNow(1)).toMatchObject({ ok: false, reason: 'link-down' });
    await station.fault('replug', { port: 'bus1' });
    await until('the pack was read', () => readSlots().size === 1);
    await bench.stop();
    await expect(bench.start()).rejects.toThrow(/create it anew/);
  });

  it('tells a second opener what to do', async () => {
    await setUp(pylontechBus(1));
    await until('the pack was read', () => readSlots().size === 1);
    const path = station.hardware.ports.bus1?.path ?? '';
    const binding = createRepairedBinding();
    const second = createSerialLink({ path, baudRate: 9600 }, { binding, clock: realClock, log: quietLog });
    second.start();
    await until('the second opener failed', () => second.lastError() !== null);
    expect(second.lastError()).toMatchObject({ code: 'PORT_LOCKED', path });
    expect(second.lastError()?.message).toMatch(/in use by another program.*fuser/);
    await expect(second.write(Uint8Array.of(1))).rejects.toMatchObject({ code: 'LINK_DOWN' });
    await second.stop();
  });

  it('opens a port anew that swallows everything', async () => {
    await setUp(pylontechBus(1));
    const path = station.hardware.ports.bus1?.path ?? '';
    await bench.stop();
    const timing = { silenceMs: 200, watchMs: 50, reopenMinMs: 50 };
    const deps = { binding: createRepairedBinding(), clock: realClock, log: quietLog, timing };
    const link = createSerialLink({ path, baudRate: 9600 }, deps);
    link.start();
    await until('it is open', link.isUp);
    await link.write(Buffer.from('nobody understands this'));
    await until('it was opened again', () => link.reconnects() === 1 && link.isUp());
    await link.stop();
    await expect(link.write(Uint8Array.of(1))).rejects.toMatchObject({ code: 'LINK_DOWN' });
  });

  it('reads ahead of the schedule and forgets a pack that was taken out', async () => {
    await setUp(pylontechBus(3), { idleMs: 60_000, urgentMs: 500 });
    await until('all packs were read', () => readSlots().size === 3);
    const before = bench.packs.latest(2)?.monotonicMs ?? 0;
    const outcome = await bench.packs.readNow(2);
    expect(outcome).toMatchObject({ ok: true });
    expect(bench.packs.latest(2)?.monotonicMs).toBeGreaterThan(before);
    bench.packs.packChanged(2, { present: false });
    expect(bench.packs.latest(2)).toBeNull();
    expect(await bench.packs.readNow(99)).toMatchObject({ ok: false, reason: 'no-reader' });
    const aborted = new AbortController();
    const waiting = bench.packs.readNow(3, { signal: aborted.signal });
    aborted.abort();
    expect(await waiting).toMatchObject({ ok: false, reason: 'cancelled' });
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createRepairedBinding } from '../../src/transports/serial/repaired-binding.js';
import { createSerialLink } from '../../src/transports/serial/serial-link.js';
import { type Bench, createBench, quietLog, realClock, sleep, until } from './support/bench.js';
import { createLineWatch } from './support/line-watch.js';
import { packSerial, startVirtualStation, type VirtualStation } from './support/virtual-station.js';

const FAST = { idleMs: 200, urgentMs: 100 };
/** On the quick bus, and on one as slow as most are. */
const QUICK = [1, 2, 3, 4];
const SLOW = [5, 6];
const STATION = {
  device: '1231',
  seed: 7,
  speed: 0,
  baudRates: { bus1: 115_200, bus2: 9_600 },
  slots: [...QUICK, ...SLOW].map((slot) => ({
    slot,
    packClass: 'A',
    interface: QUICK.includes(slot)
      ? { kind: 'pylontech', port: 'bus1', address: slot + 1 }
      : { kind: 'pylontech', port: 'bus2', address: slot - 3 },
    pack: { serial: packSerial(slot), packClass: 'A', socPct: 49 + slot },
  })),
};

/** One station for all; each scenario leaves it sound. */
let station: VirtualStation;
let bench: Bench;
const hardwareOf = (slots: readonly number[]) => ({
  ...station.hardware,
  slots: station.hardware.slots.filter(({ slot }) => slots.includes(slot)),
});

async function setUp(slots: readonly number[], polling = FAST, binding = createRepairedBinding()) {
  bench = createBench(hardwareOf(slots), { polling, binding });
  await bench.start();
}

beforeAll(async () => {
  station = await startVirtualStation(STATION);
}, 60_000);
afterEach(() => bench?.stop());
afterAll(() => station?.close());

const readSlots = (): Set<number> => new Set(bench.readings.map(({ slot }) => slot));
const allRead = (slots: readonly number[]): Promise<void> =>
  until('all packs were read', () => readSlots().size === slots.length);
const busUp = (): boolean => bench.packs.stats().buses[0]?.up ?? false;

describe('a serial bus with several packs', { timeout: 60_000 }, () => {
  it('reads every pack by its own address', async () => {
    await setUp(QUICK);
    await allRead(QUICK);
    for (const slot of [1, 2, 3, 4]) {
      const latest = bench.packs.latest(slot);
      expect(latest).toMatchObject({ slot, source: 'pylontech-rs485', transport: 'serial', quality: [] });
      expect(latest?.reading.serial).toBe(packSerial(slot));
      expect(latest?.reading.cellMv).toHaveLength(16);
      expect(Math.round(latest?.reading.socPct ?? 0)).toBe(49 + slot);
    }
  });

  it('spends the bus on nothing but two questions to each pack and their answers once it knows what they are', async () => {
    const watch = createLineWatch();
    const binding = watch.around(createRepairedBinding(), station.hardware.ports.bus1?.path);
    await setUp(QUICK, { idleMs: 100, urgentMs: 100 }, binding);
    await until('they are known and were read on', () => watch.rounds.length >= 10);
    const last = watch.rounds.slice(-3);
    // Requests of 20 characters; answers to 42 and 44 of 132 and 84. How long it takes is measured by `npm run bench -- bus`.
    const bytes = QUICK.length * (2 * 20 + 132 + 84);
    expect(last.map((round) => round.bytes)).toEqual([bytes, bytes, bytes]);
    const wireMs = (bytes * 10 * 1000) / 115_200;
    for (const { tookMs } of last) expect(tookMs).toBeGreaterThan(0.9 * wireMs);
    expect(bench.packs.stats().buses[0]?.cycleMs).toBeGreaterThan(0.9 * wireMs);
  });

  it('does not let a silent pack hold up the others', async () => {
    await setUp(QUICK);
    await allRead(QUICK);
    await station.fault('silence', { serial: packSerial(2) });
    await until(
      'the silent pack is polled less often',
      () => (bench.packs.stats().slots[1]?.silent ?? 0) >= 3,
    );
    bench.readings.length = 0;
    const silentBefore = bench.packs.stats().slots[1]?.silent ?? 0;
    await until('the others were read ten times', () => bench.readings.length >= 10);
    expect([...readSlots()].sort()).toEqual([1, 3, 4]);
    const silentReads = (bench.packs.stats().slots[1]?.silent ?? 0) - silentBefore;
    expect(silentReads).toBeLessThan(5);

    await station.fault('silence', { serial: packSerial(2), on: false });
    bench.packs.packChanged(2, { present: true });
    await until('it is read again', () => readSlots().has(2));
  });

  it('never makes a reading of a bad frame and goes on with the next one', async () => {
    await setUp(QUICK);
    await allRead(QUICK);
    await station.fault('wire', {
      serial: packSerial(1),
      corruptShare: 0.7,
      truncateShare: 0.2,
      noiseShare: 0.4,
    });
    await until('bad frames were counted', () => (bench.packs.stats().slots[0]?.badFrames ?? 0) >= 4, 40_000);
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
    await setUp(QUICK);
    await station.fault('echo', { port: 'bus1' });
    bench.readings.length = 0;
    await until('all packs were read twice', () => bench.readings.length >= 8);
    expect(readSlots().size).toBe(4);
    expect(bench.packs.stats().slots.map(({ badFrames }) => badFrames)).toEqual([0, 0, 0, 0]);
    await station.fault('echo', { port: 'bus1', on: false });
  });

  it.each(['idle', 'mid-read'] as const)(
    'comes back after an unplug while %s, without burning CPU',
    async (when) => {
      await setUp(SLOW, when === 'idle' ? { idleMs: 20_000, urgentMs: 500 } : FAST);
      await allRead(SLOW);
      const reading = when === 'mid-read' ? bench.packs.readNow(5) : null;
      if (reading) await sleep(60);
      await station.fault('unplug', { port: 'bus2' });
      await until('the unplug is noticed', () => !busUp());
      if (reading) expect(await reading).toMatchObject({ ok: false });
      expect(await bench.packs.readNow(5)).toMatchObject({ ok: false, reason: 'link-down' });

      const cpu = process.cpuUsage();
      await sleep(500);
      const { user, system } = process.cpuUsage(cpu);
      expect((user + system) / 1_000).toBeLessThan(250);

      await station.fault('replug', { port: 'bus2' });
      await until('the port is back', busUp);
      expect(await bench.packs.readNow(5)).toMatchObject({ ok: true });
      expect(bench.packs.stats().buses[0]?.reconnects).toBe(1);
    },
  );

  it('starts without its port and uses it once it is there', async () => {
    await station.fault('unplug', { port: 'bus1' });
    await setUp([1]);
    expect(await bench.packs.readNow(1)).toMatchObject({ ok: false, reason: 'link-down' });
    await station.fault('replug', { port: 'bus1' });
    await until('the pack was read', () => readSlots().size === 1);
    await bench.stop();
    await expect(bench.start()).rejects.toThrow(/create it anew/);
  });

  it('tells a second opener what to do', async () => {
    await setUp([1]);
    await allRead([1]);
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
    const path = station.hardware.ports.bus1?.path ?? '';
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
    await setUp(QUICK, { idleMs: 60_000, urgentMs: 500 });
    await allRead(QUICK);
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

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bench, createBench, until } from './support/bench.js';
import { pylontechBus, startVirtualStation, type VirtualStation } from './support/virtual-station.js';

let station: VirtualStation;
let bench: Bench;

beforeEach(async () => {
  station = await startVirtualStation({
    ...pylontechBus(2),
    slots: [
      ...(pylontechBus(2) as { slots: object[] }).slots,
      { slot: 3, packClass: 'A', interface: { kind: 'pylontech', port: 'bus1', address: 9 } },
    ],
    outside: [{ serial: 'VB-A-0900', packClass: 'A', socPct: 18 }],
  });
  bench = createBench(station.hardware, { polling: { idleMs: 1_000, urgentMs: 200 } });
  await bench.start();
  await until('the cabinet is up', bench.cabinet.isUp);
});

afterEach(async () => {
  await bench.stop();
  await station.close();
});

const kinds = (): string[] => bench.events.map(({ kind }) => kind);
const heard = (...wanted: object[]): boolean =>
  wanted.every((event) => bench.events.some((one) => JSON.stringify(one) === JSON.stringify(event)));

describe('a cabinet on its line', { timeout: 60_000 }, () => {
  it('says what it is and what stands in its slots', async () => {
    expect(bench.cabinet.identity()).toMatchObject({ protocolVersion: 1, slotCount: 3, bootCount: 1 });
    expect((await bench.cabinet.scan()).map(({ occupied }) => occupied)).toEqual([true, true, false]);
    expect(await bench.cabinet.slot(1)).toMatchObject({
      slot: 1,
      door: 'closed',
      lock: 'locked',
      tag: 'VB-A-0101',
    });
    expect(await bench.cabinet.status()).toMatchObject({ mainsOn: true, smoke: false });
    await expect(bench.cabinet.slot(9)).rejects.toMatchObject({ code: 'NO_SUCH_SLOT' });
    expect(kinds().slice(0, 2)).toEqual(['link', 'resync']);
  });

  it('takes a pack through its door, once for each token, and reads it', async () => {
    expect(await bench.cabinet.open(3, 'token-1')).toEqual({ duplicate: false });
    expect(await bench.cabinet.open(3, 'token-1')).toEqual({ duplicate: true });
    await expect(bench.cabinet.open(1, 'token-2')).rejects.toMatchObject({ code: 'BUSY', retryable: true });
    await station.act('open-door', { slot: 3 });
    await station.act('insert-pack', { slot: 3, serial: 'VB-A-0900' });
    await station.act('close-door', { slot: 3 });
    await until('every edge was heard', () =>
      heard(
        { kind: 'lock', slot: 3, state: 'unlocked' },
        { kind: 'door', slot: 3, state: 'open' },
        { kind: 'pack', slot: 3, state: 'in', tag: 'VB-A-0900' },
        { kind: 'lock', slot: 3, state: 'locked' },
        { kind: 'door', slot: 3, state: 'closed' },
      ),
    );
    await until('the pack was read', () => bench.packs.latest(3) !== null);
    expect(bench.packs.latest(3)?.reading.serial).toBe('VB-A-0900');
    await bench.cabinet.setChargeLimit(3, 8_000);
    expect(await bench.cabinet.slot(3)).toMatchObject({ chargeLimitMa: 8_000 });
    await bench.cabinet.light(3, 'green');
  });

  it('passes on codes, alarms and refusals by name', async () => {
    await station.act('scan', { reader: 'qr', payload: 'VB:swap,u-1 & more' });
    await station.fault('environment', { smoke: true });
    await until('both were heard', () =>
      heard(
        { kind: 'code', reader: 'qr', payload: 'VB:swap,u-1 & more' },
        { kind: 'environment', input: 'smoke', value: 1 },
      ),
    );
    await station.fault('jam-lock', { slot: 2 });
    await expect(bench.cabinet.open(2, 'token-3')).rejects.toMatchObject({ code: 'JAM' });
    await expect(bench.cabinet.setChargeLimit(3, 100)).rejects.toMatchObject({ code: 'NO_PACK' });
    await expect(bench.cabinet.open(1, 'not a token')).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    await station.fault('maintenance', { on: true });
    await expect(bench.cabinet.open(1, 'token-4')).rejects.toMatchObject({ code: 'MAINTENANCE' });
  });

  it('asks for a scan after the controller restarted', async () => {
    bench.events.length = 0;
    await station.fault('controller-restart');
    await until('the restart was heard', () => kinds().includes('boot') && kinds().includes('resync'));
    expect(heard({ kind: 'boot', bootCount: 2 })).toBe(true);
    await until('it is up as the new one', () => bench.cabinet.identity()?.bootCount === 2);
    expect(await bench.cabinet.open(1, 'token-5')).toEqual({ duplicate: false });
  });

  it('notices a dead controller and its return', async () => {
    await station.fault('controller-dead');
    await expect(bench.cabinet.scan()).rejects.toMatchObject({ retryable: true });
    await until('it counts as lost', () => !bench.cabinet.isUp());
    expect(bench.cabinet.identity()).toBeNull();
    await expect(bench.cabinet.scan()).rejects.toMatchObject({ code: 'LINK_DOWN' });
    expect(heard({ kind: 'link', up: false })).toBe(true);
    bench.events.length = 0;
    await station.fault('controller-dead', { on: false });
    await until('it is back', bench.cabinet.isUp);
    // Its BOOT line is heard before or after the answer to the greeting, as the poll happens to fall.
    const seen = kinds().filter((kind) => kind !== 'boot');
    expect(seen.slice(0, 2)).toEqual(['link', 'resync']);
  });

  it('notices an unplugged line at once and comes back after the replug', async () => {
    const scan = bench.cabinet.scan().catch((error: unknown) => error);
    await station.fault('unplug', { port: 'cabinet' });
    const unplugMs = performance.now();
    await until('it counts as lost', () => !bench.cabinet.isUp());
    expect(performance.now() - unplugMs).toBeLessThan(10_000);
    await scan;
    await expect(bench.cabinet.open(1, 'token-6')).rejects.toMatchObject({ code: 'LINK_DOWN' });
    await station.fault('replug', { port: 'cabinet' });
    const replugMs = performance.now();
    await until('it is back', bench.cabinet.isUp);
    expect(performance.now() - replugMs).toBeLessThan(20_000);
    expect(await bench.cabinet.open(1, 'token-6')).toEqual({ duplicate: false });
  });
});

import { emptyReading } from '@voltbay/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import type { ReaderResult } from '../drivers/driver.js';
import type { SlotReading } from '../hardware/ports.js';
import { createLane, type Lane } from './lane.js';
import type { Medium } from './medium.js';
import { createSlotRecord, type SlotRecord } from './slot-record.js';

const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const rates = { idleMs: 20, urgentMs: 10 };
const good = (socPct: number): ReaderResult => ({
  ok: true,
  reading: { ...emptyReading(), voltageMv: 50_000, currentMa: 0, socPct },
});

let lane: Lane;
let readings: SlotReading[];
let running: number;
let most: number;

/** A lane whose packs answer as the test says. */
function start(answers: Record<number, () => Promise<ReaderResult> | ReaderResult>): SlotRecord[] {
  readings = [];
  running = 0;
  most = 0;
  const records = Object.entries(answers).map(([slot, answer]) =>
    createSlotRecord(
      {
        slot: Number(slot),
        driver: 'scripted',
        transport: 'serial',
        createReader: () => ({
          async read() {
            running += 1;
            most = Math.max(most, running);
            try {
              return await answer();
            } finally {
              running -= 1;
            }
          },
        }),
      },
      clock,
      rates,
    ),
  );
  const medium: Medium = {
    port: 'bus1',
    transport: 'serial',
    isUp: () => true,
    onState: () => () => undefined,
    use: (_hint, _signal, read) => read({ exchange: () => Promise.reject(new Error('not used')) }),
    forget: () => undefined,
    reconnects: () => 0,
  };
  lane = createLane({ medium, records, rates, clock, log, onReading: (reading) => readings.push(reading) });
  lane.start();
  return records;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 1_000 && !condition(); i += 1) await sleep(5);
  expect(condition()).toBe(true);
}

afterEach(() => lane.stop());

describe('a lane', () => {
  it('runs one read at a time, scheduled or asked for', async () => {
    const slow = async (): Promise<ReaderResult> => {
      await sleep(5);
      return good(50);
    };
    const records = start({ 1: slow, 2: slow, 3: slow });
    const asked = records.map((record) => lane.readNow(record, { timeoutMs: 5_000 }));
    for (const outcome of await Promise.all(asked)) expect(outcome).toMatchObject({ ok: true });
    await until(() => readings.length > 10);
    expect(most).toBe(1);
  });

  it('survives a driver that throws, at the cost of its own slot only', async () => {
    const records = start({
      1: () => {
        throw new TypeError('a fault in the driver');
      },
      2: () => good(50),
    });
    await until(() => readings.length > 3);
    expect(new Set(readings.map(({ slot }) => slot))).toEqual(new Set([2]));
    expect(records[0]?.stats()).toMatchObject({
      badFrames: expect.any(Number),
      lastError: expect.stringContaining('a fault in the driver'),
    });
  });

  it('throws away what was read while the pack was changed', async () => {
    let finish: (result: ReaderResult) => void = () => undefined;
    let reads = 0;
    const [record] = start({
      1: () => {
        reads += 1;
        if (reads > 1) return { ok: false, reason: 'silent', detail: 'the slot is empty' };
        return new Promise<ReaderResult>((resolve) => {
          finish = resolve;
        });
      },
    });
    if (!record) throw new Error('no record');
    await until(() => running === 1);
    record.packChanged(false, undefined);
    finish(good(90));
    expect(await lane.readNow(record, { timeoutMs: 5_000 })).toMatchObject({ ok: false, reason: 'silent' });
    expect(record.latest()).toBeNull();
    expect(readings).toEqual([]);
  });

  it('answers in time although the bus hangs, and when it is stopped', async () => {
    const [record] = start({
      1: async () => {
        await sleep(400);
        return good(50);
      },
    });
    if (!record) throw new Error('no record');
    const late = await lane.readNow(record, { timeoutMs: 30 });
    expect(late).toMatchObject({ ok: false, reason: 'silent' });
    const waiting = lane.readNow(record, { timeoutMs: 60_000 });
    await lane.stop();
    expect(await waiting).toMatchObject({ ok: false, reason: 'cancelled' });
    expect(await lane.readNow(record, { timeoutMs: 50 })).toMatchObject({ ok: false, reason: 'cancelled' });
  });
});

describe('what is known of a slot', () => {
  it('is kept while the same pack is announced again, and forgotten with another', async () => {
    const [record] = start({ 1: () => good(50) });
    if (!record) throw new Error('no record');
    await until(() => record.latest() !== null);
    expect(record.packChanged(true, 'PACK-A')).toBe(false);
    expect(record.packChanged(true, undefined)).toBe(false);
    expect(record.tag()).toBe('PACK-A');
    expect(record.packChanged(true, 'PACK-B')).toBe(true);
    expect(record.tag()).toBe('PACK-B');
    expect(record.packChanged(false, undefined)).toBe(true);
    expect(record.latest()).toBeNull();
    expect(record.tag()).toBeUndefined();
  });
});

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCity } from '../src/city/run-city.js';
import { runFleetWithHub } from '../src/fleet/run-fleet.js';
import { temporaryFolder } from './support/hub.js';

describe('a small city in simulated time against a real hub', () => {
  it('ends with ledger, custody, charges and analytics that agree with what really happened', async () => {
    const folder = temporaryFolder();
    try {
      const run = await runCity({
        dir: join(folder.dir, 'city'),
        stations: 2,
        riders: 4,
        days: 0.5,
        swapsPerDay: 4,
        seed: 7,
        fromMs: Date.parse('2027-01-04T00:00:00+08:00'),
        stepMs: 1_800_000,
      });
      expect(run.books.differences).toEqual([]);
      expect(run.swaps.completed).toBeGreaterThan(2);
      expect(run.books.completed).toBe(run.swaps.completed);
      expect(run.analytics).toMatchObject({ swaps: run.books.completed, revenueFen: run.books.revenueFen });
      expect(run.books.ledger.entries).toBeGreaterThan(run.swaps.completed);
      expect(run.simulatedMs).toBeGreaterThanOrEqual(12 * 3_600_000);
    } finally {
      folder.remove();
    }
  }, 480_000);
});

describe('a fleet with a hub of its own', () => {
  it('is born, survives a storm without a false offline, and tells the memory of both sides', async () => {
    const run = await runFleetWithHub({
      stations: 30,
      slots: 2,
      intervalMs: 2_000,
      rampPerS: 100,
      durationMs: 2_000,
      riders: 0,
      stormShare: 1,
      seed: 3,
    });
    expect(run.problems).toEqual([]);
    expect(run).toMatchObject({ ok: true, falseOffline: 0, storm: { cut: 30, back: 30 } });
    expect(run.fleet.acknowledged).toBeGreaterThan(30);
    expect(run.fleet.ackP99Ms).toBeGreaterThan(0);
    expect(run.memory.hubRssBytes).toBeGreaterThan(0);
  }, 480_000);
});

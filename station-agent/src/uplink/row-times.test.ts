import { describe, expect, it } from 'vitest';
import { createHubClock } from './hub-clock.js';
import { createRowTimes } from './row-times.js';
import { createStationClock } from './station-clock.js';

const TRUE_MS = Date.parse('2026-11-22T08:00:00Z');

/** A machine whose wall clock stands `offMs` from the truth; both clocks are moved by hand. */
function aMachine(offMs: number) {
  let [elapsedMs, wallOffMs] = [0, offMs];
  const wall = { nowMs: () => TRUE_MS + elapsedMs + wallOffMs, monotonicMs: () => 5_000 + elapsedMs };
  const hubClock = createHubClock(wall);
  const times = createRowTimes({ epoch: 3, wall, hubClock });
  const clock = createStationClock(wall, hubClock);
  let seq = -1;
  return {
    hubClock,
    clock,
    times,
    pass: (ms: number) => {
      elapsedMs += ms;
    },
    setWall: (ms: number) => {
      wallOffMs = ms;
    },
    hears: () => hubClock.learn(new Date(TRUE_MS + elapsedMs).toISOString()),
    trueMs: () => TRUE_MS + elapsedMs,
    write() {
      const row = { epoch: 3, seq: ++seq, atMs: clock.nowMs() };
      times.written(seq);
      return row;
    },
  };
}

describe('times of rows', () => {
  it('are corrected once the hub is heard, also when the wall clock was set in between', () => {
    const machine = aMachine(-56 * 365 * 86_400_000);
    const first = machine.write();
    const firstTrueMs = machine.trueMs();
    machine.pass(60_000);
    machine.setWall(-3_600_000);
    const second = machine.write();
    const secondTrueMs = machine.trueMs();
    expect(machine.times.quality(first)).toEqual({ synced: false });
    machine.pass(60_000);
    machine.hears();
    const third = machine.write();
    for (const [row, trueMs] of [
      [first, firstTrueMs],
      [second, secondTrueMs],
    ] as const) {
      const { synced, offsetMs = 0 } = machine.times.quality(row);
      expect(synced).toBe(false);
      expect(row.atMs - offsetMs).toBe(trueMs);
    }
    expect(machine.times.quality(third)).toEqual({ synced: true, offsetMs: 0 });
    expect(third.atMs).toBe(machine.trueMs());
  });

  it('do not move with a wall clock that jumps after the hub was heard', () => {
    const machine = aMachine(0);
    machine.hears();
    machine.setWall(-30 * 86_400_000);
    machine.pass(1_000);
    const row = machine.write();
    expect(row.atMs).toBe(machine.trueMs());
    expect(machine.times.quality(row)).toEqual({ synced: true, offsetMs: 0 });
  });

  it('call a clock that was right synced, and rows of an earlier start without a set clock not', () => {
    const machine = aMachine(400);
    const row = machine.write();
    machine.hears();
    expect(machine.times.quality(row)).toEqual({ synced: true, offsetMs: 400 });
    expect(machine.times.quality({ epoch: 2, seq: 9, atMs: 86_400_000 })).toEqual({ synced: false });
    expect(machine.times.quality({ epoch: 2, seq: 9, atMs: TRUE_MS })).toEqual({ synced: true });
    machine.setWall(-30 * 86_400_000);
    expect(machine.times.quality({ epoch: 2, seq: 9, atMs: TRUE_MS })).toEqual({ synced: false });
  });
});

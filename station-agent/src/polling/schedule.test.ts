import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextRead, pollPeriodMs, type SlotPollState } from './schedule.js';

const rates = { idleMs: 5_000, urgentMs: 500 };
const aSlot = (state: Partial<SlotPollState> & { slot: number }): SlotPollState => ({
  present: true,
  urgent: false,
  silentStreak: 0,
  lastStartMs: 0,
  ...state,
});

describe('the order of reads on a bus', () => {
  it('reads a pack that was just put in before all others', () => {
    const states = [aSlot({ slot: 1, lastStartMs: -60_000 }), aSlot({ slot: 2, lastStartMs: null })];
    expect(nextRead(states, 0, rates)).toEqual({ kind: 'read', slot: 2 });
  });

  it('prefers urgent packs, but lets no other wait for longer than two idle periods', () => {
    const states = [aSlot({ slot: 1, urgent: true, lastStartMs: 5_300 }), aSlot({ slot: 2 })];
    expect(nextRead(states, 6_000, rates)).toEqual({ kind: 'read', slot: 1 });
    const starving = [aSlot({ slot: 1, urgent: true, lastStartMs: 9_400 }), aSlot({ slot: 2 })];
    expect(nextRead(starving, 10_000, rates)).toEqual({ kind: 'read', slot: 2 });
  });

  it('waits exactly until the next one is due, and for nothing when all slots are empty', () => {
    const states = [aSlot({ slot: 1, lastStartMs: 1_000 }), aSlot({ slot: 2, lastStartMs: 0 })];
    expect(nextRead(states, 2_000, rates)).toEqual({ kind: 'wait', ms: 3_000 });
    expect(nextRead([aSlot({ slot: 1, present: false })], 0, rates)).toEqual({ kind: 'nothing' });
  });

  it('asks a silent pack less and less often, a silent urgent one every other second', () => {
    const periods = [0, 2, 3, 4, 5, 50].map((silentStreak) =>
      pollPeriodMs(aSlot({ slot: 1, silentStreak }), rates),
    );
    expect(periods).toEqual([5_000, 5_000, 10_000, 20_000, 40_000, 60_000]);
    expect(pollPeriodMs(aSlot({ slot: 1, silentStreak: 9, urgent: true }), rates)).toBe(2_000);
  });

  it('never reads an absent pack, and reads every other one in time', () => {
    const state = fc.record({
      present: fc.constantFrom(true, false, null),
      urgent: fc.boolean(),
      silentStreak: fc.integer({ min: 0, max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(state, { minLength: 1, maxLength: 12 }), (list) => {
        const states = list.map((one, index) => aSlot({ ...one, slot: index + 1, lastStartMs: null }));
        const readMs = 260;
        let nowMs = 0;
        const longest = new Map<number, number>();
        while (nowMs < 300_000) {
          const next = nextRead(states, nowMs, rates);
          if (next.kind === 'nothing') break;
          if (next.kind === 'wait') {
            expect(next.ms).toBeGreaterThan(0);
            nowMs += next.ms;
            continue;
          }
          const state = states[next.slot - 1];
          if (!state || state.present === false) throw new Error('read an absent pack');
          longest.set(next.slot, Math.max(longest.get(next.slot) ?? 0, nowMs - (state.lastStartMs ?? 0)));
          state.lastStartMs = nowMs;
          nowMs += readMs;
        }
        for (const one of states.filter(({ present }) => present !== false))
          expect(longest.get(one.slot) ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(
            pollPeriodMs(one, rates) + rates.idleMs + states.length * readMs,
          );
      }),
      { numRuns: 60 },
    );
  });
});

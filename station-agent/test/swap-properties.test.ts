import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeDispense } from '../src/swap/eligibility.js';
import { foldSwap } from '../src/swap/state.js';
import { DEFAULT_SWAP_RULES, type SlotView } from '../src/swap/types.js';
import { live } from './support/random-life.js';
import { scenarioArb } from './support/random-scenario.js';

const RUNS = 4_000;

describe('a swap under random riders, faults and kills', () => {
  it('keeps every safety invariant and always ends in a named outcome', () => {
    let accepted = 0;
    const outcomes = new Map<string, number>();
    fc.assert(
      fc.property(scenarioArb, (scenario) => {
        const run = live(scenario);
        if (!run.accepted) {
          expect(run.acceptance.ok).toBe(false);
          return;
        }
        accepted += 1;
        const { state, releases, request } = run;
        // Ends, with a reason unless it completed cleanly.
        expect(state.ended).not.toBeNull();
        if (state.ended?.outcome === 'failed') expect(state.ended.reason).toBeTruthy();
        const key = `${state.ended?.outcome}:${state.ended?.reason ?? ''}`;
        outcomes.set(key, (outcomes.get(key) ?? 0) + 1);
        for (const release of releases) {
          expect(release.othersOpen).toBe(0);
          if (release.purpose !== 'dispense') continue;
          expect(release.state.returned.length).toBe(request.outFirst ? 0 : request.returns);
          expect(release.returnedInside).toBe(true);
          const pack = release.pack;
          expect(pack).not.toBeNull();
          if (!pack) continue;
          const view: SlotView = {
            slot: release.slot,
            packClass: 'A',
            door: 'closed',
            lock: 'locked',
            occupied: true,
            fault: null,
            pack,
          };
          expect(judgeDispense(view, request, DEFAULT_SWAP_RULES)).toEqual({ ok: true });
        }
        // At most one charged pack leaves, and a completed swap means that exactly one did.
        expect(state.dispensed.length).toBeLessThanOrEqual(1);
        if (state.ended?.outcome === 'completed') {
          expect(state.dispensed.length).toBe(1);
          expect(state.returned.length).toBe(request.returns);
        }
      }),
      { numRuns: RUNS },
    );
    expect(accepted).toBeGreaterThan(RUNS / 10);
    // The script must reach good ends and many kinds of bad ones, or the property says little.
    expect(outcomes.get('completed:') ?? 0).toBeGreaterThan(100);
    expect(outcomes.size).toBeGreaterThan(5);
  });

  it('stands up from its journal with the state it had', () => {
    fc.assert(
      fc.property(scenarioArb, (scenario) => {
        const run = live(scenario);
        if (!run.accepted) return;
        expect(foldSwap(run.request, run.journal)).toEqual(run.state);
      }),
      { numRuns: 500 },
    );
  });
});

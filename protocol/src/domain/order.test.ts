import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canTransition, isTerminalOrderState, ORDER_PATH, ORDER_STATES } from './index.js';

const state = fc.constantFrom(...ORDER_STATES);

describe('order transitions', () => {
  it('never leaves a terminal state and never stays', () => {
    fc.assert(
      fc.property(state, state, (from, to) => {
        if (isTerminalOrderState(from) || from === to) expect(canTransition(from, to)).toBe(false);
      }),
    );
  });

  it('never goes back along the path', () => {
    for (const [i, from] of ORDER_PATH.entries())
      for (const to of ORDER_PATH.slice(0, i + 1)) expect(canTransition(from, to)).toBe(false);
  });

  it('does not refuse or cancel once something moved', () => {
    for (const from of ['returning', 'returned', 'dispensing', 'dispensed'] as const)
      for (const to of ['refused', 'cancelled', 'expired'] as const)
        expect(canTransition(from, to)).toBe(false);
  });

  it('leaves unknown only by evidence or by a person', () => {
    expect(canTransition('unknown', 'created')).toBe(false);
    expect(canTransition('unknown', 'dispatched')).toBe(false);
    expect(canTransition('unknown', 'completed')).toBe(true);
    expect(canTransition('unknown', 'resolved')).toBe(true);
    expect(canTransition('authorized', 'resolved')).toBe(false);
  });
});

import { canTransition, isTerminalOrderState, ORDER_STATES, SWAP_STEPS } from '@voltbay/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OrderDocument } from './order-document.js';
import { applyFact, factOfSwapEvent, type OrderFact } from './order-facts.js';

const T0 = Date.parse('2026-11-22T08:00:00.000Z');
const at = new Date(T0).toISOString();
const anOrder = (changes: Partial<OrderDocument> = {}): OrderDocument => ({
  _id: 'o-1',
  tenantId: 'demo',
  version: 1,
  createdAt: at,
  updatedAt: at,
  kind: 'swap',
  state: 'dispatched',
  origin: 'remote',
  userId: 'u',
  vehicleId: 'v',
  stationId: '1231',
  commandId: 'c',
  packClass: 'A',
  returned: null,
  dispensed: null,
  price: { planVersion: 'per-swap@1', lines: [], totalFen: 600, currency: 'CNY' },
  payment: { state: 'held', amountFen: 600, chargeId: null },
  reason: null,
  timeline: [],
  expiresAt: null,
  completedAt: null,
  requestKey: 'order:o-1',
  openKey: 'user:demo/u',
  settlement: null,
  due: [],
  dueAt: null,
  sweepAt: at,
  facts: [],
  ...changes,
});
const aFact = (changes: Partial<OrderFact> = {}): OrderFact => ({
  key: null,
  to: null,
  who: 'test',
  what: 'test',
  at,
  ...changes,
});
const apply = (order: OrderDocument, fact: OrderFact): OrderDocument => {
  const applied = applyFact(order, fact, T0);
  return 'next' in applied ? applied.next : order;
};
const step = (name: (typeof SWAP_STEPS)[number], packId?: string) =>
  factOfSwapEvent(
    { kind: 'swap', step: name, swapId: 's', slot: 3, ...(packId ? { packId } : {}), at },
    '1231',
    at,
  );

describe('what a fact makes of an order', () => {
  it('keeps until when the rider has to act, by the time at which the step was made', () => {
    const fact = factOfSwapEvent(
      { kind: 'swap', step: 'return-door-released', swapId: 's', slot: 3, leftMs: 90_000, at: 'unused' },
      '1231',
      at,
    );
    expect(apply(anOrder(), fact).timeline.at(-1)).toMatchObject({
      step: 'return-door-released',
      until: new Date(T0 + 90_000).toISOString(),
    });
    expect(apply(anOrder(), step('pack-inserted')).timeline.at(-1)).not.toHaveProperty('until');
  });

  it('moves along a clean swap and captures once, at the end', () => {
    let order = anOrder();
    const states = [];
    for (const name of SWAP_STEPS.slice(0, 13)) {
      if (['refused', 'failed', 'unknown'].includes(name)) continue;
      order = apply(order, step(name, 'VB-A-1'));
      states.push(order.state);
    }
    expect([...new Set(states)]).toEqual([
      'dispatched',
      'returning',
      'returned',
      'dispensing',
      'dispensed',
      'completed',
    ]);
    expect(order.due).toEqual(['custody-returned', 'custody-dispensed', 'capture']);
    expect(order.settlement).toBe('capture');
    expect(order.openKey).toBe('done:o-1');
    expect(order.sweepAt).toBeNull();
  });

  it('takes a repeated fact once', () => {
    const once = apply(anOrder(), step('returned', 'VB-A-1'));
    expect(applyFact(once, step('returned', 'VB-A-1'), T0)).toEqual({ outcome: 'duplicate' });
  });

  it('writes a late fact down without moving back', () => {
    const ahead = apply(anOrder(), step('dispensed', 'VB-A-2'));
    const late = applyFact(ahead, step('returned', 'VB-A-1'), T0);
    expect(late.outcome).toBe('recorded');
    if (!('next' in late)) return;
    expect(late.next.state).toBe('dispensed');
    expect(late.next.returned?.packId).toBe('VB-A-1');
    expect(late.next.due).toContain('custody-returned');
  });

  it('gives the money back when a swap fails before a pack left, and keeps it afterwards', () => {
    expect(apply(apply(anOrder(), step('returned', 'VB-A-1')), step('failed')).settlement).toBe('release');
    expect(apply(apply(anOrder(), step('pack-taken', 'VB-A-2')), step('failed')).settlement).toBe('capture');
    expect(apply(apply(anOrder(), step('dispensed', 'VB-A-2')), step('failed')).settlement).toBe('capture');
  });

  it('learns what the pack read that left from the step that says so, and of no other pack', () => {
    const reading = { slot: 3, voltageMv: 53_000, remainingMah: 30_000 };
    const read = (packId: string) => ({
      ...step('dispensed', packId),
      dispensed: { packId, slot: 3, reading, at },
    });
    const taken = apply(anOrder(), step('pack-taken', 'VB-A-2'));
    expect(taken.dispensed?.reading).toBeUndefined();
    expect(apply(taken, read('VB-A-2')).dispensed).toEqual({ packId: 'VB-A-2', slot: 3, reading, at });
    expect(apply(taken, read('VB-A-9')).dispensed).toEqual(taken.dispensed);
  });

  it('hands a pack back to the vehicle when the rider took it home again, once', () => {
    const failed = (givenBack: number[]) =>
      factOfSwapEvent({ kind: 'swap', step: 'failed', swapId: 's', givenBack, at }, '1231', at);
    const kept = apply(apply(anOrder(), step('returned', 'VB-A-1')), failed([4]));
    expect([kept.state, kept.due]).toEqual(['failed', ['custody-returned', 'release']]);
    const back = apply(apply(anOrder(), step('returned', 'VB-A-1')), failed([3, 4]));
    expect(back.due).toEqual(['custody-returned', 'release', 'custody-given-back']);
    expect(back.returned).toMatchObject({ packId: 'VB-A-1', givenBackAt: at });
    expect(apply({ ...back, due: [] }, { ...failed([3]), key: 'again' }).due).toEqual([]);
  });

  it('decides nothing about the money while the outcome is unknown', () => {
    const unknown = apply(anOrder(), step('unknown'));
    expect([unknown.state, unknown.settlement, unknown.due]).toEqual(['unknown', null, []]);
    expect(apply(unknown, step('dispensed', 'VB-A-2')).state).toBe('dispensed');
    expect(apply(unknown, aFact({ to: 'resolved' })).settlement).toBe('release');
  });

  it('calls a refusal after something moved a failure', () => {
    expect(apply(anOrder(), step('refused')).state).toBe('refused');
    expect(apply(apply(anOrder(), step('return-door-opened')), step('refused')).state).toBe('failed');
  });

  it('never moves against the transition table, never leaves a closed state, never decides the money twice', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ORDER_STATES),
        fc.array(
          fc.record({
            to: fc.option(fc.constantFrom(...ORDER_STATES), { nil: null }),
            key: fc.option(fc.constantFrom('a', 'b', 'c'), { nil: null }),
            left: fc.boolean(),
          }),
          { maxLength: 12 },
        ),
        (start, facts) => {
          let order = anOrder({ state: start });
          for (const { to, key, left } of facts) {
            const next = apply(
              order,
              aFact({ to, key, ...(left ? { dispensed: { packId: 'p', at } } : {}) }),
            );
            if (next.state !== order.state) {
              expect(canTransition(order.state, next.state)).toBe(true);
              expect(isTerminalOrderState(order.state)).toBe(false);
            }
            if (order.settlement !== null) expect(next.settlement).toBe(order.settlement);
            expect(
              next.due.filter((item) => item === 'capture' || item === 'release').length,
            ).toBeLessThanOrEqual(1);
            if (isTerminalOrderState(next.state) && next.state !== start) {
              expect(next.settlement).not.toBeNull();
              expect(next.openKey).toBe('done:o-1');
            }
            expect(next.version - order.version).toBeLessThanOrEqual(1);
            order = next;
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

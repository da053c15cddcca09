import type { DownlinkEnvelope } from '@voltbay/protocol';
import { describe, expect, it } from 'vitest';
import { derivedCommandId } from './command-id.js';
import { commandDeadline } from './expiry.js';
import { failedPrecondition, type StationFacts } from './precondition.js';

const charge = (over: Partial<DownlinkEnvelope> = {}): DownlinkEnvelope => ({
  device: '1231',
  type: 1,
  data: { user: 'u', vehicle: 'v' },
  time: '2016-2-1',
  ...over,
});
const issuedMs = Date.UTC(2026, 10, 22, 8);
const issuedAt = new Date(issuedMs).toISOString();

describe('how long a command may act', () => {
  it('counts ttlMs from receipt on the monotonic clock', () => {
    expect(commandDeadline(charge({ ttlMs: 3_000 }), { monotonicMs: 100, hubMs: null })).toBe(3_100);
    expect(commandDeadline(charge(), { monotonicMs: 100, hubMs: null })).toBe(15_100);
  });
  it('is refused at once when issuedAt + ttlMs is past by the hub’s time', () => {
    const late = { monotonicMs: 100, hubMs: issuedMs + 3_600_000 };
    expect(commandDeadline(charge({ issuedAt, ttlMs: 15_000 }), late)).toBeNull();
  });
  it('gets what is left of its time, never more', () => {
    const travelled = { monotonicMs: 0, hubMs: issuedMs + 10_000 };
    expect(commandDeadline(charge({ issuedAt, ttlMs: 15_000 }), travelled)).toBe(5_500);
    const hubBehind = { monotonicMs: 0, hubMs: issuedMs - 60_000 };
    expect(commandDeadline(charge({ issuedAt, ttlMs: 15_000 }), hubBehind)).toBe(15_000);
  });
  it('does not judge by issuedAt while the hub’s time is unknown', () => {
    expect(commandDeadline(charge({ issuedAt, ttlMs: 1_000 }), { monotonicMs: 0, hubMs: null })).toBe(1_000);
  });
});

describe('identity of a command without one', () => {
  it('is the same for the same message and differs by user, vehicle, time and order', () => {
    const id = derivedCommandId(charge());
    expect(derivedCommandId(charge())).toBe(id);
    const others = [
      charge({ time: '2016-2-2' }),
      charge({ data: { user: 'w', vehicle: 'v' } }),
      charge({ data: { user: 'u', vehicle: 'w' } }),
      charge({ data: { user: 'u', vehicle: 'v', orderId: 'o' } }),
    ].map(derivedCommandId);
    expect(new Set([id, ...others]).size).toBe(5);
  });
});

describe('preconditions', () => {
  const facts: StationFacts = {
    swapRunning: true,
    inService: true,
    epoch: 7,
    configHash: 'abc',
    occupied: (slot) => (slot === 1 ? true : slot === 2 ? false : null),
    packId: (slot) => (slot === 1 ? 'VB-A-1' : undefined),
  };
  it.each([
    [undefined, null],
    [{}, null],
    [
      {
        epoch: 7,
        configHash: 'abc',
        slotEmpty: 2,
        slotOccupied: 1,
        packInSlot: { slot: 1, packId: 'VB-A-1' },
      },
      null,
    ],
    [{ noSwap: true }, /noSwap/],
    [{ epoch: 6 }, /epoch: it is 7/],
    [{ slotEmpty: 1 }, /slotEmpty/],
    [{ slotEmpty: 3 }, /not known/],
    [{ packInSlot: { slot: 1, packId: 'VB-A-2' } }, /VB-A-1/],
    [{ moonPhase: 'full' }, /not understood.*moonPhase/],
  ])('%j', (precondition, expected) => {
    const failed = failedPrecondition(precondition, facts);
    if (expected === null) expect(failed).toBeNull();
    else expect(failed).toMatch(expected);
  });
});

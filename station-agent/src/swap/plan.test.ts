import { describe, expect, it } from 'vitest';
import { decideSwap, type SwapView } from './plan.js';
import { foldSwap } from './state.js';
import { DEFAULT_SWAP_RULES, type SlotView, type SwapRequest } from './types.js';

const request: SwapRequest = {
  swapId: 's',
  requestId: 'c',
  origin: 'remote',
  user: 'u',
  vehicle: 'v',
  returns: 1,
  count: 1,
  packClass: 'A',
};
const slot = (n: number, packId: string, read: boolean): SlotView => ({
  slot: n,
  packClass: 'A',
  door: 'closed',
  lock: 'locked',
  occupied: true,
  fault: null,
  pack: {
    packId,
    packClass: 'A',
    socPct: read ? 95 : null,
    maxDeciC: read ? 250 : null,
    minDeciC: read ? 240 : null,
    alarms: [],
    quality: [],
    ageMs: read ? 0 : null,
  },
});
/** Just restarted: the pack was returned and verified, and none of the others has been read yet. */
const returned = foldSwap(request, [
  { step: 'accepted' },
  { step: 'opening', purpose: 'return', slot: 2, token: 't-1' },
  { step: 'released', slot: 2 },
  { step: 'opened', slot: 2 },
  { step: 'pack-inserted', slot: 2 },
  { step: 'closed', slot: 2, occupied: true },
  { step: 'resumed', epoch: 2 },
  { step: 'verified', slot: 2, packId: 'VB-A-900' },
]);
const view = (unreadable: number[]): SwapView => ({
  slots: [slot(1, 'VB-A-1', false), slot(2, 'VB-A-900', true), slot(3, 'VB-A-3', false)],
  silentMs: 0,
  phaseMs: 0,
  releasedMs: 0,
  repeats: 0,
  unreadable,
  stale: false,
});

describe('a swap that goes on after a restart', () => {
  it('reads one pack after the other before it says that none is ready', () => {
    expect(decideSwap(returned, view([]), DEFAULT_SWAP_RULES)).toEqual({ do: 'refresh', slot: 1 });
    expect(decideSwap(returned, view([1]), DEFAULT_SWAP_RULES)).toEqual({ do: 'refresh', slot: 3 });
    expect(decideSwap(returned, view([1, 3]), DEFAULT_SWAP_RULES)).toMatchObject({
      do: 'note',
      steps: [{ step: 'failing', reason: 'NO_PACK_READY' }],
    });
  });
});

import { describe, expect, it } from 'vitest';
import { createFence } from './fence.js';

describe('the fence between two agents of one identity', () => {
  const random = (): number => 0.5;
  it('does not mistake a network that fails now and then', () => {
    const fence = createFence({ random });
    for (const livedMs of [500, 500, 60_000, 500, 500]) expect(fence.ended(livedMs).fenced).toBe(false);
  });

  it('keeps away longer and longer when sessions are closed right after sign-in, ten minutes at most', () => {
    const fence = createFence({ random });
    const waits = Array.from({ length: 10 }, () => fence.ended(200).waitMs);
    expect(waits.slice(0, 6)).toEqual([0, 0, 30_000, 60_000, 120_000, 240_000]);
    expect(waits.at(-1)).toBe(600_000);
  });

  it('does not mistake a hub that dies and comes back: in between it lets nobody in', () => {
    const fence = createFence({ random });
    for (let restart = 0; restart < 20; restart++) {
      expect(fence.ended(2_000).fenced).toBe(false);
      fence.unreachable();
    }
  });

  it('forgets when a session lasts', () => {
    const fence = createFence({ random });
    for (let n = 0; n < 5; n++) fence.ended(100);
    expect(fence.isSuspected()).toBe(true);
    fence.lasting();
    expect(fence.isSuspected()).toBe(false);
    expect(fence.ended(100).fenced).toBe(false);
  });
});

import { type ClockQuality, parseTime } from '@voltbay/protocol';
import type { Clock } from '../clock.js';

/** A wall clock farther from the hub's than this is not believed. */
const SYNCED_WITHIN_MS = 2_000;
/** Longer than a connection can hold a message up (1.5 × the longest keepalive): what is behind for so long is the hub's clock. */
const HELD_UP_MS = 600_000;
/** Two quartz clocks part by no more. */
const DRIFT = 200e-6;

export type HubClock = ReturnType<typeof createHubClock>;

/**
 * The hub's time, carried on by the monotonic clock: a jump of the wall clock neither expires a command nor keeps one alive.
 * Learned from `hubTime` in SERVER_ACK. A message that was held up on its way tells a time that is over: it must not turn the clock
 * back, or a command held up with it would seem fresh. So the message that came fastest counts, and only what stays behind for ten
 * minutes is taken for a hub whose clock was set back.
 */
export function createHubClock(clock: Clock) {
  /** The hub's time less the monotonic one, and when it was learned. */
  let known: { aheadMs: number; atMs: number } | null = null;
  /** What has told an earlier time since, without a break. */
  let behind: { aheadMs: number; sinceMs: number } | null = null;
  const hubNowMs = (): number | null => (known === null ? null : known.aheadMs + clock.monotonicMs());
  return {
    learn(hubTime: string): void {
      const hubMs = parseTime(hubTime);
      if (hubMs === null) return;
      const atMs = clock.monotonicMs();
      const aheadMs = hubMs - atMs;
      if (known === null || aheadMs >= known.aheadMs - DRIFT * (atMs - known.atMs)) {
        known = { aheadMs, atMs };
        behind = null;
        return;
      }
      behind = {
        aheadMs: Math.max(aheadMs, behind?.aheadMs ?? aheadMs),
        sinceMs: behind?.sinceMs ?? atMs,
      };
      if (atMs - behind.sinceMs < HELD_UP_MS) return;
      known = { aheadMs: behind.aheadMs, atMs };
      behind = null;
    },
    /** Best estimate of the hub's wall clock; null before it was heard. */
    hubNowMs,
    quality(): ClockQuality {
      const hubMs = hubNowMs();
      if (hubMs === null) return { synced: false };
      const offsetMs = Math.round(clock.nowMs() - hubMs);
      return { synced: Math.abs(offsetMs) <= SYNCED_WITHIN_MS, offsetMs };
    },
  };
}

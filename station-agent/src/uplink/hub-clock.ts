import { type ClockQuality, parseTime } from '@voltbay/protocol';
import type { Clock } from '../clock.js';

/** A wall clock farther from the hub's than this is not believed. */
const SYNCED_WITHIN_MS = 2_000;

export type HubClock = ReturnType<typeof createHubClock>;

/**
 * The hub's time, carried on by the monotonic clock: a jump of the wall clock neither expires a command nor keeps one alive.
 * Learned from `hubTime` in SERVER_ACK; the way here makes it at most one trip too old.
 */
export function createHubClock(clock: Clock) {
  let known: { hubMs: number; monotonicMs: number } | null = null;
  const hubNowMs = (): number | null =>
    known === null ? null : known.hubMs + (clock.monotonicMs() - known.monotonicMs);
  return {
    learn(hubTime: string): void {
      const hubMs = parseTime(hubTime);
      if (hubMs !== null) known = { hubMs, monotonicMs: clock.monotonicMs() };
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

import { performance } from 'node:perf_hooks';

/** Time as the agent sees it. Waits and ages use the monotonic clock; the wall clock only labels records. */
export type Clock = {
  /** Wall clock, milliseconds since 1970. May jump. */
  nowMs(): number;
  /** Never jumps, milliseconds since an arbitrary start. */
  monotonicMs(): number;
};

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

export const isoTime = (ms: number): string => new Date(ms).toISOString();

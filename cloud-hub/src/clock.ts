import type { Clock } from './ports.js';

export const systemClock: Clock = { now: () => Date.now() };

/** ISO 8601 UTC with milliseconds: the form of every stored time, so that text order is time order. */
export const isoNow = (clock: Clock): string => new Date(clock.now()).toISOString();
export const isoAt = (ms: number): string => new Date(ms).toISOString();

import type { Clock } from '../clock.js';
import type { HubClock } from './hub-clock.js';

/**
 * The time that records are labelled with: the hub's once it was heard, carried on by the monotonic clock, so that a jump of the wall
 * clock moves no record; the wall clock's before.
 */
export function createStationClock(wall: Clock, hubClock: Pick<HubClock, 'hubNowMs'>): Clock {
  return { nowMs: () => hubClock.hubNowMs() ?? wall.nowMs(), monotonicMs: () => wall.monotonicMs() };
}

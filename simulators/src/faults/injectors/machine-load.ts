import { availableParallelism, loadavg } from 'node:os';

/** Beyond this a figure says nothing any more, whatever the machine does. */
const MOST = 4;

/** By how much the machine is overcommitted just now: 1 when every runnable program has a processor. */
export function loadFactor(load = loadavg()[0] ?? 0, processors = availableParallelism()): number {
  return Math.round(Math.min(MOST, Math.max(1, load / processors)) * 10) / 10;
}

import { setTimeout as sleep } from 'node:timers/promises';
import { machineTime } from './usage.js';

/** How quiet the machine is before anything of ours runs. */
export interface Quiet {
  /** Share of CPU time that nobody used, 0 to 1. */
  idle: number;
  /** (slowest - fastest) / fastest of one fixed piece of arithmetic. */
  jitter: number;
}

const WATCH_MS = 2_000;
const MIN_IDLE = 0.8;
const MAX_JITTER = 0.25;
const PIECES = 15;

/** Watches the machine for two seconds, then times the same work again and again. */
export async function measureQuiet(): Promise<Quiet> {
  const before = machineTime();
  await sleep(WATCH_MS);
  const after = machineTime();
  const idle = 1 - (after.busyUs - before.busyUs) / Math.max(1, after.totalUs - before.totalUs);
  const times = Array.from({ length: PIECES }, () => {
    const startedMs = performance.now();
    spin();
    return performance.now() - startedMs;
  }).slice(3);
  const fastest = Math.min(...times);
  return { idle, jitter: (Math.max(...times) - fastest) / fastest };
}

/** Why figures of now would mean nothing; null when they mean something. */
export function noise({ idle, jitter }: Quiet): string | null {
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  if (idle < MIN_IDLE)
    return `other programs use the machine: ${percent(idle)} idle, ${percent(MIN_IDLE)} needed`;
  if (jitter > MAX_JITTER)
    return `the machine is uneven: the same work takes up to ${percent(jitter)} longer, ${percent(MAX_JITTER)} allowed`;
  return null;
}

function spin(): number {
  let sum = 0;
  for (let i = 0; i < 8_000_000; i++) sum = (sum + i * 31) % 1_000_003;
  return sum;
}

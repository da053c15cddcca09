import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

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
  const before = cpuTimes();
  await sleep(WATCH_MS);
  const after = cpuTimes();
  const idle = (after.idle - before.idle) / Math.max(1, after.total - before.total);
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

function cpuTimes(): { idle: number; total: number } {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const times = line.trim().split(/\s+/).slice(1, 9).map(Number);
  // user nice system idle iowait irq softirq steal; waiting for a disk is idle time too.
  return { idle: (times[3] ?? 0) + (times[4] ?? 0), total: times.reduce((sum, time) => sum + time, 0) };
}

function spin(): number {
  let sum = 0;
  for (let i = 0; i < 8_000_000; i++) sum = (sum + i * 31) % 1_000_003;
  return sum;
}

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Linux counts CPU time of a process in hundredths of a second. */
const TICK_US = 10_000;
const PAGE_BYTES = 4096;

/** CPU time and memory of some processes, read from /proc (proc(5)). */
export interface Usage {
  cpuUs: number;
  rssMiB: number;
}

export function usageOf(pids: readonly number[]): Usage {
  let cpuUs = 0;
  let pages = 0;
  for (const pid of pids) {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in brackets and may hold blanks; the rest follows the last bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    cpuUs += (Number(fields[11]) + Number(fields[12])) * TICK_US;
    pages += Number(fields[21]);
  }
  return { cpuUs, rssMiB: (pages * PAGE_BYTES) / 1024 / 1024 };
}

/** Runs `work` and tells what `pids` used meanwhile. */
export async function measured<T>(
  pids: readonly number[],
  work: () => Promise<T>,
): Promise<{ result: T; elapsedMs: number; cpuUs: number; rssMiB: number }> {
  const before = usageOf(pids);
  const startedMs = performance.now();
  const result = await work();
  const elapsedMs = performance.now() - startedMs;
  const after = usageOf(pids);
  return { result, elapsedMs, cpuUs: after.cpuUs - before.cpuUs, rssMiB: after.rssMiB };
}

const LOOK_MS = 200;
const IDLE_SHARE = 0.1;
const IDLE_WAIT_MS = 30_000;

/** Resolves when these processes together use less than a tenth of a processor, or after half a minute: what one side left undone is its own. */
export async function untilIdle(pids: readonly number[]): Promise<void> {
  const end = performance.now() + IDLE_WAIT_MS;
  let { cpuUs } = usageOf(pids);
  while (performance.now() < end) {
    await sleep(LOOK_MS);
    const now = usageOf(pids).cpuUs;
    if (now - cpuUs <= LOOK_MS * 1_000 * IDLE_SHARE) return;
    cpuUs = now;
  }
}

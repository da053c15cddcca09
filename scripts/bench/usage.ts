import { readFileSync } from 'node:fs';

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

import { readdirSync, readFileSync } from 'node:fs';
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
    const fields = statFields(pid);
    cpuUs += scheduledUs(pid) ?? ticksUs(fields);
    pages += Number(fields[21]);
  }
  return { cpuUs, rssMiB: (pages * PAGE_BYTES) / 1024 / 1024 };
}

function statFields(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the name in brackets and may hold blanks; the rest follows the last bracket.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

const ticksUs = (fields: readonly string[]): number => (Number(fields[11]) + Number(fields[12])) * TICK_US;

/** The same from the scheduler's own count, in nanoseconds and for each thread; null where the kernel keeps none. */
function scheduledUs(pid: number): number | null {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.reduce((sum, thread) => {
      const [ranNs] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
      return sum + Number(ranNs) / 1_000;
    }, 0);
  } catch {
    return null;
  }
}

/** What was done on the machine so far: by everybody, and by this process with all that it started and has not ended. */
export interface MachineTime {
  totalUs: number;
  busyUs: number;
  ownUs: number;
}

export function machineTime(): MachineTime {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const times = line.trim().split(/\s+/).slice(1, 9).map(Number);
  const total = times.reduce((sum, time) => sum + time, 0);
  // user nice system idle iowait irq softirq steal; waiting for a disk is idle time too.
  const idle = (times[3] ?? 0) + (times[4] ?? 0);
  return { totalUs: total * TICK_US, busyUs: (total - idle) * TICK_US, ownUs: ownTicksUs() };
}

/** Share of the processors that others had between two looks, 0 to 1. */
export const foreignShare = (before: MachineTime, after: MachineTime): number => {
  const others = after.busyUs - before.busyUs - (after.ownUs - before.ownUs);
  return Math.max(0, others) / Math.max(1, after.totalUs - before.totalUs);
};

function ownTicksUs(): number {
  const parents = new Map<number, number>();
  const used = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const fields = statFields(Number(name));
      parents.set(Number(name), Number(fields[1]));
      // With that of children who are gone: what a row's programs did is ours still.
      used.set(Number(name), ticksUs(fields) + (Number(fields[13]) + Number(fields[14])) * TICK_US);
    } catch {
      // It ended between the two looks.
    }
  }
  const isOwn = (pid: number): boolean => {
    for (let at: number | undefined = pid; at; at = parents.get(at)) if (at === process.pid) return true;
    return false;
  };
  return [...used].reduce((sum, [pid, us]) => (isOwn(pid) ? sum + us : sum), 0);
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

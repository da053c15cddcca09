import { readFileSync } from 'node:fs';

/**
 * Test aid: a place where a test can let the process die as a power cut would. `VOLTBAY_CRASH_AT=name` (or `name#2` for the second
 * passage) makes the composition root inject one that kills the process; `@FILE` reads the name from a file at each passage, so that a
 * running process can be armed. Otherwise it does nothing.
 */
export type CrashPoint = (name: string) => void;

export const noCrashPoint: CrashPoint = () => {};

/** Kills this process with SIGKILL at the named point: no handler runs, nothing is flushed. Passages count from when it was armed. */
export function crashPointFrom(value: string | undefined): CrashPoint {
  if (!value) return noCrashPoint;
  const armedNow = value.startsWith('@') ? () => firstLine(value.slice(1)) : () => value;
  let armed = '';
  let left = 0;
  return (name) => {
    const now = armedNow();
    if (now !== armed) left = Number(now.split('#')[1] ?? '1');
    armed = now;
    if (name !== armed.split('#')[0]) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  };
}

function firstLine(file: string): string {
  try {
    return readFileSync(file, 'utf8').split('\n')[0]?.trim() ?? '';
  } catch {
    return '';
  }
}

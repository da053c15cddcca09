/**
 * Test aid: a place where a test can let the process die as a power cut would. `VOLTBAY_CRASH_AT=name` (or `name#2` for the second
 * passage) makes the composition root inject one that kills the process; otherwise it does nothing.
 */
export type CrashPoint = (name: string) => void;

export const noCrashPoint: CrashPoint = () => {};

/** Kills this process with SIGKILL at the named point: no handler runs, nothing is flushed. */
export function crashPointFrom(value: string | undefined): CrashPoint {
  if (!value) return noCrashPoint;
  const [wanted = '', passage = '1'] = value.split('#');
  let left = Number(passage);
  return (name) => {
    if (name !== wanted) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  };
}

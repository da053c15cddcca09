import { execFileSync } from 'node:child_process';
import { missingProgram, notRoot } from './programs.js';

/** Why no limit can be set here; null when it can. */
export const fileLimitMissing = (): string | null => missingProgram('prlimit') ?? notRoot();

/** No file of a running process may grow beyond this (RLIMIT_FSIZE): writes fail with EFBIG. Null lifts it. */
export function limitFileSize(pid: number, bytes: number | null): void {
  const limit = bytes === null ? 'unlimited' : String(bytes);
  // The hard limit stays: what only root could raise again would end the experiment for others.
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${limit}:unlimited`], { stdio: 'pipe' });
}

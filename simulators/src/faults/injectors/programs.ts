import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Null when the program is there and starts, else the reason why a fault that needs it cannot be injected. */
export function missingProgram(name: string): string | null {
  const { error } = spawnSync(name, ['--version'], { stdio: 'ignore' });
  return error ? `${name} is not installed` : null;
}

/** Null for root, which limits, mounts and traces of other processes need. */
export const notRoot = (): string | null => (process.getuid?.() === 0 ? null : 'needs root');

export const missingFile = (what: string, paths: readonly string[]): string | null =>
  paths.some((path) => existsSync(path)) ? null : `${what} is not installed`;

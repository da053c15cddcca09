import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const PACKAGE_ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The public entry as compiled, for child processes that run plain Node. */
export const COMPILED_ENTRY = new URL('../../dist/document-server/index.js', import.meta.url).href;

/** Compiles the package when its sources are newer than dist; the worker thread runs from there. */
export function buildWorker(): void {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-b', PACKAGE_ROOT], { stdio: 'inherit' });
}

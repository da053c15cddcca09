import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Child, startChild } from '../../src/network/child.js';
import type { HubReady } from '../../src/network/network.js';

export const repositoryRoot = fileURLToPath(new URL('../../..', import.meta.url));

export function temporaryFolder(): { dir: string; remove(): void } {
  const dir = mkdtempSync(join(tmpdir(), 'voltbay-'));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }) };
}

/** The hub alone as a real process, with the demo accounts. */
export function startHub(
  dir: string,
  options: { args?: string[]; env?: Record<string, string> } = {},
): Promise<Child<HubReady>> {
  return startChild<HubReady>({
    name: 'hub',
    args: [
      join(repositoryRoot, 'cloud-hub/bin/voltbay-hub.mjs'),
      ...['run', '--demo', '--json', '--port', '0', '--mqtt-port', '0', '--data', join(dir, 'hub')],
      ...(options.args ?? []),
    ],
    ...(options.env ? { env: options.env } : {}),
    cwd: repositoryRoot,
    logFile: join(dir, 'logs/hub.log'),
  });
}

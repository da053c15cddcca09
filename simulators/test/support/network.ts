import { spawnSync } from 'node:child_process';
import { type Network, startNetwork } from '../../src/network/network.js';
import { repositoryRoot, temporaryFolder } from './hub.js';

/** A whole network on free ports in a temporary folder; `close` stops it and removes the folder. */
export async function temporaryNetwork(
  options: { env?: Record<string, string> } = {},
): Promise<Network & { close(): Promise<void> }> {
  const folder = temporaryFolder();
  const network = await startNetwork({
    root: repositoryRoot,
    dir: folder.dir,
    httpPort: 0,
    mqttPort: 0,
    ...(options.env ? { env: options.env } : {}),
  });
  return Object.assign(network, {
    close: async () => {
      await network.stop();
      folder.remove();
    },
  });
}

/** Whether a program of the system is there; tests that need one it lacks are skipped and counted. */
export const hasProgram = (name: string): boolean =>
  spawnSync(name, ['--help'], { stdio: 'ignore' }).error === undefined;

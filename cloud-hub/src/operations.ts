import type { Command } from '@voltbay/protocol';
import { createBlobStore } from './blobs/blob-store.js';
import type { Database } from './db/index.js';
import { createDiagnostics } from './diagnostics/diagnostics.js';
import { createDiagnosticsRoutes } from './diagnostics/routes.js';
import type { HttpRoute } from './http/route.js';
import type { Logger } from './logger.js';
import type { Chore } from './maintenance.js';
import type { Clock, CommandDispatcher, StationDirectory } from './ports.js';
import { createReleaseRoutes } from './releases/release-routes.js';
import { createRolloutRoutes } from './releases/rollout-routes.js';
import { createRollouts, type RolloutQueue } from './releases/rollouts.js';
import { createStationConfigRoutes } from './station-config/routes.js';
import { createStationConfigs } from './station-config/station-configs.js';
import type { TaskHandler } from './tasks/index.js';

export interface Operations {
  readonly handlers: readonly TaskHandler[];
  readonly chores: readonly Chore[];
  /** What a settled command means for configurations, diagnostics and rollouts. May be told twice. */
  onCommandSettled(command: Command): Promise<void>;
  routes(queue: RolloutQueue): HttpRoute[];
}

/** How stations are looked after from afar: their configuration, their diagnostics, their software. */
export function createOperations(deps: {
  database: Database;
  clock: Clock;
  logger: Logger;
  dispatcher: CommandDispatcher;
  directory: StationDirectory;
  /** Who may sign an update: raw Ed25519 keys, base64url. */
  updateKeys: readonly string[];
}): Operations {
  const { database } = deps;
  const blobs = createBlobStore({ database });
  const configs = createStationConfigs(deps);
  const diagnostics = createDiagnostics({ ...deps, blobs });
  const rollouts = createRollouts(deps);
  return {
    handlers: [rollouts.handler],
    chores: [{ name: 'station configurations', everyMs: 3_000, run: () => configs.sweep() }],
    async onCommandSettled(command) {
      await configs.onCommandSettled(command);
      await diagnostics.onCommandSettled(command);
      await rollouts.onCommandSettled(command);
    },
    routes: (queue) => [
      ...createStationConfigRoutes({ ...deps, configs }),
      ...createDiagnosticsRoutes({ ...deps, diagnostics, blobs }),
      ...createReleaseRoutes({ ...deps, blobs, publicKeys: deps.updateKeys }),
      ...createRolloutRoutes({ database, rollouts, queue }),
    ],
  };
}

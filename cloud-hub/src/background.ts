import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Database } from './db/index.js';
import type { HttpRoute } from './http/route.js';
import type { Logger } from './logger.js';
import type { Chore } from './maintenance.js';
import type { Clock } from './ports.js';
import { operatorsCollection } from './stargate/collections.js';
import { createSchedules, createTaskRunner, createTaskStore, type TaskStore } from './tasks/index.js';
import { createTaskRoutes } from './tasks/routes.js';

export interface Background {
  readonly tasks: TaskStore;
  readonly chores: readonly Chore[];
  routes(): HttpRoute[];
  /** Begins to take tasks. */
  start(): void;
  stop(): Promise<void>;
}

/** Everything that happens behind the answers: tasks and the features that live on them. */
export function createBackground(deps: { database: Database; clock: Clock; logger: Logger }): Background {
  const { database, clock, logger } = deps;
  const tasks = createTaskStore({ database, clock });
  const schedules = createSchedules({
    store: tasks,
    clock,
    schedules: [],
    tenants: () => database.collection(operatorsCollection).distinct('tenantId'),
  });
  const runner = createTaskRunner({
    store: tasks,
    clock,
    logger,
    owner: `${hostname()}:${process.pid}:${randomBytes(3).toString('hex')}`,
    handlers: [],
  });
  return {
    tasks,
    chores: [{ name: 'schedules', everyMs: 1_000, run: () => schedules.tick() }],
    routes: () => createTaskRoutes({ database, store: tasks, schedules }),
    start: () => runner.start(),
    stop: () => runner.stop(),
  };
}

import type { Hono } from 'hono';
import { assemble, type HubAddresses, type HubOverrides, type Running } from './assemble.js';
import type { HubConfig } from './config/config.js';
import type { HttpRoute } from './http/route.js';
import { createLogger } from './logger.js';

export type { HubAddresses, HubOverrides } from './assemble.js';

export interface Hub {
  start(): Promise<HubAddresses>;
  /** Drains and closes everything. Idempotent. */
  stop(): Promise<void>;
  /** After `start`: the routes without a socket, for tests. */
  readonly app: Hono;
  /** After `start`: every API route, for tests that walk over them. */
  readonly routes: readonly HttpRoute[];
}

/** The composition root: the whole hub in one process, stateless but for its sockets and caches. */
export function createHub(config: HubConfig, overrides: HubOverrides = {}): Hub {
  const logger = overrides.logger ?? createLogger({ level: config.logLevel });
  let running: Running | null = null;
  let stopping: Promise<void> | null = null;

  const up = (): Running => {
    if (!running) throw new Error('the hub is not started');
    return running;
  };
  const undo = async (stops: Running['stops']) => {
    for (const stop of [...stops].reverse()) {
      try {
        await stop();
      } catch (error) {
        logger.error({ err: error }, 'stopping a part failed');
      }
    }
  };

  return {
    get app() {
      return up().app;
    },
    get routes() {
      return up().routes;
    },
    async start() {
      const stops: Running['stops'] = [];
      try {
        running = await assemble(config, overrides, logger, stops);
      } catch (error) {
        await undo(stops);
        throw error;
      }
      logger.info({ ...running.addresses, roles: config.roles }, 'hub is up');
      return running.addresses;
    },
    stop() {
      stopping ??= undo(running?.stops ?? []).then(() => logger.info('hub is down'));
      return stopping;
    },
  };
}

import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { createRollups } from './analytics/rollups.js';
import { createAnalyticsRoutes } from './analytics/routes.js';
import { createAuditLog } from './audit/audit-log.js';
import { createRequestAudit, type RequestAudit } from './audit/audit-requests.js';
import { createAuditRoutes } from './audit/routes.js';
import { createStationActsProjection } from './audit/station-acts.js';
import { type Database, tenantsOf } from './db/index.js';
import { createDomainEvents, type DomainEvents, eventTaskHandler } from './events/domain-events.js';
import { createEventFeed } from './events/event-feed.js';
import { eventSources } from './events/sources.js';
import { createExportHandler } from './exports/export-task.js';
import { createExportRoutes } from './exports/routes.js';
import type { HttpRoute } from './http/route.js';
import type { Projection } from './ingest/projector.js';
import type { Logger } from './logger.js';
import type { Chore } from './maintenance.js';
import { createNotificationAdminRoutes } from './notifications/admin-routes.js';
import { createNotifications } from './notifications/notifications.js';
import type { PushSender } from './notifications/push-sender.js';
import { createNotificationRoutes } from './notifications/routes.js';
import { createSendHandlers } from './notifications/send-task.js';
import type { Clock } from './ports.js';
import { operatorsCollection } from './stargate/collections.js';
import type { SmsSender } from './stargate/one-time-codes.js';
import type { Vault } from './stargate/vault.js';
import {
  createSchedules,
  createTaskRunner,
  createTaskStore,
  type Schedule,
  type TaskHandler,
  type TaskStore,
} from './tasks/index.js';
import { createTaskRoutes } from './tasks/routes.js';
import { createWebhookRoutes } from './webhooks/routes.js';
import { createWebhooks } from './webhooks/webhooks.js';

export interface Background {
  readonly tasks: TaskStore;
  /** For features whose facts the feed does not find by itself. */
  readonly events: DomainEvents;
  /** What was done at the stations themselves, into the audit. */
  readonly stationActs: Projection;
  readonly requestAudit: RequestAudit;
  readonly chores: readonly Chore[];
  routes(): HttpRoute[];
  /** Begins to take tasks. */
  start(): void;
  stop(): Promise<void>;
}

/** Everything that happens behind the answers: tasks and the features that live on them. */
export function createBackground(deps: {
  database: Database;
  clock: Clock;
  logger: Logger;
  vault: Vault;
  homeTenantId: string;
  privateWebhooks: boolean;
  /** IANA name: in which days are counted. */
  timeZone: string;
  push: PushSender;
  sms: SmsSender;
  /** Tasks of other features. */
  handlers: readonly TaskHandler[];
  schedules: readonly Schedule[];
}): Background {
  const { database, clock, logger } = deps;
  const audit = createAuditLog({ database, clock, logger, vault: deps.vault });
  const tasks = createTaskStore({ database, clock });
  const events = createDomainEvents({ queue: tasks });
  const feed = createEventFeed({ database, clock, events, sources: eventSources(database) });
  const webhooks = createWebhooks({
    database,
    clock,
    vault: deps.vault,
    queue: tasks,
    allowPrivate: deps.privateWebhooks,
    onDisabled: ({ tenantId, id, reason }) =>
      audit.recordSystem({
        tenantId,
        part: 'webhooks',
        action: 'webhooks.disabled',
        target: `webhooks/${id}`,
        detail: { reason },
      }),
  });
  const notifications = createNotifications({
    database,
    clock,
    queue: tasks,
    timeZone: deps.timeZone,
  });
  const rollups = createRollups({ database, clock, timeZone: deps.timeZone });
  const schedules = createSchedules({
    store: tasks,
    clock,
    schedules: [...rollups.schedules, ...deps.schedules],
    tenants: () => tenantsOf(database.collection(operatorsCollection)),
    homeTenantId: deps.homeTenantId,
  });
  const runner = createTaskRunner({
    store: tasks,
    clock,
    logger,
    owner: `${hostname()}:${process.pid}:${randomBytes(3).toString('hex')}`,
    handlers: [
      eventTaskHandler([webhooks.onEvent, notifications.onEvent]),
      webhooks.handler,
      ...rollups.handlers,
      createExportHandler({ database, clock }),
      ...deps.handlers,
      ...createSendHandlers({
        database,
        clock,
        queue: tasks,
        push: deps.push,
        sms: deps.sms,
        preferencesOf: notifications.preferencesOf,
      }),
    ],
    onDead: (task, error) =>
      audit.recordSystem({
        tenantId: task.tenantId,
        part: 'tasks',
        action: 'tasks.dead',
        target: `tasks/${task._id}`,
        outcome: error.code,
        detail: { kind: task.kind },
      }),
  });
  return {
    tasks,
    events,
    stationActs: createStationActsProjection({ database, log: audit }),
    requestAudit: createRequestAudit({ log: audit, logger, homeTenantId: deps.homeTenantId }),
    chores: [
      { name: 'schedules', everyMs: 5_000, run: () => schedules.tick() },
      { name: 'availability', everyMs: 30_000, run: () => rollups.sampleAvailability() },
      { name: 'events', everyMs: 1_000, run: () => feed.run() },
    ],
    routes: () => [
      ...createTaskRoutes({ database, store: tasks, schedules }),
      ...createAuditRoutes({ database, log: audit }),
      ...createNotificationRoutes({ database, clock, notifications, push: deps.push }),
      ...createNotificationAdminRoutes({ database, clock }),
      ...createAnalyticsRoutes({ database, clock, rollups, queue: tasks, timeZone: deps.timeZone }),
      ...createExportRoutes({ database, clock, queue: tasks }),
      ...createWebhookRoutes({ database, clock, webhooks, allowPrivate: deps.privateWebhooks }),
    ],
    start: () => runner.start(),
    async stop() {
      await runner.stop();
      await audit.close();
    },
  };
}

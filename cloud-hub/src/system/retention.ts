import { z } from 'zod';
import type { Database } from '../db/index.js';
import { messagesCollection } from '../ingest/message-document.js';
import type { Clock } from '../ports.js';
import { defineSchedule, defineTask, handleTask, type Schedule, type TaskHandler } from '../tasks/index.js';
import { readingsCollection } from '../telemetry/reading-documents.js';
import type { Settings } from './settings.js';

const DAY_MS = 86_400_000;

export const retentionTask = defineTask({
  kind: 'data.retain',
  summary: 'Remove messages and readings of stations that are older than the tenant keeps them',
  input: z.object({ at: z.string() }),
  retry: { maxAttempts: 3 },
});

/**
 * What grows with every hour and is no record of money, custody or who did what: kept as long as the tenant's settings say. Safe to
 * repeat. The store itself lets go of both after 30 days at the latest. Books, orders, custody and the audit log are never removed.
 */
export function createRetention(deps: {
  database: Database;
  clock: Clock;
  settings: Pick<Settings, 'get'>;
}): {
  handlers: readonly TaskHandler[];
  schedules: readonly Schedule[];
} {
  const { database, settings } = deps;
  const messages = database.collection(messagesCollection);
  const readings = database.collection(readingsCollection);
  return {
    handlers: [
      handleTask(retentionTask, async ({ tenantId }) => {
        const before = (days: number) => new Date(deps.clock.now() - days * DAY_MS);
        const removed = {
          messages: await messages.deleteMany({
            tenantId,
            receivedAt: { $lt: before(await settings.get(tenantId, 'messages.retentionDays')) },
          }),
          readings: await readings.deleteMany({
            tenantId,
            receivedAt: { $lt: before(await settings.get(tenantId, 'telemetry.retentionDays')) },
          }),
        };
        return Object.fromEntries(
          Object.entries(removed).map(([name, { deletedCount }]) => [name, deletedCount]),
        );
      }),
    ],
    schedules: [
      defineSchedule({
        id: 'data-retention',
        cron: '10 3 * * *',
        timeZone: 'UTC',
        spec: retentionTask,
        input: (at) => ({ at }),
      }),
    ],
  };
}

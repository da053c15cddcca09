import { MSG_TYPE, type StationLogData } from '@voltbay/protocol';
import { MongoBulkWriteError } from 'mongodb';
import { uuidv7 } from 'uuidv7';
import { z } from 'zod';
import { isoAt } from '../clock.js';
import type { Database } from '../db/index.js';
import type { Projection } from '../ingest/projector.js';
import type { LogTap } from '../logger.js';
import type { Clock } from '../ports.js';
import type { Settings } from '../system/settings.js';
import { defineSchedule, defineTask, handleTask, type Schedule, type TaskHandler } from '../tasks/index.js';
import { type LogLineDocument, logLinesCollection } from './log-documents.js';
import { hubLine, isKept, stationLines } from './log-line.js';

export interface LogStore {
  /** Keeps lines of stations. */
  readonly projection: Projection;
  readonly handlers: readonly TaskHandler[];
  readonly schedules: readonly Schedule[];
  /** Begins to keep the hub's own lines. */
  start(): void;
  /** Writes what is waiting. */
  stop(): Promise<void>;
  stats(): { kept: number; dropped: number };
}

const FLUSH_MS = 500;
const MAX_WAITING = 5_000;
const MAX_BATCH = 500;

export const logRetentionTask = defineTask({
  kind: 'logs.retain',
  summary: 'Remove log lines that are older than the tenant keeps them',
  input: z.object({ at: z.string() }),
});

/** Log lines of hub and stations, searchable. The hub's own lines wait in memory for a moment; when the store is away the oldest are let go. */
export function createLogStore(deps: {
  database: Database;
  clock: Clock;
  settings: Pick<Settings, 'get'>;
  tap: LogTap | undefined;
  homeTenantId: string;
  tenantOf(device: string): string | undefined;
}): LogStore {
  const { clock } = deps;
  const lines = deps.database.collection(logLinesCollection);
  const counts = { kept: 0, dropped: 0 };
  let waiting: LogLineDocument[] = [];
  let timer: NodeJS.Timeout | null = null;
  let writing: Promise<void> = Promise.resolve();

  const insert = async (documents: LogLineDocument[]) => {
    try {
      await lines.insertMany(documents, { ordered: false });
    } catch (error) {
      // The same lines again, after a crash or from a station that was not acknowledged.
      if (!(error instanceof MongoBulkWriteError && error.code === 11000)) throw error;
    }
  };
  const flush = async () => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MAX_BATCH);
      try {
        await insert(batch);
      } catch {
        // Not logged: it would only add to what cannot be kept. `dropped` tells when they are lost.
        return;
      }
      waiting = waiting.slice(batch.length);
      counts.kept += batch.length;
    }
  };
  const offer = (text: string) => {
    if (!isKept(text)) return;
    const line = hubLine(text, { id: uuidv7(), homeTenantId: deps.homeTenantId, tenantOf: deps.tenantOf });
    if (!line) return;
    if (waiting.length >= MAX_WAITING) {
      waiting.shift();
      counts.dropped += 1;
    }
    waiting.push(line);
  };

  return {
    stats: () => ({ ...counts }),
    projection: {
      name: 'logs',
      async project(entries) {
        const documents = entries.flatMap((entry) =>
          entry.kind === 'message' && entry.message.type === MSG_TYPE.STATION_LOG && !entry.message.refused
            ? stationLines(entry.message, entry.message.data as StationLogData)
            : [],
        );
        if (documents.length > 0) await insert(documents);
      },
    },
    schedules: [
      defineSchedule({
        id: 'logs-retention',
        cron: '40 3 * * *',
        timeZone: 'UTC',
        spec: logRetentionTask,
        input: (at) => ({ at }),
      }),
    ],
    handlers: [
      handleTask(logRetentionTask, async ({ tenantId }) => {
        const days = await deps.settings.get(tenantId, 'logs.retentionDays');
        const before = isoAt(clock.now() - days * 86_400_000);
        const { deletedCount } = await lines.deleteMany({ tenantId, at: { $lt: before } });
        return { removed: deletedCount, before };
      }),
    ],
    start() {
      if (deps.tap) deps.tap.listener = offer;
      timer ??= setInterval(() => {
        writing = writing.then(flush);
      }, FLUSH_MS);
      timer.unref();
    },
    async stop() {
      if (deps.tap) deps.tap.listener = null;
      if (timer) clearInterval(timer);
      timer = null;
      await writing.then(flush);
    },
  };
}

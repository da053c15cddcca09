import { isoTimeSchema } from '@voltbay/protocol';
import { z } from 'zod';
import { defineCollection, type Stored } from '../db/index.js';

/**
 * `queued` waits for its time · `running` is leased by a process · `done` · `dead` failed for good, a person may replay it ·
 * `cancelled`.
 */
export const TASK_STATES = ['queued', 'running', 'done', 'dead', 'cancelled'] as const;
export type TaskState = (typeof TASK_STATES)[number];

/** One piece of work. Every change is one atomic write to this document. */
export type TaskDocument = Stored & {
  kind: string;
  /** Unique: `{tenant}/{key}`. Enqueuing the same key twice makes one task. */
  key: string;
  input: Record<string, unknown>;
  state: TaskState;
  /** Executions so far, counting those whose process died. Reset by a replay. */
  attempts: number;
  maxAttempts: number;
  /** When a process should look: the start time while `queued`, the end of the lease while `running`, else null. */
  dueAt: string | null;
  /** Fencing token: grows with every lease. A process writes only while its number is the newest. */
  fence: number;
  /** Process that holds the lease. */
  owner: string | null;
  /** Percent 0–100. */
  progress: { percent: number; text: string; at: string } | null;
  result: Record<string, unknown> | null;
  error: { code: string; message: string; at: string } | null;
  cancelRequested: boolean;
  /** Principal or schedule that asked for it. */
  by: string;
  startedAt: string | null;
  finishedAt: string | null;
  history: { at: string; what: string; owner?: string; detail?: string }[];
  /** How long it is kept once it is finished; a week without it. */
  keepMs?: number;
  /** A Date, for the expiry index; null while it is not finished or waits for a person. */
  expireAt: Date | null;
};

export const tasksCollection = defineCollection<TaskDocument>('tasks', [
  { name: 'key', key: { key: 1 }, unique: true },
  { name: 'due', key: { dueAt: 1 } },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-updated', key: { tenantId: 1, updatedAt: 1, _id: 1 } },
  { name: 'tenant-state', key: { tenantId: 1, state: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-kind', key: { tenantId: 1, kind: 1, createdAt: 1, _id: 1 } },
  { name: 'expiry', key: { expireAt: 1 }, expireAfterSeconds: 0 },
]);

/** How far a schedule of a tenant has come. `_id` is `{tenant}/{schedule}`. */
export type ScheduleDocument = {
  _id: string;
  tenantId: string;
  /** ISO 8601: the newest due time that has its task. */
  lastDueAt: string;
  updatedAt: string;
};
export const schedulesCollection = defineCollection<ScheduleDocument>('task_schedules', []);

/** GET /core/v0/tasks/{id} */
export const taskSchema = z.object({
  id: z.string(),
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
  kind: z.string(),
  key: z.string(),
  input: z.record(z.string(), z.unknown()),
  state: z.enum(TASK_STATES),
  attempts: z.number().int(),
  maxAttempts: z.number().int(),
  /** When it starts or is tried again; the end of the lease while it runs. */
  dueAt: isoTimeSchema.nullable(),
  owner: z.string().nullable(),
  progress: z.object({ percent: z.number(), text: z.string(), at: isoTimeSchema }).nullable(),
  result: z.record(z.string(), z.unknown()).nullable(),
  error: z.object({ code: z.string(), message: z.string(), at: isoTimeSchema }).nullable(),
  cancelRequested: z.boolean(),
  by: z.string(),
  startedAt: isoTimeSchema.nullable(),
  finishedAt: isoTimeSchema.nullable(),
  history: z.array(
    z.object({
      at: isoTimeSchema,
      what: z.string(),
      owner: z.string().optional(),
      detail: z.string().optional(),
    }),
  ),
});
export type Task = z.infer<typeof taskSchema>;

export function taskView(document: TaskDocument): Task {
  const { _id, fence: _fence, keepMs: _keepMs, expireAt: _expireAt, key, ...rest } = document;
  return { id: _id, key: key.slice(document.tenantId.length + 1), ...rest };
}

import { uuidv7 } from 'uuidv7';
import { isoAt, isoNow } from '../clock.js';
import { type Database, isDuplicateKey } from '../db/index.js';
import { HubError } from '../errors.js';
import type { Clock } from '../ports.js';
import { schedulesCollection, type TaskDocument, tasksCollection } from './task-document.js';
import type { TaskSpec } from './task-spec.js';

export type EnqueueRequest<T> = {
  tenantId: string;
  input: T;
  /** Makes the task unique within the tenant for as long as it is kept; default: always a new task. */
  key?: string;
  /** Milliseconds since 1970; default now. */
  runAt?: number;
  by: string;
};

/** What features use: a task is durable when `enqueue` resolves. */
export interface TaskQueue {
  /** `created` is false when the key has its task already. Throws BAD_TASK when the input is not of the spec. */
  enqueue<T extends Record<string, unknown>>(
    spec: TaskSpec<T>,
    request: EnqueueRequest<T>,
  ): Promise<{ id: string; created: boolean }>;
}

export interface TaskStore extends TaskQueue {
  find(id: string): Promise<TaskDocument | null>;
  /** Leases the task that is due longest, also one whose process went silent. */
  claim(
    owner: string,
    specs: ReadonlyMap<string, TaskSpec>,
    maxLeaseMs: number,
  ): Promise<TaskDocument | null>;
  /** Extends the lease; null when it is no longer ours. */
  renew(task: TaskDocument, leaseMs: number): Promise<TaskDocument | null>;
  progress(task: TaskDocument, percent: number, text: string): Promise<TaskDocument | null>;
  /** Ends this lease. False when another process has the task by now. */
  settle(task: TaskDocument, outcome: TaskOutcome): Promise<boolean>;
  /** From `dead` or `cancelled` back to the queue with fresh attempts. */
  replay(id: string, tenantId: string, by: string): Promise<TaskDocument | null>;
  /** At once when it waits; a running one is told to stop. Null: there is no such task, or it has ended. */
  cancel(id: string, tenantId: string, by: string): Promise<TaskDocument | null>;
  /** Remembers that a schedule's due time has its task; answers the newest due time known. */
  scheduleReached(id: string, tenantId: string, dueAt: string): Promise<void>;
  scheduleState(id: string, tenantId: string): Promise<string | null>;
  onEnqueued(listener: () => void): () => void;
}

export type TaskOutcome =
  | { state: 'done'; result: Record<string, unknown> | null; progressText?: string }
  | { state: 'queued'; dueAtMs: number; error: { code: string; message: string }; countsAttempt: boolean }
  | { state: 'dead'; error: { code: string; message: string } }
  | { state: 'cancelled' };

const KEEP_DONE_MS = 7 * 86_400_000;
const HISTORY = 20;
const MESSAGE_MAX = 1_000;

export function createTaskStore(deps: { database: Database; clock: Clock }): TaskStore {
  const tasks = deps.database.collection(tasksCollection);
  const schedules = deps.database.collection(schedulesCollection);
  const listeners = new Set<() => void>();
  const now = () => isoNow(deps.clock);
  const entry = (what: string, more: { owner?: string; detail?: string } = {}) => ({
    history: { $each: [{ at: now(), what, ...more }], $slice: -HISTORY },
  });
  const held = (task: TaskDocument) => ({ _id: task._id, fence: task.fence, state: 'running' as const });

  return {
    async enqueue(spec, request) {
      const checked = spec.input.safeParse(request.input);
      if (!checked.success)
        throw new HubError('BAD_TASK', `task ${spec.kind}: ${checked.error.issues[0]?.message}`);
      const id = uuidv7();
      const key = `${request.tenantId}/${request.key ?? `id:${id}`}`;
      const at = now();
      try {
        await tasks.insertOne({
          _id: id,
          tenantId: request.tenantId,
          version: 1,
          createdAt: at,
          updatedAt: at,
          kind: spec.kind,
          key,
          input: checked.data,
          state: 'queued',
          attempts: 0,
          maxAttempts: spec.retry.maxAttempts,
          dueAt: isoAt(request.runAt ?? deps.clock.now()),
          fence: 0,
          owner: null,
          progress: null,
          result: null,
          error: null,
          cancelRequested: false,
          by: request.by,
          startedAt: null,
          finishedAt: null,
          history: [],
          ...(spec.keepMs === undefined ? {} : { keepMs: spec.keepMs }),
          expireAt: null,
        });
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        const known = await tasks.findOne({ key }, { projection: { _id: 1 } });
        return { id: known?._id ?? id, created: false };
      }
      for (const listener of listeners) listener();
      return { id, created: true };
    },
    find: (id) => tasks.findOne({ _id: id }),
    async claim(owner, specs, firstLeaseMs) {
      return tasks.findOneAndUpdate(
        { dueAt: { $lte: now() }, kind: { $in: [...specs.keys()] } },
        {
          $set: {
            state: 'running',
            owner,
            dueAt: isoAt(deps.clock.now() + firstLeaseMs),
            startedAt: now(),
            updatedAt: now(),
          },
          $inc: { fence: 1, attempts: 1, version: 1 },
          $push: entry('leased', { owner }),
        },
        { sort: { dueAt: 1 }, returnDocument: 'after' },
      );
    },
    renew: (task, leaseMs) =>
      tasks.findOneAndUpdate(
        held(task),
        { $set: { dueAt: isoAt(deps.clock.now() + leaseMs) } },
        { returnDocument: 'after' },
      ),
    progress: (task, percent, text) =>
      tasks.findOneAndUpdate(
        held(task),
        {
          $set: {
            progress: {
              percent: Math.max(0, Math.min(100, Math.round(percent))),
              text: text.slice(0, 200),
              at: now(),
            },
            updatedAt: now(),
          },
          $inc: { version: 1 },
        },
        { returnDocument: 'after' },
      ),
    async settle(task, outcome) {
      const at = now();
      const error =
        'error' in outcome
          ? { code: outcome.error.code, message: outcome.error.message.slice(0, MESSAGE_MAX), at }
          : null;
      const ended = outcome.state !== 'queued';
      const { modifiedCount } = await tasks.updateOne(held(task), {
        $set: {
          state: outcome.state,
          owner: null,
          dueAt: outcome.state === 'queued' ? isoAt(outcome.dueAtMs) : null,
          updatedAt: at,
          error,
          finishedAt: ended ? at : null,
          // The dead wait for a person; all else goes after a while.
          expireAt:
            ended && outcome.state !== 'dead'
              ? new Date(deps.clock.now() + (task.keepMs ?? KEEP_DONE_MS))
              : null,
          ...(outcome.state === 'done'
            ? { result: outcome.result, progress: { percent: 100, text: outcome.progressText ?? '', at } }
            : {}),
        },
        $inc: {
          version: 1,
          ...(outcome.state === 'queued' && !outcome.countsAttempt ? { attempts: -1 } : {}),
        },
        $push: entry(outcome.state === 'queued' ? 'tried again later' : outcome.state, {
          ...(task.owner ? { owner: task.owner } : {}),
          ...(error ? { detail: `${error.code}: ${error.message}`.slice(0, 200) } : {}),
        }),
      });
      return modifiedCount === 1;
    },
    async replay(id, tenantId, by) {
      const replayed = await tasks.findOneAndUpdate(
        { _id: id, tenantId, state: { $in: ['dead', 'cancelled'] } },
        {
          $set: {
            state: 'queued',
            attempts: 0,
            dueAt: now(),
            updatedAt: now(),
            finishedAt: null,
            cancelRequested: false,
            expireAt: null,
          },
          $inc: { version: 1 },
          $push: entry('replayed', { detail: `by ${by}` }),
        },
        { returnDocument: 'after' },
      );
      if (replayed) for (const listener of listeners) listener();
      return replayed;
    },
    async cancel(id, tenantId, by) {
      const at = now();
      const waiting = await tasks.findOneAndUpdate(
        { _id: id, tenantId, state: 'queued' },
        {
          $set: {
            state: 'cancelled',
            dueAt: null,
            finishedAt: at,
            updatedAt: at,
            expireAt: new Date(deps.clock.now() + KEEP_DONE_MS),
          },
          $inc: { version: 1 },
          $push: entry('cancelled', { detail: `by ${by}` }),
        },
        { returnDocument: 'after' },
      );
      if (waiting) return waiting;
      return tasks.findOneAndUpdate(
        { _id: id, tenantId, state: 'running' },
        {
          $set: { cancelRequested: true, updatedAt: at },
          $inc: { version: 1 },
          $push: entry('cancel asked for', { detail: `by ${by}` }),
        },
        { returnDocument: 'after' },
      );
    },
    async scheduleReached(id, tenantId, dueAt) {
      try {
        await schedules.updateOne(
          { _id: `${tenantId}/${id}` },
          { $max: { lastDueAt: dueAt }, $set: { updatedAt: now() }, $setOnInsert: { tenantId } },
          { upsert: true },
        );
      } catch (error) {
        // Another process inserted it at the same moment, with the same due time.
        if (!isDuplicateKey(error)) throw error;
      }
    },
    async scheduleState(id, tenantId) {
      return (await schedules.findOne({ _id: `${tenantId}/${id}` }))?.lastDueAt ?? null;
    },
    onEnqueued(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

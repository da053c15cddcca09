import type { Logger } from '../logger.js';
import type { Clock } from '../ports.js';
import type { TaskDocument } from './task-document.js';
import {
  backoffMs,
  PermanentTaskError,
  type TaskHandler,
  type TaskSpec,
  TaskStopped,
  TryLaterError,
} from './task-spec.js';
import type { TaskOutcome, TaskStore } from './task-store.js';

const PROGRESS_EVERY_MS = 500;
const FAULT_WAIT_MS = 1_000;
const STOP_WAIT_MS = 10_000;

export interface TaskRunner {
  start(): void;
  /** Takes nothing new, tells running work to stop, and hands back what did not end. */
  stop(): Promise<void>;
  /** Tasks that run in this process now. */
  readonly active: number;
}

/**
 * Takes due tasks under a lease and runs them.
 * Invariants: a task is written only under its newest fence; a lease that could not be renewed in time stops the work; an
 * execution whose process died counts as an attempt, so that a task which kills its process ends in the dead letters.
 */
export function createTaskRunner(deps: {
  store: TaskStore;
  handlers: readonly TaskHandler[];
  clock: Clock;
  logger: Logger;
  /** Name of this process in the task's history. */
  owner: string;
  concurrency?: number;
  pollMs?: number;
  onDead?(task: TaskDocument, error: { code: string; message: string }): Promise<void>;
}): TaskRunner {
  const { store, logger, clock } = deps;
  const concurrency = deps.concurrency ?? 4;
  const pollMs = deps.pollMs ?? 1_000;
  const handlers = new Map<string, TaskHandler>();
  const specs = new Map<string, TaskSpec>();
  for (const handler of deps.handlers) {
    if (handlers.has(handler.spec.kind)) throw new Error(`task ${handler.spec.kind} has two handlers`);
    handlers.set(handler.spec.kind, handler);
    specs.set(handler.spec.kind, handler.spec);
  }
  // The kind is not known before the lease: it starts with the shortest, and is renewed at once where the task's own is longer.
  const firstLeaseMs = Math.min(...deps.handlers.map(({ spec }) => spec.leaseMs), 30_000);
  const active = new Map<Promise<void>, AbortController>();
  let stopped = true;
  let looping: Promise<void> = Promise.resolve();
  let wake: () => void = () => undefined;
  let unlisten: () => void = () => undefined;

  const wait = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(done, ms);
      function done() {
        clearTimeout(timer);
        resolve();
      }
      wake = done;
    });

  const loop = async () => {
    while (!stopped) {
      try {
        const task = active.size < concurrency ? await store.claim(deps.owner, specs, firstLeaseMs) : null;
        if (!task) {
          await wait(pollMs * (0.8 + Math.random() * 0.4));
          continue;
        }
        const controller = new AbortController();
        if (stopped) controller.abort(new TaskStopped('shutdown'));
        const work: Promise<void> = execute(task, controller)
          .catch((error) => logger.error({ taskId: task._id, err: error }, 'task bookkeeping failed'))
          .finally(() => {
            active.delete(work);
            wake();
          });
        active.set(work, controller);
      } catch (error) {
        logger.error({ err: error }, 'looking for tasks failed');
        await wait(FAULT_WAIT_MS);
      }
    }
  };

  const execute = async (task: TaskDocument, controller: AbortController) => {
    const handler = handlers.get(task.kind);
    if (!handler) return;
    if (task.cancelRequested) {
      await store.settle(task, { state: 'cancelled' });
      return;
    }
    if (task.attempts > task.maxAttempts) {
      await giveUp(task, handler, {
        code: 'LEASE_LOST',
        message: `its process ended ${task.maxAttempts} times before it was done`,
      });
      return;
    }
    const stopRenewing = keepLease(task, handler.spec.leaseMs, controller);
    const progress = progressWriter(task, controller);
    let outcome: TaskOutcome;
    try {
      if (handler.spec.leaseMs > firstLeaseMs) await store.renew(task, handler.spec.leaseMs);
      controller.signal.throwIfAborted();
      const result = await handler.work({
        id: task._id,
        tenantId: task.tenantId,
        input: handler.spec.input.parse(task.input),
        attempt: task.attempts,
        maxAttempts: task.maxAttempts,
        fence: task.fence,
        signal: controller.signal,
        progress: progress.write,
      });
      outcome = { state: 'done', result: result ?? null, progressText: progress.text };
    } catch (error) {
      outcome = judge(task, handler.spec, error, controller.signal);
    } finally {
      stopRenewing();
    }
    if (outcome.state === 'dead') {
      await giveUp(task, handler, outcome.error);
      return;
    }
    const settled = await store.settle(task, outcome);
    if (!settled) logger.warn({ taskId: task._id, kind: task.kind }, 'the lease of a task was lost');
    else if (outcome.state === 'queued')
      logger.info({ taskId: task._id, kind: task.kind, ...outcome.error }, 'task is tried again later');
  };

  const giveUp = async (
    task: TaskDocument,
    handler: TaskHandler,
    error: { code: string; message: string },
  ) => {
    // Told first: a kill in between tells it again, which must be harmless, instead of never.
    await handler.onDead?.({ id: task._id, tenantId: task.tenantId, input: task.input });
    if (!(await store.settle(task, { state: 'dead', error }))) return;
    logger.error({ taskId: task._id, kind: task.kind, ...error }, 'task is given up');
    await deps.onDead?.(task, error);
  };

  const judge = (task: TaskDocument, spec: TaskSpec, error: unknown, signal: AbortSignal): TaskOutcome => {
    const reason: unknown = signal.reason;
    if (signal.aborted && reason instanceof TaskStopped) {
      if (reason.why === 'cancelled') return { state: 'cancelled' };
      return {
        state: 'queued',
        dueAtMs: clock.now(),
        error: { code: reason.code, message: reason.message },
        countsAttempt: reason.why !== 'shutdown',
      };
    }
    const known = {
      code: String((error as { code?: unknown } | null)?.code ?? 'FAILED'),
      message: error instanceof Error ? error.message : String(error),
    };
    const countsAttempt = !(error instanceof TryLaterError) || error.counts;
    const isZod = error instanceof Error && error.name === 'ZodError';
    if (error instanceof PermanentTaskError || isZod || (countsAttempt && task.attempts >= task.maxAttempts))
      return { state: 'dead', error: known };
    const delayMs =
      error instanceof TryLaterError ? error.delayMs : backoffMs(spec.retry, task.attempts, Math.random());
    return { state: 'queued', dueAtMs: clock.now() + delayMs, error: known, countsAttempt };
  };

  const keepLease = (task: TaskDocument, leaseMs: number, controller: AbortController) => {
    let renewedAt = performance.now();
    let busy = false;
    const timer = setInterval(() => {
      if (performance.now() - renewedAt > leaseMs) controller.abort(new TaskStopped('lease-lost'));
      if (busy) return;
      busy = true;
      const startedAt = performance.now();
      store
        .renew(task, leaseMs)
        .then(
          (current) => {
            if (!current) controller.abort(new TaskStopped('lease-lost'));
            else if (current.cancelRequested) controller.abort(new TaskStopped('cancelled'));
            renewedAt = startedAt;
          },
          (error) => logger.warn({ taskId: task._id, err: error }, 'renewing a lease failed'),
        )
        .finally(() => {
          busy = false;
        });
    }, leaseMs / 3);
    return () => clearInterval(timer);
  };

  const progressWriter = (task: TaskDocument, controller: AbortController) => {
    let writtenAt = Number.NEGATIVE_INFINITY;
    const writer = { text: '', write };
    async function write(percent: number, text: string) {
      writer.text = text.slice(0, 200);
      controller.signal.throwIfAborted();
      if (performance.now() - writtenAt < PROGRESS_EVERY_MS) return;
      writtenAt = performance.now();
      const current = await store.progress(task, percent, text);
      if (!current) controller.abort(new TaskStopped('lease-lost'));
      else if (current.cancelRequested) controller.abort(new TaskStopped('cancelled'));
      controller.signal.throwIfAborted();
    }
    return writer;
  };

  return {
    get active() {
      return active.size;
    },
    start() {
      if (!stopped || deps.handlers.length === 0) return;
      stopped = false;
      unlisten = store.onEnqueued(() => wake());
      looping = loop();
    },
    async stop() {
      stopped = true;
      unlisten();
      wake();
      for (const controller of active.values()) controller.abort(new TaskStopped('shutdown'));
      await looping;
      for (const controller of active.values()) controller.abort(new TaskStopped('shutdown'));
      // Work that does not listen to its signal keeps its lease; another process takes over when that ends.
      let timer: NodeJS.Timeout | undefined;
      const patience = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, STOP_WAIT_MS);
      });
      await Promise.race([Promise.all(active.keys()), patience]);
      clearTimeout(timer);
    },
  };
}

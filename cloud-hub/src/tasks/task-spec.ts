import type { z } from 'zod';
import { HubError } from '../errors.js';

/** Delays between executions: exponential from `baseMs`, never above `capMs`, with jitter. */
export type RetryPolicy = { maxAttempts: number; baseMs: number; capMs: number };

export const DEFAULT_RETRY: RetryPolicy = { maxAttempts: 8, baseMs: 1_000, capMs: 15 * 60_000 };
export const DEFAULT_LEASE_MS = 30_000;

/** The contract of a kind of task, apart from the work: who enqueues needs only this. */
export type TaskSpec<T extends Record<string, unknown> = Record<string, unknown>> = {
  /** `webhooks.deliver`: the feature and what is done. */
  kind: string;
  summary: string;
  input: z.ZodType<T>;
  retry: RetryPolicy;
  /** How long a process may be silent before another takes the task over. It is renewed while the work goes on. */
  leaseMs: number;
  /** How long a finished one is kept; a week by default. */
  keepMs?: number;
};

export function defineTask<T extends Record<string, unknown>>(
  spec: Pick<TaskSpec<T>, 'kind' | 'summary' | 'input'> & {
    retry?: Partial<RetryPolicy>;
    leaseMs?: number;
    keepMs?: number;
  },
): TaskSpec<T> {
  return {
    kind: spec.kind,
    summary: spec.summary,
    input: spec.input,
    retry: { ...DEFAULT_RETRY, ...spec.retry },
    leaseMs: spec.leaseMs ?? DEFAULT_LEASE_MS,
    ...(spec.keepMs === undefined ? {} : { keepMs: spec.keepMs }),
  };
}

/** What a handler knows of the execution. */
export type TaskRun<T> = {
  id: string;
  tenantId: string;
  input: T;
  /** Counts executions from 1. */
  attempt: number;
  maxAttempts: number;
  /** Grows with every lease: what is written under an older number is stale. */
  fence: number;
  /** Aborted when the lease is lost, the task is cancelled or the process stops. */
  signal: AbortSignal;
  /** Shown to people; written at most twice a second. Throws when the task must not go on. */
  progress(percent: number, text: string): Promise<void>;
};

/**
 * Does the work. It may run more than once, also twice at the same time for a moment when a process hangs: every effect must be
 * idempotent (a unique key, a guarded write). What it resolves with is kept as the task's result.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler without a result simply ends
export type TaskWork<T> = (run: TaskRun<T>) => Promise<Record<string, unknown> | void>;

/** A spec with its work, types erased: what the runner is given, in one explicit list. */
export type TaskHandler = {
  spec: TaskSpec;
  work: TaskWork<Record<string, unknown>>;
  /** Called once when the task is given up for good. */
  onDead?(task: { id: string; tenantId: string; input: Record<string, unknown> }): Promise<void>;
};

export function handleTask<T extends Record<string, unknown>>(
  spec: TaskSpec<T>,
  work: TaskWork<T>,
  options: { onDead?(task: { id: string; tenantId: string; input: T }): Promise<void> } = {},
): TaskHandler {
  return { spec, work, ...options } as unknown as TaskHandler;
}

/** Trying again cannot help: the task goes to the dead letters at once. */
export class PermanentTaskError extends HubError {}

/** Not now, but at a known time: counts as an execution only when `counts` is true. */
export class TryLaterError extends HubError {
  readonly delayMs: number;
  readonly counts: boolean;

  constructor(
    code: string,
    message: string,
    options: { delayMs: number; counts?: boolean; cause?: unknown },
  ) {
    super(code, message, { retryable: true, cause: options.cause });
    this.delayMs = options.delayMs;
    this.counts = options.counts ?? true;
  }
}

/** Why a handler's signal was aborted. */
export class TaskStopped extends HubError {
  readonly why: 'lease-lost' | 'cancelled' | 'shutdown';

  constructor(why: 'lease-lost' | 'cancelled' | 'shutdown') {
    super('TASK_STOPPED', `the task was stopped: ${why}`, { retryable: true });
    this.why = why;
  }
}

/** Delay before execution `attempt + 1`: half of the exponential step is fixed, half is random, so that a burst spreads. */
export function backoffMs(policy: RetryPolicy, attempt: number, random: number): number {
  const step = Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(30, Math.max(0, attempt - 1)));
  return Math.round(step / 2 + (step / 2) * random);
}

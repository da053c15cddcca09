import type { StationState } from '@voltbay/protocol';
import type { Collection } from 'mongodb';
import type { Logger } from '../logger.js';
import type { Clock } from '../ports.js';
import type { DeadLetterDocument, MessageDocument } from './message-document.js';
import { isUnavailable } from './message-store.js';

/** What the features learn from stations, in the order in which it came from each of them. */
export type IngestEntry =
  | { kind: 'message'; message: MessageDocument }
  | { kind: 'state'; device: string; tenantId: string; incarnation: number; state: StationState; at: string }
  | { kind: 'presence'; device: string; tenantId: string; connected: boolean; at: string }
  /** The station did what it may not: an alarm by that code. */
  | { kind: 'refusal'; device: string; tenantId: string; alarm: string; detail: string; at: string };

/**
 * A feature's view of the uplinks. Every entry may come twice, late, and after newer ones: `project` must be idempotent. It throws only
 * when nothing of the batch can be taken for granted; the batch then comes again.
 */
export interface Projection {
  readonly name: string;
  project(entries: readonly IngestEntry[]): Promise<void>;
}

/** One projection after the other; those in a list of their own do not depend on each other and are done side by side. */
export type ProjectionOrder = readonly (Projection | readonly Projection[])[];

/** The same as a list of steps, each to be over before the next. */
export const projectionSteps = (order: ProjectionOrder): readonly (readonly Projection[])[] =>
  order.map((step) => ('project' in step ? [step] : step));

export interface Projector {
  /** Resolves when there is room for more. `done` runs after the batch is projected. */
  push(entries: readonly IngestEntry[], done?: () => void): undefined | Promise<void>;
  /** More has to be stored no longer: what waited for that is projected. */
  resume(): void;
  /** Resolves when all that was pushed is projected. */
  idle(): Promise<void>;
  stop(): void;
  stats(): { projected: number; pending: number; retries: number; deadLetters: number };
}

/** Most entries of several batches that are projected together; one batch alone may be larger. */
const MAX_GROUP = 1_000;
const MAX_ATTEMPTS = 4;
const MAX_BACKOFF_MS = 2_000;

export function createProjector(deps: {
  projections: ProjectionOrder;
  deadLetters: Collection<DeadLetterDocument>;
  logger: Logger;
  clock: Clock;
  maxPendingBatches?: number;
  /**
   * Messages wait to be stored and acknowledged: that goes first, for stations keep them until then, and what is shown of them may follow.
   * At most until there is no room for another batch.
   */
  isBusy?: () => boolean;
}): Projector {
  const { deadLetters, logger, clock, maxPendingBatches = 8, isBusy = () => false } = deps;
  const steps = projectionSteps(deps.projections);
  const pending: { entries: readonly IngestEntry[]; done?: () => void }[] = [];
  const roomWaiters: (() => void)[] = [];
  const idleWaiters: (() => void)[] = [];
  const counts = { projected: 0, retries: 0, deadLetters: 0 };
  let running = false;
  let stopped = false;

  async function run(): Promise<void> {
    running = true;
    while (!stopped && (pending.length >= maxPendingBatches || !isBusy())) {
      const group = nextGroup();
      if (group.length === 0) break;
      const entries = group.flatMap((batch) => batch.entries);
      for (const step of steps) {
        const done = await Promise.all(step.map((projection) => projectBatch(projection, entries)));
        if (done.includes(false)) break;
      }
      if (stopped) break;
      pending.splice(0, group.length);
      counts.projected += entries.length;
      for (const batch of group) batch.done?.();
      if (pending.length < maxPendingBatches) for (const resume of roomWaiters.splice(0)) resume();
    }
    running = false;
    if (pending.length === 0) for (const resume of idleWaiters.splice(0)) resume();
  }

  function resume(): void {
    if (running || stopped || pending.length === 0) return;
    run().catch((error) => logger.error({ err: error }, 'projector stopped by a fault'));
  }

  /** What waits is projected together, as one batch: what it costs to ask the store is paid once. */
  function nextGroup(): typeof pending {
    let count = 0;
    let size = 0;
    for (const { entries } of pending) {
      if (count > 0 && size + entries.length > MAX_GROUP) break;
      count++;
      size += entries.length;
    }
    return pending.slice(0, count);
  }

  /** False only when stopped. */
  async function projectBatch(projection: Projection, entries: readonly IngestEntry[]): Promise<boolean> {
    for (let attempt = 1; !stopped; attempt++) {
      try {
        await projection.project(entries);
        return true;
      } catch (error) {
        counts.retries++;
        const patient = isUnavailable(error);
        logger.warn({ err: error, projection: projection.name, attempt }, 'projection failed, trying again');
        if (!patient && attempt >= MAX_ATTEMPTS) {
          await projectOneByOne(projection, entries);
          return !stopped;
        }
        await pause(Math.min(MAX_BACKOFF_MS, 50 * 2 ** Math.min(attempt, 6)));
      }
    }
    return false;
  }

  async function projectOneByOne(projection: Projection, entries: readonly IngestEntry[]): Promise<void> {
    for (const entry of entries) {
      for (let attempt = 1; !stopped; attempt++) {
        try {
          await projection.project([entry]);
          break;
        } catch (error) {
          if (!isUnavailable(error) && attempt >= 2) {
            await bury(projection, entry, error);
            break;
          }
          await pause(Math.min(MAX_BACKOFF_MS, 100 * attempt));
        }
      }
    }
  }

  async function bury(projection: Projection, entry: IngestEntry, error: unknown): Promise<void> {
    counts.deadLetters++;
    const device = entry.kind === 'message' ? entry.message.device : entry.device;
    const messageId = entry.kind === 'message' ? entry.message._id : `${entry.kind}/${device}/${entry.at}`;
    logger.error({ err: error, projection: projection.name, device, messageId }, 'message set aside');
    const document = {
      _id: `${projection.name}/${messageId}`,
      messageId,
      projection: projection.name,
      device,
      error: error instanceof Error ? error.message : String(error),
      at: new Date(clock.now()).toISOString(),
    };
    await deadLetters
      .updateOne({ _id: document._id }, { $set: document }, { upsert: true })
      .catch((cause) => logger.error({ err: cause, messageId }, 'dead letter not stored'));
  }

  return {
    push(entries, done) {
      pending.push({ entries, done });
      resume();
      return pending.length >= maxPendingBatches
        ? new Promise((resolve) => roomWaiters.push(resolve))
        : undefined;
    },
    resume,
    idle: () =>
      pending.length > 0 && !stopped
        ? new Promise((resolve) => idleWaiters.push(resolve))
        : Promise.resolve(),
    stop() {
      stopped = true;
      for (const resume of [...roomWaiters.splice(0), ...idleWaiters.splice(0)]) resume();
    },
    stats: () => ({ ...counts, pending: pending.length }),
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

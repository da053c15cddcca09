import type { OrderCreate, OrderUpdate } from '@voltbay/protocol';
import type { Clock } from '../clock.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../logger.js';
import type { RestCall } from '../storage/rest-queue.js';
import type { Storage } from '../storage/storage.js';
import { createBackoff } from '../uplink/backoff.js';
import { type HubApi, HubApiError, type OrderAnswer } from './hub-api.js';

/** Bodies of queued calls. A completion without `orderId` takes the one that its swap's creation was answered with. */
export type CompleteBody = { orderId?: string; update: OrderUpdate };

export type CallQueue = ReturnType<typeof createCallQueue>;

type Deps = {
  storage: Storage;
  api: HubApi;
  clock: Clock;
  log: Logger;
  onMade?(call: RestCall): void;
  /** The hub will never take this call. */
  onRefused(call: RestCall, detail: string): void;
};

/** Longest sleep between looks, so that a jump of the wall clock cannot put the queue to sleep for days. */
const MAX_SLEEP_MS = 60_000;

/**
 * Makes the queued calls one after the other, each with its own Idempotency-Key however often it is tried. Rows are in SQLite: an
 * order that was finished without a network is completed after any number of restarts.
 */
export function createCallQueue(deps: Deps) {
  const { storage, api, clock, log } = deps;
  const backoff = createBackoff({ firstMs: 1_000, maxMs: 300_000 });
  let timer: NodeJS.Timeout | null = null;
  let working: Promise<void> | null = null;
  let stopped = true;

  async function make(call: RestCall): Promise<OrderAnswer> {
    if (call.kind === 'create-order') return api.createOrder(call.body as OrderCreate, call.idempotencyKey);
    const body = call.body as CompleteBody;
    const created = storage.rest.answerOf(call.swapId, 'create-order') as OrderAnswer | null;
    const orderId = body.orderId ?? created?.id;
    if (orderId === undefined) throw new HubApiError('the order was never created', 404, 'NOT_FOUND');
    return api.completeOrder(orderId, body.update, call.idempotencyKey);
  }

  async function drain(): Promise<void> {
    for (let call = storage.rest.next(); call && !stopped; call = storage.rest.next()) {
      const waitMs = call.nextAtMs - clock.nowMs();
      if (waitMs > 0) return plan(waitMs);
      try {
        const answer = await make(call);
        storage.rest.settle(call.n, 'done', answer);
        deps.onMade?.(call);
        backoff.reset();
        log.info({ kind: call.kind, swapId: call.swapId, order: answer.id }, 'queued call made');
      } catch (error) {
        if (stopped) return;
        if (error instanceof HubApiError && !error.retryable) {
          log.error({ kind: call.kind, swapId: call.swapId, err: error }, 'the hub refused a queued call');
          storage.rest.settle(call.n, 'refused', { status: error.status, code: error.problemCode });
          deps.onRefused(call, error.message);
          continue;
        }
        const delayMs = backoff.nextMs();
        log.warn(
          { kind: call.kind, swapId: call.swapId, delayMs, reason: messageOf(error) },
          'queued call failed; kept',
        );
        storage.rest.retryAt(call.n, clock.nowMs() + delayMs);
        return plan(delayMs);
      }
    }
  }

  function plan(delayMs: number): void {
    if (stopped) return;
    if (timer) clearTimeout(timer);
    timer = setTimeout(kick, Math.min(delayMs, MAX_SLEEP_MS));
  }

  function kick(): void {
    if (stopped || working) return;
    working = drain()
      .catch((error: unknown) => {
        log.error({ err: error }, 'call queue stumbled');
        plan(5_000);
      })
      .finally(() => {
        working = null;
      });
  }

  let unsubscribe: (() => void) | null = null;
  return {
    start(): void {
      stopped = false;
      // A row may be added inside a transaction: look after it is over.
      unsubscribe = storage.rest.onAdd(() => queueMicrotask(kick));
      kick();
    },
    /** The hub is reachable again: try at once instead of waiting out the pause. */
    hurry(): void {
      const call = storage.rest.next();
      if (call && call.nextAtMs > clock.nowMs()) storage.rest.retryAt(call.n, clock.nowMs());
      kick();
    },
    async stop(): Promise<void> {
      stopped = true;
      unsubscribe?.();
      if (timer) clearTimeout(timer);
      await working;
    },
  };
}

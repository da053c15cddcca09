import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../clock.js';
import type { Trade } from './trade-book.js';

/** How the next notifications reach the merchant. */
export const deliverySchema = z.strictObject({
  /** `drop`: never, `hold`: only when told to. */
  mode: z.enum(['send', 'hold', 'drop']).optional(),
  delayMs: z.number().int().min(0).max(3_600_000).optional(),
  /** How often each is sent, 1 or more. */
  copies: z.number().int().min(1).max(10).optional(),
  /** `signature`: signed with a stranger's key; `amount`: really signed, but another amount; `stale`: signed an hour ago. */
  forge: z.enum(['none', 'signature', 'amount', 'stale']).optional(),
});
export type Delivery = Required<z.infer<typeof deliverySchema>>;
export type Happening = { trade: Trade; refundNo: string | null };
export type OutgoingCallback = { url: string; headers: Record<string, string>; body: string };
export type DeliveryResult = { tradeNo: string; kind: 'payment' | 'refund'; status: number; reply: string };

export interface CallbackDesk {
  configure(delivery: Partial<Delivery>): Delivery;
  /** Sends a notification the configured way; resolves when what is to be sent now was answered. */
  notify(happening: Happening): Promise<void>;
  /** Sends what is held, newest first when `reversed`. */
  flush(options?: { reversed?: boolean }): Promise<DeliveryResult[]>;
  results(): readonly DeliveryResult[];
  close(): Promise<void>;
}

const MAX_RESULTS = 1_000;
const RETRIES_AFTER_MS = [1_000, 3_000, 10_000];

/** Delivers signed notifications: late, twice, out of order, forged, and again when the merchant did not say success. */
export function createCallbackDesk(deps: {
  clock: Clock;
  build(happening: Happening, forge: Delivery['forge'], nonce: string): OutgoingCallback;
  accepted(happening: Happening, status: number, reply: string): boolean;
}): CallbackDesk {
  let delivery: Delivery = { mode: 'send', delayMs: 0, copies: 1, forge: 'none' };
  const held: { happening: Happening; forge: Delivery['forge']; copies: number }[] = [];
  const results: DeliveryResult[] = [];
  const cancels = new Set<() => void>();
  const running = new Set<Promise<unknown>>();
  let closed = false;

  const once = async (happening: Happening, forge: Delivery['forge']): Promise<DeliveryResult> => {
    const callback = deps.build(happening, forge, randomBytes(16).toString('hex'));
    const result: DeliveryResult = {
      tradeNo: happening.trade.tradeNo,
      kind: happening.refundNo === null ? 'payment' : 'refund',
      status: 0,
      reply: '',
    };
    try {
      const response = await fetch(callback.url, {
        method: 'POST',
        headers: callback.headers,
        body: callback.body,
        signal: AbortSignal.timeout(5_000),
      });
      result.status = response.status;
      result.reply = (await response.text()).slice(0, 500);
    } catch (error) {
      result.reply = String(error);
    }
    results.push(result);
    if (results.length > MAX_RESULTS) results.shift();
    return result;
  };
  const later = (delayMs: number, run: () => Promise<unknown>) => {
    const cancel = deps.clock.after(delayMs, () => {
      cancels.delete(cancel);
      track(run());
    });
    cancels.add(cancel);
  };
  const track = <T>(work: Promise<T>): Promise<T> => {
    running.add(work);
    return work.finally(() => running.delete(work));
  };
  const send = async (
    happening: Happening,
    forge: Delivery['forge'],
    attempt: number,
  ): Promise<DeliveryResult> => {
    const result = await once(happening, forge);
    const retryMs = RETRIES_AFTER_MS[attempt];
    if (
      !closed &&
      forge === 'none' &&
      retryMs !== undefined &&
      !deps.accepted(happening, result.status, result.reply)
    )
      later(retryMs, () => send(happening, forge, attempt + 1));
    return result;
  };

  return {
    configure(changes) {
      delivery = { ...delivery, ...changes };
      return delivery;
    },
    async notify(happening) {
      const { mode, delayMs, copies, forge } = delivery;
      if (mode === 'drop' || happening.trade.notifyUrl === '') return;
      if (mode === 'hold') {
        held.push({ happening, forge, copies });
        return;
      }
      const all = () => Promise.all(Array.from({ length: copies }, () => send(happening, forge, 0)));
      if (delayMs > 0) later(delayMs, all);
      else await track(all());
    },
    async flush({ reversed = false } = {}) {
      const waiting = held.splice(0);
      if (reversed) waiting.reverse();
      const sent: DeliveryResult[] = [];
      for (const { happening, forge, copies } of waiting)
        for (let copy = 0; copy < copies; copy += 1) sent.push(await track(send(happening, forge, 0)));
      return sent;
    },
    results: () => results,
    async close() {
      closed = true;
      for (const cancel of cancels) cancel();
      await Promise.allSettled(running);
    },
  };
}

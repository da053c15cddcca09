import fc from 'fast-check';
import { expect } from 'vitest';
import type { Database } from '../../src/db/index.js';
import { createLedger } from '../../src/finance/ledger.js';
import { paymentsCollection, refundsCollection } from '../../src/payments/payment-document.js';
import { createPaymentFeature } from '../../src/payments/payment-feature.js';
import {
  type PaymentProvider,
  ProviderError,
  type RefundFacts,
  type TradeFacts,
} from '../../src/payments/provider.js';
import { createWallets } from '../../src/wallets/wallets.js';
import { silent } from './store.js';

export const TENANT = 'demo';
export const RIDERS = ['u-1', 'u-2'] as const;
export class Killed extends Error {}

export type Mood = 'well' | 'silent' | 'refusing' | 'deaf';
export type Action =
  | { kind: 'start'; rider: number; key: number; amountFen: number; mood: Mood }
  | { kind: 'pay'; payment: number }
  | { kind: 'notify'; payment: number; forged: boolean; lie: boolean }
  | { kind: 'refund'; payment: number; key: number; part: number; mood: Mood }
  | { kind: 'notify-refund'; refund: number }
  | { kind: 'spend'; rider: number; order: number }
  | { kind: 'sweep'; afterS: number; mood: Mood };

export const moods = fc.constantFrom<Mood>('well', 'well', 'silent', 'refusing', 'deaf');
export const actions: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    kind: fc.constant('start' as const),
    rider: fc.nat(1),
    key: fc.nat(3),
    amountFen: fc.integer({ min: 1, max: 3_000 }),
    mood: moods,
  }),
  fc.record({ kind: fc.constant('pay' as const), payment: fc.nat(9) }),
  fc.record({
    kind: fc.constant('notify' as const),
    payment: fc.nat(9),
    forged: fc.boolean(),
    lie: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('refund' as const),
    payment: fc.nat(9),
    key: fc.nat(3),
    part: fc.integer({ min: 1, max: 4 }),
    mood: moods,
  }),
  fc.record({ kind: fc.constant('notify-refund' as const), refund: fc.nat(9) }),
  fc.record({
    kind: fc.constant('spend' as const),
    rider: fc.nat(1),
    order: fc.nat(5),
  }),
  fc.record({
    kind: fc.constant('sweep' as const),
    afterS: fc.constantFrom(1, 60, 1_200),
    mood: moods,
  }),
);

/** A provider's own books. `silent`: answers nothing and does nothing; `deaf`: does it, but the answer is lost. */
export function createBank(now: () => number) {
  const trades = new Map<string, { amountFen: number; state: 'waiting' | 'paid' | 'closed' }>();
  const refunds = new Map<string, { tradeNo: string; amountFen: number }>();
  let mood: Mood = 'well';
  const answer = <T>(work: () => T): T => {
    if (mood === 'silent') throw new ProviderError('alipay', 'silent');
    const result = work();
    if (mood === 'deaf') throw new ProviderError('alipay', 'deaf');
    return result;
  };
  const factsOf = (tradeNo: string): TradeFacts => {
    const trade = trades.get(tradeNo);
    return {
      tradeNo,
      providerTradeNo: trade ? `p-${tradeNo}` : null,
      state: trade?.state ?? 'absent',
      amountFen: trade?.amountFen ?? null,
      paidAt: trade?.state === 'paid' ? new Date(now()).toISOString() : null,
    };
  };
  const refundedOf = (tradeNo: string) =>
    [...refunds.values()]
      .filter((one) => one.tradeNo === tradeNo)
      .reduce((sum, one) => sum + one.amountFen, 0);
  const provider: PaymentProvider = {
    name: 'alipay',
    create: async ({ tradeNo, amountFen }) =>
      answer(() => {
        if (!trades.has(tradeNo)) trades.set(tradeNo, { amountFen, state: 'waiting' });
        return { kind: 'alipay-app' as const, orderString: tradeNo, pageUrl: tradeNo };
      }),
    query: async (tradeNo) => answer(() => factsOf(tradeNo)),
    close: async (tradeNo) =>
      answer(() => {
        const trade = trades.get(tradeNo);
        if (trade?.state === 'waiting') trade.state = 'closed';
        return trade ? factsOf(tradeNo) : { ...factsOf(tradeNo), state: 'closed' as const };
      }),
    refund: async ({ tradeNo, refundNo, amountFen }) =>
      answer((): RefundFacts => {
        const known = refunds.get(refundNo);
        if (known) return { refundNo, state: 'succeeded', detail: 'repeat' };
        const trade = trades.get(tradeNo);
        if (mood === 'refusing') return { refundNo, state: 'failed', detail: 'refused' };
        // The provider would pay more than it got if the hub asked it to: then the test fails below.
        if (trade?.state !== 'paid') return { refundNo, state: 'failed', detail: 'not paid' };
        refunds.set(refundNo, { tradeNo, amountFen });
        return { refundNo, state: 'succeeded', detail: 'Y' };
      }),
    readCallback: ({ body }) => JSON.parse(body),
    callbackReply: () => ({ status: 200, contentType: 'text/plain', body: '' }),
    statement: async () => [],
  };
  return {
    provider,
    trades,
    refunds,
    refundedOf,
    factsOf,
    feel: (next: Mood) => {
      mood = next;
    },
  };
}

/** Riders who pay, a provider with moods that keeps books of its own, several processes on one store, and kills. */
export function createWorld(database: Database) {
  let now = Date.parse('2026-11-22T08:00:00.000Z');
  const clock = { now: () => now };
  const bank = createBank(clock.now);
  const process = () => {
    let fuse = Number.POSITIVE_INFINITY;
    const checkpoint = () => {
      fuse -= 1;
      if (fuse < 0) {
        fuse = Number.POSITIVE_INFINITY;
        throw new Killed();
      }
    };
    const ledger = createLedger({ database, clock });
    const wallets = createWallets({ database, clock, ledger, checkpoint });
    const feature = createPaymentFeature({
      database,
      clock,
      logger: silent,
      wallets,
      ledger,
      homeTenantId: TENANT,
      providers: new Map([['alipay', bank.provider]]),
      checkpoint,
    });
    return {
      wallets,
      feature,
      burnAfter: (checkpoints: number | null) => {
        fuse = checkpoints ?? Number.POSITIVE_INFINITY;
      },
    };
  };
  const pick = async <T>(list: Promise<T[]>, index: number): Promise<T | undefined> => {
    const all = await list;
    return all[index % Math.max(1, all.length)];
  };
  const payments = database.collection(paymentsCollection);
  const refunds = database.collection(refundsCollection);
  const act = async ({ feature, wallets }: ReturnType<typeof process>, action: Action): Promise<void> => {
    bank.feel('mood' in action ? action.mood : 'well');
    const payment = () =>
      pick(payments.find({}, { sort: { _id: 1 } }).toArray(), 'payment' in action ? action.payment : 0);
    switch (action.kind) {
      case 'start':
        await feature.payments.start({
          tenantId: TENANT,
          userId: RIDERS[action.rider] ?? 'u-1',
          provider: 'alipay',
          amountFen: action.amountFen,
          subject: 'top-up',
          requestKey: `${action.rider}:${action.key}`,
        });
        return;
      case 'pay': {
        const trade = bank.trades.get((await payment())?._id ?? '');
        if (trade?.state === 'waiting') trade.state = 'paid';
        return;
      }
      case 'notify': {
        const chosen = await payment();
        if (!chosen) return;
        const facts = bank.factsOf(chosen._id);
        // What is not the provider's word claims a payment; a lie of the provider's own claims another amount.
        const body = action.forged
          ? { ok: false, reason: 'BAD_SIGNATURE', tradeNo: chosen._id }
          : {
              ok: true,
              kind: 'payment',
              facts: action.lie ? { ...facts, state: 'paid', amountFen: chosen.amountFen + 1 } : facts,
            };
        const { outcome } = await feature.desk.receive(bank.provider, {
          headers: () => undefined,
          body: JSON.stringify(body),
          ip: '127.0.0.1',
        });
        if (action.forged || action.lie) expect(outcome).toBe('refused');
        return;
      }
      case 'refund': {
        const chosen = await payment();
        if (chosen?.state !== 'paid') return;
        await feature.refunds.start({
          payment: chosen,
          amountFen: Math.max(1, Math.floor(chosen.amountFen / action.part)),
          reason: 'test',
          by: 'test',
          requestKey: `${chosen._id}:${action.key}`,
        });
        return;
      }
      case 'notify-refund': {
        const chosen = await pick(refunds.find({}, { sort: { _id: 1 } }).toArray(), action.refund);
        if (!chosen || !bank.refunds.has(chosen._id)) return;
        await feature.refunds.record('alipay', {
          refundNo: chosen._id,
          state: 'succeeded',
          detail: 'notified',
        });
        return;
      }
      case 'spend': {
        const entry = {
          tenantId: TENANT,
          userId: RIDERS[action.rider] ?? 'u-1',
          orderId: `o-${action.order}-${action.rider}`,
        };
        // What becomes of an order is decided once: here by its number.
        const amountFen = 100 * (action.order + 1);
        if ((await wallets.hold({ ...entry, amountFen })) === 'insufficient') return;
        if (action.order % 2 === 0) await wallets.capture({ ...entry, amountFen: amountFen - 1 });
        else await wallets.release(entry);
        return;
      }
      case 'sweep':
        now += action.afterS * 1_000;
        await feature.sweep();
        await wallets.recover();
    }
  };
  return {
    bank,
    process,
    act,
    advance: (ms: number) => {
      now += ms;
    },
  };
}

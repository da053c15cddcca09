import { uuidv7 } from 'uuidv7';
import { isoAt, isoNow } from '../clock.js';
import { type Database, isDuplicateKey } from '../db/index.js';
import { problem } from '../http/problem.js';
import type { Logger } from '../logger.js';
import type { Clock } from '../ports.js';
import type { Wallets } from '../wallets/wallets.js';
import { type PaymentDocument, paymentsCollection } from './payment-document.js';
import { type PaymentProvider, ProviderError, type ProviderName, type TradeFacts } from './provider.js';

export type RecordOutcome = {
  outcome: 'accepted' | 'duplicate' | 'refused';
  /** Why it was refused. */
  reason: 'UNKNOWN_PAYMENT' | 'AMOUNT_MISMATCH' | null;
};

export interface Payments {
  /** Starts a top-up with a provider. The same request gets the same payment. Throws UNAVAILABLE when the provider does not answer. */
  start(request: {
    tenantId: string;
    userId: string;
    provider: ProviderName;
    amountFen: number;
    subject: string;
    requestKey: string;
  }): Promise<PaymentDocument>;
  find(tenantId: string, id: string): Promise<PaymentDocument | null>;
  /** What a provider says of a payment, by notification or on question; may come twice, late and out of order. */
  record(provider: ProviderName, facts: TradeFacts): Promise<RecordOutcome>;
  /** Finishes half-done credits, asks providers about payments that nobody told of, closes those past their time. */
  sweep(): Promise<void>;
}

export const PAYMENT_TTL_MS = 15 * 60_000;
const FIRST_CHECK_MS = 20_000;
const MAX_CHECK_GAP_MS = 10 * 60_000;
const EFFECT_GRACE_MS = 5_000;
const BATCH = 100;

export function createPayments(deps: {
  database: Database;
  wallets: Wallets;
  providers: ReadonlyMap<ProviderName, PaymentProvider>;
  clock: Clock;
  logger: Logger;
  /** Called before and after each effect. For tests that end the process there. */
  checkpoint?: (name: string) => void;
}): Payments {
  const payments = deps.database.collection(paymentsCollection);
  const { clock, logger } = deps;
  const at = (name: string) => deps.checkpoint?.(name);
  const providerOf = (name: ProviderName): PaymentProvider => {
    const provider = deps.providers.get(name);
    if (!provider) throw problem('UNAVAILABLE', `payments by ${name} are not set up here`);
    return provider;
  };
  const nextCheck = (checks: number): string =>
    isoAt(clock.now() + Math.min(FIRST_CHECK_MS * 2 ** checks, MAX_CHECK_GAP_MS));

  const settle = async (id: string) => {
    const payment = await payments.findOne({ _id: id });
    if (!payment?.due.includes('credit')) return;
    at('payment:credit');
    await deps.wallets.credit({
      tenantId: payment.tenantId,
      userId: payment.userId,
      amountFen: payment.amountFen,
      ref: `payment:${id}`,
      from: `provider-clearing:${payment.provider}`,
      paymentId: id,
    });
    at('payment:credited');
    const now = isoNow(clock);
    await payments.updateOne(
      { _id: id, due: 'credit' },
      {
        $pull: { due: 'credit' },
        $set: { dueAt: null, creditedAt: now, updatedAt: now },
        $inc: { version: 1 },
      },
    );
  };

  const record: Payments['record'] = async (provider, facts) => {
    const payment = await payments.findOne({ _id: facts.tradeNo });
    if (!payment || payment.provider !== provider) return { outcome: 'refused', reason: 'UNKNOWN_PAYMENT' };
    // A provider that says "paid" says how much; silence is not agreement.
    if (
      facts.state === 'paid'
        ? facts.amountFen !== payment.amountFen
        : (facts.amountFen ?? payment.amountFen) !== payment.amountFen
    )
      return { outcome: 'refused', reason: 'AMOUNT_MISMATCH' };
    const now = isoNow(clock);
    if (facts.state === 'paid') {
      // Also a closed one: the payer was quicker than our word to the provider, and the money is there.
      const { matchedCount } = await payments.updateOne(
        { _id: payment._id, state: { $ne: 'paid' } },
        {
          $set: {
            state: 'paid',
            providerTradeNo: facts.providerTradeNo,
            paidAt: facts.paidAt ?? now,
            due: ['credit'],
            dueAt: isoAt(clock.now() + EFFECT_GRACE_MS),
            checkAt: null,
            updatedAt: now,
          },
          $inc: { version: 1 },
        },
      );
      at('payment:paid');
      await settle(payment._id);
      return { outcome: matchedCount === 1 ? 'accepted' : 'duplicate', reason: null };
    }
    if (facts.state !== 'closed') return { outcome: 'duplicate', reason: null };
    const { matchedCount } = await payments.updateOne(
      { _id: payment._id, state: { $in: ['created', 'pending'] } },
      { $set: { state: 'closed', checkAt: null, updatedAt: now }, $inc: { version: 1 } },
    );
    return { outcome: matchedCount === 1 ? 'accepted' : 'duplicate', reason: null };
  };

  /** Tells the provider of the payment, again after a failure. */
  const announce = async (payment: PaymentDocument, subject: string): Promise<PaymentDocument> => {
    let payWith: PaymentDocument['payWith'];
    try {
      payWith = await providerOf(payment.provider).create({
        tradeNo: payment._id,
        amountFen: payment.amountFen,
        subject,
        expiresAt: payment.expiresAt,
      });
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      logger.warn({ paymentId: payment._id, err: error }, 'a payment provider does not answer');
      throw problem('UNAVAILABLE', `${payment.provider} does not answer: try again`, {
        resourceId: payment._id,
        headers: { 'Retry-After': '5' },
        cause: error,
      });
    }
    at('payment:announced');
    const announced = await payments.findOneAndUpdate(
      { _id: payment._id, state: 'created' },
      {
        $set: { state: 'pending', payWith, checkAt: nextCheck(0), updatedAt: isoNow(clock) },
        $inc: { version: 1 },
      },
      { returnDocument: 'after' },
    );
    return announced ?? (await payments.findOne({ _id: payment._id })) ?? payment;
  };

  const check = async (payment: PaymentDocument) => {
    const provider = deps.providers.get(payment.provider);
    // Asked again later even if this fails: the time is moved on first.
    await payments.updateOne(
      { _id: payment._id, checkAt: payment.checkAt },
      { $set: { checkAt: nextCheck(payment.checks + 1) }, $inc: { checks: 1 } },
    );
    if (!provider) return;
    const facts = await provider.query(payment._id);
    if (facts.state === 'paid' || facts.state === 'closed') {
      const { reason } = await record(payment.provider, facts);
      if (reason)
        logger.error(
          { paymentId: payment._id, reason, facts },
          'the provider tells another payment than ours',
        );
      return;
    }
    if (payment.expiresAt > isoNow(clock)) return;
    await record(payment.provider, await provider.close(payment._id));
  };

  return {
    find: (tenantId, id) => payments.findOne({ _id: id, tenantId }),
    record,
    async start(request) {
      providerOf(request.provider);
      const now = clock.now();
      const payment: PaymentDocument = {
        _id: uuidv7().replaceAll('-', ''),
        tenantId: request.tenantId,
        version: 1,
        createdAt: isoAt(now),
        updatedAt: isoAt(now),
        userId: request.userId,
        provider: request.provider,
        purpose: 'top-up',
        amountFen: request.amountFen,
        currency: 'CNY',
        state: 'created',
        payWith: null,
        providerTradeNo: null,
        paidAt: null,
        expiresAt: isoAt(now + PAYMENT_TTL_MS),
        refundedFen: 0,
        requestKey: request.requestKey,
        refundIds: [],
        due: [],
        dueAt: null,
        checkAt: isoAt(now + PAYMENT_TTL_MS),
        checks: 0,
      };
      let stored = payment;
      try {
        await payments.insertOne(payment);
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        const known = await payments.findOne({ requestKey: request.requestKey });
        if (!known) throw error;
        stored = known;
      }
      at('payment:created');
      return stored.state === 'created' ? announce(stored, request.subject) : stored;
    },
    async sweep() {
      const now = isoNow(clock);
      const each = async (found: PaymentDocument[], work: (payment: PaymentDocument) => Promise<void>) => {
        for (const payment of found)
          try {
            await work(payment);
          } catch (error) {
            if (!(error instanceof ProviderError)) throw error;
            logger.warn(
              { paymentId: payment._id, err: error },
              'asking about a payment failed; it is tried again',
            );
          }
      };
      const due = { sort: { dueAt: 1 as const }, limit: BATCH };
      await each(await payments.find({ dueAt: { $lte: now } }, due).toArray(), ({ _id }) => settle(_id));
      const open = { sort: { checkAt: 1 as const }, limit: BATCH };
      await each(await payments.find({ checkAt: { $lte: now } }, open).toArray(), check);
    },
  };
}

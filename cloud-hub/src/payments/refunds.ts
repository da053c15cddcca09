import { uuidv7 } from 'uuidv7';
import { isoAt, isoNow } from '../clock.js';
import { type Database, isDuplicateKey } from '../db/index.js';
import type { Ledger } from '../finance/ledger.js';
import type { Logger } from '../logger.js';
import type { Clock } from '../ports.js';
import type { Wallets } from '../wallets/wallets.js';
import {
  type PaymentDocument,
  paymentsCollection,
  type RefundDocument,
  refundsCollection,
} from './payment-document.js';
import { type PaymentProvider, ProviderError, type ProviderName, type RefundFacts } from './provider.js';

export interface Refunds {
  /** Gives money of a top-up back the way it came. The same request gets the same refund. */
  start(request: {
    payment: PaymentDocument;
    amountFen: number;
    reason: string;
    by: string;
    requestKey: string;
    ceilingFen?: number;
  }): Promise<RefundDocument>;
  /** The refund that a request made. */
  ofRequest(requestKey: string): Promise<RefundDocument | null>;
  /** What the provider says of a refund on its own. */
  record(provider: ProviderName, facts: RefundFacts): Promise<'accepted' | 'duplicate' | 'refused'>;
  /** Carries on what was left half done. */
  sweep(): Promise<void>;
}

const RETRY_MS = 15_000;
const MAX_RETRY_MS = 10 * 60_000;
const GRACE_MS = 5_000;
const BATCH = 100;

/**
 * A refund goes requested → reserved (on the payment) → withdrawn (out of the wallet) → succeeded, or back through undoing to failed.
 * Each step is done once whoever repeats it; the state moves on after the step, so a kill repeats a step and nothing more.
 */
export function createRefunds(deps: {
  database: Database;
  wallets: Wallets;
  ledger: Ledger;
  providers: ReadonlyMap<ProviderName, PaymentProvider>;
  clock: Clock;
  logger: Logger;
  checkpoint?: (name: string) => void;
}): Refunds {
  const refunds = deps.database.collection(refundsCollection);
  const payments = deps.database.collection(paymentsCollection);
  const { clock } = deps;
  const at = (name: string) => deps.checkpoint?.(name);

  const move = async (
    refund: RefundDocument,
    to: RefundDocument['state'],
    more: Partial<RefundDocument> = {},
  ): Promise<RefundDocument | null> => {
    const over = to === 'succeeded' || to === 'failed';
    at(`refund:${to}`);
    const moved = await refunds.findOneAndUpdate(
      { _id: refund._id, state: refund.state },
      {
        $set: {
          ...more,
          state: to,
          updatedAt: isoNow(clock),
          workAt: over ? null : isoAt(clock.now() + GRACE_MS),
        },
        $inc: { version: 1 },
      },
      { returnDocument: 'after' },
    );
    return moved ?? refunds.findOne({ _id: refund._id });
  };
  const reserve = async (refund: RefundDocument): Promise<boolean> => {
    const payment = await payments.findOne({ _id: refund.paymentId });
    if (!payment) return false;
    if (payment.refundIds.includes(refund._id)) return true;
    const mostFen = Math.min(payment.amountFen, refund.ceilingFen ?? payment.amountFen);
    const { matchedCount } = await payments.updateOne(
      {
        _id: payment._id,
        state: 'paid',
        // The credit comes first: what is not in the wallet yet cannot leave it.
        due: { $size: 0 },
        refundIds: { $ne: refund._id },
        refundedFen: { $lte: mostFen - refund.amountFen },
      },
      {
        $inc: { refundedFen: refund.amountFen, version: 1 },
        $push: { refundIds: refund._id },
        $set: { updatedAt: isoNow(clock) },
      },
    );
    if (matchedCount === 1) return true;
    return (await payments.findOne({ _id: payment._id, refundIds: refund._id })) !== null;
  };
  const unreserve = (refund: RefundDocument) =>
    payments.updateOne(
      { _id: refund.paymentId, refundIds: refund._id },
      {
        $inc: { refundedFen: -refund.amountFen, version: 1 },
        $pull: { refundIds: refund._id },
        $set: { updatedAt: isoNow(clock) },
      },
    );
  const walletMove = (refund: RefundDocument, back: boolean) =>
    deps.wallets.move({
      tenantId: refund.tenantId,
      userId: refund.userId,
      key: `${back ? 'refund-undone' : 'refund'}:${refund._id}`,
      amountFen: refund.amountFen,
      from: back ? 'withdrawnFen' : 'balanceFen',
      to: back ? 'balanceFen' : 'withdrawnFen',
      posting: {
        kind: back ? 'withdrawal-undone' : 'withdrawal',
        paymentId: refund.paymentId,
        lines: [
          {
            account: `rider-wallet:${refund.userId}`,
            amountFen: back ? -refund.amountFen : refund.amountFen,
          },
          {
            account: `refunds-payable:${refund.provider}`,
            amountFen: back ? refund.amountFen : -refund.amountFen,
          },
        ],
      },
    });
  const succeed = async (refund: RefundDocument, detail: string) => {
    const now = isoNow(clock);
    await deps.ledger.post(refund.tenantId, {
      key: `refund-paid:${refund._id}`,
      kind: 'refund-paid',
      at: now,
      userId: refund.userId,
      paymentId: refund.paymentId,
      lines: [
        { account: `refunds-payable:${refund.provider}`, amountFen: refund.amountFen },
        { account: `provider-clearing:${refund.provider}`, amountFen: -refund.amountFen },
      ],
    });
    return move(refund, 'succeeded', { detail, succeededAt: now });
  };
  const askProvider = async (refund: RefundDocument): Promise<RefundDocument | null> => {
    const provider = deps.providers.get(refund.provider);
    const payment = await payments.findOne({ _id: refund.paymentId });
    const delayMs = Math.min(RETRY_MS * 2 ** Math.min(refund.attempts, 6), MAX_RETRY_MS);
    await refunds.updateOne(
      { _id: refund._id, state: 'withdrawn' },
      { $set: { workAt: isoAt(clock.now() + delayMs) }, $inc: { attempts: 1 } },
    );
    if (!provider || !payment) return null;
    at('refund:submit');
    const facts = await provider.refund({
      tradeNo: refund.paymentId,
      refundNo: refund._id,
      amountFen: refund.amountFen,
      totalFen: payment.amountFen,
      reason: refund.reason,
    });
    at('refund:submitted');
    if (facts.state === 'succeeded') return succeed(refund, facts.detail);
    if (facts.state === 'failed') return move(refund, 'undoing', { detail: facts.detail });
    return null;
  };

  /** One step; null = nothing more can be done now. */
  const step = async (refund: RefundDocument): Promise<RefundDocument | null> => {
    switch (refund.state) {
      case 'requested':
        if (await reserve(refund)) return move(refund, 'reserved');
        return move(refund, 'failed', { detail: 'EXCEEDS_PAYMENT' });
      case 'reserved':
        if ((await walletMove(refund, false)) === 'moved') return move(refund, 'withdrawn');
        await unreserve(refund);
        return move(refund, 'failed', { detail: 'INSUFFICIENT_BALANCE' });
      case 'withdrawn':
        return askProvider(refund);
      case 'undoing':
        await walletMove(refund, true);
        at('refund:undone');
        await unreserve(refund);
        return move(refund, 'failed');
      case 'succeeded':
      case 'failed':
        return null;
    }
  };
  const advance = async (id: string) => {
    for (let refund = await refunds.findOne({ _id: id }); refund; ) {
      try {
        refund = await step(refund);
      } catch (error) {
        if (!(error instanceof ProviderError)) throw error;
        deps.logger.warn({ refundId: id, err: error }, 'a refund waits for its provider; it is tried again');
        return;
      }
    }
  };

  return {
    ofRequest: (requestKey) => refunds.findOne({ requestKey }),
    async start({ payment, amountFen, reason, by, requestKey, ceilingFen }) {
      const now = isoNow(clock);
      const refund: RefundDocument = {
        _id: uuidv7().replaceAll('-', ''),
        tenantId: payment.tenantId,
        version: 1,
        createdAt: now,
        updatedAt: now,
        paymentId: payment._id,
        userId: payment.userId,
        provider: payment.provider,
        amountFen,
        currency: 'CNY',
        state: 'requested',
        reason,
        by,
        detail: null,
        succeededAt: null,
        requestKey,
        ...(ceilingFen === undefined ? {} : { ceilingFen }),
        workAt: isoAt(clock.now() + GRACE_MS),
        attempts: 0,
      };
      let id = refund._id;
      try {
        await refunds.insertOne(refund);
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        id = (await refunds.findOne({ requestKey }))?._id ?? id;
      }
      at('refund:inserted');
      await advance(id);
      return (await refunds.findOne({ _id: id })) ?? refund;
    },
    async record(provider, facts) {
      const refund = await refunds.findOne({ _id: facts.refundNo });
      if (!refund || refund.provider !== provider) return 'refused';
      if (refund.state === 'succeeded' || facts.state !== 'succeeded') return 'duplicate';
      if (refund.state === 'withdrawn') {
        await succeed(refund, facts.detail);
        return 'accepted';
      }
      // Money went back although we had given the refund up: a person has to look, and the reconciliation shows it.
      deps.logger.error(
        { refundId: refund._id, state: refund.state },
        'the provider made a refund that we do not await',
      );
      return 'refused';
    },
    async sweep() {
      const late = await refunds
        .find(
          { workAt: { $lte: isoNow(clock) } },
          { sort: { workAt: 1 }, limit: BATCH, projection: { _id: 1 } },
        )
        .toArray();
      for (const { _id } of late) await advance(_id);
    },
  };
}

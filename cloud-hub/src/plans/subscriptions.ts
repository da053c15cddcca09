import { isoTimeSchema } from '@voltbay/protocol';
import { uuidv7 } from 'uuidv7';
import { z } from 'zod';
import { isoAt, isoNow } from '../clock.js';
import { type AsDocument, type Database, defineCollection, isDuplicateKey } from '../db/index.js';
import { type LedgerLine, saleLines } from '../finance/postings.js';
import { problem } from '../http/problem.js';
import type { Clock } from '../ports.js';
import { periodEnd, prorateBundle, proratePeriod } from '../pricing/proration.js';
import type { Wallets } from '../wallets/wallets.js';
import { type PlanDocument, publicPlanId } from './plan-document.js';

export const SUBSCRIPTION_STATES = ['pending', 'active', 'expired', 'cancelled', 'failed'] as const;
export const subscriptionSchema = z.object({
  id: z.string(),
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
  /** Who swaps with it; for an enterprise plan the payer. */
  userId: z.string(),
  /** enterprise: riders whose swaps the payer pays. */
  memberIds: z.array(z.string()),
  planVersion: z.string(),
  kind: z.enum(['bundle', 'period', 'per-kwh', 'enterprise']),
  name: z.string(),
  nameEn: z.string().nullable(),
  amountFen: z.number().int(),
  taxRateBp: z.number().int(),
  state: z.enum(SUBSCRIPTION_STATES),
  startsAt: isoTimeSchema,
  endsAt: isoTimeSchema.nullable(),
  swaps: z.number().int().nullable(),
  /** Null = without limit. */
  swapsLeft: z.number().int().nullable(),
  autoRenew: z.boolean(),
  /** Counts the periods that were paid, from 1. */
  round: z.number().int(),
  refundedFen: z.number().int(),
});
export type Subscription = z.infer<typeof subscriptionSchema>;
export type SubscriptionDocument = AsDocument<Subscription> & {
  length: { days: number } | { months: number } | null;
  requestKey: string;
  /** Orders that took a swap and are not settled. */
  reservations: string[];
  /** Orders that used one, newest last. */
  usedBy: string[];
  /** When it is to be looked at: half-done money, reminder, renewal, end. Null when nothing will happen. */
  lookAt: string | null;
  /** When the present round was paid, and when its payer was told that it ends soon. */
  paidAt?: string;
  remindedAt?: string | null;
};
export const subscriptionsCollection = defineCollection<SubscriptionDocument>('subscriptions', [
  { name: 'request', key: { requestKey: 1 }, unique: true },
  { name: 'look', key: { lookAt: 1 } },
  { name: 'tenant-user', key: { tenantId: 1, userId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-member', key: { tenantId: 1, memberIds: 1, state: 1 } },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'reservation', key: { reservations: 1 } },
  { name: 'updated', key: { updatedAt: 1, _id: 1 } },
]);
export function toSubscription(document: SubscriptionDocument): Subscription {
  const {
    _id,
    length: _length,
    requestKey: _requestKey,
    reservations: _reservations,
    usedBy: _usedBy,
    lookAt: _lookAt,
    paidAt: _paidAt,
    remindedAt: _remindedAt,
    ...rest
  } = document;
  return { ...rest, id: _id };
}

export interface Subscriptions {
  /** Buys a plan with wallet money, once a request. Throws INSUFFICIENT_BALANCE. */
  buy(request: {
    tenantId: string;
    userId: string;
    memberIds?: string[];
    plan: PlanDocument;
    autoRenew: boolean;
    requestKey: string;
  }): Promise<SubscriptionDocument>;
  /** Ends it now; what was not used is given back to the wallet. Throws CONFLICT while an order uses it. */
  cancel(subscription: SubscriptionDocument): Promise<SubscriptionDocument>;
  /** What holds for a rider's swap now: the one that ends first covers. */
  active(tenantId: string, userId: string): Promise<SubscriptionDocument[]>;
  reserve(id: string, orderId: string): Promise<boolean>;
  consume(orderId: string): Promise<void>;
  giveBack(orderId: string): Promise<void>;
  /** Renews, ends, and finishes half-done purchases and refunds. */
  sweep(): Promise<void>;
}

const GRACE_MS = 5_000;
/** How long before its end a plan that does not renew itself is spoken of. */
const REMIND_BEFORE_MS = 3 * 86_400_000;
/** The reminder if it is still to come, else the end. */
const nextLook = (endsAt: string | null, now: string): string | null => {
  if (endsAt === null) return null;
  const remindAt = isoAt(Date.parse(endsAt) - REMIND_BEFORE_MS);
  return remindAt > now ? remindAt : endsAt;
};
const REMEMBERED = 100;
const BATCH = 200;

export function createSubscriptions(deps: {
  database: Database;
  wallets: Wallets;
  clock: Clock;
  checkpoint?: (name: string) => void;
}): Subscriptions {
  const subscriptions = deps.database.collection(subscriptionsCollection);
  const { clock } = deps;
  const at = (name: string) => deps.checkpoint?.(name);
  const set = (
    current: SubscriptionDocument,
    change: Partial<SubscriptionDocument>,
  ): Promise<SubscriptionDocument | null> =>
    subscriptions.findOneAndUpdate(
      { _id: current._id, version: current.version },
      { $set: { ...change, updatedAt: isoNow(clock) }, $inc: { version: 1 } },
      { returnDocument: 'after' },
    );
  const pay = async (one: SubscriptionDocument, round: number): Promise<'moved' | 'insufficient'> =>
    one.amountFen === 0
      ? 'moved'
      : deps.wallets.move({
          tenantId: one.tenantId,
          userId: one.userId,
          key: `purchase:${one._id}:${round}`,
          amountFen: one.amountFen,
          from: 'balanceFen',
          to: 'capturedFen',
          posting: {
            kind: 'purchase',
            note: one.planVersion,
            lines: [
              { account: `rider-wallet:${one.userId}`, amountFen: one.amountFen },
              ...saleLines('revenue-plan', one.amountFen, one.taxRateBp),
            ],
          },
        });
  const giveMoneyBack = async (one: SubscriptionDocument) => {
    if (one.refundedFen === 0) return;
    const reversed: LedgerLine[] = saleLines('revenue-plan', one.refundedFen, one.taxRateBp).map((line) => ({
      ...line,
      amountFen: -line.amountFen,
    }));
    await deps.wallets.move({
      tenantId: one.tenantId,
      userId: one.userId,
      key: `purchase-refund:${one._id}`,
      amountFen: one.refundedFen,
      from: 'capturedFen',
      to: 'balanceFen',
      posting: {
        kind: 'refund',
        note: one.planVersion,
        lines: [...reversed, { account: `rider-wallet:${one.userId}`, amountFen: -one.refundedFen }],
      },
    });
  };

  /** Brings one on as far as it goes now; each step is idempotent and stored only if nobody else moved it. */
  const advance = async (id: string): Promise<SubscriptionDocument | null> => {
    const one = await subscriptions.findOne({ _id: id });
    if (!one?.lookAt) return one;
    const now = isoNow(clock);
    if (one.state === 'pending') {
      const paid = await pay(one, 1);
      at('subscription:paid');
      if (paid === 'insufficient') return set(one, { state: 'failed', lookAt: null });
      return set(one, { state: 'active', paidAt: now, lookAt: nextLook(one.endsAt, now) });
    }
    if (one.state === 'cancelled') {
      await giveMoneyBack(one);
      at('subscription:refunded');
      return set(one, { lookAt: null });
    }
    if (one.state !== 'active' || one.endsAt === null) return set(one, { lookAt: null });
    if (one.endsAt > now) {
      const soon = one.endsAt <= isoAt(clock.now() + REMIND_BEFORE_MS);
      const remind = soon && !one.autoRenew && !one.remindedAt;
      return set(one, { lookAt: nextLook(one.endsAt, now), ...(remind ? { remindedAt: now } : {}) });
    }
    if (one.autoRenew && one.length && (await pay(one, one.round + 1)) === 'moved') {
      at('subscription:renewed');
      const endsAt = periodEnd(one.endsAt, one.length);
      return set(one, {
        round: one.round + 1,
        startsAt: one.endsAt,
        endsAt,
        lookAt: nextLook(endsAt, now),
        paidAt: now,
        remindedAt: null,
        swapsLeft: one.swaps,
      });
    }
    return set(one, { state: 'expired', lookAt: null });
  };

  return {
    async buy({ tenantId, userId, memberIds = [], plan, autoRenew, requestKey }) {
      if (plan.kind === 'per-swap' || plan.kind === 'deposit')
        throw problem('CONFLICT', `a ${plan.kind} plan is not subscribed to`);
      const now = isoNow(clock);
      const terms = plan.terms ?? {};
      const endsAt =
        plan.kind === 'bundle'
          ? periodEnd(now, { days: terms.validDays ?? 365 })
          : plan.kind === 'period'
            ? periodEnd(now, terms.length ?? { months: 1 })
            : null;
      const paidUp = plan.kind === 'bundle' || plan.kind === 'period';
      const document: SubscriptionDocument = {
        _id: `sub-${uuidv7()}`,
        tenantId,
        version: 1,
        createdAt: now,
        updatedAt: now,
        userId,
        memberIds,
        planVersion: publicPlanId(plan),
        kind: plan.kind,
        name: plan.name,
        nameEn: plan.nameEn ?? null,
        amountFen: paidUp ? plan.amountFen : 0,
        taxRateBp: plan.taxRateBp ?? 600,
        state: 'pending',
        startsAt: now,
        endsAt,
        swaps: terms.swaps ?? null,
        swapsLeft: terms.swaps ?? null,
        autoRenew: autoRenew && plan.kind === 'period',
        round: 1,
        refundedFen: 0,
        length: plan.kind === 'period' ? (terms.length ?? { months: 1 }) : null,
        requestKey,
        reservations: [],
        usedBy: [],
        lookAt: isoAt(clock.now() + GRACE_MS),
      };
      let id = document._id;
      try {
        await subscriptions.insertOne(document);
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        id = (await subscriptions.findOne({ requestKey }))?._id ?? id;
      }
      at('subscription:created');
      await advance(id);
      const bought = (await subscriptions.findOne({ _id: id })) ?? document;
      if (bought.state === 'failed')
        throw problem('INSUFFICIENT_BALANCE', `the plan costs ${bought.amountFen} fen`, { resourceId: id });
      return bought;
    },
    async cancel(found) {
      // A renewal that is due, or was cut off after its money moved, comes first: what is given back is counted on it.
      const behind = found.state === 'active' && found.lookAt !== null && found.lookAt <= isoNow(clock);
      const one = behind ? ((await advance(found._id)) ?? found) : found;
      if (one.state === 'cancelled') return one;
      if (one.state !== 'active') throw problem('CONFLICT', `the subscription is ${one.state}`);
      if (one.reservations.length > 0) throw problem('CONFLICT', 'an open order uses it');
      const now = isoNow(clock);
      const byDays = one.endsAt
        ? proratePeriod({ amountFen: one.amountFen, startsAt: one.startsAt, endsAt: one.endsAt, at: now })
        : 0;
      const bySwaps =
        one.swaps === null || one.swapsLeft === null
          ? one.amountFen
          : prorateBundle({ amountFen: one.amountFen, swaps: one.swaps, swapsLeft: one.swapsLeft });
      // A bundle pays back by its swaps as long as it is valid; a period by days, and by swaps when it has a limit.
      const refundedFen = one.kind === 'bundle' ? (byDays > 0 ? bySwaps : 0) : Math.min(byDays, bySwaps);
      const cancelled = await subscriptions.findOneAndUpdate(
        { _id: one._id, version: one.version, state: 'active', reservations: { $size: 0 } },
        {
          $set: { state: 'cancelled', refundedFen, autoRenew: false, lookAt: now, updatedAt: now },
          $inc: { version: 1 },
        },
        { returnDocument: 'after' },
      );
      if (!cancelled) throw problem('CONFLICT', 'the subscription has just changed: look again');
      at('subscription:cancelled');
      return (await advance(one._id)) ?? cancelled;
    },
    async active(tenantId, userId) {
      const now = isoNow(clock);
      const [mine, asMember] = await Promise.all([
        subscriptions.find({ tenantId, userId }, { sort: { createdAt: -1, _id: 1 }, limit: 100 }).toArray(),
        subscriptions.find({ tenantId, memberIds: userId, state: 'active' }, { limit: 20 }).toArray(),
      ]);
      const end = (one: SubscriptionDocument) => one.endsAt ?? '9999';
      return [...mine.filter((one) => one.kind !== 'enterprise'), ...asMember]
        .filter((one) => one.state === 'active' && one.startsAt <= now && end(one) > now)
        .sort((a, b) => end(a).localeCompare(end(b)) || a._id.localeCompare(b._id));
    },
    async reserve(id, orderId) {
      const now = isoNow(clock);
      const change = (counted: boolean) => ({
        $push: { reservations: orderId },
        $inc: { version: 1, ...(counted ? { swapsLeft: -1 } : {}) },
        $set: { updatedAt: now },
      });
      const open = {
        _id: id,
        state: 'active' as const,
        reservations: { $ne: orderId },
        usedBy: { $ne: orderId },
        endsAt: { $gt: now },
      };
      const counted = await subscriptions.updateOne({ ...open, swapsLeft: { $gte: 1 } }, change(true));
      if (counted.matchedCount === 1) return true;
      const free = await subscriptions.updateOne({ ...open, swapsLeft: null }, change(false));
      if (free.matchedCount === 1) return true;
      const known = { _id: id, $or: [{ reservations: orderId }, { usedBy: orderId }] };
      return (await subscriptions.findOne(known, { projection: { _id: 1 } })) !== null;
    },
    async consume(orderId) {
      await subscriptions.updateOne(
        { reservations: orderId },
        {
          $pull: { reservations: orderId },
          $push: { usedBy: { $each: [orderId], $slice: -REMEMBERED } },
          $inc: { version: 1 },
          $set: { updatedAt: isoNow(clock) },
        },
      );
    },
    async giveBack(orderId) {
      const change = (counted: boolean) => ({
        $pull: { reservations: orderId },
        $inc: { version: 1, ...(counted ? { swapsLeft: 1 } : {}) },
        $set: { updatedAt: isoNow(clock) },
      });
      const counted = await subscriptions.updateOne(
        { reservations: orderId, swapsLeft: { $ne: null } },
        change(true),
      );
      if (counted.matchedCount === 0)
        await subscriptions.updateOne({ reservations: orderId, swapsLeft: null }, change(false));
    },
    async sweep() {
      const late = await subscriptions
        .find(
          { lookAt: { $lte: isoNow(clock) } },
          { sort: { lookAt: 1 }, limit: BATCH, projection: { _id: 1 } },
        )
        .toArray();
      for (const { _id } of late) await advance(_id);
    },
  };
}

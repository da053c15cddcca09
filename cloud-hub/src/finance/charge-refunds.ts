import { uuidv7 } from 'uuidv7';
import { isoAt, isoNow } from '../clock.js';
import { type Database, defineCollection, isDuplicateKey, type Stored } from '../db/index.js';
import { ordersCollection } from '../orders/order-document.js';
import type { Clock } from '../ports.js';
import { type ChargeDocument, chargesCollection } from '../wallets/wallet-document.js';
import type { Wallets } from '../wallets/wallets.js';
import { saleLines } from './postings.js';

export const CHARGE_REFUND_STATES = ['requested', 'reserved', 'done', 'refused'] as const;
/** Money of an order given back into the wallet that paid. */
export type ChargeRefundDocument = Stored & {
  chargeId: string;
  orderId: string;
  userId: string;
  amountFen: number;
  currency: 'CNY';
  reason: string;
  by: string;
  state: (typeof CHARGE_REFUND_STATES)[number];
  requestKey: string;
  /** Refused when the charge's refunds together would exceed it: what one person may give back. */
  ceilingFen?: number;
  workAt: string | null;
};
export const chargeRefundsCollection = defineCollection<ChargeRefundDocument>('charge_refunds', [
  { name: 'request', key: { requestKey: 1 }, unique: true },
  { name: 'work', key: { workAt: 1 } },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-user', key: { tenantId: 1, userId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-order', key: { tenantId: 1, orderId: 1, createdAt: 1, _id: 1 } },
  { name: 'updated', key: { updatedAt: 1, _id: 1 } },
]);

export interface ChargeRefunds {
  /** Gives money of a charge back, once a request; `refused` when more than is left of it is asked for. */
  start(request: {
    charge: ChargeDocument;
    amountFen: number;
    reason: string;
    by: string;
    requestKey: string;
    ceilingFen?: number;
  }): Promise<ChargeRefundDocument>;
  /** The refund that a request made. */
  ofRequest(requestKey: string): Promise<ChargeRefundDocument | null>;
  sweep(): Promise<void>;
}

const GRACE_MS = 5_000;

/** requested → reserved (on the charge, which knows how much is left) → done (in the wallet and the ledger). */
export function createChargeRefunds(deps: {
  database: Database;
  wallets: Wallets;
  clock: Clock;
  checkpoint?: (name: string) => void;
}): ChargeRefunds {
  const refunds = deps.database.collection(chargeRefundsCollection);
  const charges = deps.database.collection(chargesCollection);
  const orders = deps.database.collection(ordersCollection);
  const { clock } = deps;
  const move = async (refund: ChargeRefundDocument, state: ChargeRefundDocument['state']) => {
    deps.checkpoint?.(`charge-refund:${state}`);
    const workAt = state === 'reserved' ? isoAt(clock.now() + GRACE_MS) : null;
    await refunds.updateOne(
      { _id: refund._id, state: refund.state },
      { $set: { state, workAt, updatedAt: isoNow(clock) }, $inc: { version: 1 } },
    );
  };
  const reserve = async (refund: ChargeRefundDocument): Promise<boolean> => {
    const charge = await charges.findOne({ _id: refund.chargeId });
    if (!charge) return false;
    if (charge.refundIds?.includes(refund._id)) return true;
    const mostFen = Math.min(charge.amountFen, refund.ceilingFen ?? charge.amountFen);
    if (refund.amountFen > mostFen) return false;
    const fits = { $lte: mostFen - refund.amountFen };
    const { matchedCount } = await charges.updateOne(
      {
        _id: charge._id,
        refundIds: { $ne: refund._id },
        ...(charge.refundedFen === undefined ? { refundedFen: { $exists: false } } : { refundedFen: fits }),
        amountFen: { $gte: refund.amountFen },
      },
      {
        $inc: { refundedFen: refund.amountFen, version: 1 },
        $push: { refundIds: refund._id },
        $set: { updatedAt: isoNow(clock) },
      },
    );
    if (matchedCount === 1) return true;
    const now = await charges.findOne({ _id: charge._id });
    if (now?.refundIds?.includes(refund._id)) return true;
    // Somebody else's refund came in between: there may still be room for this one.
    return now !== null && now.version !== charge.version ? reserve(refund) : false;
  };
  const advance = async (id: string): Promise<ChargeRefundDocument | null> => {
    let refund = await refunds.findOne({ _id: id });
    if (refund?.state === 'requested') {
      await move(refund, (await reserve(refund)) ? 'reserved' : 'refused');
      refund = await refunds.findOne({ _id: id });
    }
    if (refund?.state === 'reserved') {
      const order = await orders.findOne({ _id: refund.orderId }, { projection: { price: 1 } });
      const reversed = saleLines('revenue-swap', refund.amountFen, order?.price.taxRateBp).map((line) => ({
        ...line,
        amountFen: -line.amountFen,
      }));
      await deps.wallets.move({
        tenantId: refund.tenantId,
        userId: refund.userId,
        key: `charge-refund:${id}`,
        amountFen: refund.amountFen,
        from: 'capturedFen',
        to: 'balanceFen',
        posting: {
          kind: 'refund',
          orderId: refund.orderId,
          lines: [...reversed, { account: `rider-wallet:${refund.userId}`, amountFen: -refund.amountFen }],
        },
      });
      await move(refund, 'done');
      refund = await refunds.findOne({ _id: id });
    }
    return refund;
  };
  return {
    ofRequest: (requestKey) => refunds.findOne({ requestKey }),
    async start({ charge, amountFen, reason, by, requestKey, ceilingFen }) {
      const now = isoNow(clock);
      const refund: ChargeRefundDocument = {
        _id: `cr-${uuidv7()}`,
        tenantId: charge.tenantId,
        version: 1,
        createdAt: now,
        updatedAt: now,
        chargeId: charge._id,
        orderId: charge.orderId,
        userId: charge.userId,
        amountFen,
        currency: 'CNY',
        reason,
        by,
        state: 'requested',
        requestKey,
        ...(ceilingFen === undefined ? {} : { ceilingFen }),
        workAt: isoAt(clock.now() + GRACE_MS),
      };
      let id = refund._id;
      try {
        await refunds.insertOne(refund);
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        id = (await refunds.findOne({ requestKey }))?._id ?? id;
      }
      return (await advance(id)) ?? refund;
    },
    async sweep() {
      const late = await refunds
        .find(
          { workAt: { $lte: isoNow(clock) } },
          { sort: { workAt: 1 }, limit: 100, projection: { _id: 1 } },
        )
        .toArray();
      for (const { _id } of late) await advance(_id);
    },
  };
}

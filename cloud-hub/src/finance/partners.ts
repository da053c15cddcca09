import { isoNow } from '../clock.js';
import { type Database, defineCollection, isDuplicateKey, type Stored } from '../db/index.js';
import { problem } from '../http/problem.js';
import { ordersCollection } from '../orders/order-document.js';
import type { Clock } from '../ports.js';
import { chargesCollection } from '../wallets/wallet-document.js';
import { DEFAULT_TAX_RATE_BP, taxInside } from './accounts.js';
import type { Ledger } from './ledger.js';
import { ledgerCollection } from './ledger.js';

/** Who owns sites and gets a share of what their stations earn. */
export type PartnerDocument = Stored & { name: string; stationIds: string[]; shareBp: number };
export const partnersCollection = defineCollection<PartnerDocument>('partners', [
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
]);

export type PartnerSettlementDocument = Stored & {
  partnerId: string;
  /** YYYY-MM, UTC. */
  month: string;
  shareBp: number;
  stations: {
    stationId: string;
    swaps: number;
    grossFen: number;
    refundedFen: number;
    taxFen: number;
    netFen: number;
  }[];
  netFen: number;
  shareFen: number;
  state: 'booked' | 'paid';
  paidAt: string | null;
  paidBy: string | null;
};
export const partnerSettlementsCollection = defineCollection<PartnerSettlementDocument>(
  'partner_settlements',
  [
    { name: 'tenant-month', key: { tenantId: 1, partnerId: 1, month: 1 }, unique: true },
    { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  ],
);

export interface Partners {
  /** Books a partner's share of a month that is over, once. Throws CONFLICT for a month that is not. */
  settle(partner: PartnerDocument, month: string): Promise<PartnerSettlementDocument>;
  /** Notes that the bank has paid it, once. */
  markPaid(settlement: PartnerSettlementDocument, by: string): Promise<PartnerSettlementDocument>;
}

const BATCH = 500;

export function createPartners(deps: { database: Database; ledger: Ledger; clock: Clock }): Partners {
  const charges = deps.database.collection(chargesCollection);
  const orders = deps.database.collection(ordersCollection);
  const entries = deps.database.collection(ledgerCollection);
  const settlements = deps.database.collection(partnerSettlementsCollection);

  const totals = async (partner: PartnerDocument, from: string, to: string) => {
    const { tenantId } = partner;
    const rows = new Map(
      partner.stationIds.map((stationId) => [
        stationId,
        { stationId, swaps: 0, grossFen: 0, refundedFen: 0, taxFen: 0, netFen: 0 },
      ]),
    );
    const ordersOf = async (ids: string[]) =>
      new Map(
        (
          await orders
            .find({ _id: { $in: ids } }, { projection: { stationId: 1, 'price.taxRateBp': 1 } })
            .toArray()
        ).map((order) => [order._id, order]),
      );
    const add = async (list: { orderId: string; amountFen: number }[], refund: boolean) => {
      const known = await ordersOf(list.map(({ orderId }) => orderId));
      for (const { orderId, amountFen } of list) {
        const order = known.get(orderId);
        const row = order && rows.get(order.stationId);
        if (!order || !row) continue;
        const taxFen = taxInside(amountFen, order.price.taxRateBp ?? DEFAULT_TAX_RATE_BP);
        if (refund) row.refundedFen += amountFen;
        else {
          row.swaps += 1;
          row.grossFen += amountFen;
        }
        row.taxFen += refund ? -taxFen : taxFen;
      }
    };
    const inMonth = { $gte: from, $lt: to };
    const batch: { orderId: string; amountFen: number }[] = [];
    for await (const charge of charges.find(
      { tenantId, createdAt: inMonth },
      { sort: { createdAt: 1, _id: 1 } },
    )) {
      batch.push({ orderId: charge.orderId, amountFen: charge.amountFen });
      if (batch.length === BATCH) await add(batch.splice(0), false);
    }
    await add(batch.splice(0), false);
    // A refund counts in the month in which it was made, also of a swap of an earlier month.
    for await (const entry of entries.find({ tenantId, at: inMonth }, { sort: { at: 1, _id: 1 } })) {
      if (entry.kind !== 'refund' || entry.orderId === undefined) continue;
      const wallet = entry.lines.find((line) => line.account.startsWith('rider-wallet:'));
      batch.push({ orderId: entry.orderId, amountFen: 0 - (wallet?.amountFen ?? 0) });
      if (batch.length === BATCH) await add(batch.splice(0), true);
    }
    await add(batch, true);
    return [...rows.values()].map((row) => ({ ...row, netFen: row.grossFen - row.refundedFen - row.taxFen }));
  };
  const book = async (settlement: PartnerSettlementDocument) => {
    if (settlement.shareFen !== 0)
      await deps.ledger.post(settlement.tenantId, {
        key: `partner-share:${settlement.partnerId}:${settlement.month}`,
        kind: 'partner-share',
        at: settlement.createdAt,
        note: settlement.month,
        lines: [
          { account: `partner-cost:${settlement.partnerId}`, amountFen: settlement.shareFen },
          { account: `partner-payable:${settlement.partnerId}`, amountFen: -settlement.shareFen },
        ],
      });
    return settlement;
  };

  return {
    async settle(partner, month) {
      const from = `${month}-01T00:00:00.000Z`;
      const end = new Date(from);
      end.setUTCMonth(end.getUTCMonth() + 1);
      const to = end.toISOString();
      const now = isoNow(deps.clock);
      if (to > now) throw problem('CONFLICT', `${month} is not over`);
      const key = { tenantId: partner.tenantId, partnerId: partner._id, month };
      const known = await settlements.findOne(key);
      if (known) return book(known);
      const stations = await totals(partner, from, to);
      const netFen = stations.reduce((sum, row) => sum + row.netFen, 0);
      const settlement: PartnerSettlementDocument = {
        _id: `ps-${partner._id}-${month}`,
        version: 1,
        createdAt: now,
        updatedAt: now,
        ...key,
        shareBp: partner.shareBp,
        stations,
        netFen,
        // Rounded down: nobody is paid a fen that was not earned. A month of refunds only owes nothing.
        shareFen: Math.max(0, Math.floor((netFen * partner.shareBp) / 10_000)),
        state: 'booked',
        paidAt: null,
        paidBy: null,
      };
      try {
        await settlements.insertOne(settlement);
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
      }
      // The document decides the figures; the entry follows it, also after a kill in between.
      return book((await settlements.findOne(key)) ?? settlement);
    },
    async markPaid(settlement, by) {
      const now = isoNow(deps.clock);
      await book(settlement);
      if (settlement.shareFen !== 0)
        await deps.ledger.post(settlement.tenantId, {
          key: `partner-paid:${settlement.partnerId}:${settlement.month}`,
          kind: 'partner-paid',
          at: now,
          note: settlement.month,
          lines: [
            { account: `partner-payable:${settlement.partnerId}`, amountFen: settlement.shareFen },
            { account: 'bank', amountFen: -settlement.shareFen },
          ],
        });
      const paid = await settlements.findOneAndUpdate(
        { _id: settlement._id, state: 'booked' },
        { $set: { state: 'paid', paidAt: now, paidBy: by, updatedAt: now }, $inc: { version: 1 } },
        { returnDocument: 'after' },
      );
      return paid ?? (await settlements.findOne({ _id: settlement._id })) ?? settlement;
    },
  };
}

import { isoNow } from '../clock.js';
import { type Database, isDuplicateKey } from '../db/index.js';
import type { OrderDocument } from '../orders/order-document.js';
import { ordersCollection } from '../orders/order-document.js';
import type { Clock } from '../ports.js';
import type { Wallets } from '../wallets/wallets.js';
import { debtsCollection } from './pass-document.js';

export interface Debts {
  /** Writes the order's one debt. Repeating it changes nothing. */
  owe(order: OrderDocument, userId: string): Promise<void>;
  /** The order was charged: nothing is owed for it any more. */
  paid(orderId: string): Promise<void>;
  /** Sum that a rider owes, fen. */
  owedBy(tenantId: string, userId: string): Promise<number>;
  /** Has orders charged whose riders can pay by now; the order's settlement does it, once. Answers how many. */
  collect(): Promise<number>;
}

const BATCH = 200;

export function createDebts(deps: {
  database: Database;
  clock: Clock;
  wallets: Pick<Wallets, 'balances'>;
}): Debts {
  const debts = deps.database.collection(debtsCollection);
  const orders = deps.database.collection(ordersCollection);
  return {
    async owe(order, userId) {
      const now = isoNow(deps.clock);
      try {
        await debts.insertOne({
          _id: order._id,
          tenantId: order.tenantId,
          version: 1,
          createdAt: now,
          updatedAt: now,
          userId,
          stationId: order.stationId,
          amountFen: order.price.totalFen,
          paidAt: null,
        });
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
      }
    },
    async paid(orderId) {
      const now = isoNow(deps.clock);
      await debts.updateOne(
        { _id: orderId, paidAt: null },
        { $set: { paidAt: now, updatedAt: now }, $inc: { version: 1 } },
      );
    },
    async owedBy(tenantId, userId) {
      const open = await debts.find({ tenantId, userId, paidAt: null }).toArray();
      return open.reduce((sum, debt) => sum + debt.amountFen, 0);
    },
    async collect() {
      const open = await debts.find({ paidAt: null }).sort({ createdAt: 1 }).limit(BATCH).toArray();
      let due = 0;
      for (const debt of open) {
        const balance = (await deps.wallets.balances(debt.tenantId, [debt.userId])).get(debt.userId) ?? 0;
        if (balance < debt.amountFen) continue;
        const now = isoNow(deps.clock);
        const { modifiedCount } = await orders.updateOne(
          { _id: debt._id, due: { $ne: 'capture' } },
          { $push: { due: 'capture' }, $set: { dueAt: now, updatedAt: now }, $inc: { version: 1 } },
        );
        due += modifiedCount;
      }
      return due;
    },
  };
}

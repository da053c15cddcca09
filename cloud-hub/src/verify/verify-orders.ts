import { isTerminalOrderState } from '@voltbay/protocol';
import type { Database } from '../db/index.js';
import { type OrderDocument, ordersCollection } from '../orders/order-document.js';
import { debtsCollection } from '../passes/pass-document.js';
import { type ChargeDocument, chargesCollection } from '../wallets/wallet-document.js';
import { createFindings, type Difference } from './difference.js';

export type OrdersReport = {
  ok: boolean;
  tenantId: string;
  orders: number;
  /** Not ended, or with work that is still due: not differences. */
  open: number;
  charged: number;
  differences: Difference[];
  differenceCount: number;
};

const CHUNK = 500;

/**
 * Every order for itself: its lines add up, its timeline ends in its state, its money was decided as the pack's way demands, and it was
 * charged exactly as its price says, once; every charge has its order.
 */
export async function verifyOrders(database: Database, tenantId: string): Promise<OrdersReport> {
  const orders = database.collection(ordersCollection);
  const charges = database.collection(chargesCollection);
  const debts = database.collection(debtsCollection);
  const findings = createFindings();
  let [count, open, charged] = [0, 0, 0];

  const check = async (batch: readonly OrderDocument[]) => {
    const ids = batch.map(({ _id }) => _id);
    const byOrder = new Map(
      (await charges.find({ orderId: { $in: ids } }).toArray()).map((charge) => [charge.orderId, charge]),
    );
    for (const order of batch) {
      count += 1;
      checkPrice(order);
      const last = order.timeline.at(-1);
      if (last?.state !== order.state) findings.add('TIMELINE', order._id, order.state, last?.state);
      if (order.due.length > 0 || !isTerminalOrderState(order.state)) {
        open += 1;
        continue;
      }
      const charge = byOrder.get(order._id);
      if (charge) charged += 1;
      await checkMoney(order, charge);
    }
  };
  const checkPrice = ({ _id, price }: OrderDocument) => {
    const sum = price.lines.reduce((total, line) => total + line.amountFen, 0);
    if (price.lines.length > 0 && sum !== price.totalFen)
      findings.add('PRICE_LINES', _id, price.totalFen, sum);
  };
  const checkMoney = async (order: OrderDocument, charge: ChargeDocument | undefined) => {
    const { payment, price } = order;
    const packLeft = order.dispensed !== null;
    const wanted = order.state === 'completed' || packLeft ? 'capture' : 'release';
    if (order.settlement !== wanted) findings.add('SETTLEMENT', order._id, wanted, order.settlement);
    if (order.settlement === 'release') {
      if (charge) findings.add('CHARGED_FOR_NOTHING', order._id, 'no charge', charge._id);
      return;
    }
    if (!charge) {
      const debt = await debts.findOne({ _id: order._id }, { projection: { _id: 1 } });
      if (!debt) findings.add('NOT_CHARGED', order._id, price.totalFen, 'neither charge nor debt');
      return;
    }
    if (charge.amountFen !== price.totalFen)
      findings.add('CHARGE_AMOUNT', order._id, price.totalFen, charge.amountFen);
    if (charge.userId !== (price.payerUserId ?? order.userId))
      findings.add('CHARGE_PAYER', order._id, price.payerUserId ?? order.userId, charge.userId);
    if (payment.state === 'captured' && payment.chargeId !== charge._id)
      findings.add('CHARGE_ID', order._id, charge._id, payment.chargeId);
  };

  let batch: OrderDocument[] = [];
  const all = orders.find({ tenantId }, { sort: { createdAt: 1, _id: 1 }, batchSize: CHUNK });
  for await (const order of all) {
    batch.push(order);
    if (batch.length < CHUNK) continue;
    await check(batch);
    batch = [];
  }
  await check(batch);

  let orphans: string[] = [];
  const known = async () => {
    const found = await orders.find({ _id: { $in: orphans } }, { projection: { _id: 1 } }).toArray();
    const there = new Set(found.map(({ _id }) => _id));
    for (const id of orphans)
      if (!there.has(id)) findings.add('CHARGE_WITHOUT_ORDER', id, 'an order', 'none');
    orphans = [];
  };
  for await (const charge of charges.find({ tenantId }, { projection: { orderId: 1 }, batchSize: 1_000 })) {
    orphans.push(charge.orderId);
    if (orphans.length >= CHUNK) await known();
  }
  await known();
  return {
    ok: findings.count === 0,
    tenantId,
    orders: count,
    open,
    charged,
    differences: [...findings.kept],
    differenceCount: findings.count,
  };
}

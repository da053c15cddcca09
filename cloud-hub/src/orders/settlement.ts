import type { Logger } from '../logger.js';
import type { Debts } from '../passes/debts.js';
import type { Quotes } from '../plans/quotes.js';
import type { Clock, CustodyLedger } from '../ports.js';
import type { Wallets } from '../wallets/wallets.js';
import type { Due, OrderDocument } from './order-document.js';
import type { OrderStore } from './order-store.js';

export interface Settlement {
  /** Does what is due on an order: money and custody. Safe to run twice, at once, or after a kill at any point. */
  settle(orderId: string): Promise<void>;
  /** Finishes what other processes, or this one before a crash, left half done. Answers how many orders it looked at. */
  recover(): Promise<number>;
  /** Gives back what an order held after it had been closed already. */
  undo(order: OrderDocument): Promise<void>;
}

export function createSettlement(deps: {
  orders: OrderStore;
  wallets: Wallets;
  custody: CustodyLedger;
  /** What cannot be paid is owed. */
  debts: Pick<Debts, 'owe' | 'paid'>;
  quotes: Pick<Quotes, 'finalPrice' | 'reserve' | 'consume' | 'giveBack'>;
  clock: Clock;
  logger: Logger;
  /** Called before each effect with its name. For tests that end the process there. */
  checkpoint?: (name: string) => void;
}): Settlement {
  const at = (name: string) => deps.checkpoint?.(name);

  const payerOf = (order: OrderDocument): string => order.price.payerUserId ?? order.userId;
  const capture = async (found: OrderDocument): Promise<OrderDocument['payment']> => {
    // Normally reserved at authorisation; an order that was completed before that uses up its part of the price now.
    if (!(await deps.quotes.reserve(found._id, found.price)))
      deps.logger.warn({ orderId: found._id }, 'what the price was to use up is gone; the price stands');
    // What the energy came to is pinned before any money is taken: a repeat finds the same price.
    const price = await deps.quotes.finalPrice({ ...found, id: found._id });
    const order = found.price.estimate ? await deps.orders.pinPrice(found._id, price) : found;
    const entry = { tenantId: order.tenantId, userId: payerOf(order), orderId: order._id };
    const amountFen = order.price.totalFen;
    // Normally held at authorisation. `closed` means an earlier, interrupted capture took it.
    const hold = await deps.wallets.hold({ ...entry, amountFen });
    if (hold === 'insufficient') {
      deps.logger.error({ orderId: order._id, amountFen }, 'order is unpaid: no money to take');
      await deps.quotes.consume(order._id);
      await deps.debts.owe(order, payerOf(order));
      return { state: 'owed', amountFen, chargeId: null };
    }
    at('capture');
    const { taxRateBp } = order.price;
    const chargeId = await deps.wallets.capture({
      ...entry,
      amountFen,
      ...(taxRateBp === undefined ? {} : { taxRateBp }),
    });
    await deps.quotes.consume(order._id);
    await deps.debts.paid(order._id);
    return { state: 'captured', amountFen, chargeId };
  };
  const undo = async (order: OrderDocument) => {
    await deps.wallets.release({ tenantId: order.tenantId, userId: payerOf(order), orderId: order._id });
    await deps.quotes.giveBack(order._id);
  };
  const release = async (order: OrderDocument): Promise<OrderDocument['payment']> => {
    await undo(order);
    return {
      ...order.payment,
      state: order.payment.state === 'held' ? 'released' : order.payment.state,
    };
  };
  const handOver = async (
    order: OrderDocument,
    movement: OrderDocument['returned'],
    kind: 'returned' | 'given-back' | 'dispensed',
    at = movement?.at,
  ) => {
    if (!movement?.packId || at === undefined) return;
    await deps.custody.handOver({
      key: `order:${order._id}:${kind}`,
      packId: movement.packId,
      tenantId: order.tenantId,
      to:
        kind === 'returned'
          ? {
              kind: 'station',
              id: order.stationId,
              ...(movement.slot === undefined ? {} : { slot: movement.slot }),
            }
          : { kind: 'vehicle', id: order.vehicleId },
      at,
      evidence: { orderId: order._id, step: kind },
    });
  };

  const perform = async (order: OrderDocument, item: Due): Promise<OrderDocument['payment'] | undefined> => {
    switch (item) {
      case 'capture':
        return capture(order);
      case 'release':
        return release(order);
      case 'custody-returned':
        await handOver(order, order.returned, 'returned');
        return undefined;
      case 'custody-given-back':
        await handOver(order, order.returned, 'given-back', order.returned?.givenBackAt);
        return undefined;
      case 'custody-dispensed':
        await handOver(order, order.dispensed, 'dispensed');
        return undefined;
    }
  };

  const settle = async (orderId: string) => {
    const order = await deps.orders.find(orderId);
    for (const item of order?.due ?? []) {
      if (!order) return;
      at(`${item}:begin`);
      const payment = await perform(order, item);
      at(`${item}:done`);
      await deps.orders.finishDue(orderId, item, payment);
    }
  };

  return {
    settle,
    undo,
    async recover() {
      const late = await deps.orders.due(new Date(deps.clock.now()).toISOString(), 200);
      for (const order of late) {
        try {
          await settle(order._id);
        } catch (error) {
          deps.logger.error(
            { orderId: order._id, err: error },
            'settling an order failed; it is tried again',
          );
        }
      }
      return late.length;
    },
  };
}

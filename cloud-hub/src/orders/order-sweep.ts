import { isTerminalOrderState } from '@voltbay/protocol';
import { isoAt, isoNow } from '../clock.js';
import type { Logger } from '../logger.js';
import type { Clock, CommandDispatcher } from '../ports.js';
import type { OrderDocument } from './order-document.js';
import type { OrderFact } from './order-facts.js';
import type { OrderStore } from './order-store.js';
import { factOfCommand, type Orders } from './orders.js';
import type { Settlement } from './settlement.js';

export interface OrderSweep {
  /** Finishes half-done money, then looks at every order whose time in its state is over. Safe in several processes. */
  run(): Promise<void>;
}

const BATCH = 200;
/** After dispatch, a command that the station may still report on gets this much longer. */
const LATE_ANSWER_MS = 60_000;

export function createOrderSweep(deps: {
  store: OrderStore;
  orders: Pick<Orders, 'record'>;
  settlement: Settlement;
  dispatcher: Pick<CommandDispatcher, 'get'>;
  clock: Clock;
  logger: Logger;
}): OrderSweep {
  const { clock } = deps;
  const fact = (
    order: OrderDocument,
    rest: Pick<OrderFact, 'to' | 'what'> & Partial<OrderFact>,
  ): OrderFact => ({
    key: `sweep:${order.state}:${order.version}`,
    who: 'hub',
    at: isoNow(clock),
    ...rest,
  });

  const verdict = async (order: OrderDocument): Promise<OrderFact> => {
    switch (order.state) {
      case 'created':
      case 'authorized':
        // Dispatch is stored before anything is sent, so nothing was.
        return fact(order, { to: 'expired', what: 'not dispatched in time', reason: 'EXPIRED' });
      case 'dispatched': {
        if (order.commandId === null)
          return fact(order, {
            to: 'unknown',
            what: 'the station never reported the swap',
            reason: 'INTERRUPTED',
          });
        const command = await deps.dispatcher.get(order.commandId);
        if (!command)
          return fact(order, { to: 'expired', what: 'the command was never sent', reason: 'EXPIRED' });
        const settled = factOfCommand(command, isoNow(clock));
        if (settled) return settled;
        return fact(order, { to: 'unknown', what: 'no answer from the station', reason: 'INTERRUPTED' });
      }
      case 'dispensed':
        return fact(order, { to: 'completed', what: 'the pack left; the closing report is missing' });
      case 'unknown':
        return fact(order, {
          to: null,
          what: 'still unknown: the rider may start another swap',
          unblock: true,
        });
      default:
        return fact(order, { to: 'unknown', what: 'the swap stopped reporting', reason: 'INTERRUPTED' });
    }
  };

  return {
    async run() {
      await deps.settlement.recover();
      for (const order of await deps.store.toSweep(isoAt(clock.now()), BATCH)) {
        if (isTerminalOrderState(order.state)) continue;
        try {
          const decided = await verdict(order);
          const changed = await deps.orders.record(order._id, decided);
          // A verdict that the order had heard already must not bring it back at every sweep.
          if (changed?.sweepAt && changed.sweepAt === order.sweepAt)
            await deps.orders.record(
              order._id,
              fact(changed, {
                to: 'unknown',
                what: 'the outcome has to be found out',
                sweepAt: isoAt(clock.now() + LATE_ANSWER_MS),
              }),
            );
        } catch (error) {
          deps.logger.error(
            { orderId: order._id, err: error },
            'sweeping an order failed; it is tried again',
          );
        }
      }
    },
  };
}

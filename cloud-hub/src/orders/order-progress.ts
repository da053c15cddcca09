import { MSG_TYPE, parseTime, type SwapEvent } from '@voltbay/protocol';
import { isoAt, isoNow } from '../clock.js';
import type { Logger } from '../logger.js';
import type { Clock, OrderProgress } from '../ports.js';
import type { OrderDocument } from './order-document.js';
import { factOfSwapEvent, hasBegun } from './order-facts.js';
import type { OrderStore } from './order-store.js';
import { factOfCommand, type Orders } from './orders.js';
import type { PackChoices } from './pack-choice.js';

/** What stations report, turned into facts of orders. Everything may come twice, late and out of order. */
export function createOrderProgress(deps: {
  store: OrderStore;
  orders: Pick<Orders, 'record'>;
  packChoices: Pick<PackChoices, 'onSwapEvent'>;
  clock: Clock;
  logger: Logger;
}): OrderProgress {
  /** A station may only speak of orders at itself. */
  const orderOf = async (
    device: string,
    tenantId: string,
    event: SwapEvent,
  ): Promise<OrderDocument | null> => {
    const candidates = [
      () => (event.orderId ? deps.store.find(event.orderId) : null),
      () => (event.requestId ? deps.store.findByRequest(`station:${device}:${event.requestId}`) : null),
      () => (event.requestId ? deps.store.findByCommand(event.requestId) : null),
      () => deps.store.findByRequest(`station:${device}:${event.swapId}`),
    ];
    for (const candidate of candidates) {
      const order = await candidate();
      if (order && order.stationId === device && order.tenantId === tenantId) return order;
    }
    return null;
  };

  return {
    async onSwapEvent(source, event) {
      const order = await orderOf(source.device, source.tenantId, event);
      if (!order) {
        // Normal for a swap that the station started by itself and whose order is still queued there.
        deps.logger.info(
          { device: source.device, swapId: event.swapId, step: event.step },
          'swap without an order',
        );
        return;
      }
      await deps.packChoices.onSwapEvent(order, event);
      const atMs = parseTime(event.at) ?? deps.clock.now();
      await deps.orders.record(order._id, factOfSwapEvent(event, source.device, isoAt(atMs)));
    },
    async onCommandSettled(command) {
      if (command.type !== MSG_TYPE.SERVER_ASK_CHARGE || command.orderId === null) return;
      const order = await deps.store.find(command.orderId);
      if (!order || order.stationId !== command.stationId) return;
      // A station written to the 2021 plan never answers commands: what it does by REST counts.
      if (command.state === 'unknown' && command.reason === 'NO_ANSWER' && hasBegun(order.state)) return;
      const fact = factOfCommand(command, isoNow(deps.clock));
      if (fact) await deps.orders.record(order._id, fact);
    },
  };
}

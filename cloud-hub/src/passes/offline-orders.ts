import type { Vehicle } from '@voltbay/protocol';
import { uuidv7 } from 'uuidv7';
import { isoAt, isoNow } from '../clock.js';
import { problem } from '../http/problem.js';
import { newOrder } from '../orders/new-order.js';
import type { OrderDocument } from '../orders/order-document.js';
import type { OrderStore } from '../orders/order-store.js';
import type { Orders, SwapRequest } from '../orders/orders.js';
import type { Quotes } from '../plans/quotes.js';
import type { Clock } from '../ports.js';
import type { Passes } from './passes.js';

export interface OfflineOrders {
  /**
   * The order of a swap that a station has made on a pass. One order a (station, request), however often it is told. No money is held: it
   * is taken when the station reports the end, and owed when the wallet is short.
   */
  begin(
    request: SwapRequest & { requestKey: string },
    evidence: { pass: string; startedAt: string | null },
  ): Promise<{ order: OrderDocument; isNew: boolean }>;
}

/** The station's report of the end follows at once; when it does not, somebody should look. */
const REPORT_WITHIN_MS = 86_400_000;

export function createOfflineOrders(deps: {
  store: Pick<OrderStore, 'findByRequest' | 'insert'>;
  orders: Pick<Orders, 'record'>;
  passes: Pick<Passes, 'redeem' | 'settled'>;
  quotes: Pick<Quotes, 'priceOfSwap' | 'reserve'>;
  findVehicle(tenantId: string, id: string): Promise<Vehicle | null>;
  clock: Clock;
}): OfflineOrders {
  const { store, clock } = deps;
  return {
    async begin(request, { pass, startedAt }) {
      const { tenantId, stationId, requestKey } = request;
      const redeemed = await deps.passes.redeem({ tenantId, pass, stationId, requestKey, startedAt });
      if (redeemed.userId !== request.userId || redeemed.vehicleId !== request.vehicleId)
        throw problem('FORBIDDEN', 'body.pass: issued for another rider or vehicle', {
          reason: 'PASS_FORGED',
        });
      let order = await store.findByRequest(requestKey);
      const isNew = order === null;
      if (!order) {
        const vehicle = await deps.findVehicle(tenantId, request.vehicleId);
        const price = await deps.quotes.priceOfSwap(request);
        const id = `o-${uuidv7()}`;
        const offline = { ...request, origin: 'offline' as const };
        const packClass = vehicle?.packClass ?? '';
        const fresh = newOrder({
          id,
          request: offline,
          requestKey,
          price,
          packClass,
          nowMs: clock.now(),
          blocking: false,
        });
        if (await store.insert(fresh)) await deps.quotes.reserve(id, price);
        order = (await store.findByRequest(requestKey)) ?? fresh;
      }
      await deps.passes.settled(redeemed.jti, order._id);
      const begun = await deps.orders.record(order._id, {
        key: 'offline-pass',
        to: 'dispatched',
        who: request.by,
        what: redeemed.note,
        at: startedAt ?? isoNow(clock),
        sweepAt: isoAt(clock.now() + REPORT_WITHIN_MS),
      });
      return { order: begun ?? order, isNew };
    },
  };
}

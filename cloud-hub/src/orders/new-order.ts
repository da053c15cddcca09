import type { Order } from '@voltbay/protocol';
import { isoAt } from '../clock.js';
import { closedKeyOf, type OrderDocument, openKeyOf } from './order-document.js';
import { STATE_TIMEOUT_MS } from './order-facts.js';
import type { SwapRequest } from './orders.js';

/** An order as it begins: nothing held, nothing moved. `blocking` false = it does not keep the rider from another one. */
export function newOrder(wish: {
  id: string;
  request: SwapRequest;
  requestKey: string;
  price: Order['price'];
  packClass: string;
  nowMs: number;
  blocking?: boolean;
}): OrderDocument {
  const { id, request, requestKey, price, packClass, nowMs, blocking = true } = wish;
  const now = isoAt(nowMs);
  const until = isoAt(nowMs + (STATE_TIMEOUT_MS.created ?? 0));
  return {
    _id: id,
    tenantId: request.tenantId,
    version: 1,
    createdAt: now,
    updatedAt: now,
    kind: 'swap',
    state: 'created',
    origin: request.origin,
    userId: request.userId,
    vehicleId: request.vehicleId,
    stationId: request.stationId,
    commandId: null,
    packClass,
    returned: null,
    dispensed: null,
    price,
    payment: { state: 'none', amountFen: price.totalFen, chargeId: null },
    reason: null,
    timeline: [{ at: now, state: 'created', who: request.by, what: 'order created' }],
    expiresAt: until,
    completedAt: null,
    requestKey,
    openKey: blocking ? openKeyOf(request.tenantId, request.userId) : closedKeyOf(id),
    settlement: null,
    due: [],
    dueAt: null,
    sweepAt: until,
    facts: [],
  };
}

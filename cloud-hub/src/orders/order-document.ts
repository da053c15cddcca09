import type { Order } from '@voltbay/protocol';
import { type AsDocument, defineCollection } from '../db/index.js';

/** Work that a transition leaves behind. Each item is idempotent, done after the transition is stored, and then taken off. */
export type Due = 'capture' | 'release' | 'custody-returned' | 'custody-given-back' | 'custody-dispensed';

export type OrderDocument = AsDocument<Order> & {
  /** What made it, unique: `station:{device}:{requestId}`, `user:{user}:{idempotencyKey}` or `order:{id}`. */
  requestKey: string;
  /** `user:{tenant}/{user}` while it blocks another order of the rider, else `done:{id}`. Unique: one open order a rider. */
  openKey: string;
  /** What becomes of the money, decided once together with the transition that decides it. */
  settlement: 'capture' | 'release' | null;
  due: Due[];
  /** When somebody should look whether `due` was done; null when nothing is due. */
  dueAt: string | null;
  /** When the sweep looks at it next; null when it is closed for good. */
  sweepAt: string | null;
  /** Keys of facts that were applied, newest last. */
  facts: string[];
};

export const ordersCollection = defineCollection<OrderDocument>('orders', [
  { name: 'request', key: { requestKey: 1 }, unique: true },
  { name: 'open', key: { openKey: 1 }, unique: true },
  { name: 'due', key: { dueAt: 1 } },
  { name: 'sweep', key: { sweepAt: 1 } },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-user', key: { tenantId: 1, userId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-station', key: { tenantId: 1, stationId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-state', key: { tenantId: 1, state: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-vehicle', key: { tenantId: 1, vehicleId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-origin', key: { tenantId: 1, origin: 1, createdAt: 1, _id: 1 } },
  { name: 'command', key: { commandId: 1 } },
  { name: 'tenant-completed', key: { tenantId: 1, completedAt: 1, _id: 1 } },
  { name: 'tenant-updated', key: { tenantId: 1, updatedAt: 1, _id: 1 } },
  { name: 'updated', key: { updatedAt: 1, _id: 1 } },
]);

export const openKeyOf = (tenantId: string, userId: string): string => `user:${tenantId}/${userId}`;
export const closedKeyOf = (orderId: string): string => `done:${orderId}`;

/** REST form: without what only the hub needs. */
export function toOrder(document: OrderDocument): Order {
  const {
    _id,
    requestKey: _requestKey,
    openKey: _openKey,
    settlement: _settlement,
    due: _due,
    dueAt: _dueAt,
    sweepAt: _sweepAt,
    facts: _facts,
    ...order
  } = document;
  return { ...order, id: _id };
}

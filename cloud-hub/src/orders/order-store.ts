import { type Database, isDuplicateKey } from '../db/index.js';
import { HubError } from '../errors.js';
import type { Clock } from '../ports.js';
import { type OrderDocument, ordersCollection } from './order-document.js';
import { type Applied, applyFact, type OrderFact } from './order-facts.js';

export type ChangeResult = {
  outcome: Applied['outcome'];
  /** As it stands now. */
  order: OrderDocument;
};

export interface OrderStore {
  find(id: string): Promise<OrderDocument | null>;
  findByRequest(requestKey: string): Promise<OrderDocument | null>;
  findOpen(openKey: string): Promise<OrderDocument | null>;
  findByCommand(commandId: string): Promise<OrderDocument | null>;
  /** The newest orders of a vehicle: how far they are, and what they leave to do. */
  newestOf(
    vehicle: { tenantId: string; vehicleId: string },
    limit: number,
  ): Promise<Pick<OrderDocument, '_id' | 'state' | 'due'>[]>;
  /** False when the request or the rider has an order already. */
  insert(order: OrderDocument): Promise<boolean>;
  /** Applies a fact to the order as it stands at the moment of the write. Null: no such order. */
  change(id: string, fact: OrderFact, options?: { strict?: boolean }): Promise<ChangeResult | null>;
  /** Takes finished work off the list and records what became of the money. */
  finishDue(
    id: string,
    done: OrderDocument['due'][number],
    payment?: OrderDocument['payment'],
  ): Promise<void>;
  /** Replaces an estimate by the price, once; answers the order as it stands then. */
  pinPrice(id: string, price: OrderDocument['price']): Promise<OrderDocument>;
  due(nowIso: string, limit: number): Promise<OrderDocument[]>;
  toSweep(nowIso: string, limit: number): Promise<OrderDocument[]>;
}

const MAX_ATTEMPTS = 50;

/**
 * Every change reads the order, decides without effects, and writes only if version and state are still what was read; when
 * another writer came first, it decides again on what that one left.
 */
export function createOrderStore(deps: {
  database: Database;
  clock: Clock;
  onChanged(order: OrderDocument): void;
  /** Called around the write of each transition, `order:STATE:before` and `:after`. For tests that end the process there. */
  checkpoint?: (name: string) => void;
}): OrderStore {
  const orders = deps.database.collection(ordersCollection);

  const replace = async (current: OrderDocument, next: OrderDocument): Promise<boolean> => {
    const { _id, ...fields } = next;
    const at = (side: 'before' | 'after') => {
      if (current.state !== next.state) deps.checkpoint?.(`order:${next.state}:${side}`);
    };
    at('before');
    const stored = await orders.findOneAndUpdate(
      { _id, version: current.version, state: current.state },
      { $set: fields },
      { returnDocument: 'after' },
    );
    if (stored) {
      at('after');
      deps.onChanged(stored);
    }
    return stored !== null;
  };
  const retry = async <T>(
    id: string,
    attempt: (order: OrderDocument) => Promise<T | null>,
  ): Promise<T | null> => {
    for (let round = 0; round < MAX_ATTEMPTS; round += 1) {
      const order = await orders.findOne({ _id: id });
      if (!order) return null;
      const result = await attempt(order);
      if (result !== null) return result;
    }
    throw new HubError('CONFLICT', `order ${id} is being changed by too many writers`, { retryable: true });
  };

  return {
    find: (id) => orders.findOne({ _id: id }),
    findByRequest: (requestKey) => orders.findOne({ requestKey }),
    findOpen: (openKey) => orders.findOne({ openKey }),
    findByCommand: (commandId) => orders.findOne({ commandId }),
    newestOf: ({ tenantId, vehicleId }, limit) =>
      orders
        .find(
          { tenantId, vehicleId },
          { sort: { createdAt: -1, _id: -1 }, limit, projection: { state: 1, due: 1 } },
        )
        .toArray(),
    async insert(order) {
      deps.checkpoint?.(`order:${order.state}:before`);
      try {
        await orders.insertOne(order);
      } catch (error) {
        if (isDuplicateKey(error)) return false;
        throw error;
      }
      deps.checkpoint?.(`order:${order.state}:after`);
      deps.onChanged(order);
      return true;
    },
    change: (id, fact, options) =>
      retry<ChangeResult>(id, async (order) => {
        const applied = applyFact(order, fact, deps.clock.now(), options);
        if (applied.outcome === 'duplicate' || applied.outcome === 'illegal')
          return { outcome: applied.outcome, order };
        return (await replace(order, applied.next))
          ? { outcome: applied.outcome, order: applied.next }
          : null;
      }),
    async finishDue(id, done, payment) {
      await retry(id, async (order) => {
        if (!order.due.includes(done)) return true;
        const due = order.due.filter((item) => item !== done);
        const next: OrderDocument = {
          ...order,
          version: order.version + 1,
          updatedAt: new Date(deps.clock.now()).toISOString(),
          due,
          dueAt: due.length === 0 ? null : order.dueAt,
          payment: payment ?? order.payment,
        };
        return (await replace(order, next)) || null;
      });
    },
    async pinPrice(id, price) {
      const pinned = await retry<OrderDocument>(id, async (order) => {
        if (!order.price.estimate) return order;
        const next: OrderDocument = {
          ...order,
          version: order.version + 1,
          updatedAt: new Date(deps.clock.now()).toISOString(),
          price,
        };
        return (await replace(order, next)) ? next : null;
      });
      if (!pinned) throw new HubError('NOT_FOUND', `no order ${id}`);
      return pinned;
    },
    due: (nowIso, limit) => orders.find({ dueAt: { $lte: nowIso } }, { sort: { dueAt: 1 }, limit }).toArray(),
    toSweep: (nowIso, limit) =>
      orders.find({ sweepAt: { $lte: nowIso } }, { sort: { sweepAt: 1 }, limit }).toArray(),
  };
}

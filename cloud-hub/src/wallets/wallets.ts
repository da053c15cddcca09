import type { Charge } from '@voltbay/protocol';
import { isoNow } from '../clock.js';
import { type AsDocument, type Database, defineCollection, isDuplicateKey } from '../db/index.js';
import type { Clock } from '../ports.js';

/**
 * A rider's money in one document. Invariant of every write: `balanceFen + heldFen + capturedFen = creditedFen`, `heldFen` is the
 * sum of `holds`, nothing is negative.
 */
export type WalletDocument = {
  /** User id. */
  _id: string;
  tenantId: string;
  balanceFen: number;
  heldFen: number;
  capturedFen: number;
  creditedFen: number;
  holds: { orderId: string; amountFen: number }[];
  /** Orders whose hold has ended, newest last: a late hold for one of them is refused. */
  closedOrders: string[];
  /** References of credits that were added, newest last. */
  creditRefs: string[];
  updatedAt: string;
};
export const walletsCollection = defineCollection<WalletDocument>('wallets', [
  { name: 'tenant', key: { tenantId: 1, _id: 1 } },
]);

export type ChargeDocument = AsDocument<Charge>;
/** `_id` is derived from the order, `orderId` is unique: a second charge of an order cannot exist. */
export const chargesCollection = defineCollection<ChargeDocument>('charges', [
  { name: 'order', key: { orderId: 1 }, unique: true },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-user', key: { tenantId: 1, userId: 1, createdAt: 1, _id: 1 } },
]);

const REMEMBERED = 200;
export const chargeIdOf = (orderId: string): string => `ch-${orderId}`;

export interface Wallets {
  balances(tenantId: string, userIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Adds money once per `ref`. */
  credit(entry: { tenantId: string; userId: string; amountFen: number; ref: string }): Promise<void>;
  /** Sets money aside for an order, once. `closed`: the order's hold has ended already. */
  hold(entry: {
    tenantId: string;
    userId: string;
    orderId: string;
    amountFen: number;
  }): Promise<'held' | 'insufficient' | 'closed'>;
  /** Writes the order's one charge and takes the held money. Repeating it changes nothing. Answers the charge's id. */
  capture(entry: { tenantId: string; userId: string; orderId: string; amountFen: number }): Promise<string>;
  /** Gives the held money back, if any, and refuses a later hold. Repeating it changes nothing. */
  release(entry: { tenantId: string; userId: string; orderId: string }): Promise<void>;
}

export function createWallets(deps: {
  database: Database;
  clock: Clock;
  /** Called between the two writes of a capture. For tests that end the process there. */
  checkpoint?: (name: string) => void;
}): Wallets {
  const wallets = deps.database.collection(walletsCollection);
  const charges = deps.database.collection(chargesCollection);

  const ensure = async (tenantId: string, userId: string) => {
    if (await wallets.findOne({ _id: userId }, { projection: { _id: 1 } })) return;
    const empty: WalletDocument = {
      _id: userId,
      tenantId,
      balanceFen: 0,
      heldFen: 0,
      capturedFen: 0,
      creditedFen: 0,
      holds: [],
      closedOrders: [],
      creditRefs: [],
      updatedAt: isoNow(deps.clock),
    };
    try {
      await wallets.insertOne(empty);
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
  };
  /** Ends the hold of an order. The guard on the array makes it happen once. */
  const endHold = async (
    entry: { tenantId: string; userId: string; orderId: string },
    takeAs: 'balanceFen' | 'capturedFen',
  ) => {
    const wallet = await wallets.findOne({ _id: entry.userId, tenantId: entry.tenantId });
    const held = wallet?.holds.find((hold) => hold.orderId === entry.orderId);
    const closed = { $each: [entry.orderId], $slice: -REMEMBERED };
    const $set = { updatedAt: isoNow(deps.clock) };
    if (held) {
      await wallets.updateOne(
        { _id: entry.userId, 'holds.orderId': entry.orderId },
        {
          $pull: { holds: { orderId: entry.orderId } },
          $inc: { heldFen: -held.amountFen, [takeAs]: held.amountFen },
          $push: { closedOrders: closed },
          $set,
        },
      );
      return;
    }
    await wallets.updateOne(
      {
        _id: entry.userId,
        'holds.orderId': { $ne: entry.orderId },
        closedOrders: { $ne: entry.orderId },
      },
      { $push: { closedOrders: closed }, $set },
    );
  };

  return {
    async balances(tenantId, userIds) {
      const found = await wallets
        .find({ tenantId, _id: { $in: [...userIds] } }, { projection: { balanceFen: 1 } })
        .toArray();
      return new Map(found.map((wallet) => [wallet._id, wallet.balanceFen]));
    },
    async credit({ tenantId, userId, amountFen, ref }) {
      if (!Number.isSafeInteger(amountFen) || amountFen <= 0)
        throw new RangeError(`a credit is a positive amount of fen, not ${amountFen}`);
      await ensure(tenantId, userId);
      await wallets.updateOne(
        { _id: userId, tenantId, creditRefs: { $ne: ref } },
        {
          $inc: { balanceFen: amountFen, creditedFen: amountFen },
          $push: { creditRefs: { $each: [ref], $slice: -REMEMBERED } },
          $set: { updatedAt: isoNow(deps.clock) },
        },
      );
    },
    async hold({ tenantId, userId, orderId, amountFen }) {
      await ensure(tenantId, userId);
      const { matchedCount } = await wallets.updateOne(
        {
          _id: userId,
          tenantId,
          balanceFen: { $gte: amountFen },
          'holds.orderId': { $ne: orderId },
          closedOrders: { $ne: orderId },
        },
        {
          $inc: { balanceFen: -amountFen, heldFen: amountFen },
          $push: { holds: { orderId, amountFen } },
          $set: { updatedAt: isoNow(deps.clock) },
        },
      );
      if (matchedCount === 1) return 'held';
      const wallet = await wallets.findOne({ _id: userId, tenantId });
      if (wallet?.holds.some((hold) => hold.orderId === orderId)) return 'held';
      return wallet?.closedOrders.includes(orderId) ? 'closed' : 'insufficient';
    },
    async capture(entry) {
      const id = chargeIdOf(entry.orderId);
      const now = isoNow(deps.clock);
      try {
        await charges.insertOne({
          _id: id,
          tenantId: entry.tenantId,
          version: 1,
          createdAt: now,
          updatedAt: now,
          orderId: entry.orderId,
          userId: entry.userId,
          amountFen: entry.amountFen,
          currency: 'CNY',
        });
      } catch (error) {
        // Written before a crash, or by the other process that is settling the same order.
        if (!isDuplicateKey(error)) throw error;
      }
      deps.checkpoint?.('charge:written');
      await endHold(entry, 'capturedFen');
      return id;
    },
    release: (entry) => endHold(entry, 'balanceFen'),
  };
}

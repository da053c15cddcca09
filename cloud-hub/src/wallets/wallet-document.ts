import type { Charge } from '@voltbay/protocol';
import { type AsDocument, defineCollection } from '../db/index.js';
import type { Posting } from '../finance/postings.js';

/** Where a rider's money can stand. */
export type Bucket = 'balanceFen' | 'heldFen' | 'capturedFen' | 'depositFen' | 'withdrawnFen';

/**
 * A rider's money in one document. Invariant of every write: the five buckets add up to `creditedFen`, `heldFen` is the sum of `holds`,
 * nothing is negative. Every write that moves money leaves its ledger posting in `outbox` at the same moment, so the ledger can be
 * late but never different.
 */
export type WalletDocument = {
  /** User id. */
  _id: string;
  tenantId: string;
  balanceFen: number;
  heldFen: number;
  /** Taken for orders and plans, less what was refunded. */
  capturedFen: number;
  depositFen: number;
  /** Paid back through a provider. */
  withdrawnFen: number;
  creditedFen: number;
  holds: { orderId: string; amountFen: number }[];
  /** Orders whose hold has ended, newest last: a late hold for one of them is refused. */
  closedOrders: string[];
  /** Keys of the latest moves, newest last; older ones are found in the ledger. */
  recentKeys: string[];
  /** Postings that the ledger may not have yet, oldest first. */
  outbox: Posting[];
  /** When somebody should look whether `outbox` was posted; null when it is empty. */
  outboxAt: string | null;
  /** 1 = the ledger knows all of it; documents from before the ledger have none. */
  books?: 1;
  updatedAt: string;
};
export const walletsCollection = defineCollection<WalletDocument>('wallets', [
  { name: 'tenant', key: { tenantId: 1, _id: 1 } },
  { name: 'outbox', key: { outboxAt: 1 } },
  { name: 'books', key: { books: 1 } },
]);

export type ChargeDocument = AsDocument<Charge> & {
  /** Refunds that have a share of it. */
  refundIds?: string[];
};
/** `_id` is derived from the order, `orderId` is unique: a second charge of an order cannot exist. */
export const chargesCollection = defineCollection<ChargeDocument>('charges', [
  { name: 'order', key: { orderId: 1 }, unique: true },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-user', key: { tenantId: 1, userId: 1, createdAt: 1, _id: 1 } },
]);

export const chargeIdOf = (orderId: string): string => `ch-${orderId}`;

export const emptyWallet = (tenantId: string, userId: string, now: string): WalletDocument => ({
  _id: userId,
  tenantId,
  balanceFen: 0,
  heldFen: 0,
  capturedFen: 0,
  depositFen: 0,
  withdrawnFen: 0,
  creditedFen: 0,
  holds: [],
  closedOrders: [],
  recentKeys: [],
  outbox: [],
  outboxAt: null,
  books: 1,
  updatedAt: now,
});

import type { Filter, UpdateFilter } from 'mongodb';
import { isoAt, isoNow } from '../clock.js';
import { type Database, isDuplicateKey } from '../db/index.js';
import type { Account } from '../finance/accounts.js';
import { createLedger, type Ledger } from '../finance/ledger.js';
import { checkPosting, type LedgerLine, linesOf, type Posting, saleLines } from '../finance/postings.js';
import type { Clock } from '../ports.js';
import { createWalletBooks, OUTBOX_GRACE_MS } from './wallet-books.js';
import {
  type Bucket,
  chargeIdOf,
  chargesCollection,
  emptyWallet,
  type WalletDocument,
  walletsCollection,
} from './wallet-document.js';

export * from './wallet-document.js';

const REMEMBERED = 200;

export type WalletMove = {
  tenantId: string;
  userId: string;
  /** Names the move: it happens once. */
  key: string;
  amountFen: number;
  /** Null = the money comes into the wallet or leaves it for good. */
  from: Bucket | null;
  to: Bucket | null;
  posting: Omit<Posting, 'key' | 'at' | 'userId'>;
};

export interface Wallets {
  find(tenantId: string, userId: string): Promise<WalletDocument | null>;
  balances(tenantId: string, userIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Adds money once per `ref`; `from` is the account that it comes from, promotion by default. */
  credit(entry: {
    tenantId: string;
    userId: string;
    amountFen: number;
    ref: string;
    from?: Account;
    paymentId?: string;
  }): Promise<void>;
  /** Moves money between buckets once per `key`, with its posting. `insufficient`: `from` has less. */
  move(move: WalletMove): Promise<'moved' | 'insufficient'>;
  /** Sets money aside for an order, once. `closed`: the order's hold has ended already. */
  hold(entry: {
    tenantId: string;
    userId: string;
    orderId: string;
    amountFen: number;
  }): Promise<'held' | 'insufficient' | 'closed'>;
  /**
   * Writes the order's one charge and takes the held money, or less of it: what is left goes back. Repeating it changes nothing. Answers
   * the charge's id.
   */
  capture(entry: {
    tenantId: string;
    userId: string;
    orderId: string;
    amountFen: number;
    taxRateBp?: number;
  }): Promise<string>;
  /** Gives the held money back, if any, and refuses a later hold. Repeating it changes nothing. */
  release(entry: { tenantId: string; userId: string; orderId: string }): Promise<void>;
  /** Gives wallets from before the ledger their opening entry. Once at a start, before anything is served. */
  openBooks(): Promise<number>;
  /** Posts to the ledger what other processes, or this one before a crash, left behind. */
  recover(): Promise<number>;
}

export function createWallets(deps: {
  database: Database;
  clock: Clock;
  ledger?: Ledger;
  /** Called between the writes of a move. For tests that end the process there. */
  checkpoint?: (name: string) => void;
}): Wallets {
  const wallets = deps.database.collection(walletsCollection);
  const charges = deps.database.collection(chargesCollection);
  const ledger = deps.ledger ?? createLedger(deps);
  const books = createWalletBooks({ wallets, ledger, clock: deps.clock, checkpoint: deps.checkpoint });

  const ensure = async (tenantId: string, userId: string) => {
    if (await wallets.findOne({ _id: userId }, { projection: { _id: 1 } })) return;
    try {
      await wallets.insertOne(emptyWallet(tenantId, userId, isoNow(deps.clock)));
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
  };

  /** The one way money moves: buckets, key and posting in one write, guarded so that it happens once. */
  const write = async (
    entry: { tenantId: string; userId: string; key: string },
    guard: Filter<WalletDocument>,
    change: { inc: Partial<Record<Bucket | 'creditedFen', number>>; rest?: UpdateFilter<WalletDocument> },
    posting: Omit<Posting, 'key' | 'at' | 'userId'>,
  ): Promise<boolean> => {
    const now = isoNow(deps.clock);
    const full: Posting = { ...posting, key: entry.key, at: now, userId: entry.userId };
    const posts = full.lines.length > 0;
    if (posts) checkPosting(full);
    const { $push, ...rest } = change.rest ?? {};
    const { matchedCount } = await wallets.updateOne(
      { ...guard, _id: entry.userId, tenantId: entry.tenantId, recentKeys: { $ne: entry.key } },
      {
        ...rest,
        $inc: change.inc,
        $push: {
          ...$push,
          recentKeys: { $each: [entry.key], $slice: -REMEMBERED },
          ...(posts ? { outbox: full } : {}),
        },
        $set: {
          updatedAt: now,
          ...(posts ? { outboxAt: isoAt(deps.clock.now() + OUTBOX_GRACE_MS) } : {}),
        },
      } as UpdateFilter<WalletDocument>,
    );
    return matchedCount === 1;
  };
  const happened = async (tenantId: string, userId: string, key: string): Promise<boolean> =>
    (await wallets.findOne({ _id: userId, recentKeys: key }, { projection: { _id: 1 } })) !== null ||
    ledger.has(tenantId, key);

  const move: Wallets['move'] = async ({ tenantId, userId, key, amountFen, from, to, posting }) => {
    if (!Number.isSafeInteger(amountFen) || amountFen <= 0)
      throw new RangeError(`a move is a positive amount of fen, not ${amountFen}`);
    await ensure(tenantId, userId);
    if (await happened(tenantId, userId, key)) {
      await books.post(userId);
      return 'moved';
    }
    const moved = await write(
      { tenantId, userId, key },
      from === null ? {} : { [from]: { $gte: amountFen } },
      {
        inc: {
          [from ?? 'creditedFen']: from === null ? amountFen : -amountFen,
          [to ?? 'creditedFen']: to === null ? -amountFen : amountFen,
        },
      },
      posting,
    );
    deps.checkpoint?.('wallet:moved');
    if (moved) await books.post(userId);
    else if (!(await happened(tenantId, userId, key))) return 'insufficient';
    return 'moved';
  };

  /** Ends the hold of an order. The guard on the array makes it happen once. `take`: what is kept of it. */
  const endHold = async (
    entry: { tenantId: string; userId: string; orderId: string },
    take: { amountFen: number; taxRateBp?: number } | null,
  ) => {
    const { tenantId, userId, orderId } = entry;
    const wallet = await wallets.findOne({ _id: userId, tenantId });
    const held = wallet?.holds.find((hold) => hold.orderId === orderId);
    const closed = { $each: [orderId], $slice: -REMEMBERED };
    if (!held) {
      await wallets.updateOne(
        { _id: userId, 'holds.orderId': { $ne: orderId }, closedOrders: { $ne: orderId } },
        { $push: { closedOrders: closed }, $set: { updatedAt: isoNow(deps.clock) } },
      );
      await books.post(userId);
      return;
    }
    const takenFen = take === null ? 0 : Math.min(take.amountFen, held.amountFen);
    const backFen = held.amountFen - takenFen;
    const kind = take === null ? 'release' : 'capture';
    await write(
      { tenantId, userId, key: `${kind}:${orderId}` },
      { 'holds.orderId': orderId },
      {
        inc: { heldFen: -held.amountFen, capturedFen: takenFen, balanceFen: backFen },
        rest: { $pull: { holds: { orderId } }, $push: { closedOrders: closed } },
      },
      {
        kind,
        orderId,
        lines: linesOf(
          { account: `rider-hold:${userId}`, amountFen: held.amountFen },
          ...saleLines('revenue-swap', takenFen, take?.taxRateBp),
          { account: `rider-wallet:${userId}`, amountFen: -backFen },
        ),
      },
    );
    deps.checkpoint?.('wallet:hold-ended');
    await books.post(userId);
  };

  return {
    find: (tenantId, userId) => wallets.findOne({ _id: userId, tenantId }),
    async balances(tenantId, userIds) {
      const found = await wallets
        .find({ tenantId, _id: { $in: [...userIds] } }, { projection: { balanceFen: 1 } })
        .toArray();
      return new Map(found.map((wallet) => [wallet._id, wallet.balanceFen]));
    },
    move,
    async credit({ tenantId, userId, amountFen, ref, from = 'promotion', paymentId }) {
      const lines: LedgerLine[] = [
        { account: from, amountFen },
        { account: `rider-wallet:${userId}`, amountFen: -amountFen },
      ];
      await move({
        tenantId,
        userId,
        key: `credit:${userId}:${ref}`,
        amountFen,
        from: null,
        to: 'balanceFen',
        posting: { kind: 'credit', lines, ...(paymentId === undefined ? {} : { paymentId }) },
      });
    },
    async hold({ tenantId, userId, orderId, amountFen }) {
      await ensure(tenantId, userId);
      // The posting waits for the end of the hold or for `recover`: nobody walks up to a cabinet to wait for a ledger.
      const held = await write(
        { tenantId, userId, key: `hold:${orderId}` },
        {
          balanceFen: { $gte: amountFen },
          'holds.orderId': { $ne: orderId },
          closedOrders: { $ne: orderId },
        },
        {
          inc: { balanceFen: -amountFen, heldFen: amountFen },
          rest: { $push: { holds: { orderId, amountFen } } },
        },
        {
          kind: 'hold',
          orderId,
          lines: linesOf(
            { account: `rider-wallet:${userId}`, amountFen },
            { account: `rider-hold:${userId}`, amountFen: -amountFen },
          ),
        },
      );
      if (held) return 'held';
      const wallet = await wallets.findOne({ _id: userId, tenantId });
      if (wallet?.holds.some((hold) => hold.orderId === orderId)) return 'held';
      return wallet?.closedOrders.includes(orderId) || wallet?.recentKeys.includes(`hold:${orderId}`)
        ? 'closed'
        : 'insufficient';
    },
    async capture({ amountFen, taxRateBp, ...entry }) {
      const id = chargeIdOf(entry.orderId);
      let takenFen = amountFen;
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
          amountFen,
          currency: 'CNY',
        });
      } catch (error) {
        // Written before a crash, or by the other process that is settling the same order.
        if (!isDuplicateKey(error)) throw error;
        takenFen = (await charges.findOne({ _id: id }))?.amountFen ?? amountFen;
      }
      deps.checkpoint?.('charge:written');
      await endHold(entry, { amountFen: takenFen, ...(taxRateBp === undefined ? {} : { taxRateBp }) });
      return id;
    },
    release: (entry) => endHold(entry, null),
    openBooks: books.open,
    recover: books.recover,
  };
}

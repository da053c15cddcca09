import type { Collection } from 'mongodb';
import { isoAt, isoNow } from '../clock.js';
import type { Ledger } from '../finance/ledger.js';
import { linesOf, type Posting } from '../finance/postings.js';
import type { Clock } from '../ports.js';
import type { WalletDocument } from './wallet-document.js';

/** How long a posting may wait for the process that made it before another one takes it over. */
export const OUTBOX_GRACE_MS = 1_000;
const BATCH = 200;
/** Matches a missing field through its index, which `$exists: false` need not use. */
const UNOPENED = { $in: [null] } as unknown as 1;

export interface WalletBooks {
  /** Posts what a wallet has in its outbox. Safe to run twice, at once, or after a kill at any point. */
  post(userId: string): Promise<void>;
  /** Opens the books of wallets from before the ledger. Once at a start, before anything is served. Answers how many it opened. */
  open(): Promise<number>;
  /** Posts what was left behind. Answers how many wallets it looked at. */
  recover(): Promise<number>;
}

/** The way from a wallet's outbox to the ledger. */
export function createWalletBooks(deps: {
  wallets: Collection<WalletDocument>;
  ledger: Ledger;
  clock: Clock;
  checkpoint?: (name: string) => void;
}): WalletBooks {
  const { wallets, ledger } = deps;

  const post = async (userId: string) => {
    for (;;) {
      const wallet = await wallets.findOne(
        { _id: userId },
        { projection: { tenantId: 1, outbox: 1, outboxAt: 1 } },
      );
      const outbox = wallet?.outbox ?? [];
      const [first, last] = [outbox[0], outbox.at(-1)];
      if (!wallet || !first || !last) return;
      for (const posting of outbox) await ledger.post(wallet.tenantId, posting);
      deps.checkpoint?.('ledger:posted');
      // The outbox only grows at its end and is only ever emptied whole: the same ends and length mean the same content.
      const emptied = await wallets.updateOne(
        {
          _id: userId,
          outbox: { $size: outbox.length },
          'outbox.0.key': first.key,
          [`outbox.${outbox.length - 1}.key`]: last.key,
        },
        { $set: { outbox: [], outboxAt: null } },
      );
      if (emptied.matchedCount === 1) return;
    }
  };

  const openBooks = async (wallet: WalletDocument) => {
    const at = isoNow(deps.clock);
    const posting: Posting = {
      key: `opening:${wallet._id}`,
      kind: 'opening',
      at,
      userId: wallet._id,
      lines: linesOf(
        { account: 'opening', amountFen: wallet.creditedFen },
        { account: `rider-wallet:${wallet._id}`, amountFen: -wallet.balanceFen },
        { account: `rider-hold:${wallet._id}`, amountFen: -wallet.heldFen },
        { account: 'revenue-swap', amountFen: -wallet.capturedFen },
      ),
    };
    await wallets.updateOne(
      // Only as it was read: money that moves in between is seen at the next turn.
      { _id: wallet._id, books: { $exists: false }, updatedAt: wallet.updatedAt },
      {
        $set: {
          books: 1,
          depositFen: 0,
          withdrawnFen: 0,
          recentKeys: [],
          outbox: posting.lines.length > 0 ? [posting] : [],
          outboxAt: posting.lines.length > 0 ? at : null,
        },
      },
    );
  };

  return {
    post,
    async open() {
      let opened = 0;
      for (let found = BATCH; found === BATCH; ) {
        const unopened = await wallets.find({ books: UNOPENED }, { limit: BATCH }).toArray();
        for (const wallet of unopened) await openBooks(wallet);
        found = unopened.length;
        opened += found;
      }
      return opened;
    },
    async recover() {
      const late = await wallets
        .find(
          { outboxAt: { $lte: isoAt(deps.clock.now()) } },
          { sort: { outboxAt: 1 }, limit: BATCH, projection: { _id: 1 } },
        )
        .toArray();
      for (const { _id } of late) await post(_id);
      return late.length;
    },
  };
}

import { isoAt } from '../clock.js';
import { type ChargeRefundDocument, chargeRefundsCollection } from '../finance/charge-refunds.js';
import { ledgerCollection } from '../finance/ledger.js';
import { checkPosting, type LedgerLine, linesOf, type Posting, saleLines } from '../finance/postings.js';
import { paymentsCollection, refundsCollection } from '../payments/payment-document.js';
import type { ProviderName } from '../payments/provider.js';
import {
  type Bucket,
  type ChargeDocument,
  chargeIdOf,
  chargesCollection,
  emptyWallet,
  type WalletDocument,
  walletsCollection,
} from '../wallets/wallet-document.js';
import type { BulkWriter } from './bulk-writer.js';
import type { Chance } from './chance.js';
import type { Settled } from './city-reconciliations.js';
import { paymentOf, type TopUp } from './top-up.js';

const REMEMBERED = 200;
const TOP_UPS_FEN = [2_000, 5_000, 5_000, 10_000, 20_000] as const;

/**
 * The riders' money while the city is being made: the same buckets, keys and postings that the hub's wallets leave, without a store
 * between them. `ledger verify` holds the result against what the hub itself demands.
 */
export interface RiderBooks {
  balanceFen(userId: string): number;
  /** Pays with a provider; the money is there a moment later. */
  topUp(userId: string, atMs: number, leastFen?: number): void;
  /** A present of the operator. */
  credit(userId: string, atMs: number, amountFen: number, ref: string): void;
  /** False when the balance is too low; nothing has happened then. */
  hold(userId: string, orderId: string, amountFen: number, atMs: number): boolean;
  /** Takes what was held, or less of it; answers the charge's id. */
  capture(
    userId: string,
    orderId: string,
    amountFen: number,
    taxRateBp: number | undefined,
    atMs: number,
  ): string;
  release(userId: string, orderId: string, atMs: number): void;
  /** Pays a subscription; false when the balance is too low. */
  purchase(
    userId: string,
    key: string,
    amountFen: number,
    note: string,
    taxRateBp: number,
    atMs: number,
  ): boolean;
  /** Gives money of an order back into the wallet; answers what was given. Null: that order's charge is of nothing. */
  refundCharge(
    orderId: string,
    atMs: number,
    by: string,
    reason: string,
  ): { id: string; amountFen: number } | null;
  /** Pays what is left of a rider's newest top-up back, as far as the balance goes; answers the fen. */
  refundTopUp(userId: string, atMs: number, by: string): number;
  /** Moves money between buckets of a wallet, with the posting that says so. */
  move(
    userId: string,
    key: string,
    atMs: number,
    change: Partial<Record<Bucket, number>>,
    posting: Omit<Posting, 'key' | 'at' | 'userId'>,
  ): void;
  /** An entry that no wallet has a part in. */
  post(posting: Posting): void;
  /** Writes wallets, charges and payments as they stand at the end. */
  close(): void;
}

export function createRiderBooks(deps: {
  tenantId: string;
  chance: Chance;
  writer: BulkWriter;
  /** What the ledger and the charges hear of: for the figures. */
  booked(posting: Posting): void;
  charged(charge: ChargeDocument): void;
  /** A provider's payment or refund came to its end. */
  settled(one: Settled): void;
}): RiderBooks {
  const { tenantId, chance, writer } = deps;
  const wallets = new Map<string, WalletDocument>();
  const charges = new Map<string, ChargeDocument & { taxRateBp: number | undefined }>();
  const payments: TopUp[] = [];
  const newestPayment = new Map<string, TopUp>();

  const walletOf = (userId: string, atMs: number): WalletDocument => {
    let wallet = wallets.get(userId);
    if (!wallet) {
      wallet = emptyWallet(tenantId, userId, isoAt(atMs));
      wallets.set(userId, wallet);
    }
    return wallet;
  };
  const post = (posting: Posting, atMs: number) => {
    checkPosting(posting);
    writer.add(ledgerCollection, {
      _id: `le-${chance.uuid(atMs)}`,
      tenantId,
      version: 1,
      createdAt: posting.at,
      updatedAt: posting.at,
      currency: 'CNY',
      ...posting,
    });
    deps.booked(posting);
  };
  const remember = (list: string[], key: string) => {
    list.push(key);
    if (list.length > REMEMBERED) list.shift();
  };
  /** The one way money moves here, as in the hub's wallets. */
  const write = (
    userId: string,
    key: string,
    atMs: number,
    change: Partial<Record<Bucket | 'creditedFen', number>>,
    posting: Omit<Posting, 'key' | 'at' | 'userId'>,
  ) => {
    const wallet = walletOf(userId, atMs);
    for (const [bucket, amountFen] of Object.entries(change)) wallet[bucket as Bucket] += amountFen;
    remember(wallet.recentKeys, key);
    wallet.updatedAt = isoAt(atMs);
    if (posting.lines.length > 0) post({ ...posting, key, at: isoAt(atMs), userId }, atMs);
  };
  const endHold = (
    userId: string,
    orderId: string,
    atMs: number,
    take: { amountFen: number; taxRateBp?: number | undefined } | null,
  ) => {
    const wallet = walletOf(userId, atMs);
    const held = wallet.holds.find((hold) => hold.orderId === orderId);
    remember(wallet.closedOrders, orderId);
    if (!held) return;
    wallet.holds = wallet.holds.filter((hold) => hold !== held);
    const takenFen = take === null ? 0 : Math.min(take.amountFen, held.amountFen);
    const backFen = held.amountFen - takenFen;
    const kind = take === null ? 'release' : 'capture';
    write(
      userId,
      `${kind}:${orderId}`,
      atMs,
      { heldFen: -held.amountFen, capturedFen: takenFen, balanceFen: backFen },
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
  };
  const credit = (
    userId: string,
    atMs: number,
    amountFen: number,
    from: { account: LedgerLine['account']; ref: string; paymentId?: string },
  ) =>
    write(
      userId,
      `credit:${userId}:${from.ref}`,
      atMs,
      { creditedFen: amountFen, balanceFen: amountFen },
      {
        kind: 'credit',
        lines: [
          { account: from.account, amountFen },
          { account: `rider-wallet:${userId}`, amountFen: -amountFen },
        ],
        ...(from.paymentId === undefined ? {} : { paymentId: from.paymentId }),
      },
    );

  return {
    move: write,
    post: (posting) => post(posting, Date.parse(posting.at)),
    balanceFen: (userId) => wallets.get(userId)?.balanceFen ?? 0,
    topUp(userId, atMs, leastFen = 0) {
      const wished = chance.pick(TOP_UPS_FEN);
      const amountFen = wished >= leastFen ? wished : Math.ceil(leastFen / 5_000) * 5_000;
      const provider: ProviderName = chance.hits(0.55) ? 'wechat' : 'alipay';
      const id = chance.uuid(atMs).replaceAll('-', '');
      const payment: TopUp = {
        id,
        tenantId,
        userId,
        provider,
        amountFen,
        createdMs: atMs,
        paidMs: atMs + chance.int(4_000, 40_000),
        tradeNo: `${isoAt(atMs).slice(0, 10).replaceAll('-', '')}${chance.int(1e9, 9e9)}${chance.int(1e5, 9e5)}`,
        requestKey: `user:${userId}:${chance.uuid(atMs)}`,
        refundedFen: 0,
        refundIds: [],
      };
      payments.push(payment);
      newestPayment.set(userId, payment);
      deps.settled({ kind: 'payment', provider, no: id, tradeNo: id, amountFen, atMs: payment.paidMs });
      credit(userId, payment.paidMs, amountFen, {
        account: `provider-clearing:${provider}`,
        ref: `payment:${id}`,
        paymentId: id,
      });
    },
    credit: (userId, atMs, amountFen, ref) => credit(userId, atMs, amountFen, { account: 'promotion', ref }),
    hold(userId, orderId, amountFen, atMs) {
      const wallet = walletOf(userId, atMs);
      if (wallet.balanceFen < amountFen) return false;
      wallet.holds.push({ orderId, amountFen });
      write(
        userId,
        `hold:${orderId}`,
        atMs,
        { balanceFen: -amountFen, heldFen: amountFen },
        {
          kind: 'hold',
          orderId,
          lines: linesOf(
            { account: `rider-wallet:${userId}`, amountFen },
            { account: `rider-hold:${userId}`, amountFen: -amountFen },
          ),
        },
      );
      return true;
    },
    capture(userId, orderId, amountFen, taxRateBp, atMs) {
      const id = chargeIdOf(orderId);
      const at = isoAt(atMs);
      const charge = {
        _id: id,
        tenantId,
        version: 1,
        createdAt: at,
        updatedAt: at,
        orderId,
        userId,
        amountFen,
        currency: 'CNY' as const,
        taxRateBp,
      };
      charges.set(orderId, charge);
      deps.charged(charge);
      endHold(userId, orderId, atMs, { amountFen, taxRateBp });
      return id;
    },
    release: (userId, orderId, atMs) => endHold(userId, orderId, atMs, null),
    purchase(userId, key, amountFen, note, taxRateBp, atMs) {
      if (walletOf(userId, atMs).balanceFen < amountFen) return false;
      write(
        userId,
        key,
        atMs,
        { balanceFen: -amountFen, capturedFen: amountFen },
        {
          kind: 'purchase',
          note,
          lines: [
            { account: `rider-wallet:${userId}`, amountFen },
            ...saleLines('revenue-plan', amountFen, taxRateBp),
          ],
        },
      );
      return true;
    },
    refundCharge(orderId, atMs, by, reason) {
      const charge = charges.get(orderId);
      if (!charge || charge.amountFen === 0 || charge.refundedFen !== undefined) return null;
      const id = `cr-${chance.uuid(atMs)}`;
      const amountFen = chance.hits(0.7) ? charge.amountFen : Math.ceil(charge.amountFen / 2);
      const at = isoAt(atMs);
      charge.refundedFen = amountFen;
      charge.refundIds = [id];
      charge.version += 1;
      charge.updatedAt = at;
      const reversed = saleLines('revenue-swap', amountFen, charge.taxRateBp).map((line) => ({
        ...line,
        amountFen: -line.amountFen,
      }));
      write(
        charge.userId,
        `charge-refund:${id}`,
        atMs,
        { capturedFen: -amountFen, balanceFen: amountFen },
        {
          kind: 'refund',
          orderId,
          lines: [...reversed, { account: `rider-wallet:${charge.userId}`, amountFen: -amountFen }],
        },
      );
      const refund: ChargeRefundDocument = {
        _id: id,
        tenantId,
        version: 3,
        createdAt: at,
        updatedAt: at,
        chargeId: charge._id,
        orderId,
        userId: charge.userId,
        amountFen,
        currency: 'CNY',
        reason,
        by,
        state: 'done',
        requestKey: `${by}:${chance.uuid(atMs)}`,
        workAt: null,
      };
      writer.add(chargeRefundsCollection, refund);
      return { id, amountFen };
    },
    refundTopUp(userId, atMs, by) {
      const payment = newestPayment.get(userId);
      const wallet = wallets.get(userId);
      if (!payment || !wallet) return 0;
      const amountFen = Math.min(wallet.balanceFen, payment.amountFen - payment.refundedFen);
      if (amountFen <= 0) return 0;
      const id = chance.uuid(atMs).replaceAll('-', '');
      const paidMs = atMs + 3_000;
      payment.refundedFen += amountFen;
      payment.refundIds.push(id);
      write(
        userId,
        `refund:${id}`,
        atMs,
        { balanceFen: -amountFen, withdrawnFen: amountFen },
        {
          kind: 'withdrawal',
          paymentId: payment.id,
          lines: [
            { account: `rider-wallet:${userId}`, amountFen },
            { account: `refunds-payable:${payment.provider}`, amountFen: -amountFen },
          ],
        },
      );
      post(
        {
          key: `refund-paid:${id}`,
          kind: 'refund-paid',
          at: isoAt(paidMs),
          userId,
          paymentId: payment.id,
          lines: [
            { account: `refunds-payable:${payment.provider}`, amountFen },
            { account: `provider-clearing:${payment.provider}`, amountFen: -amountFen },
          ],
        },
        paidMs,
      );
      const { provider } = payment;
      deps.settled({ kind: 'refund', provider, no: id, tradeNo: payment.id, amountFen, atMs: paidMs });
      writer.add(refundsCollection, {
        _id: id,
        tenantId,
        version: 4,
        createdAt: isoAt(atMs),
        updatedAt: isoAt(paidMs),
        paymentId: payment.id,
        userId,
        provider: payment.provider,
        amountFen,
        currency: 'CNY',
        state: 'succeeded',
        reason: '用户离网退款',
        by,
        detail: 'SUCCESS',
        succeededAt: isoAt(paidMs),
        requestKey: `${by}:${chance.uuid(atMs)}`,
        workAt: null,
        attempts: 1,
      });
      return amountFen;
    },
    close() {
      for (const wallet of wallets.values()) writer.add(walletsCollection, wallet);
      for (const { taxRateBp: _rate, ...charge } of charges.values()) writer.add(chargesCollection, charge);
      for (const payment of payments) writer.add(paymentsCollection, paymentOf(payment));
    },
  };
}

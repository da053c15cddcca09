import type { Database } from '../db/index.js';
import { chargesCollection, type WalletDocument, walletsCollection } from '../wallets/wallet-document.js';
import { ACCOUNT_KINDS, type AccountKind, kindOfAccount } from './accounts.js';
import { ledgerCollection } from './ledger.js';
import { faultOfLines, type Posting } from './postings.js';
import { createBalanceCheck } from './verify-balances.js';

export type LedgerDifference = {
  code:
    | 'ENTRY_UNBALANCED'
    | 'WALLET_SUM'
    | 'WALLET_HOLDS'
    | 'WALLET_NEGATIVE'
    | 'WALLET_LEDGER'
    | 'WALLET_MISSING'
    | 'CHARGE_UNPOSTED'
    | 'CHARGE_AMOUNT'
    | 'CAPTURE_WITHOUT_CHARGE'
    /** A sum of accounts by hour, day, month or year: a shortcut that `ledger rebuild` makes anew. */
    | 'BALANCE_SUM';
  /** What it is about: entry, wallet, account or charge. */
  subject: string;
  expectedFen: number;
  actualFen: number;
};
export type LedgerReport = {
  ok: boolean;
  tenantId: string;
  entries: number;
  wallets: number;
  charges: number;
  /** Postings that wait in wallets; they are counted as if they stood in the ledger. */
  waiting: number;
  /** Sum of all lines: 0. */
  sumFen: number;
  totals: { kind: AccountKind; amountFen: number }[];
  differences: LedgerDifference[];
};

const MAX_DIFFERENCES = 1_000;

/**
 * Reads the whole ledger of a tenant and holds it against wallets and charges. Wallets are read first: what moves in meanwhile is looked
 * up again before it is called a difference.
 */
export async function verifyLedger(database: Database, tenantId: string): Promise<LedgerReport> {
  const entries = database.collection(ledgerCollection);
  const wallets = database.collection(walletsCollection);
  const charges = database.collection(chargesCollection);
  const differences: LedgerDifference[] = [];
  const differ = (
    code: LedgerDifference['code'],
    subject: string,
    expectedFen: number,
    actualFen: number,
  ) => {
    if (differences.length < MAX_DIFFERENCES) differences.push({ code, subject, expectedFen, actualFen });
  };

  const sums = new Map<string, number>();
  const keys = new Set<string>();
  const captured = new Map<string, number>();
  const opened = new Map<string, string>();
  const balances = await createBalanceCheck(database, tenantId, (subject, expectedFen, actualFen) =>
    differ('BALANCE_SUM', subject, expectedFen, actualFen),
  );
  let count = 0;
  let sumFen = 0;
  const add = (posting: Posting) => {
    if (keys.has(posting.key)) return;
    keys.add(posting.key);
    for (const { account, amountFen } of posting.lines) {
      sums.set(account, (sums.get(account) ?? 0) + amountFen);
      sumFen += amountFen;
    }
    if (posting.kind === 'capture' && posting.orderId !== undefined)
      captured.set(posting.orderId, takenBy(posting));
    if (posting.kind === 'opening' && posting.userId !== undefined) opened.set(posting.userId, posting.at);
  };
  for await (const entry of entries.find({ tenantId }, { sort: { at: 1, _id: 1 } })) {
    count += 1;
    if (faultOfLines(entry.lines))
      differ(
        'ENTRY_UNBALANCED',
        entry._id,
        0,
        entry.lines.reduce((sum, line) => sum + line.amountFen, 0),
      );
    add(entry);
    await balances.add(entry);
  }
  await balances.close();
  let walletCount = 0;
  let waiting = 0;
  const known = new Set<string>();
  for await (const wallet of wallets.find({ tenantId }, { sort: { _id: 1 } })) {
    walletCount += 1;
    known.add(wallet._id);
    for (const posting of wallet.outbox ?? []) {
      if (!keys.has(posting.key)) waiting += 1;
      add(posting);
    }
    if (!agrees(wallet, sums)) {
      // It may have moved since the ledger was read.
      const again = await wallets.findOne({ _id: wallet._id });
      const late = await entries
        .find({ tenantId, userId: wallet._id }, { projection: { key: 1, kind: 1, at: 1, lines: 1 } })
        .toArray();
      for (const posting of [...late, ...(again?.outbox ?? [])]) add(posting);
      if (again) checkWallet(again, sums, differ);
    } else checkWallet(wallet, sums, differ);
  }
  for (const [account, amountFen] of sums) {
    const [kind, owner] = account.split(':');
    if (kind?.startsWith('rider-') && owner !== undefined && !known.has(owner) && amountFen !== 0)
      if (!(await wallets.findOne({ _id: owner }, { projection: { _id: 1 } })))
        differ('WALLET_MISSING', account, 0, amountFen);
  }
  let chargeCount = 0;
  for await (const charge of charges.find({ tenantId }, { sort: { createdAt: 1, _id: 1 } })) {
    chargeCount += 1;
    const before = opened.get(charge.userId);
    const takenFen = captured.get(charge.orderId);
    captured.delete(charge.orderId);
    if (takenFen !== undefined && takenFen !== charge.amountFen)
      differ('CHARGE_AMOUNT', charge._id, charge.amountFen, takenFen);
    if (takenFen !== undefined || (before !== undefined && charge.createdAt <= before)) continue;
    // A charge of nothing has no entry; one that is being settled has its hold still.
    if (charge.amountFen === 0) continue;
    const wallet = await wallets.findOne({ _id: charge.userId });
    const moved = await entries.findOne({ tenantId, key: `capture:${charge.orderId}` });
    if (!moved && !wallet?.holds.some((hold) => hold.orderId === charge.orderId))
      differ('CHARGE_UNPOSTED', charge._id, charge.amountFen, 0);
  }
  for (const [orderId, takenFen] of captured)
    if (!(await charges.findOne({ orderId }, { projection: { _id: 1 } })))
      differ('CAPTURE_WITHOUT_CHARGE', orderId, 0, takenFen);

  const totals = new Map<AccountKind, number>();
  for (const [account, amountFen] of sums) {
    const kind = kindOfAccount(account);
    if (kind) totals.set(kind, (totals.get(kind) ?? 0) + amountFen);
  }
  return {
    ok: differences.length === 0 && sumFen === 0,
    tenantId,
    entries: count,
    wallets: walletCount,
    charges: chargeCount,
    waiting,
    sumFen,
    totals: (Object.keys(ACCOUNT_KINDS) as AccountKind[])
      .filter((kind) => totals.has(kind))
      .map((kind) => ({ kind, amountFen: totals.get(kind) ?? 0 })),
    differences,
  };
}

/** What a capture kept: revenue and tax. */
const takenBy = (posting: Posting): number =>
  posting.lines
    .filter(({ account }) => account === 'revenue-swap' || account === 'tax-payable')
    .reduce((sum, line) => sum - line.amountFen, 0);

const OWED = [
  ['rider-wallet', 'balanceFen'],
  ['rider-hold', 'heldFen'],
  ['rider-deposit', 'depositFen'],
] as const;

const owedBy = (sums: ReadonlyMap<string, number>, kind: string, userId: string): number =>
  0 - (sums.get(`${kind}:${userId}`) ?? 0);

const agrees = (wallet: WalletDocument, sums: ReadonlyMap<string, number>): boolean =>
  OWED.every(([kind, bucket]) => owedBy(sums, kind, wallet._id) === (wallet[bucket] ?? 0));

function checkWallet(
  wallet: WalletDocument,
  sums: ReadonlyMap<string, number>,
  differ: (code: LedgerDifference['code'], subject: string, expectedFen: number, actualFen: number) => void,
): void {
  const buckets = [
    wallet.balanceFen,
    wallet.heldFen,
    wallet.capturedFen,
    wallet.depositFen ?? 0,
    wallet.withdrawnFen ?? 0,
  ];
  const sum = buckets.reduce((total, amount) => total + amount, 0);
  if (sum !== wallet.creditedFen) differ('WALLET_SUM', wallet._id, wallet.creditedFen, sum);
  const held = wallet.holds.reduce((total, hold) => total + hold.amountFen, 0);
  if (held !== wallet.heldFen) differ('WALLET_HOLDS', wallet._id, wallet.heldFen, held);
  const lowest = Math.min(...buckets);
  if (lowest < 0) differ('WALLET_NEGATIVE', wallet._id, 0, lowest);
  for (const [kind, bucket] of OWED) {
    const actual = owedBy(sums, kind, wallet._id);
    const expected = wallet[bucket] ?? 0;
    if (actual !== expected) differ('WALLET_LEDGER', `${kind}:${wallet._id}`, expected, actual);
  }
}

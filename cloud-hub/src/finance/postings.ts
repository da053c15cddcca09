import { HubError } from '../errors.js';
import { type Account, DEFAULT_TAX_RATE_BP, kindOfAccount, taxInside } from './accounts.js';

/** One side of an entry: a positive amount is a debit, a negative one a credit. Integer fen, never zero. */
export type LedgerLine = { account: Account; amountFen: number };

export const POSTING_KINDS = [
  'credit',
  'hold',
  'release',
  'capture',
  'purchase',
  'refund',
  'withdrawal',
  'withdrawal-undone',
  'refund-paid',
  'deposit',
  'deposit-returned',
  'deposit-forfeited',
  'partner-share',
  'partner-paid',
  'provider-settled',
  'adjustment',
  'opening',
] as const;

/** An entry before it stands in the ledger. `key` names what happened: the same key is posted once. */
export type Posting = {
  key: string;
  kind: (typeof POSTING_KINDS)[number];
  /** When it happened, ISO 8601. */
  at: string;
  lines: LedgerLine[];
  /** What it belongs to. */
  userId?: string;
  orderId?: string;
  paymentId?: string;
  note?: string;
};

/** Why lines are not an entry; null when they are one. */
export function faultOfLines(lines: readonly LedgerLine[]): string | null {
  if (lines.length < 2) return 'an entry has two lines or more';
  let sum = 0;
  for (const { account, amountFen } of lines) {
    if (kindOfAccount(account) === null) return `no account ${account}`;
    if (!Number.isSafeInteger(amountFen) || amountFen === 0)
      return `${account}: ${amountFen} is not a whole amount of fen`;
    sum += amountFen;
  }
  return sum === 0 ? null : `the lines add up to ${sum} fen, not to 0`;
}

/** Throws LEDGER_UNBALANCED: such a posting is a defect of the hub and never reaches the store. */
export function checkPosting(posting: Posting): void {
  const fault = faultOfLines(posting.lines);
  if (fault) throw new HubError('LEDGER_UNBALANCED', `posting ${posting.key}: ${fault}`);
}

/** Leaves lines of nothing out. */
export const linesOf = (...lines: LedgerLine[]): LedgerLine[] => lines.filter((line) => line.amountFen !== 0);

/** Credits of a sale: what is ours and what is the state's. `amountFen` includes the tax. */
export function saleLines(
  revenue: 'revenue-swap' | 'revenue-plan' | 'revenue-forfeit',
  amountFen: number,
  taxRateBp: number = DEFAULT_TAX_RATE_BP,
): LedgerLine[] {
  const taxFen = taxInside(amountFen, taxRateBp);
  return linesOf(
    { account: revenue, amountFen: -(amountFen - taxFen) },
    { account: 'tax-payable', amountFen: -taxFen },
  );
}

/** What a provider owes for a day as money in the bank, less its fees. */
export function settlementLines(
  provider: string,
  day: { paymentsFen: number; refundsFen: number; feesFen: number },
): LedgerLine[] {
  const dueFen = day.paymentsFen - day.refundsFen;
  return linesOf(
    { account: 'bank', amountFen: dueFen - day.feesFen },
    { account: `provider-fees:${provider}`, amountFen: day.feesFen },
    { account: `provider-clearing:${provider}`, amountFen: -dueFen },
  );
}

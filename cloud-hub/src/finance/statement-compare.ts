import type { StatementRow } from '../payments/provider.js';

/** A payment or refund in our own books. */
export type OurRecord = {
  kind: 'payment' | 'refund';
  /** Payment or refund number. */
  no: string;
  tradeNo: string;
  amountFen: number;
  /** Paid, or refunded. */
  settled: boolean;
  at: string | null;
};
export type Difference = {
  /**
   * `UNKNOWN_HERE`: we have no such number; `NOT_PAID_HERE`: ours, but not settled with us; `MISSING_THERE`: we settled it, the statement
   * does not know it; `AMOUNT`: both have it, with other amounts; `TWICE_THERE`: the statement has it more than once.
   */
  code: 'UNKNOWN_HERE' | 'NOT_PAID_HERE' | 'MISSING_THERE' | 'AMOUNT' | 'TWICE_THERE';
  kind: 'payment' | 'refund';
  tradeNo: string;
  refundNo: string | null;
  oursFen: number | null;
  theirsFen: number | null;
};
export type Comparison = {
  matched: number;
  /** As the statement has them: what the provider will pay. */
  paymentsFen: number;
  refundsFen: number;
  feesFen: number;
  differences: Difference[];
};

/** Times of a refund are ours, those of the statement the provider's: so close to midnight they may be on two days. */
const MIDNIGHT_MS = 10 * 60_000;
const DAY_MS = 86_400_000;

/** Holds a day's statement against our records. Pure. `date`: the day in Beijing. */
export function compareStatement(
  rows: readonly StatementRow[],
  ours: readonly OurRecord[],
  date: string,
): Comparison {
  const byNo = new Map(ours.map((one) => [`${one.kind}:${one.no}`, one]));
  const seen = new Set<string>();
  const differences: Difference[] = [];
  const result: Comparison = { matched: 0, paymentsFen: 0, refundsFen: 0, feesFen: 0, differences };
  for (const row of rows) {
    if (row.kind === 'payment') result.paymentsFen += row.amountFen;
    else result.refundsFen += row.amountFen;
    result.feesFen += row.feeFen;
    const key = `${row.kind}:${row.kind === 'refund' ? row.refundNo : row.tradeNo}`;
    const one = byNo.get(key);
    const differ = (code: Difference['code'], oursFen: number | null) =>
      differences.push({
        code,
        kind: row.kind,
        tradeNo: row.tradeNo,
        refundNo: row.refundNo,
        oursFen,
        theirsFen: row.amountFen,
      });
    if (seen.has(key)) differ('TWICE_THERE', null);
    else if (!one) differ('UNKNOWN_HERE', null);
    else if (!one.settled) differ('NOT_PAID_HERE', null);
    else if (one.amountFen !== row.amountFen) differ('AMOUNT', one.amountFen);
    else result.matched += 1;
    seen.add(key);
  }
  const fromMs = Date.parse(`${date}T00:00:00+08:00`);
  for (const [key, one] of byNo) {
    if (!one.settled || seen.has(key) || one.at === null) continue;
    const intoDayMs = Date.parse(one.at) - fromMs;
    if (intoDayMs < 0 || intoDayMs >= DAY_MS) continue;
    if (one.kind === 'refund' && (intoDayMs < MIDNIGHT_MS || intoDayMs > DAY_MS - MIDNIGHT_MS)) continue;
    differences.push({
      code: 'MISSING_THERE',
      kind: one.kind,
      tradeNo: one.tradeNo,
      refundNo: one.kind === 'refund' ? one.no : null,
      oursFen: one.amountFen,
      theirsFen: null,
    });
  }
  return result;
}

import { isoNow } from '../clock.js';
import { type Database, defineCollection, isDuplicateKey, type Stored } from '../db/index.js';
import { problem } from '../http/problem.js';
import type { Logger } from '../logger.js';
import { paymentsCollection, refundsCollection } from '../payments/payment-document.js';
import type { Payments } from '../payments/payments.js';
import { beijingDate, beijingTime, type PaymentProvider, type ProviderName } from '../payments/provider.js';
import type { Clock } from '../ports.js';
import type { Wallets } from '../wallets/wallets.js';
import type { Ledger } from './ledger.js';
import { settlementLines } from './postings.js';
import { compareStatement, type Difference, type OurRecord } from './statement-compare.js';

/**
 * What a person decides: `accepted` = the statement is right and nothing is to be booked, `noted` = it is explained · `to-suspense` = nobody
 * knows yet · `corrected` = our amount was wrong: the rider's wallet gets or gives the difference · `duplicate-refunded` = paid twice: the
 * second payment goes into the rider's wallet.
 */
export const DIFFERENCE_ACTIONS = [
  'accepted',
  'noted',
  'to-suspense',
  'corrected',
  'duplicate-refunded',
] as const;
export type DifferenceAction = (typeof DIFFERENCE_ACTIONS)[number];
export type KeptDifference = Difference & {
  /** Position in the list, from 1. */
  no: number;
  state: 'open' | 'closed';
  action: 'asked-provider' | DifferenceAction | null;
  note: string | null;
  by: string | null;
  at: string | null;
};
/** One day of one provider against our own books. */
export type ReconciliationDocument = Stored & {
  provider: ProviderName;
  /** A day in Beijing. */
  date: string;
  state: 'clean' | 'different' | 'closed';
  rows: number;
  matched: number;
  paymentsFen: number;
  refundsFen: number;
  feesFen: number;
  differences: KeptDifference[];
  settled: boolean;
};
export const reconciliationsCollection = defineCollection<ReconciliationDocument>('reconciliations', [
  { name: 'tenant-day', key: { tenantId: 1, provider: 1, date: 1 }, unique: true },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-state', key: { tenantId: 1, state: 1, createdAt: 1, _id: 1 } },
]);

export interface Reconciliations {
  /** Compares a day; again as often as wanted until it is settled. Payments that the statement knows as paid are made good at once. */
  run(tenantId: string, provider: ProviderName, date: string): Promise<ReconciliationDocument>;
  /** What a person decided about a difference. The last one closes the day and books the provider's settlement. */
  decide(
    document: ReconciliationDocument,
    decision: { no: number; action: DifferenceAction; note: string; by: string },
  ): Promise<ReconciliationDocument>;
  /** Yesterday, once its statement is there (10:00 in Beijing); one that failed is tried again at the next call. */
  runDue(tenantId: string): Promise<void>;
}

const DAY_MS = 86_400_000;
const STATEMENT_HOUR = 10;

export function createReconciliations(deps: {
  database: Database;
  providers: ReadonlyMap<ProviderName, PaymentProvider>;
  payments: Payments;
  ledger: Ledger;
  wallets: Pick<Wallets, 'move'>;
  clock: Clock;
  logger: Logger;
}): Reconciliations {
  const documents = deps.database.collection(reconciliationsCollection);
  const payments = deps.database.collection(paymentsCollection);
  const refunds = deps.database.collection(refundsCollection);
  const { clock } = deps;

  /** What we have of that day, and of every number that the statement names. */
  const ours = async (
    tenantId: string,
    provider: ProviderName,
    date: string,
    named: { payments: string[]; refunds: string[] },
  ): Promise<OurRecord[]> => {
    const from = new Date(Date.parse(`${date}T00:00:00+08:00`)).toISOString();
    const to = new Date(Date.parse(from) + DAY_MS).toISOString();
    const ofDay = { $gte: from, $lt: to };
    const [paidThatDay, paidNamed, refundedThatDay, refundedNamed] = await Promise.all([
      payments.find({ tenantId, provider, paidAt: ofDay }).toArray(),
      payments.find({ _id: { $in: named.payments } }).toArray(),
      refunds.find({ tenantId, provider, succeededAt: ofDay }).toArray(),
      refunds.find({ _id: { $in: named.refunds } }).toArray(),
    ]);
    const known = new Map<string, OurRecord>();
    for (const one of [...paidThatDay, ...paidNamed])
      if (one.provider === provider && one.tenantId === tenantId)
        known.set(`payment:${one._id}`, {
          kind: 'payment',
          no: one._id,
          tradeNo: one._id,
          amountFen: one.amountFen,
          settled: one.state === 'paid',
          at: one.paidAt,
        });
    for (const one of [...refundedThatDay, ...refundedNamed])
      if (one.provider === provider && one.tenantId === tenantId)
        known.set(`refund:${one._id}`, {
          kind: 'refund',
          no: one._id,
          tradeNo: one.paymentId,
          amountFen: one.amountFen,
          settled: one.state === 'succeeded',
          at: one.succeededAt,
        });
    return [...known.values()];
  };

  /** Books what the provider owes us for the day as money in the bank, once, when nothing is in doubt any more. */
  const settle = async (document: ReconciliationDocument): Promise<ReconciliationDocument> => {
    if (document.settled || document.state === 'different') return document;
    const { provider, date, tenantId } = document;
    const lines = settlementLines(provider, document);
    if (lines.length > 0)
      await deps.ledger.post(tenantId, {
        key: `settled:${provider}:${date}`,
        kind: 'provider-settled',
        at: isoNow(clock),
        lines,
        note: date,
      });
    return (
      (await documents.findOneAndUpdate(
        { _id: document._id, settled: false },
        { $set: { settled: true, updatedAt: isoNow(clock) }, $inc: { version: 1 } },
        { returnDocument: 'after' },
      )) ?? document
    );
  };

  /** Makes the rider's wallet right, once; the money comes from, or goes to, what the provider owes. */
  const correct = async (
    document: ReconciliationDocument,
    difference: KeptDifference,
    action: 'corrected' | 'duplicate-refunded',
    note: string,
  ) => {
    const twice = difference.code === 'TWICE_THERE';
    if (twice !== (action === 'duplicate-refunded'))
      throw problem('CONFLICT', `${action} does not fit a difference ${difference.code}`);
    const payment = await payments.findOne({ _id: difference.tradeNo, tenantId: document.tenantId });
    if (!payment) throw problem('CONFLICT', 'no rider is known for this number: put it into suspense');
    const gapFen = (difference.theirsFen ?? 0) - (difference.oursFen ?? 0);
    const creditFen = difference.kind === 'refund' ? -gapFen : gapFen;
    if (creditFen === 0) return;
    const { userId } = payment;
    const moved = await deps.wallets.move({
      tenantId: document.tenantId,
      userId,
      key: `reconciled:${document.provider}:${document.date}:${difference.code}:${difference.refundNo ?? difference.tradeNo}`,
      amountFen: Math.abs(creditFen),
      from: creditFen > 0 ? null : 'balanceFen',
      to: creditFen > 0 ? 'balanceFen' : null,
      posting: {
        kind: 'adjustment',
        paymentId: payment._id,
        note,
        lines: [
          { account: `provider-clearing:${document.provider}`, amountFen: creditFen },
          { account: `rider-wallet:${userId}`, amountFen: -creditFen },
        ],
      },
    });
    if (moved === 'insufficient')
      throw problem('CONFLICT', 'the rider’s wallet has less than that: put it into suspense', {
        reason: 'INSUFFICIENT_BALANCE',
      });
  };

  const compare = async (tenantId: string, provider: PaymentProvider, date: string) => {
    const rows = await provider.statement(date);
    const named = {
      payments: rows.filter((row) => row.kind === 'payment').map((row) => row.tradeNo),
      refunds: rows.flatMap((row) => (row.refundNo === null ? [] : [row.refundNo])),
    };
    const first = compareStatement(rows, await ours(tenantId, provider.name, date, named), date);
    const unpaidHere = first.differences.filter((one) => one.code === 'NOT_PAID_HERE');
    if (unpaidHere.length === 0) return { rows, ...first };
    // The notification never came and nobody asked: the provider's own word makes it good.
    for (const one of unpaidHere)
      await deps.payments.record(provider.name, await provider.query(one.tradeNo));
    return { rows, ...compareStatement(rows, await ours(tenantId, provider.name, date, named), date) };
  };

  const run: Reconciliations['run'] = async (tenantId, name, date) => {
    const provider = deps.providers.get(name);
    if (!provider) throw problem('UNAVAILABLE', `payments by ${name} are not set up here`);
    if (date >= beijingDate(clock.now()))
      throw problem('VALIDATION', 'body.date: a day that is over, in Beijing', {
        errors: [{ path: 'body.date', message: 'a day that is over, in Beijing' }],
      });
    const known = await documents.findOne({ tenantId, provider: name, date });
    if (known?.settled) return known;
    const found = await compare(tenantId, provider, date);
    const now = isoNow(clock);
    // What a person closed stays closed as long as it is the same difference.
    const differences = found.differences.map((difference, index): KeptDifference => {
      const before = known?.differences.find(
        (one) =>
          one.code === difference.code &&
          one.tradeNo === difference.tradeNo &&
          one.refundNo === difference.refundNo,
      );
      const kept = before ?? { state: 'open' as const, action: null, note: null, by: null, at: null };
      return {
        ...difference,
        no: index + 1,
        state: kept.state,
        action: kept.action,
        note: kept.note,
        by: kept.by,
        at: kept.at,
      };
    });
    const open = differences.some((one) => one.state === 'open');
    const fields = {
      state: open
        ? ('different' as const)
        : differences.length === 0
          ? ('clean' as const)
          : ('closed' as const),
      rows: found.rows.length,
      matched: found.matched,
      paymentsFen: found.paymentsFen,
      refundsFen: found.refundsFen,
      feesFen: found.feesFen,
      differences,
      updatedAt: now,
    };
    if (known) {
      const next = await documents.findOneAndUpdate(
        { _id: known._id, version: known.version, settled: false },
        { $set: fields, $inc: { version: 1 } },
        { returnDocument: 'after' },
      );
      if (!next) throw problem('CONFLICT', 'the day is being reconciled by somebody else');
      return settle(next);
    }
    const document: ReconciliationDocument = {
      _id: `rec-${name}-${date}-${tenantId}`,
      tenantId,
      version: 1,
      createdAt: now,
      provider: name,
      date,
      settled: false,
      ...fields,
    };
    try {
      await documents.insertOne(document);
    } catch (error) {
      if (isDuplicateKey(error)) throw problem('CONFLICT', 'the day is being reconciled by somebody else');
      throw error;
    }
    if (open)
      deps.logger.error(
        { provider: name, date, differences: differences.length },
        'the provider’s statement differs from our books',
      );
    return settle(document);
  };

  return {
    run,
    async decide(document, { no, action, note, by }) {
      const difference = document.differences.find((one) => one.no === no);
      if (!difference) throw problem('NOT_FOUND', `no difference ${no}`);
      if (difference.state === 'closed') return settle(document);
      const gapFen = (difference.theirsFen ?? 0) - (difference.oursFen ?? 0);
      if (action === 'to-suspense' && gapFen !== 0) {
        // The statement is what the provider will pay; what we cannot explain waits in suspense.
        const signedFen = difference.kind === 'refund' ? -gapFen : gapFen;
        await deps.ledger.post(document.tenantId, {
          key: `suspense:${document.provider}:${document.date}:${difference.code}:${difference.refundNo ?? difference.tradeNo}`,
          kind: 'adjustment',
          at: document.createdAt,
          note,
          lines: [
            { account: `provider-clearing:${document.provider}`, amountFen: signedFen },
            { account: `suspense:${document.provider}`, amountFen: -signedFen },
          ],
        });
      }
      if (action === 'corrected' || action === 'duplicate-refunded')
        await correct(document, difference, action, note);
      const now = isoNow(clock);
      const differences = document.differences.map((one) =>
        one.no === no ? { ...one, state: 'closed' as const, action, note, by, at: now } : one,
      );
      const next = await documents.findOneAndUpdate(
        { _id: document._id, version: document.version },
        {
          $set: {
            differences,
            state: differences.every((one) => one.state === 'closed') ? 'closed' : 'different',
            updatedAt: now,
          },
          $inc: { version: 1 },
        },
        { returnDocument: 'after' },
      );
      if (!next) throw problem('CONFLICT', 'somebody else has just decided: look again');
      return settle(next);
    },
    async runDue(tenantId) {
      const hour = Number(beijingTime(clock.now()).slice(11, 13));
      if (hour < STATEMENT_HOUR) return;
      const date = beijingDate(clock.now() - DAY_MS);
      for (const name of deps.providers.keys()) {
        const known = await documents.findOne({ tenantId, provider: name, date }, { projection: { _id: 1 } });
        if (!known) await run(tenantId, name, date);
      }
    },
  };
}

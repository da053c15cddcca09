import { isoAt } from '../clock.js';
import { type Posting, settlementLines } from '../finance/postings.js';
import {
  type KeptDifference,
  type ReconciliationDocument,
  reconciliationsCollection,
} from '../finance/reconciliation.js';
import { compareStatement, type OurRecord } from '../finance/statement-compare.js';
import { beijingDate, type ProviderName, type StatementRow } from '../payments/provider.js';
import type { BulkWriter } from './bulk-writer.js';
import type { Chance } from './chance.js';

/** A payment that came, or a refund that went out. */
export type Settled = {
  kind: 'payment' | 'refund';
  provider: ProviderName;
  /** Payment or refund number. */
  no: string;
  /** Number of the payment, of a refund too. */
  tradeNo: string;
  amountFen: number;
  atMs: number;
};

const DAY_MS = 86_400_000;
/** When the statement of the day before is compared. */
const LOOKED_AT_MS = 10 * 3_600_000 + 300_000;
/** What a provider keeps of a payment, in basis points. */
const FEE_BP = 60;

/**
 * The mornings after: each day of each provider held against its statement by the hub's own comparison, and what the provider paid out
 * booked. Statements agree, but for a few days: one stranger's payment waits in suspense, one was explained, the last one is open.
 */
export function createCityReconciliations(city: {
  tenantId: string;
  untilMs: number;
  chance: Chance;
  writer: BulkWriter;
  by: string;
  post(posting: Posting): void;
}): { settled(one: Settled): void; close(): void } {
  const { tenantId, chance, writer } = city;
  const days = new Map<string, Settled[]>();

  const stranger = (atMs: number): StatementRow => ({
    kind: 'payment',
    tradeNo: chance.uuid(atMs).replaceAll('-', ''),
    refundNo: null,
    providerTradeNo: String(chance.int(1e9, 9e9)),
    amountFen: 2_000,
    feeFen: 12,
    at: isoAt(atMs),
  });

  const look = (key: string, oddity: 'suspense' | 'explained' | 'open' | null) => {
    const [provider, date] = key.split(' ') as [ProviderName, string];
    const dayMs = Date.parse(`${date}T00:00:00+08:00`);
    const atMs = dayMs + DAY_MS + LOOKED_AT_MS;
    const settled = days.get(key) ?? [];
    const rows = settled.map(
      (one): StatementRow => ({
        kind: one.kind,
        tradeNo: one.tradeNo,
        refundNo: one.kind === 'refund' ? one.no : null,
        providerTradeNo: '',
        amountFen: one.amountFen,
        feeFen: one.kind === 'payment' ? Math.round((one.amountFen * FEE_BP) / 10_000) : 0,
        at: isoAt(one.atMs),
      }),
    );
    if (oddity === 'suspense' || oddity === 'open') rows.push(stranger(dayMs + DAY_MS / 2));
    // A row that the provider sends a day late.
    if (oddity === 'explained') rows.pop();
    const ours = settled.map(
      (one): OurRecord => ({
        kind: one.kind,
        no: one.no,
        tradeNo: one.tradeNo,
        amountFen: one.amountFen,
        settled: true,
        at: isoAt(one.atMs),
      }),
    );
    const { differences: found, ...figures } = compareStatement(rows, ours, date);
    const decidedAt = isoAt(atMs + 2 * 3_600_000);
    const decided: Pick<KeptDifference, 'state' | 'action' | 'note' | 'by' | 'at'> =
      oddity === 'open'
        ? { state: 'open', action: null, note: null, by: null, at: null }
        : oddity === 'suspense'
          ? { state: 'closed', action: 'to-suspense', note: '来源待查', by: city.by, at: decidedAt }
          : { state: 'closed', action: 'noted', note: '渠道次日补记', by: city.by, at: decidedAt };
    const differences = found.map((difference, index) => ({ ...difference, no: index + 1, ...decided }));
    const open = differences.some(({ state }) => state === 'open');
    const document: ReconciliationDocument = {
      _id: `rec-${provider}-${date}-${tenantId}`,
      tenantId,
      version: open ? 1 : differences.length > 0 ? 3 : 2,
      createdAt: isoAt(atMs),
      updatedAt: differences.length > 0 && !open ? decidedAt : isoAt(atMs),
      provider,
      date,
      state: open ? 'different' : differences.length > 0 ? 'closed' : 'clean',
      rows: rows.length,
      ...figures,
      differences,
      settled: !open,
    };
    writer.add(reconciliationsCollection, document);
    for (const difference of differences)
      if (difference.action === 'to-suspense')
        city.post({
          key: `suspense:${provider}:${date}:${difference.code}:${difference.tradeNo}`,
          kind: 'adjustment',
          at: document.createdAt,
          note: difference.note ?? '',
          lines: [
            { account: `provider-clearing:${provider}`, amountFen: difference.theirsFen ?? 0 },
            { account: `suspense:${provider}`, amountFen: -(difference.theirsFen ?? 0) },
          ],
        });
    const lines = settlementLines(provider, figures);
    if (!open && lines.length > 0)
      city.post({
        key: `settled:${provider}:${date}`,
        kind: 'provider-settled',
        at: document.updatedAt,
        lines,
        note: date,
      });
  };

  return {
    settled(one) {
      const key = `${one.provider} ${beijingDate(one.atMs)}`;
      days.set(key, [...(days.get(key) ?? []), one]);
    },
    close() {
      const due = [...days.keys()]
        .filter((key) => {
          const dayMs = Date.parse(`${key.split(' ')[1]}T00:00:00+08:00`);
          return dayMs + DAY_MS + LOOKED_AT_MS + 2 * 3_600_000 <= city.untilMs;
        })
        .sort((a, b) => (a.slice(-10) < b.slice(-10) ? -1 : 1));
      const many = due.length > 6;
      for (const [index, key] of due.entries())
        look(
          key,
          many && index === due.length - 1
            ? 'open'
            : many && index === Math.floor(due.length / 3)
              ? 'suspense'
              : many && index === Math.floor(due.length / 2) && (days.get(key)?.length ?? 0) > 1
                ? 'explained'
                : null,
        );
    },
  };
}

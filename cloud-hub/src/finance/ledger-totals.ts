import { isoAt } from '../clock.js';
import { type Database, defineCollection, isDuplicateKey } from '../db/index.js';
import type { Clock } from '../ports.js';
import { type AccountKind, kindOfAccount } from './accounts.js';
import { ledgerCollection } from './ledger.js';

/** Sums by account kind of every entry that was stored before `until`. `_id` is the tenant. Only ever a shortcut: it can be dropped. */
export type LedgerTotalsDocument = {
  _id: string;
  until: string;
  totals: Partial<Record<AccountKind, number>>;
};
export const ledgerTotalsCollection = defineCollection<LedgerTotalsDocument>('ledger_totals', []);

export interface LedgerTotals {
  /** Sum of every account kind that was touched, debits positive. Reads what came since the last time, not the whole ledger. */
  byKind(tenantId: string): Promise<Map<AccountKind, number>>;
}

/** Younger entries may still be on their way under a time that has passed: they are never part of the shortcut. */
const SETTLED_AFTER_MS = 10 * 60_000;
/** The shortcut moves on once so many entries came after it. */
const TAIL = 500;

export function createLedgerTotals(deps: { database: Database; clock: Clock }): LedgerTotals {
  const entries = deps.database.collection(ledgerCollection);
  const shortcuts = deps.database.collection(ledgerTotalsCollection);

  const sums = async (match: Record<string, unknown>): Promise<Map<AccountKind, number>> => {
    const rows = await entries
      .aggregate<{ _id: string; amountFen: number }>([
        { $match: match },
        { $unwind: '$lines' },
        { $group: { _id: '$lines.account', amountFen: { $sum: '$lines.amountFen' } } },
      ])
      .toArray();
    const totals = new Map<AccountKind, number>();
    for (const { _id, amountFen } of rows) {
      const kind = kindOfAccount(_id);
      if (kind) totals.set(kind, (totals.get(kind) ?? 0) + amountFen);
    }
    return totals;
  };
  const added = (known: LedgerTotalsDocument['totals'], more: ReadonlyMap<AccountKind, number>) => {
    const totals = new Map(Object.entries(known) as [AccountKind, number][]);
    for (const [kind, amountFen] of more) totals.set(kind, (totals.get(kind) ?? 0) + amountFen);
    return totals;
  };
  const moveOn = async (
    tenantId: string,
    known: LedgerTotalsDocument | null,
  ): Promise<LedgerTotalsDocument | null> => {
    const since = known?.until ?? '';
    const until = isoAt(deps.clock.now() - SETTLED_AFTER_MS);
    const createdAt = { $gte: since, $lt: until };
    if (until <= since || (await entries.countDocuments({ tenantId, createdAt })) < TAIL) return known;
    const totals = Object.fromEntries(added(known?.totals ?? {}, await sums({ tenantId, createdAt })));
    try {
      // Only from where it was read: another process that moved it on has counted the same entries.
      if (known) await shortcuts.updateOne({ _id: tenantId, until: since }, { $set: { until, totals } });
      else await shortcuts.insertOne({ _id: tenantId, until, totals });
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
    return { _id: tenantId, until, totals };
  };

  return {
    async byKind(tenantId) {
      const known = await moveOn(tenantId, await shortcuts.findOne({ _id: tenantId }));
      return added(known?.totals ?? {}, await sums({ tenantId, createdAt: { $gte: known?.until ?? '' } }));
    },
  };
}

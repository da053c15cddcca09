import type { Database } from '../db/index.js';
import { kindOfAccount } from './accounts.js';
import { type LedgerEntryDocument, ledgerCollection } from './ledger.js';
import {
  LEVELS,
  type Level,
  ledgerBalanceCursorsCollection,
  ledgerBalancesCollection,
} from './ledger-balances.js';

type Entry = Pick<LedgerEntryDocument, 'at' | 'createdAt' | 'lines'>;
/** `subject`: the start of the year, month, day or hour, and the account. */
type Differ = (subject: string, expectedFen: number, actualFen: number) => void;

export interface BalanceCheck {
  /** Entries in the order of `at`. */
  add(entry: Entry): Promise<void>;
  /** After the last one: what is summed up without an entry. */
  close(): Promise<void>;
}

type Open = { start: string; until: string; sums: Map<string, number> };

/** Holds the sums of accounts against the entries, while the ledger is read once from its beginning. */
export async function createBalanceCheck(
  database: Database,
  tenantId: string,
  differ: Differ,
): Promise<BalanceCheck> {
  const entries = database.collection(ledgerCollection);
  const balances = database.collection(ledgerBalancesCollection);
  const generation =
    (await database.collection(ledgerBalanceCursorsCollection).findOne({ _id: tenantId }))?.generation ?? 0;
  const untilOf = new Map<string, string>();
  const waiting = new Map<string, Level>();
  for await (const { start, until, level } of balances.find(
    { tenantId, generation },
    { projection: { start: 1, until: 1, level: 1 }, sort: { level: 1, start: 1, part: 1 } },
  )) {
    untilOf.set(start, until);
    waiting.set(start, level);
  }
  const open = new Map<Level, Open>();

  const addLines = (sums: Map<string, number>, { lines }: Entry) => {
    for (const { account, amountFen } of lines) sums.set(account, (sums.get(account) ?? 0) + amountFen);
  };
  const close = async (level: Level, { start, until, sums }: Open) => {
    waiting.delete(start);
    const parts = await balances
      .find({ tenantId, generation, level, start }, { sort: { start: 1, part: 1 } })
      .toArray();
    const newest = parts.at(-1)?.until ?? '';
    // It has moved on since it was looked at: with what came since.
    if (newest > until)
      for await (const entry of entries.find({ tenantId, createdAt: { $gte: until, $lt: newest } }))
        if (entry.at.startsWith(start)) addLines(sums, entry);
    const found = new Map<string, number>();
    const totals = new Map<string, number>();
    for (const part of parts) {
      for (const [account, amountFen] of Object.entries<number>(JSON.parse(part.accounts))) {
        found.set(account, (found.get(account) ?? 0) + amountFen);
        const kind = kindOfAccount(account);
        if (kind) totals.set(kind, (totals.get(kind) ?? 0) - amountFen);
      }
      for (const [kind, amountFen] of Object.entries(part.totals))
        totals.set(kind, (totals.get(kind) ?? 0) + amountFen);
    }
    for (const account of new Set([...sums.keys(), ...found.keys()])) {
      const [expected, actual] = [sums.get(account) ?? 0, found.get(account) ?? 0];
      if (expected !== actual) differ(`${start} ${account}`, expected, actual);
    }
    // A kind's own sum is that of its accounts.
    for (const [kind, overFen] of totals) if (overFen !== 0) differ(`${start} ${kind}`, 0, overFen);
  };

  return {
    async add(entry) {
      for (const [level, length] of Object.entries(LEVELS) as [Level, number][]) {
        const start = entry.at.slice(0, length);
        let own = open.get(level);
        if (own?.start !== start) {
          if (own) await close(level, own);
          own = { start, until: untilOf.get(start) ?? '', sums: new Map() };
          open.set(level, own);
        }
        if (entry.createdAt < own.until) addLines(own.sums, entry);
      }
    },
    async close() {
      for (const [level, own] of open) await close(level, own);
      for (const [start, level] of [...waiting])
        await close(level, { start, until: untilOf.get(start) ?? '', sums: new Map() });
    },
  };
}

import { isoAt } from '../clock.js';
import { type Database, defineCollection, isDuplicateKey } from '../db/index.js';
import type { Clock } from '../ports.js';
import { type AccountKind, kindOfAccount } from './accounts.js';
import { type LedgerEntryDocument, ledgerCollection } from './ledger.js';

/**
 * Sums of the entries of one year, month, day or hour (UTC, by `at`) that were stored before `until`. Only ever a shortcut: the ledger
 * is what counts, and all of these can be dropped.
 */
export type LedgerBalanceDocument = {
  /** `{tenant}/{generation}/{start}/{part}` */
  _id: string;
  tenantId: string;
  /** Sums that are made anew are another generation. */
  generation: number;
  level: Level;
  /** Beginning of `at` of all its entries: `2026`, `2026-11`, `2026-11-22` or `2026-11-22T05`. */
  start: string;
  /** A part that names too many accounts is left as it is; what comes later goes into the next. */
  part: number;
  /** Where the part before ends; empty of the first. */
  since: string;
  until: string;
  /** How many accounts it names. */
  count: number;
  totals: Partial<Record<AccountKind, number>>;
  /** JSON of account → fen. */
  accounts: string;
};
export const ledgerBalancesCollection = defineCollection<LedgerBalanceDocument>('ledger_balances', [
  { name: 'tenant-level-start', key: { tenantId: 1, generation: 1, level: 1, start: 1, part: 1 } },
]);
/** `_id` is the tenant: every entry that was stored before `until` is in its sums. */
export type LedgerBalanceCursorDocument = { _id: string; generation: number; until: string };
export const ledgerBalanceCursorsCollection = defineCollection<LedgerBalanceCursorDocument>(
  'ledger_balance_cursors',
  [],
);

/** With the number of characters of `at` that tell two of them apart. */
export const LEVELS = { year: 4, month: 7, day: 10, hour: 13 } as const;
export type Level = keyof typeof LEVELS;
const EVERY_LEVEL = Object.keys(LEVELS) as Level[];

/** Younger entries may still be on their way under a time that has passed: they are never part of a sum. */
const SETTLED_AFTER_MS = 10 * 60_000;
/** Sums that are changed at once. */
const CHUNK = 200;
/** How large things get. */
export type BalanceSizes = {
  /** The sums move on once so many entries came after them. */
  tail: number;
  /** Entries that are read and added at once. */
  slice: number;
  /** Accounts that one document names. */
  accounts: number;
};
const SIZES: BalanceSizes = { tail: 500, slice: 5_000, accounts: 20_000 };

export type BalancesBy = 'kind' | 'account';

export interface LedgerBalances {
  /**
   * Sum of every account, or account kind, that was touched, debits positive: of all entries, or of those before `until` (ISO 8601,
   * exclusive, by `at`). Reads sums and what came since, not the ledger.
   */
  sums(tenantId: string, by: BalancesBy, until?: string): Promise<Map<string, number>>;
  /** Brings the sums up to what is settled; answers how many entries were added. Safe to repeat and in several processes. */
  moveOn(tenantId: string): Promise<number>;
  /** Forgets all sums of a tenant and makes them anew. */
  rebuild(tenantId: string): Promise<number>;
}

type Entry = Pick<LedgerEntryDocument, '_id' | 'at' | 'createdAt' | 'lines'>;
const ENTRY_FIELDS = { at: 1, createdAt: 1, lines: 1 } as const;
type Head = Pick<LedgerBalanceDocument, '_id' | 'start' | 'part' | 'until' | 'count'>;
const HEAD_FIELDS = { start: 1, part: 1, until: 1, count: 1 } as const;
type Cursor = Pick<LedgerBalanceCursorDocument, 'generation' | 'until'>;

export function createLedgerBalances(deps: {
  database: Database;
  clock: Clock;
  sizes?: BalanceSizes;
}): LedgerBalances {
  const entries = deps.database.collection(ledgerCollection);
  const balances = deps.database.collection(ledgerBalancesCollection);
  const cursors = deps.database.collection(ledgerBalanceCursorsCollection);
  const sizes = deps.sizes ?? SIZES;

  const cursorOf = async (tenantId: string): Promise<Cursor> =>
    (await cursors.findOne({ _id: tenantId })) ?? { generation: 0, until: '' };

  /** Adds entries to the sums of one level; each sum takes those that it does not hold yet. */
  const addTo = async (
    tenantId: string,
    generation: number,
    level: Level,
    slice: readonly Entry[],
    until: string,
  ) => {
    const groups = [...groupBy(slice, ({ at }) => at.slice(0, LEVELS[level]))];
    // Another process may be faster at some: look again at what it has added there.
    for (
      let open = groups.splice(0, CHUNK);
      open.length > 0;
      open = [...open, ...groups.splice(0, CHUNK - open.length)]
    ) {
      const starts = open.map(([start]) => start);
      const last = new Map<string, Head>();
      for (const head of await balances
        .find(
          { tenantId, generation, level, start: { $in: starts } },
          { projection: HEAD_FIELDS, sort: { start: 1, part: 1 } },
        )
        .toArray())
        last.set(head.start, head);
      const growing = [...last.values()].filter(({ count }) => count < sizes.accounts).map(({ _id }) => _id);
      const found = new Map(
        (await balances.find({ _id: { $in: growing } }).toArray()).map((known) => [known._id, known]),
      );
      const done = await Promise.all(
        open.map(async ([start, of]) => {
          const head = last.get(start);
          if (head && head.until >= until) return true;
          const old = head && head.count < sizes.accounts ? found.get(head._id) : undefined;
          // A part that is full stays as it is for ever: the next one takes over from its end.
          if (old && old.count >= sizes.accounts) return false;
          const since = old ? old.since : (head?.until ?? '');
          const missing = of.filter(({ createdAt }) => createdAt >= (old?.until ?? since));
          if (missing.length === 0) return true;
          const part = old?.part ?? (head ? head.part + 1 : 0);
          return write(added({ tenantId, generation, level, start, part, since, until }, old, missing), old);
        }),
      );
      open = open.filter((_, index) => !done[index]);
    }
  };
  const write = async (
    document: LedgerBalanceDocument,
    old: LedgerBalanceDocument | undefined,
  ): Promise<boolean> => {
    const { _id, ...fields } = document;
    if (old) return (await balances.replaceOne({ _id, until: old.until }, fields)).matchedCount === 1;
    try {
      await balances.insertOne(document);
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  };

  const moveOn = async (tenantId: string): Promise<number> => {
    const settled = isoAt(deps.clock.now() - SETTLED_AFTER_MS);
    let count = 0;
    for (;;) {
      const { generation, until: since } = await cursorOf(tenantId);
      const createdAt = { $gte: since, $lt: settled };
      let slice: Entry[] = await entries
        .find(
          { tenantId, createdAt },
          { projection: ENTRY_FIELDS, sort: { createdAt: 1, _id: 1 }, limit: sizes.slice },
        )
        .toArray();
      if (slice.length === 0 || (count === 0 && slice.length < sizes.tail)) return count;
      let until = settled;
      const newest = slice.at(-1)?.createdAt ?? settled;
      if (slice.length === sizes.slice) {
        // What was stored in the same millisecond may go on behind the slice.
        const whole = slice.filter((entry) => entry.createdAt < newest);
        if (whole.length > 0) [slice, until] = [whole, newest];
        else
          slice = await entries.find({ tenantId, createdAt: newest }, { projection: ENTRY_FIELDS }).toArray();
        if (whole.length === 0) until = after(newest);
      }
      for (const level of EVERY_LEVEL) await addTo(tenantId, generation, level, slice, until);
      await cursors
        .updateOne({ _id: tenantId, generation }, { $max: { until } }, { upsert: generation === 0 })
        .catch((error) => {
          // Another process made it at the same moment, or the sums are being made anew.
          if (!isDuplicateKey(error)) throw error;
        });
      count += slice.length;
      if (until === settled) return count;
    }
  };

  /** Null when the sums changed under the reader in a way that it cannot put right: to be read again. */
  const readSums = async (
    tenantId: string,
    by: BalancesBy,
    until: string | undefined,
  ): Promise<Map<string, number> | null> => {
    const sums = new Map<string, number>();
    const add = (name: string, amountFen: number) => sums.set(name, (sums.get(name) ?? 0) + amountFen);
    const addLines = (entry: Entry) => {
      for (const { account, amountFen } of entry.lines) {
        const name = by === 'account' ? account : kindOfAccount(account);
        if (name !== null) add(name, amountFen);
      }
    };
    // First how far all is summed up, then the sums, then what came since: none is missed, and a sum that is ahead says so itself.
    const { generation, until: since } = await cursorOf(tenantId);
    const covered = new Map<string, string>();
    const projection = {
      start: 1,
      since: 1,
      until: 1,
      ...(by === 'account' ? { accounts: 1 } : { totals: 1 }),
    };
    const spans = spansBefore(until);
    for (const { level, start } of spans)
      for (const known of await balances
        .find({ tenantId, generation, level, start }, { projection, sort: { start: 1, part: 1 } })
        .toArray()) {
        if ((covered.get(known.start) ?? '') !== known.since) return null;
        covered.set(known.start, known.until);
        const amounts: Record<string, number> = by === 'account' ? JSON.parse(known.accounts) : known.totals;
        for (const [name, amountFen] of Object.entries(amounts)) add(name, amountFen);
      }
    const isCovered = ({ at, createdAt }: Entry) =>
      spans.some(({ level, start }) => {
        const own = at.slice(0, LEVELS[level]);
        return own >= start.$gte && own < start.$lt && createdAt < (covered.get(own) ?? '');
      });
    const hour = until?.slice(0, LEVELS.hour);
    const tail = entries.find({ tenantId, createdAt: { $gte: since } }, { projection: ENTRY_FIELDS });
    for await (const entry of tail)
      if ((hour === undefined || entry.at < hour) && !isCovered(entry)) addLines(entry);
    if (hour !== undefined && until !== undefined)
      for await (const entry of entries.find(
        { tenantId, at: { $gte: hour, $lt: until } },
        { projection: ENTRY_FIELDS },
      ))
        addLines(entry);
    return (await cursorOf(tenantId)).generation === generation ? sums : null;
  };

  return {
    moveOn,
    async sums(tenantId, by, until) {
      if ((await cursorOf(tenantId)).until === '') await moveOn(tenantId);
      for (;;) {
        const sums = await readSums(tenantId, by, until);
        if (sums) return sums;
      }
    },
    async rebuild(tenantId) {
      const { generation } = await cursorOf(tenantId);
      await cursors.updateOne(
        { _id: tenantId },
        { $set: { generation: generation + 1, until: '' } },
        { upsert: true },
      );
      await balances.deleteMany({ tenantId, generation: { $lte: generation } });
      return moveOn(tenantId);
    },
  };
}
/** Which sums together hold every entry before the hour that `until` lies in: whole years, then months, days and hours. */
export function spansBefore(
  until: string | undefined,
): { level: Level; start: { $gte: string; $lt: string } }[] {
  if (until === undefined) return [{ level: 'year', start: { $gte: '', $lt: ':' } }];
  return EVERY_LEVEL.map((level, index) => {
    const above = EVERY_LEVEL[index - 1];
    const $gte = above === undefined ? '' : until.slice(0, LEVELS[above]);
    return { level, start: { $gte, $lt: until.slice(0, LEVELS[level]) } };
  });
}

/** A sum with more entries in it. Pure. */
function added(
  place: Omit<LedgerBalanceDocument, '_id' | 'count' | 'totals' | 'accounts'>,
  old: LedgerBalanceDocument | undefined,
  more: readonly Entry[],
): LedgerBalanceDocument {
  const accounts = new Map(Object.entries(old ? (JSON.parse(old.accounts) as Record<string, number>) : {}));
  const totals = { ...old?.totals };
  for (const { lines } of more)
    for (const { account, amountFen } of lines) {
      accounts.set(account, (accounts.get(account) ?? 0) + amountFen);
      const kind = kindOfAccount(account);
      if (kind) totals[kind] = (totals[kind] ?? 0) + amountFen;
    }
  return {
    _id: `${place.tenantId}/${place.generation}/${place.start}/${place.part}`,
    ...place,
    count: accounts.size,
    totals,
    accounts: JSON.stringify(Object.fromEntries(accounts)),
  };
}

const after = (iso: string): string => isoAt(Date.parse(iso) + 1);

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

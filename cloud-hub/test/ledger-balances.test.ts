import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../src/db/index.js';
import { type Account, kindOfAccount } from '../src/finance/accounts.js';
import { type LedgerEntryDocument, ledgerCollection } from '../src/finance/ledger.js';
import {
  createLedgerBalances,
  type LedgerBalanceDocument,
  ledgerBalanceCursorsCollection,
  ledgerBalancesCollection,
} from '../src/finance/ledger-balances.js';
import { createBalanceCheck } from '../src/finance/verify-balances.js';
import { verifyLedger } from '../src/finance/verify-ledger.js';
import { runs } from './support/property-runs.js';
import { openTestStore } from './support/store.js';

const T = 't';
const MINUTE = 60_000;
const START_MS = Date.parse('2026-12-30T20:00:00.000Z');
/** Small, so that slices are cut and documents run full within a few entries. */
const SIZES = { tail: 3, slice: 5, accounts: 4 };
const iso = (ms: number) => new Date(ms).toISOString();

describe('sums of accounts', () => {
  let database: Database;
  let nowMs = START_MS;
  let made = 0;
  const clock = { now: () => nowMs };
  beforeAll(async () => {
    database = await openTestStore();
  }, 60_000);
  afterAll(() => database?.close());

  const clear = async () => {
    nowMs = START_MS;
    for (const spec of [ledgerCollection, ledgerBalancesCollection, ledgerBalanceCursorsCollection])
      await database.collection(spec as typeof ledgerCollection).deleteMany({});
  };
  /** `agoMs`: how long before it was stored it happened. */
  const post = (list: readonly { agoMs: number; rider: number; amountFen: number; storedMs?: number }[]) =>
    database.collection(ledgerCollection).insertMany(
      list.map(({ agoMs, rider, amountFen, storedMs = nowMs }): LedgerEntryDocument => {
        made += 1;
        return {
          ...{
            _id: `le-${made}`,
            tenantId: T,
            version: 1,
            createdAt: iso(storedMs),
            updatedAt: iso(storedMs),
          },
          ...{ currency: 'CNY', key: `k${made}`, kind: 'credit', at: iso(storedMs - agoMs) },
          lines: [
            { account: 'promotion', amountFen },
            { account: `rider-wallet:u${rider}`, amountFen: -amountFen },
          ],
        };
      }),
    );
  const wanted = async (by: 'kind' | 'account', until = ':') => {
    const sums = new Map<string, number>();
    for (const { at, lines } of await database.collection(ledgerCollection).find({ tenantId: T }).toArray())
      for (const { account, amountFen } of at < until ? lines : []) {
        const name = by === 'account' ? account : (kindOfAccount(account as Account) ?? '');
        sums.set(name, (sums.get(name) ?? 0) + amountFen);
      }
    return sums;
  };
  const differences = async () => {
    const found: string[] = [];
    const check = await createBalanceCheck(database, T, (subject) => void found.push(subject));
    for (const entry of await database
      .collection(ledgerCollection)
      .find({ tenantId: T }, { sort: { at: 1, _id: 1 } })
      .toArray())
      await check.add(entry);
    await check.close();
    return found;
  };

  const entry = fc.record({
    agoMs: fc.oneof(fc.constant(0), fc.nat(3 * MINUTE), fc.nat(40 * 24 * 60 * MINUTE)),
    rider: fc.nat(9),
    amountFen: fc.integer({ min: 1, max: 10_000 }),
  });
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ post: fc.array(entry, { minLength: 1, maxLength: 9 }) }) },
    { weight: 3, arbitrary: fc.record({ passMs: fc.nat(90 * MINUTE) }) },
    { weight: 3, arbitrary: fc.record({ movers: fc.integer({ min: 1, max: 3 }) }) },
    { weight: 1, arbitrary: fc.constant({ rebuild: true as const }) },
  );

  it(
    'are the same as the whole ledger to the fen, up to any time, while several processes move them on',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { maxLength: 14 }),
          fc.array(fc.nat(3 * 24 * 60 * MINUTE), { minLength: 1, maxLength: 3 }),
          async (steps, times) => {
            await clear();
            const balances = createLedgerBalances({ database, clock, sizes: SIZES });
            for (const one of steps) {
              if ('post' in one) await post(one.post);
              else if ('passMs' in one) nowMs += one.passMs;
              else if ('rebuild' in one) await balances.rebuild(T);
              else {
                // Whoever reads meanwhile sees all of it as well.
                const readings = Array.from({ length: one.movers }, () =>
                  createLedgerBalances({ database, clock, sizes: SIZES }).moveOn(T),
                );
                expect(await balances.sums(T, 'account')).toEqual(await wanted('account'));
                await Promise.all(readings);
              }
            }
            for (const until of [undefined, iso(nowMs), ...times.map((ms) => iso(nowMs - ms))])
              for (const by of ['kind', 'account'] as const)
                expect(await balances.sums(T, by, until)).toEqual(await wanted(by, until));
            expect(await differences()).toEqual([]);
          },
        ),
        { numRuns: runs(8) },
      );
    },
    runs(300_000),
  );

  it('hold what is settled and nothing younger, in documents that do not grow without end', async () => {
    await clear();
    const balances = createLedgerBalances({ database, clock, sizes: SIZES });
    await post(Array.from({ length: 12 }, (_, rider) => ({ agoMs: 0, rider, amountFen: 5 })));
    const stored = () =>
      database
        .collection(ledgerBalancesCollection)
        .find({ tenantId: T, level: 'year' }, { sort: { part: 1 } })
        .toArray();
    expect([await balances.moveOn(T), await stored()]).toEqual([0, []]);
    nowMs += 20 * MINUTE;
    // All of one millisecond: never cut apart, though it is more than a slice.
    expect(await balances.moveOn(T)).toBe(12);
    await post(Array.from({ length: 4 }, () => ({ agoMs: 0, rider: 77, amountFen: 5 })));
    nowMs += 20 * MINUTE;
    expect(await balances.moveOn(T)).toBe(4);
    const parts = await stored();
    expect(parts.map(({ part, count }) => [part, count])).toEqual([
      [0, 13],
      [1, 2],
    ]);
    expect(parts[1]?.since).toBe(parts[0]?.until);
    expect(await balances.sums(T, 'kind')).toEqual(await wanted('kind'));
  }, 60_000);

  it('that were tampered with are named by verification, and are right again once they are made anew', async () => {
    await clear();
    const balances = createLedgerBalances({ database, clock, sizes: SIZES });
    await post([1, 2, 3].map((rider) => ({ agoMs: 0, rider, amountFen: 100 })));
    nowMs += 20 * MINUTE;
    await balances.moveOn(T);
    const sums = database.collection(ledgerBalancesCollection);
    const day = { tenantId: T, level: 'day' as const };
    const whole = (await sums.findOne(day)) as LedgerBalanceDocument;
    expect(await differences()).toEqual([]);
    await sums.updateOne(day, { $set: { accounts: whole.accounts.replace('-100', '-101') } });
    expect(await differences()).toEqual(['2026-12-30 rider-wallet:u1', '2026-12-30 rider-wallet']);
    const report = await verifyLedger(database, T);
    expect(report.differences.filter(({ code }) => code === 'BALANCE_SUM')).toHaveLength(2);
    await sums.insertOne({ ...whole, _id: `${T}/0/2020/0`, level: 'year', start: '2020' });
    expect(await differences()).toContain('2020 promotion');
    await balances.rebuild(T);
    expect(await differences()).toEqual([]);
  }, 60_000);
});

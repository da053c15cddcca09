import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../src/cli/program.js';
import type { Database } from '../src/db/index.js';
import { taxInside } from '../src/finance/accounts.js';
import { createLedger, ledgerCollection } from '../src/finance/ledger.js';
import { faultOfLines, type LedgerLine, saleLines } from '../src/finance/postings.js';
import { verifyLedger } from '../src/finance/verify-ledger.js';
import { chargesCollection, createWallets, walletsCollection } from '../src/wallets/wallets.js';
import { openTestStore } from './support/store.js';

const TENANT = 'demo';
const clock = { now: () => Date.parse('2026-11-22T08:00:00.000Z') };
class Killed extends Error {}

describe('ledger', () => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestStore();
  }, 60_000);
  afterAll(() => database?.close());
  beforeEach(async () => {
    for (const spec of [walletsCollection, chargesCollection, ledgerCollection])
      await database.collection(spec as typeof walletsCollection).deleteMany({});
  });
  const ledger = () => createLedger({ database, clock });
  const topUp: LedgerLine[] = [
    { account: 'provider-clearing:alipay', amountFen: 500 },
    { account: 'rider-wallet:u-1', amountFen: -500 },
  ];

  it('refuses an entry that does not add up, names no account of the chart, or has amounts that are not whole fen', async () => {
    const bad: LedgerLine[][] = [
      [],
      [{ account: 'bank', amountFen: 1 }],
      [
        { account: 'bank', amountFen: 2 },
        { account: 'suspense:alipay', amountFen: -1 },
      ],
      [
        { account: 'bank:mine', amountFen: 1 },
        { account: 'promotion', amountFen: -1 },
      ],
      [
        { account: 'rider-wallet', amountFen: 1 },
        { account: 'promotion', amountFen: -1 },
      ],
      [
        { account: 'bank', amountFen: 0.5 },
        { account: 'promotion', amountFen: -0.5 },
      ],
      [
        { account: 'nonsense' as 'bank', amountFen: 1 },
        { account: 'promotion', amountFen: -1 },
      ],
    ];
    for (const [index, lines] of bad.entries())
      await expect(
        ledger().post(TENANT, {
          key: `bad-${index}`,
          kind: 'adjustment',
          at: '2026-11-22T08:00:00.000Z',
          lines,
        }),
      ).rejects.toMatchObject({ code: 'LEDGER_UNBALANCED' });
    expect(await database.collection(ledgerCollection).countDocuments({})).toBe(0);
  });

  it('posts a key once; the same key with other lines is a fault', async () => {
    const posting = { key: 'k', kind: 'credit' as const, at: '2026-11-22T08:00:00.000Z', lines: topUp };
    await Promise.all([1, 2, 3].map(() => ledger().post(TENANT, posting)));
    expect(await ledger().balance(TENANT, 'rider-wallet:u-1')).toBe(-500);
    await expect(
      ledger().post(TENANT, {
        ...posting,
        lines: topUp.map((line) => ({ ...line, amountFen: -line.amountFen })),
      }),
    ).rejects.toMatchObject({ code: 'LEDGER_KEY_REUSED' });
    expect(await ledger().balance('elsewhere', 'rider-wallet:u-1')).toBe(0);
  });

  it('splits a sale into revenue and tax without losing a fen', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100_000_000 }),
        fc.integer({ min: 0, max: 2_000 }),
        (amountFen, rateBp) => {
          const lines = saleLines('revenue-swap', amountFen, rateBp);
          expect(faultOfLines([{ account: 'rider-wallet:u', amountFen }, ...lines])).toBeNull();
          expect(
            Math.abs(taxInside(amountFen, rateBp) - (amountFen * rateBp) / (10_000 + rateBp)),
          ).toBeLessThanOrEqual(0.5);
        },
      ),
    );
    expect(taxInside(600, 600)).toBe(34);
    expect(taxInside(-600, 600)).toBe(-34);
  });

  it('agrees with the wallet after a kill between any two writes of any move', async () => {
    type Wallets = ReturnType<typeof createWallets>;
    const me = { tenantId: TENANT, userId: 'u-1' };
    const story: ((wallets: Wallets) => Promise<unknown>)[] = [
      (wallets) => wallets.credit({ ...me, amountFen: 5_000, ref: 'a', from: 'provider-clearing:alipay' }),
      (wallets) => wallets.hold({ ...me, orderId: 'o-1', amountFen: 600 }),
      (wallets) => wallets.capture({ ...me, orderId: 'o-1', amountFen: 450 }),
      (wallets) => wallets.hold({ ...me, orderId: 'o-2', amountFen: 600 }),
      (wallets) => wallets.release({ ...me, orderId: 'o-2' }),
      (wallets) =>
        wallets.move({
          ...me,
          key: 'deposit:1',
          amountFen: 1_000,
          from: 'balanceFen',
          to: 'depositFen',
          posting: {
            kind: 'deposit',
            lines: [
              { account: 'rider-wallet:u-1', amountFen: 1_000 },
              { account: 'rider-deposit:u-1', amountFen: -1_000 },
            ],
          },
        }),
    ];
    for (let kill = 0; ; kill += 1) {
      for (const spec of [walletsCollection, chargesCollection, ledgerCollection])
        await database.collection(spec as typeof walletsCollection).deleteMany({});
      let fuse = kill;
      const dying = createWallets({
        database,
        clock,
        checkpoint: () => {
          fuse -= 1;
          if (fuse < 0) throw new Killed();
        },
      });
      const survivor = createWallets({ database, clock: { now: () => clock.now() + 60_000 } });
      let killed = false;
      for (const step of story) {
        try {
          await step(killed ? survivor : dying);
        } catch (error) {
          expect(error).toBeInstanceOf(Killed);
          killed = true;
          expect(await verifyLedger(database, TENANT)).toMatchObject({ differences: [], sumFen: 0 });
          await step(survivor);
        }
        // Whoever heard no answer asks again.
        await step(survivor);
        expect(await verifyLedger(database, TENANT)).toMatchObject({ differences: [], sumFen: 0 });
      }
      await survivor.recover();
      const wallet = await survivor.find(TENANT, 'u-1');
      expect(wallet).toMatchObject({
        balanceFen: 3_550,
        heldFen: 0,
        capturedFen: 450,
        depositFen: 1_000,
        outbox: [],
      });
      expect(await verifyLedger(database, TENANT)).toMatchObject({
        ok: true,
        waiting: 0,
        entries: 6,
        charges: 1,
      });
      if (!killed) {
        expect(kill).toBeGreaterThan(8);
        return;
      }
    }
  }, 60_000);

  it('a reference is credited once, also long after the wallet has forgotten it', async () => {
    const wallets = createWallets({ database, clock });
    const me = { tenantId: TENANT, userId: 'u-1' };
    await wallets.credit({ ...me, amountFen: 7, ref: 'first' });
    await database.collection(walletsCollection).updateOne({ _id: 'u-1' }, { $set: { recentKeys: [] } });
    await wallets.credit({ ...me, amountFen: 7, ref: 'first' });
    expect((await wallets.find(TENANT, 'u-1'))?.balanceFen).toBe(7);
  });

  it('opens the books of wallets from before the ledger', async () => {
    await database.collection(walletsCollection).insertOne({
      _id: 'u-old',
      tenantId: TENANT,
      balanceFen: 800,
      heldFen: 100,
      capturedFen: 600,
      creditedFen: 1_500,
      holds: [{ orderId: 'o-9', amountFen: 100 }],
      closedOrders: [],
      updatedAt: '2026-01-01T00:00:00.000Z',
    } as never);
    const wallets = createWallets({ database, clock: { now: () => clock.now() + 60_000 } });
    expect([await wallets.openBooks(), await wallets.openBooks()]).toEqual([1, 0]);
    await wallets.recover();
    expect(await verifyLedger(database, TENANT)).toMatchObject({ ok: true, entries: 1, waiting: 0 });
    expect(await ledger().balance(TENANT, 'rider-hold:u-old')).toBe(-100);
  });

  it('names what was tampered with', async () => {
    const wallets = createWallets({ database, clock });
    const me = { tenantId: TENANT, userId: 'u-1' };
    await wallets.credit({ ...me, amountFen: 5_000, ref: 'a' });
    await wallets.hold({ ...me, orderId: 'o-1', amountFen: 600 });
    await wallets.capture({ ...me, orderId: 'o-1', amountFen: 600 });
    const codes = async () =>
      (await verifyLedger(database, TENANT)).differences.map((difference) => difference.code);
    expect(await codes()).toEqual([]);
    const all = database.collection(walletsCollection);
    await all.updateOne({ _id: 'u-1' }, { $inc: { balanceFen: 1 } });
    expect(await codes()).toEqual(['WALLET_SUM', 'WALLET_LEDGER']);
    await all.updateOne({ _id: 'u-1' }, { $inc: { balanceFen: -1 } });
    const entries = database.collection(ledgerCollection);
    await entries.updateOne({ key: 'capture:o-1' }, { $set: { 'lines.0.amountFen': 601 } });
    expect(await codes()).toEqual(['ENTRY_UNBALANCED', 'WALLET_LEDGER']);
    await entries.deleteOne({ key: 'capture:o-1' });
    expect(await codes()).toEqual(['WALLET_LEDGER', 'CHARGE_UNPOSTED']);
  });
});

describe('voltbay-hub ledger verify', () => {
  it('verifies the books of a data folder and prints the report', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'voltbay-ledger-'));
    try {
      const out: string[] = [];
      const context = {
        env: { VOLTBAY_DATA: dataDir, LOG_LEVEL: 'silent' },
        cwd: dataDir,
        out: (line: string) => out.push(line),
        err: (line: string) => out.push(line),
      };
      expect(await runCli(['seed-demo'], context)).toBe(0);
      out.length = 0;
      expect(await runCli(['ledger', 'verify', '--tenant', 'demo', '--json'], context)).toBe(0);
      expect(JSON.parse(out[0] ?? '')).toMatchObject({ ok: true, wallets: 2, entries: 2, sumFen: 0 });
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  }, 60_000);
});

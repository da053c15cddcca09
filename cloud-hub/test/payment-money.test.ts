import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../src/db/index.js';
import { ledgerCollection } from '../src/finance/ledger.js';
import { verifyLedger } from '../src/finance/verify-ledger.js';
import {
  callbacksCollection,
  paymentsCollection,
  refundsCollection,
} from '../src/payments/payment-document.js';
import { chargesCollection, walletsCollection } from '../src/wallets/wallets.js';
import { type Action, actions, createWorld, Killed, TENANT } from './support/payment-world.js';
import { runs } from './support/property-runs.js';
import { openTestStore } from './support/store.js';

describe('money of payments', () => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestStore();
  }, 60_000);
  afterAll(() => database?.close());

  const reset = async () => {
    for (const spec of [
      walletsCollection,
      chargesCollection,
      ledgerCollection,
      paymentsCollection,
      refundsCollection,
      callbacksCollection,
    ])
      await database.collection(spec as typeof walletsCollection).deleteMany({});
  };
  type World = ReturnType<typeof createWorld>;

  /** Holds at every moment, kill or not. */
  const always = async ({ bank }: World) => {
    expect(await verifyLedger(database, TENANT)).toMatchObject({ sumFen: 0, differences: [] });
    for (const [tradeNo, trade] of bank.trades)
      expect(bank.refundedOf(tradeNo)).toBeLessThanOrEqual(trade.amountFen);
    const wallets = await database.collection(walletsCollection).find({}).toArray();
    for (const wallet of wallets) {
      const credited = (await database.collection(paymentsCollection).find({ userId: wallet._id }).toArray())
        .filter((payment) => bank.trades.get(payment._id)?.state === 'paid')
        .reduce((sum, payment) => sum + payment.amountFen, 0);
      // Nobody has more than was really paid in.
      expect(wallet.creditedFen).toBeLessThanOrEqual(credited);
    }
  };
  /** Holds once everything half done was finished and every provider was asked. */
  const settled = async ({ bank }: World) => {
    const payments = await database.collection(paymentsCollection).find({}).toArray();
    const refunds = await database.collection(refundsCollection).find({}).toArray();
    for (const payment of payments) {
      expect(['paid', 'closed']).toContain(payment.state);
      expect(payment).toMatchObject({ due: [], dueAt: null, checkAt: null });
      expect(payment.state === 'paid').toBe(bank.trades.get(payment._id)?.state === 'paid');
      const mine = refunds.filter(
        (refund) => refund.paymentId === payment._id && refund.state === 'succeeded',
      );
      expect(payment.refundedFen).toBe(mine.reduce((sum, refund) => sum + refund.amountFen, 0));
    }
    for (const refund of refunds) {
      expect(['succeeded', 'failed']).toContain(refund.state);
      expect(refund.state === 'succeeded').toBe(bank.refunds.has(refund._id));
    }
    const report = await verifyLedger(database, TENANT);
    expect(report).toMatchObject({ ok: true, waiting: 0, differences: [] });
    const paidIn = [...bank.trades.values()].filter((trade) => trade.state === 'paid');
    const clearing = report.totals.find(({ kind }) => kind === 'provider-clearing')?.amountFen ?? 0;
    // The ledger knows to the fen what the provider owes us.
    expect(clearing).toBe(
      paidIn.reduce((sum, trade) => sum + trade.amountFen, 0) -
        [...bank.refunds.values()].reduce((sum, refund) => sum + refund.amountFen, 0),
    );
    expect(report.totals.find(({ kind }) => kind === 'refunds-payable')?.amountFen ?? 0).toBe(0);
  };
  const finish = async (world: World, survivor: ReturnType<World['process']>) => {
    world.bank.feel('well');
    for (let round = 0; round < 4; round += 1) {
      world.advance(20 * 60_000);
      await survivor.feature.sweep();
      await survivor.wallets.recover();
    }
  };

  it(
    'every payment is credited once and every refund made once, under any interleaving, silence of the provider and kills',
    async () => {
      let refundsMade = 0;
      let killed = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.record({
              together: fc.array(actions, { minLength: 1, maxLength: 3 }),
              killFirst: fc.option(fc.nat(9), { nil: null }),
            }),
            { minLength: 4, maxLength: 18 },
          ),
          async (rounds) => {
            await reset();
            const world = createWorld(database);
            const processes = [world.process(), world.process()] as const;
            for (const { together, killFirst } of rounds) {
              processes[0].burnAfter(killFirst);
              const results = await Promise.allSettled(
                together.map((action, index) => world.act(processes[index % 2 === 0 ? 0 : 1], action)),
              );
              for (const result of results) {
                if (result.status === 'fulfilled') continue;
                if (result.reason instanceof Killed) killed += 1;
                else
                  expect(result.reason, String(result.reason?.stack)).toMatchObject({ name: 'ProblemError' });
              }
              await always(world);
            }
            for (const process of processes) process.burnAfter(null);
            await finish(world, processes[1]);
            await always(world);
            await settled(world);
            refundsMade += world.bank.refunds.size;
          },
        ),
        { numRuns: runs(40), interruptAfterTimeLimit: runs(60_000), markInterruptAsFailure: false },
      );
      // The property is worth something only when it met what it is about.
      expect(refundsMade).toBeGreaterThan(0);
      expect(killed).toBeGreaterThan(0);
    },
    runs(120_000),
  );

  it('a kill at every single checkpoint of a top-up and its refund ends with one credit and one refund', async () => {
    for (let checkpoint = 0; ; checkpoint += 1) {
      await reset();
      const world = createWorld(database);
      const [first, second] = [world.process(), world.process()];
      first.burnAfter(checkpoint);
      let killed = false;
      const script: Action[] = [
        { kind: 'start', rider: 0, key: 0, amountFen: 1_000, mood: 'well' },
        { kind: 'pay', payment: 0 },
        { kind: 'notify', payment: 0, forged: false, lie: false },
        { kind: 'refund', payment: 0, key: 0, part: 2, mood: 'well' },
      ];
      for (const action of script) {
        try {
          await world.act(killed ? second : first, action);
        } catch (error) {
          expect(error).toBeInstanceOf(Killed);
          killed = true;
          await always(world);
          await world.act(second, action);
        }
        await always(world);
      }
      await finish(world, second);
      await settled(world);
      expect(await second.wallets.find(TENANT, 'u-1')).toMatchObject({
        balanceFen: 500,
        withdrawnFen: 500,
        creditedFen: 1_000,
      });
      if (!killed) {
        expect(checkpoint).toBeGreaterThanOrEqual(15);
        return;
      }
    }
  }, 120_000);
});

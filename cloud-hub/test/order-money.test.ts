import { isTerminalOrderState, SWAP_STEPS } from '@voltbay/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isoAt } from '../src/clock.js';
import type { Database } from '../src/db/index.js';
import { ledgerCollection } from '../src/finance/ledger.js';
import { verifyLedger } from '../src/finance/verify-ledger.js';
import { fleetMembersCollection, fleetsCollection } from '../src/fleets/fleet-document.js';
import { ordersCollection } from '../src/orders/order-document.js';
import { debtsCollection } from '../src/passes/pass-document.js';
import { createPlanFeature } from '../src/plans/plan-feature.js';
import { subscriptionsCollection } from '../src/plans/subscriptions.js';
import { chargesCollection, createWallets, walletsCollection } from '../src/wallets/wallets.js';
import {
  type Action,
  actions,
  BUNDLE_SWAPS,
  createWorld,
  Killed,
  RIDERS,
  START_FEN,
  TENANT,
} from './support/order-world.js';
import { runs } from './support/property-runs.js';
import { openTestStore } from './support/store.js';

describe('money of orders', () => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestStore();
  }, 60_000);
  afterAll(() => database?.close());

  const reset = async () => {
    for (const spec of [
      ordersCollection,
      chargesCollection,
      walletsCollection,
      ledgerCollection,
      subscriptionsCollection,
      debtsCollection,
    ])
      await database.collection(spec as typeof ordersCollection).deleteMany({});
    const wallets = createWallets({ database, clock: { now: () => 0 } });
    for (const userId of RIDERS)
      await wallets.credit({ tenantId: TENANT, userId, amountFen: START_FEN, ref: 'start' });
    // One rider's swaps are paid by another one, up to a limit a day.
    const stored = { tenantId: TENANT, version: 1, createdAt: isoAt(0), updatedAt: isoAt(0) };
    const limits = { dayLimitFen: 1_200, monthLimitFen: null };
    const [fleet, member] = [
      database.collection(fleetsCollection),
      database.collection(fleetMembersCollection),
    ];
    await fleet.deleteMany({});
    await member.deleteMany({});
    const payer = { name: 'fleet', payerUserId: 'u-1', state: 'active' as const };
    await fleet.insertOne({ _id: 'fl', ...stored, ...payer, ...limits });
    await member.insertOne({ _id: `${TENANT}/u-2`, ...stored, fleetId: 'fl', userId: 'u-2', ...limits });
    // One rider swaps on a bundle as long as it lasts: uses are money too.
    const clock = { now: () => Date.parse('2026-11-22T07:00:00.000Z') };
    const { plans, subscriptions } = createPlanFeature({ database, clock, wallets });
    const terms = { swaps: BUNDLE_SWAPS, validDays: 90 };
    const plan =
      (await plans.latest(TENANT, 'bundle')) ??
      (await plans.publish({
        tenantId: TENANT,
        plan: 'bundle',
        kind: 'bundle',
        name: 'bundle',
        amountFen: 0,
        terms,
        by: 'test',
      }));
    await subscriptions.buy({
      tenantId: TENANT,
      userId: 'u-3',
      plan,
      autoRenew: false,
      requestKey: 'bundle',
    });
  };
  const books = async () => {
    const [orders, charges, wallets] = await Promise.all([
      database.collection(ordersCollection).find({}).toArray(),
      database.collection(chargesCollection).find({}).toArray(),
      database.collection(walletsCollection).find({}).toArray(),
    ]);
    return { orders, charges, wallets };
  };
  /** Holds at every moment, kill or not. */
  const always = async () => {
    const { orders, charges, wallets } = await books();
    for (const wallet of wallets) {
      expect(wallet.balanceFen + wallet.heldFen + wallet.capturedFen).toBe(START_FEN);
      expect(Math.min(wallet.balanceFen, wallet.heldFen, wallet.capturedFen)).toBeGreaterThanOrEqual(0);
      expect(wallet.holds.reduce((sum, hold) => sum + hold.amountFen, 0)).toBe(wallet.heldFen);
      expect(new Set(wallet.holds.map((hold) => hold.orderId)).size).toBe(wallet.holds.length);
    }
    expect(new Set(charges.map((charge) => charge.orderId)).size).toBe(charges.length);
    expect(await verifyLedger(database, TENANT)).toMatchObject({ ok: true, sumFen: 0, differences: [] });
    const [bundle] = await database.collection(subscriptionsCollection).find({}).toArray();
    expect((bundle?.swapsLeft ?? 0) + (bundle?.reservations.length ?? 0) + (bundle?.usedBy.length ?? 0)).toBe(
      BUNDLE_SWAPS,
    );
    const open = orders.filter((order) => order.openKey.startsWith('user:')).map((order) => order.userId);
    expect(new Set(open).size).toBe(open.length);
  };
  /** Holds once everything half done was finished. */
  const settled = async () => {
    const { orders, charges, wallets } = await books();
    const charged = new Map(charges.map((charge) => [charge.orderId, charge]));
    for (const order of orders) {
      expect(order.due, order.state).toEqual([]);
      expect(order.dueAt).toBeNull();
      if (isTerminalOrderState(order.state)) expect(order.settlement).not.toBeNull();
      expect(charged.has(order._id)).toBe(
        order.settlement === 'capture' && order.payment.state === 'captured',
      );
      if (order.settlement === 'release') expect(order.payment.state).not.toBe('captured');
    }
    const [bundle] = await database.collection(subscriptionsCollection).find({}).toArray();
    // A swap of the bundle is gone exactly when an order that took it was settled as taken; when an order that was given up came
    // back after the last swap was used, there is none left for it to take.
    const taken = orders
      .filter((order) => order.price.benefits?.some(({ id }) => id === bundle?._id))
      .filter((order) => order.settlement === 'capture')
      .map((order) => order._id);
    expect(taken).toEqual(expect.arrayContaining(bundle?.usedBy ?? []));
    if (bundle?.swapsLeft !== 0) expect(bundle?.usedBy).toHaveLength(taken.length);
    for (const orderId of bundle?.reservations ?? [])
      expect(orders.find((order) => order._id === orderId)?.settlement).toBeNull();
    for (const wallet of wallets) {
      const mine = orders.filter((order) => (order.price.payerUserId ?? order.userId) === wallet._id);
      expect(wallet.capturedFen).toBe(
        mine.filter((order) => charged.has(order._id)).reduce((sum, order) => sum + order.price.totalFen, 0),
      );
      for (const hold of wallet.holds)
        expect(mine.find((order) => order._id === hold.orderId)?.settlement).toBeNull();
    }
  };

  it(
    'one charge and constant sums under any interleaving of calls, events, repeats, two processes and kills',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.record({
              together: fc.array(actions, { minLength: 1, maxLength: 3 }),
              killFirst: fc.option(fc.nat(9), { nil: null }),
            }),
            { minLength: 3, maxLength: 14 },
          ),
          async (rounds) => {
            await reset();
            const world = createWorld(database);
            const processes = [world.process(), world.process()];
            for (const { together, killFirst } of rounds) {
              processes[0]?.burnAfter(killFirst);
              const results = await Promise.allSettled(
                together.map((action, index) => {
                  const { feature } = processes[index % 2] as (typeof processes)[number];
                  return world.act(feature, action);
                }),
              );
              for (const result of results)
                if (result.status === 'rejected' && !(result.reason instanceof Killed))
                  // Refusals are answers; anything else is a defect.
                  expect(result.reason, String(result.reason?.stack)).toMatchObject({ name: 'ProblemError' });
              await always();
            }
            for (const process of processes) process.burnAfter(null);
            const [survivor] = processes;
            for (let round = 0; round < 3; round += 1) {
              world.advance(20 * 60_000);
              await survivor?.feature.sweep.run();
            }
            await always();
            await settled();
          },
        ),
        { numRuns: runs(40), interruptAfterTimeLimit: runs(60_000), markInterruptAsFailure: false },
      );
    },
    runs(120_000),
  );

  it('several processes that settle one order at once take its money once', async () => {
    for (let repeat = 0; repeat < 15; repeat += 1) {
      await reset();
      const world = createWorld(database);
      const processes = Array.from({ length: 5 }, () => world.process());
      const first = processes[0] as (typeof processes)[number];
      await world.act(first.feature, { kind: 'begin', rider: 0, key: 0 });
      const [order] = (await books()).orders;
      const id = order?._id ?? '';
      const end = (to: 'completed' | 'failed') => (process: (typeof processes)[number]) =>
        process.feature.orders.record(id, { key: null, to, who: 'test', what: to, at: isoAt(0) });
      // Odd rounds: two processes hear of the end in opposite words.
      first.burnAfter(0);
      await Promise.allSettled([end(repeat % 2 ? 'failed' : 'completed')(first)]);
      first.burnAfter(null);
      await Promise.all(processes.map((process) => process.feature.settlement.settle(id)));
      await Promise.all(processes.map(end('completed')));
      await always();
      await settled();
    }
  }, 60_000);

  it('facts that several processes record at once are all kept', async () => {
    await reset();
    const world = createWorld(database);
    const processes = Array.from({ length: 4 }, () => world.process());
    const first = processes[0] as (typeof processes)[number];
    await world.act(first.feature, { kind: 'begin', rider: 0, key: 0 });
    const [order] = (await books()).orders;
    const facts = Array.from({ length: 24 }, (_, index) => `fact-${index}`);
    await Promise.all(
      facts.map((key, index) =>
        processes[index % 4]?.feature.orders.record(order?._id ?? '', {
          key,
          to: index === 7 ? 'returning' : null,
          who: 'test',
          what: key,
          at: isoAt(0),
        }),
      ),
    );
    const [after] = (await books()).orders;
    expect(
      after?.timeline
        .map((step) => step.what)
        .filter((what) => what.startsWith('fact-'))
        .sort(),
    ).toEqual([...facts].sort());
    expect(after?.state).toBe('returning');
    expect(after?.version).toBe((order?.version ?? 0) + facts.length);
  });

  it('a kill at every single checkpoint of a whole swap leaves one charge after recovery', async () => {
    for (let checkpoint = 0; ; checkpoint += 1) {
      await reset();
      const world = createWorld(database);
      const [first, second] = [world.process(), world.process()];
      first.burnAfter(checkpoint);
      let killed = false;
      const script: Action[] = [
        { kind: 'swap', rider: 0, key: 0, reaction: 'started' },
        ...SWAP_STEPS.slice(0, 11).map((_, step) => ({
          kind: 'event' as const,
          order: 0,
          step,
          twice: false,
        })),
      ];
      for (const action of script) {
        const { feature } = killed ? second : first;
        try {
          await world.act(feature, action);
        } catch (error) {
          if (!(error instanceof Killed)) throw error;
          killed = true;
          // What the dead process was told comes again: the rider repeats the call, the station was never acknowledged.
          await world.act(second.feature, action).catch((again: unknown) => {
            expect(again).toMatchObject({ name: 'ProblemError' });
          });
        }
        await always();
      }
      world.advance(20 * 60_000);
      await second.feature.sweep.run();
      world.advance(20 * 60_000);
      await second.feature.sweep.run();
      await always();
      await settled();
      const { orders, charges } = await books();
      expect(orders.length).toBeGreaterThanOrEqual(1);
      expect(charges.length).toBeLessThanOrEqual(1);
      if (!killed) {
        expect(orders.map((order) => order.state)).toEqual(['completed']);
        expect(charges).toHaveLength(1);
        expect(checkpoint).toBeGreaterThan(8);
        return;
      }
    }
  }, 120_000);
});

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../src/db/index.js';
import { ledgerCollection } from '../src/finance/ledger.js';
import { verifyLedger } from '../src/finance/verify-ledger.js';
import { createPlanFeature } from '../src/plans/plan-feature.js';
import { subscriptionsCollection } from '../src/plans/subscriptions.js';
import { createWallets, walletsCollection } from '../src/wallets/wallets.js';
import { runs } from './support/property-runs.js';
import { openTestStore } from './support/store.js';

const TENANT = 'demo';
const ME = { tenantId: TENANT, userId: 'u-1' };
class Killed extends Error {}

type Action =
  | { kind: 'buy'; key: number; autoRenew: boolean; bundle: boolean }
  | { kind: 'cancel'; which: number }
  | { kind: 'use'; which: number; order: number; good: boolean }
  | { kind: 'sweep'; afterDays: number };
const actions: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    kind: fc.constant('buy' as const),
    key: fc.nat(3),
    autoRenew: fc.boolean(),
    bundle: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('cancel' as const), which: fc.nat(3) }),
  fc.record({ kind: fc.constant('use' as const), which: fc.nat(3), order: fc.nat(9), good: fc.boolean() }),
  fc.record({ kind: fc.constant('sweep' as const), afterDays: fc.constantFrom(0, 1, 12, 31) }),
);

describe('money of subscriptions', () => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestStore();
  }, 60_000);
  afterAll(() => database?.close());

  it(
    'each period is paid once and each rest given back once, swaps are never lost or doubled, under kills and repeats',
    async () => {
      let renewed = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.record({ action: actions, kill: fc.option(fc.nat(4), { nil: null }) }), {
            minLength: 4,
            maxLength: 20,
          }),
          async (rounds) => {
            for (const spec of [walletsCollection, ledgerCollection, subscriptionsCollection])
              await database.collection(spec as typeof walletsCollection).deleteMany({});
            let now = Date.parse('2026-01-31T08:00:00.000Z');
            let fuse = Number.POSITIVE_INFINITY;
            const clock = { now: () => now };
            const checkpoint = () => {
              fuse -= 1;
              if (fuse < 0) {
                fuse = Number.POSITIVE_INFINITY;
                throw new Killed();
              }
            };
            const wallets = createWallets({ database, clock, checkpoint });
            const { subscriptions, plans } = createPlanFeature({ database, clock, wallets, checkpoint });
            await wallets.credit({ ...ME, amountFen: 20_000, ref: 'start' });
            const fields = { tenantId: TENANT, name: 'x', amountFen: 3_000, by: 'test' };
            const [bundle, period] = await Promise.all([
              plans.latest(TENANT, 'b').then(
                (one) =>
                  one ??
                  plans.publish({
                    ...fields,
                    plan: 'b',
                    kind: 'bundle',
                    terms: { swaps: 3, validDays: 30 },
                  }),
              ),
              plans.latest(TENANT, 'p').then(
                (one) =>
                  one ??
                  plans.publish({
                    ...fields,
                    plan: 'p',
                    kind: 'period',
                    terms: { length: { months: 1 }, swaps: 10 },
                  }),
              ),
            ]);
            const all = () =>
              database
                .collection(subscriptionsCollection)
                .find({}, { sort: { _id: 1 } })
                .toArray();
            const pick = async (which: number) => {
              const list = await all();
              return list[which % Math.max(1, list.length)];
            };
            const act = async (action: Action): Promise<void> => {
              switch (action.kind) {
                case 'buy':
                  await subscriptions.buy({
                    ...ME,
                    plan: action.bundle ? bundle : period,
                    autoRenew: action.autoRenew,
                    requestKey: `${action.key}`,
                  });
                  return;
                case 'cancel': {
                  const one = await pick(action.which);
                  if (one) await subscriptions.cancel(one);
                  return;
                }
                case 'use': {
                  const one = await pick(action.which);
                  const orderId = `o-${action.order}`;
                  if (!one || !(await subscriptions.reserve(one._id, orderId))) return;
                  await subscriptions.reserve(one._id, orderId);
                  if (action.good) await subscriptions.consume(orderId);
                  else await subscriptions.giveBack(orderId);
                  await subscriptions.giveBack(orderId);
                  return;
                }
                case 'sweep':
                  now += action.afterDays * 86_400_000;
                  await subscriptions.sweep();
                  await wallets.recover();
              }
            };
            const holds = async () => {
              expect(await verifyLedger(database, TENANT)).toMatchObject({ sumFen: 0, differences: [] });
              for (const one of await all()) {
                if (one.swaps === null || one.swapsLeft === null) continue;
                expect(one.swapsLeft).toBeGreaterThanOrEqual(0);
                expect(one.swapsLeft).toBeLessThanOrEqual(one.swaps);
                expect(one.refundedFen).toBeLessThanOrEqual(one.amountFen);
              }
            };
            for (const { action, kill } of rounds) {
              fuse = kill ?? Number.POSITIVE_INFINITY;
              await act(action).catch((error: unknown) => {
                if (!(error instanceof Killed)) expect(error).toMatchObject({ name: 'ProblemError' });
              });
              await holds();
            }
            fuse = Number.POSITIVE_INFINITY;
            for (let round = 0; round < 4; round += 1) {
              now += 10_000;
              await subscriptions.sweep();
              await wallets.recover();
            }
            await holds();
            const report = await verifyLedger(database, TENANT);
            expect(report).toMatchObject({ ok: true, waiting: 0 });
            const wallet = await wallets.find(TENANT, 'u-1');
            const due = (await all())
              .filter((one) => ['active', 'expired', 'cancelled'].includes(one.state))
              .reduce((sum, one) => sum + one.amountFen * one.round - one.refundedFen, 0);
            // What was taken is what was bought, period by period, less what was given back: not a fen more.
            expect(wallet?.capturedFen).toBe(due);
            renewed += (await all()).filter((one) => one.round > 1).length;
          },
        ),
        {
          // Whatever chance brings: one that is renewed.
          examples: [
            [
              [
                { action: { kind: 'buy', key: 0, autoRenew: true, bundle: false }, kill: null },
                { action: { kind: 'sweep', afterDays: 31 }, kill: null },
                { action: { kind: 'sweep', afterDays: 1 }, kill: null },
                { action: { kind: 'cancel', which: 0 }, kill: null },
              ],
            ],
          ],
          numRuns: runs(40),
          interruptAfterTimeLimit: 50_000,
          markInterruptAsFailure: false,
        },
      );
      expect(renewed).toBeGreaterThan(0);
    },
    runs(110_000),
  );
});

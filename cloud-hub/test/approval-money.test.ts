import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApprovalActions } from '../src/approvals/approval-actions.js';
import { approvalsCollection } from '../src/approvals/approval-document.js';
import { createApprovals } from '../src/approvals/approvals.js';
import { createGuardedRefunds } from '../src/approvals/guarded.js';
import type { Database } from '../src/db/index.js';
import { disputeEvidenceCollection, disputesCollection } from '../src/disputes/dispute-document.js';
import { createDisputes } from '../src/disputes/disputes.js';
import { chargeRefundsCollection, createChargeRefunds } from '../src/finance/charge-refunds.js';
import { createLedger, ledgerCollection } from '../src/finance/ledger.js';
import { verifyLedger } from '../src/finance/verify-ledger.js';
import { ProblemError } from '../src/http/problem.js';
import { ordersCollection } from '../src/orders/order-document.js';
import type { Refunds } from '../src/payments/refunds.js';
import { chargesCollection, createWallets, walletsCollection } from '../src/wallets/wallets.js';
import { runs } from './support/property-runs.js';
import { openTestStore, silent } from './support/store.js';

const TENANT = 't';
const CHARGE_FEN = 600;
const LIMIT_FEN = 200;
class Killed extends Error {}

type Action =
  | { kind: 'refund'; by: number; key: number; amountFen: number; fuse: number }
  | { kind: 'decide'; which: number; by: number; yes: boolean; fuse: number }
  | { kind: 'dispute'; refundFen: number; fuse: number }
  | { kind: 'sweep'; afterS: number; fuse: number };
const fuse = fc.oneof(fc.constant(1_000), fc.nat(12));
const actions: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    kind: fc.constant('refund' as const),
    by: fc.nat(1),
    key: fc.nat(3),
    amountFen: fc.integer({ min: 1, max: 400 }),
    fuse,
  }),
  fc.record({
    kind: fc.constant('decide' as const),
    which: fc.nat(5),
    by: fc.nat(2),
    yes: fc.boolean(),
    fuse,
  }),
  fc.record({ kind: fc.constant('dispute' as const), refundFen: fc.integer({ min: 1, max: 400 }), fuse }),
  fc.record({ kind: fc.constant('sweep' as const), afterS: fc.constantFrom(6, 60), fuse }),
);

describe('refunds by two persons', () => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestStore();
  }, 60_000);
  afterAll(() => database?.close());

  const clear = () =>
    Promise.all(
      [
        approvalsCollection,
        disputesCollection,
        disputeEvidenceCollection,
        chargeRefundsCollection,
        ledgerCollection,
        ordersCollection,
        chargesCollection,
        walletsCollection,
      ].map((spec) => database.collection(spec as typeof ordersCollection).deleteMany({})),
    );

  it(
    'are made once each, never without the second person above the limit, under kills and repeats',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(actions, { minLength: 3, maxLength: 14 }), async (steps) => {
          await clear();
          let now = Date.parse('2026-11-22T08:00:00.000Z');
          const clock = { now: () => now };
          let left = Number.POSITIVE_INFINITY;
          const checkpoint = () => {
            left -= 1;
            if (left < 0) {
              left = Number.POSITIVE_INFINITY;
              throw new Killed();
            }
          };
          const ledger = createLedger({ database, clock });
          const wallets = createWallets({ database, clock, ledger, checkpoint });
          const chargeRefunds = createChargeRefunds({ database, wallets, clock, checkpoint });
          const refunds = {} as Refunds;
          const approvals = createApprovals({
            database,
            clock,
            logger: silent,
            settings: { get: async () => LIMIT_FEN as never },
            actions: createApprovalActions({
              database,
              clock,
              chargeRefunds,
              refunds,
              orders: { record: async () => null },
            }),
            checkpoint,
          });
          const guarded = createGuardedRefunds({ approvals, chargeRefunds, refunds });
          const disputes = createDisputes({
            database,
            clock,
            logger: silent,
            evidenceOf: async () => 'file',
            approvals,
            chargeRefunds,
            checkpoint,
          });
          await wallets.credit({ tenantId: TENANT, userId: 'u', amountFen: 1_000, ref: 'start' });
          await wallets.hold({ tenantId: TENANT, userId: 'u', orderId: 'o', amountFen: CHARGE_FEN });
          await wallets.capture({ tenantId: TENANT, userId: 'u', orderId: 'o', amountFen: CHARGE_FEN });
          const order = { _id: 'o', tenantId: TENANT, userId: 'u', stationId: '1', price: {} } as never;
          await database.collection(ordersCollection).insertOne(order);
          const charge = async () => {
            const found = await database.collection(chargesCollection).findOne({ orderId: 'o' });
            if (!found) throw new Error('no charge');
            return found;
          };
          const listed = () =>
            database
              .collection(approvalsCollection)
              .find({ tenantId: TENANT }, { sort: { _id: 1 } })
              .toArray();
          const perform = async (step: Action) => {
            switch (step.kind) {
              case 'refund':
                await guarded.ofCharge(await charge(), {
                  amountFen: step.amountFen,
                  reason: 'because',
                  by: `operator:${step.by}`,
                  requestKey: `${step.by}/${step.key}`,
                });
                return;
              case 'decide': {
                const all = await listed();
                const approval = all[step.which % Math.max(1, all.length)];
                const by = `operator:${step.by}`;
                if (approval)
                  await approvals.decide(approval, {
                    to: step.yes ? 'approved' : 'rejected',
                    by,
                    note: null,
                  });
                return;
              }
              case 'dispute': {
                const known = await database.collection(disputesCollection).findOne({ tenantId: TENANT });
                const dispute =
                  known ?? (await disputes.open({ order, kind: 'other', note: 'why', by: 'rider:u' }));
                await disputes.decide(dispute, {
                  state: 'accepted',
                  by: 'operator:0',
                  resolution: 'yes',
                  refundFen: step.refundFen,
                });
                return;
              }
              case 'sweep':
                now += step.afterS * 1_000;
                await approvals.sweep();
                await disputes.sweep();
                await chargeRefunds.sweep();
                await wallets.recover();
            }
          };
          for (const step of steps) {
            left = step.fuse;
            try {
              await perform(step);
            } catch (error) {
              if (!(error instanceof Killed || error instanceof ProblemError)) throw error;
            }
          }
          left = Number.POSITIVE_INFINITY;
          for (let round = 0; round < 3; round += 1) await perform({ kind: 'sweep', afterS: 60, fuse: 0 });

          const made = (
            await database.collection(chargeRefundsCollection).find({ tenantId: TENANT }).toArray()
          ).filter(({ state }) => state === 'done');
          const sum = made.reduce((total, one) => total + one.amountFen, 0);
          expect((await charge()).refundedFen ?? 0).toBe(sum);
          expect(sum).toBeLessThanOrEqual(CHARGE_FEN);
          expect((await wallets.find(TENANT, 'u'))?.balanceFen).toBe(400 + sum);
          const decided = await listed();
          const agreed = decided.filter(({ decidedBy, state }) => decidedBy !== null && state !== 'rejected');
          for (const approval of agreed) {
            expect(['done', 'refused']).toContain(approval.state);
            expect(approval.decidedBy).not.toBe(approval.requestedBy);
            expect(made.filter(({ requestKey }) => requestKey === `approval:${approval._id}`)).toHaveLength(
              approval.state === 'done' ? 1 : 0,
            );
          }
          // What one person gave back alone stays within what one person may.
          const alone = made.filter(({ requestKey }) => !requestKey.startsWith('approval:'));
          expect(alone.reduce((total, one) => total + one.amountFen, 0)).toBeLessThanOrEqual(LIMIT_FEN);
          expect(
            made.filter(({ requestKey }) => requestKey.startsWith('dispute:')).length,
          ).toBeLessThanOrEqual(1);
          for (const dispute of await database
            .collection(disputesCollection)
            .find({ tenantId: TENANT })
            .toArray()) {
            expect(dispute.evidence).not.toBeNull();
            expect(dispute.workAt).toBeNull();
          }
          expect(await verifyLedger(database, TENANT)).toMatchObject({ ok: true, differences: [] });
        }),
        {
          numRuns: runs(40),
          // A dispute decided within the limit, cut off before its money moved, and a refund that came in between.
          examples: [
            [
              [
                { kind: 'dispute', refundFen: 9, fuse: 2 },
                { kind: 'dispute', refundFen: 1, fuse: 0 },
                { kind: 'refund', by: 0, key: 0, amountFen: 192, fuse: 1_000 },
                { kind: 'dispute', refundFen: 1, fuse: 1_000 },
              ],
            ],
          ],
        },
      );
    },
    runs(120_000),
  );
});

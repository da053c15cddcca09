import { z } from 'zod';
import type { DisputeFeature } from '../disputes/dispute-feature.js';
import type { Debts } from '../passes/debts.js';
import type { Payments } from '../payments/payments.js';
import type { Refunds } from '../payments/refunds.js';
import type { Subscriptions } from '../plans/subscriptions.js';
import { defineSchedule, defineTask, handleTask, type Schedule, type TaskHandler } from '../tasks/index.js';
import type { FinanceFeature } from './finance-feature.js';

const nothing = z.strictObject({});
/** The next due time comes soon: a run that fails is not tried for long, and a finished one is not kept for long. */
const OFTEN = { retry: { maxAttempts: 2, baseMs: 2_000, capMs: 5_000 }, keepMs: 3_600_000 } as const;

const followPayments = defineTask({
  kind: 'payments.follow',
  summary: 'Credit what was paid, carry refunds on, ask providers about what is open',
  input: nothing,
  ...OFTEN,
});
const recover = defineTask({
  kind: 'finance.recover',
  summary: 'Finish refunds, deposits, approvals and disputes that were left half done',
  input: nothing,
  ...OFTEN,
});
const renew = defineTask({
  kind: 'plans.renew',
  summary: 'Renew, remind of and end plans',
  input: nothing,
  ...OFTEN,
});
const collect = defineTask({
  kind: 'debts.collect',
  summary: 'Take what is owed from wallets that can pay by now',
  input: nothing,
  ...OFTEN,
});
const reconcile = defineTask({
  kind: 'finance.reconcile',
  summary: 'Hold yesterday’s statements of the payment providers against our books',
  input: nothing,
  retry: { maxAttempts: 3, baseMs: 30_000, capMs: 120_000 },
  keepMs: 86_400_000,
});

const sumUp = defineTask({
  kind: 'finance.sum-up',
  summary: 'Add what came to the sums of accounts by hour, day, month and year',
  input: nothing,
  ...OFTEN,
});

const every = (id: string, cron: string, spec: typeof recover): Schedule =>
  defineSchedule({ id, cron, timeZone: 'Asia/Shanghai', spec, input: () => ({}), onlyHome: true });

/** What happens to money by itself: leased tasks, so that one process at a time does each, and every run can be seen. */
export function createFinanceTasks(deps: {
  homeTenantId: string;
  payments: { payments: Pick<Payments, 'sweep'>; refunds: Pick<Refunds, 'sweep'> };
  finance: FinanceFeature;
  disputes: Pick<DisputeFeature, 'sweep'>;
  subscriptions: Pick<Subscriptions, 'sweep'>;
  debts: Pick<Debts, 'collect'>;
}): { handlers: TaskHandler[]; schedules: Schedule[] } {
  return {
    handlers: [
      handleTask(followPayments, async () => {
        await deps.payments.payments.sweep();
        await deps.payments.refunds.sweep();
      }),
      handleTask(recover, async () => {
        await deps.finance.sweep();
        await deps.disputes.sweep();
      }),
      handleTask(renew, () => deps.subscriptions.sweep()),
      handleTask(collect, async () => ({ due: await deps.debts.collect() })),
      handleTask(sumUp, async ({ tenantId }) => ({ added: await deps.finance.balances.moveOn(tenantId) })),
      handleTask(reconcile, () => deps.finance.reconciliations.runDue(deps.homeTenantId)),
    ],
    schedules: [
      every('payments-follow', '*/5 * * * * *', followPayments),
      every('finance-recover', '*/5 * * * * *', recover),
      every('plans-renew', '*/10 * * * * *', renew),
      every('debts-collect', '*/30 * * * * *', collect),
      { ...every('finance-sum-up', '20 * * * * *', sumUp), onlyHome: false },
      // Statements are there from ten in the morning, Beijing time.
      every('finance-reconcile', '*/10 10-23 * * *', reconcile),
    ],
  };
}

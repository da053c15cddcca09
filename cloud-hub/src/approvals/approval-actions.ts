import { isoNow } from '../clock.js';
import type { Database } from '../db/index.js';
import type { ChargeRefunds } from '../finance/charge-refunds.js';
import { ProblemError } from '../http/problem.js';
import type { Orders } from '../orders/orders.js';
import { paymentsCollection } from '../payments/payment-document.js';
import type { Refunds } from '../payments/refunds.js';
import type { Clock } from '../ports.js';
import { chargesCollection } from '../wallets/wallet-document.js';
import type { ApprovalDocument, ApprovalKind } from './approval-document.js';
import type { ApprovalAction, ApprovalOutcome } from './approvals.js';

/** Who did it, as it is written at the refund or order: both. */
const byBoth = (approval: ApprovalDocument) =>
  `${approval.requestedBy}+${approval.decidedBy ?? ''}`.slice(0, 160);
const refused = (detail: string): ApprovalOutcome => ({ outcome: 'refused', detail });

/** What an approval does, by kind. Each is idempotent by `approval:{id}`. */
export function createApprovalActions(deps: {
  database: Database;
  clock: Clock;
  chargeRefunds: Pick<ChargeRefunds, 'start'>;
  refunds: Pick<Refunds, 'start'>;
  orders: Pick<Orders, 'record'>;
}): Readonly<Record<ApprovalKind, ApprovalAction>> {
  const charges = deps.database.collection(chargesCollection);
  const payments = deps.database.collection(paymentsCollection);
  return {
    async 'charge-refund'(approval) {
      const charge = await charges.findOne({ _id: approval.subjectId, tenantId: approval.tenantId });
      if (!charge) return refused('no such charge');
      const refund = await deps.chargeRefunds.start({
        charge,
        amountFen: approval.amountFen,
        reason: approval.reason,
        by: byBoth(approval),
        requestKey: `approval:${approval._id}`,
      });
      return refund.state === 'refused'
        ? refused('more than is left of the charge')
        : { outcome: 'done', resultId: refund._id };
    },
    async 'payment-refund'(approval) {
      const payment = await payments.findOne({ _id: approval.subjectId, tenantId: approval.tenantId });
      if (!payment) return refused('no such payment');
      const refund = await deps.refunds.start({
        payment,
        amountFen: approval.amountFen,
        reason: approval.reason,
        by: byBoth(approval),
        requestKey: `approval:${approval._id}`,
      });
      return refund.state === 'failed'
        ? refused(refund.detail ?? 'the refund failed')
        : { outcome: 'done', resultId: refund._id };
    },
    async 'order-resolution'(approval) {
      const at = isoNow(deps.clock);
      try {
        const order = await deps.orders.record(
          approval.subjectId,
          {
            key: `approval:${approval._id}`,
            to: 'resolved',
            who: byBoth(approval),
            what: approval.reason,
            at,
            ...(approval.dispensedPackId === null
              ? {}
              : { dispensed: { packId: approval.dispensedPackId, at } }),
          },
          { strict: true },
        );
        return order ? { outcome: 'done', resultId: null } : refused('no such order');
      } catch (error) {
        // Evidence settled it while it waited for the second person.
        if (error instanceof ProblemError && error.code === 'ILLEGAL_TRANSITION')
          return refused(error.message);
        throw error;
      }
    },
  };
}

import type { ChargeRefundDocument, ChargeRefunds } from '../finance/charge-refunds.js';
import type { PaymentDocument, RefundDocument } from '../payments/payment-document.js';
import type { Refunds } from '../payments/refunds.js';
import type { ChargeDocument } from '../wallets/wallet-document.js';
import type { ApprovalDocument } from './approval-document.js';
import type { Approvals } from './approvals.js';

type Wish = { amountFen: number; reason: string; by: string; requestKey: string };
/** Done at once, or before a second person. */
export type Guarded<T> = { refund: T; approval: null } | { refund: null; approval: ApprovalDocument };

export interface GuardedRefunds {
  ofCharge(charge: ChargeDocument, wish: Wish): Promise<Guarded<ChargeRefundDocument>>;
  ofPayment(payment: PaymentDocument, wish: Wish): Promise<Guarded<RefundDocument>>;
}

/**
 * Refunds as people ask for them. What was refunded of the same charge or payment counts towards the limit, so that it cannot be got
 * round in parts; and a request that was cut off goes the way it went before.
 */
export function createGuardedRefunds(deps: {
  approvals: Approvals;
  chargeRefunds: ChargeRefunds;
  refunds: Refunds;
}): GuardedRefunds {
  const guard = async <T>(
    wish: Wish,
    subject: Pick<ApprovalDocument, 'tenantId' | 'kind' | 'subjectId' | 'orderId' | 'userId'>,
    refundedFen: number,
    known: T | null,
    start: (ceilingFen: number) => Promise<T>,
  ): Promise<Guarded<T>> => {
    const limitFen = await deps.approvals.limitFen(subject.tenantId);
    const waiting = known ? null : await deps.approvals.ofRequest(wish.requestKey);
    if (waiting) return { refund: null, approval: waiting };
    if (known || refundedFen + wish.amountFen <= limitFen)
      return { refund: await start(limitFen), approval: null };
    return { refund: null, approval: await deps.approvals.request({ ...subject, ...wish }) };
  };
  return {
    async ofCharge(charge, wish) {
      return guard(
        wish,
        {
          tenantId: charge.tenantId,
          kind: 'charge-refund',
          subjectId: charge._id,
          orderId: charge.orderId,
          userId: charge.userId,
        },
        charge.refundedFen ?? 0,
        await deps.chargeRefunds.ofRequest(wish.requestKey),
        (ceilingFen) => deps.chargeRefunds.start({ ...wish, charge, ceilingFen }),
      );
    },
    async ofPayment(payment, wish) {
      return guard(
        wish,
        {
          tenantId: payment.tenantId,
          kind: 'payment-refund',
          subjectId: payment._id,
          orderId: null,
          userId: payment.userId,
        },
        payment.refundedFen,
        await deps.refunds.ofRequest(wish.requestKey),
        (ceilingFen) => deps.refunds.start({ ...wish, payment, ceilingFen }),
      );
    },
  };
}

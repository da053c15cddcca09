import { isoAt } from '../clock.js';
import type { PaymentDocument } from '../payments/payment-document.js';
import type { ProviderName } from '../payments/provider.js';

/** A top-up while the city is being made. */
export type TopUp = {
  id: string;
  tenantId: string;
  userId: string;
  provider: ProviderName;
  amountFen: number;
  createdMs: number;
  paidMs: number;
  tradeNo: string;
  requestKey: string;
  refundedFen: number;
  refundIds: string[];
};

/** The payment that the hub keeps of it. */
export function paymentOf(payment: TopUp): PaymentDocument {
  const { refundIds } = payment;
  return {
    _id: payment.id,
    tenantId: payment.tenantId,
    version: 4 + refundIds.length,
    createdAt: isoAt(payment.createdMs),
    updatedAt: isoAt(payment.paidMs),
    userId: payment.userId,
    provider: payment.provider,
    purpose: 'top-up',
    amountFen: payment.amountFen,
    currency: 'CNY',
    state: 'paid',
    payWith:
      payment.provider === 'wechat'
        ? { kind: 'wechat-code', codeUrl: `weixin://wxpay/bizpayurl?pr=${payment.id.slice(0, 9)}` }
        : {
            kind: 'alipay-app',
            orderString: `out_trade_no=${payment.id}`,
            pageUrl: `https://openapi.alipay.com/gateway.do?out_trade_no=${payment.id}`,
          },
    providerTradeNo: payment.tradeNo,
    paidAt: isoAt(payment.paidMs),
    expiresAt: isoAt(payment.createdMs + 15 * 60_000),
    refundedFen: payment.refundedFen,
    requestKey: payment.requestKey,
    refundIds,
    due: [],
    dueAt: null,
    checkAt: null,
    checks: 0,
  };
}

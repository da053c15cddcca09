import { type Database, toResource } from '../db/index.js';
import { type ChargeRefundDocument, chargeRefundsCollection } from '../finance/charge-refunds.js';
import { type DebtDocument, debtsCollection } from '../passes/pass-document.js';
import {
  type PaymentDocument,
  paymentsCollection,
  type RefundDocument,
  refundsCollection,
  toPayment,
  toRefund,
} from '../payments/payment-document.js';
import {
  type SubscriptionDocument,
  subscriptionsCollection,
  toSubscription,
} from '../plans/subscriptions.js';
import type { DomainEvent } from './domain-events.js';
import { type EventSource, sourceOf } from './event-feed.js';

/** A top-up counts once its money is in the wallet. */
export function paymentEvents(payment: PaymentDocument): DomainEvent[] {
  if (payment.state !== 'paid' || !payment.creditedAt) return [];
  return [
    {
      key: `payment:${payment._id}:topped-up`,
      type: 'payment.topped-up',
      at: payment.creditedAt,
      userId: payment.userId,
      stationId: null,
      data: { ...toPayment(payment), payWith: null },
    },
  ];
}

export function refundEvents(refund: RefundDocument): DomainEvent[] {
  if (refund.state !== 'succeeded' && refund.state !== 'failed') return [];
  return [
    {
      key: `refund:${refund._id}:${refund.state}`,
      type: refund.state === 'succeeded' ? 'payment.refunded' : 'refund.failed',
      at: refund.updatedAt,
      userId: refund.userId,
      stationId: null,
      data: { ...toRefund(refund) },
    },
  ];
}

/** Money of an order that went back into the wallet. */
export function chargeRefundEvents(refund: ChargeRefundDocument): DomainEvent[] {
  if (refund.state !== 'done') return [];
  const { requestKey: _requestKey, ceilingFen: _ceilingFen, workAt: _workAt, ...rest } = refund;
  return [
    {
      key: `charge-refund:${refund._id}:done`,
      type: 'payment.refunded',
      at: refund.updatedAt,
      userId: refund.userId,
      stationId: null,
      data: { ...toResource(rest) },
    },
  ];
}

export function debtEvents(debt: DebtDocument): DomainEvent[] {
  const event = (type: 'debt.raised' | 'debt.paid', at: string): DomainEvent => ({
    key: `debt:${debt._id}:${type}`,
    type,
    at,
    userId: debt.userId,
    stationId: debt.stationId ?? null,
    data: { ...toResource(debt), orderId: debt._id },
  });
  return [
    event('debt.raised', debt.createdAt),
    ...(debt.paidAt === null ? [] : [event('debt.paid', debt.paidAt)]),
  ];
}

/** Bought, renewed, soon over, over. A round's events are its own. */
export function subscriptionEvents(one: SubscriptionDocument): DomainEvent[] {
  const event = (
    name: 'bought' | 'renewed' | 'expiring' | 'expired' | 'renewal-failed' | 'cancelled',
    at: string,
  ): DomainEvent => ({
    key: `subscription:${one._id}:${one.round}:${name}`,
    type: `plan.${name}`,
    at,
    userId: one.userId,
    stationId: null,
    data: { ...toSubscription(one), memberIds: [] },
  });
  return [
    ...(one.paidAt ? [event(one.round === 1 ? 'bought' : 'renewed', one.paidAt)] : []),
    ...(one.remindedAt ? [event('expiring', one.remindedAt)] : []),
    ...(one.state === 'cancelled' ? [event('cancelled', one.updatedAt)] : []),
    ...(one.state === 'expired' ? [event(one.autoRenew ? 'renewal-failed' : 'expired', one.updatedAt)] : []),
  ];
}

export const moneySources = (database: Database): EventSource[] => [
  sourceOf('payments', database.collection(paymentsCollection), paymentEvents),
  sourceOf('refunds', database.collection(refundsCollection), refundEvents),
  sourceOf('charge-refunds', database.collection(chargeRefundsCollection), chargeRefundEvents),
  sourceOf('debts', database.collection(debtsCollection), debtEvents),
  sourceOf('subscriptions', database.collection(subscriptionsCollection), subscriptionEvents),
];

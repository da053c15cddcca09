import type { Client } from 'openapi-fetch';
import { type AnswerOf, body, type EntryOf, NEWEST_FIRST, once } from './answers.js';
import type { paths } from './generated/schema.js';

export type Plan = EntryOf<'listPlans'>;
export type Subscription = EntryOf<'listSubscriptions'>;
export type RiderCoupon = EntryOf<'listRiderCoupons'>;
export type Payment = EntryOf<'listPayments'>;
export type PaymentProvider = Payment['provider'];
export type Deposit = EntryOf<'listDeposits'>;
export type Invoice = EntryOf<'listInvoices'>;
export type ChargeRefund = EntryOf<'listChargeRefunds'>;
export type InvoiceRequest = { from: string; to: string; buyer: { title: string; taxNumber?: string } };
export type SwapPrice = AnswerOf<'quoteSwap'>;

/** Plans, wallet, deposits, coupons, invoices. `key`: the same key means the same purchase, however often it is sent. */
export type MoneyApi = {
  plans(): Promise<Plan[]>;
  subscriptions(): Promise<Subscription[]>;
  buyPlan(plan: { planVersion: string; autoRenew: boolean }, key: string): Promise<Subscription>;
  cancelSubscription(id: string, key: string): Promise<Subscription>;
  coupons(): Promise<RiderCoupon[]>;
  claimCoupon(code: string, key: string): Promise<RiderCoupon>;
  payments(): Promise<Payment[]>;
  payment(id: string): Promise<Payment>;
  startTopUp(topUp: { provider: PaymentProvider; amountFen: number }, key: string): Promise<Payment>;
  deposits(): Promise<Deposit[]>;
  placeDeposit(planVersion: string, key: string): Promise<Deposit>;
  returnDeposit(id: string, key: string): Promise<Deposit>;
  refunds(): Promise<ChargeRefund[]>;
  invoices(): Promise<Invoice[]>;
  requestInvoice(request: InvoiceRequest, key: string): Promise<Invoice>;
};

const LIST = { _limit: 50, ...NEWEST_FIRST } as const;

export function createMoneyApi(hub: Client<paths>): MoneyApi {
  return {
    plans: async () =>
      body(await hub.GET('/core/v0/plans', { params: { query: { _limit: 100, ...NEWEST_FIRST } } })),
    subscriptions: async () => body(await hub.GET('/core/v0/subscriptions', { params: { query: LIST } })),
    buyPlan: async (plan, key) =>
      body(await hub.POST('/core/v0/subscriptions', { params: once(key), body: plan })),
    cancelSubscription: async (id, key) =>
      body(await hub.POST('/core/v0/subscriptions/{id}/cancel', { params: { path: { id }, ...once(key) } })),
    coupons: async () => body(await hub.GET('/core/v0/rider-coupons', { params: { query: LIST } })),
    claimCoupon: async (code, key) =>
      body(await hub.POST('/core/v0/rider-coupons', { params: once(key), body: { code } })),
    payments: async () => body(await hub.GET('/core/v0/payments', { params: { query: LIST } })),
    payment: async (id) => body(await hub.GET('/core/v0/payments/{id}', { params: { path: { id } } })),
    startTopUp: async (topUp, key) =>
      body(await hub.POST('/core/v0/payments', { params: once(key), body: topUp })),
    deposits: async () => body(await hub.GET('/core/v0/deposits', { params: { query: LIST } })),
    placeDeposit: async (planVersion, key) =>
      body(await hub.POST('/core/v0/deposits', { params: once(key), body: { planVersion } })),
    returnDeposit: async (id, key) =>
      body(await hub.POST('/core/v0/deposits/{id}/return', { params: { path: { id }, ...once(key) } })),
    refunds: async () => body(await hub.GET('/core/v0/charge-refunds', { params: { query: LIST } })),
    invoices: async () => body(await hub.GET('/core/v0/invoices', { params: { query: LIST } })),
    requestInvoice: async (request, key) =>
      body(await hub.POST('/core/v0/invoices', { params: once(key), body: request })),
  };
}

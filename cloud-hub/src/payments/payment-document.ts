import { idSchema, isoTimeSchema } from '@voltbay/protocol';
import { z } from 'zod';
import { type AsDocument, defineCollection, type Stored } from '../db/index.js';
import { PROVIDERS, type ProviderName } from './provider.js';

const stored = {
  id: idSchema,
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
};
export const PAYMENT_STATES = ['created', 'pending', 'paid', 'closed'] as const;
export const paymentSchema = z.object({
  ...stored,
  userId: z.string(),
  provider: z.enum(PROVIDERS),
  purpose: z.literal('top-up'),
  amountFen: z.number().int(),
  currency: z.literal('CNY'),
  /** `created`: not yet known to the provider; `pending`: waits for the payer. */
  state: z.enum(PAYMENT_STATES),
  /** How the payer goes on; null until the provider has said. */
  payWith: z
    .discriminatedUnion('kind', [
      z.object({ kind: z.literal('alipay-app'), orderString: z.string(), pageUrl: z.string() }),
      z.object({ kind: z.literal('wechat-code'), codeUrl: z.string() }),
    ])
    .nullable(),
  providerTradeNo: z.string().nullable(),
  paidAt: isoTimeSchema.nullable(),
  expiresAt: isoTimeSchema,
  refundedFen: z.number().int(),
});
export type Payment = z.infer<typeof paymentSchema>;
export type PaymentDocument = AsDocument<Payment> & {
  /** What made it, unique. */
  requestKey: string;
  refundIds: string[];
  /** Work that a transition left behind: idempotent, done after it was stored, then taken off. */
  due: 'credit'[];
  dueAt: string | null;
  /** When the money was in the wallet. */
  creditedAt?: string;
  /** When the provider is asked next; null when nothing is open. */
  checkAt: string | null;
  checks: number;
};
/** `_id` is 32 hex digits: the trade number that both providers accept. */
export const paymentsCollection = defineCollection<PaymentDocument>('payments', [
  { name: 'request', key: { requestKey: 1 }, unique: true },
  { name: 'due', key: { dueAt: 1 } },
  { name: 'check', key: { checkAt: 1 } },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-user', key: { tenantId: 1, userId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-state', key: { tenantId: 1, state: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-paid', key: { tenantId: 1, provider: 1, paidAt: 1, _id: 1 } },
  { name: 'updated', key: { updatedAt: 1, _id: 1 } },
]);

export function toPayment(document: PaymentDocument): Payment {
  const {
    _id,
    requestKey: _requestKey,
    refundIds: _refundIds,
    due: _due,
    dueAt: _dueAt,
    creditedAt: _creditedAt,
    checkAt: _checkAt,
    checks: _checks,
    ...payment
  } = document;
  return { ...payment, id: _id };
}

export const REFUND_STATES = [
  'requested',
  'reserved',
  'withdrawn',
  'undoing',
  'succeeded',
  'failed',
] as const;
export const refundSchema = z.object({
  ...stored,
  paymentId: z.string(),
  userId: z.string(),
  provider: z.enum(PROVIDERS),
  amountFen: z.number().int(),
  currency: z.literal('CNY'),
  /** `withdrawn`: out of the wallet, at the provider; `undoing`: refused by it, on the way back. */
  state: z.enum(REFUND_STATES),
  reason: z.string(),
  by: z.string(),
  detail: z.string().nullable(),
  succeededAt: isoTimeSchema.nullable(),
});
export type Refund = z.infer<typeof refundSchema>;
export type RefundDocument = AsDocument<Refund> & {
  requestKey: string;
  /** Refused when the payment's refunds together would exceed it: what one person may give back. */
  ceilingFen?: number;
  /** When somebody should carry it on; null when it is over. */
  workAt: string | null;
  attempts: number;
};
export const refundsCollection = defineCollection<RefundDocument>('refunds', [
  { name: 'request', key: { requestKey: 1 }, unique: true },
  { name: 'work', key: { workAt: 1 } },
  { name: 'payment', key: { tenantId: 1, paymentId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-user', key: { tenantId: 1, userId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-succeeded', key: { tenantId: 1, provider: 1, succeededAt: 1, _id: 1 } },
  { name: 'updated', key: { updatedAt: 1, _id: 1 } },
]);

export function toRefund(document: RefundDocument): Refund {
  const {
    _id,
    requestKey: _requestKey,
    ceilingFen: _ceilingFen,
    workAt: _workAt,
    attempts: _attempts,
    ...refund
  } = document;
  return { ...refund, id: _id };
}

/** Every notification that came, believed or not. */
export type CallbackDocument = Stored & {
  provider: ProviderName;
  /** What it claims to be about; null when it cannot be read. */
  tradeNo: string | null;
  kind: 'payment' | 'refund' | null;
  outcome: 'accepted' | 'duplicate' | 'refused';
  reason: string | null;
  /** SHA-256 of the body, hex. */
  bodySha256: string;
  ip: string;
};
export const callbacksCollection = defineCollection<CallbackDocument>('payment_callbacks', [
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-outcome', key: { tenantId: 1, outcome: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-trade', key: { tenantId: 1, tradeNo: 1, createdAt: 1, _id: 1 } },
]);

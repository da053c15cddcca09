import { idSchema, isoTimeSchema } from '@voltbay/protocol';
import { z } from 'zod';
import { approvalSchema, toApproval } from '../approvals/approval-document.js';
import type { GuardedRefunds } from '../approvals/guarded.js';
import { type Database, toResource } from '../db/index.js';
import { DEFAULT_MAX_BODY_BYTES, readText } from '../http/body.js';
import {
  type ListSpec,
  listQuery,
  listReply,
  listRequest,
  needs,
  problem,
  publicAccess,
  scopeFilter,
} from '../http/index.js';
import { created, defineRoute, type HttpRoute, ok } from '../http/route.js';
import type { CallbackDesk } from './callback-desk.js';
import {
  type CallbackDocument,
  callbacksCollection,
  PAYMENT_STATES,
  type PaymentDocument,
  paymentSchema,
  paymentsCollection,
  REFUND_STATES,
  type RefundDocument,
  refundSchema,
  refundsCollection,
  toPayment,
  toRefund,
} from './payment-document.js';
import type { Payments } from './payments.js';
import { type PaymentProvider, PROVIDERS, type ProviderName } from './provider.js';

export const MAX_TOP_UP_FEN = 500_000;
const PAYMENTS: ListSpec = {
  fields: {
    state: { kind: 'enum', values: PAYMENT_STATES },
    provider: { kind: 'enum', values: PROVIDERS },
    userId: { kind: 'id' },
    createdAt: { kind: 'time' },
  },
  sort: ['createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
};
const REFUNDS: ListSpec = {
  fields: {
    state: { kind: 'enum', values: REFUND_STATES },
    paymentId: { kind: 'id' },
    userId: { kind: 'id' },
    createdAt: { kind: 'time' },
  },
  sort: ['createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
};
const CALLBACKS: ListSpec = {
  fields: {
    outcome: { kind: 'enum', values: ['accepted', 'duplicate', 'refused'] },
    provider: { kind: 'enum', values: PROVIDERS },
    tradeNo: { kind: 'id' },
    createdAt: { kind: 'time' },
  },
  sort: ['createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
};
const callbackSchema = z.object({
  id: z.string(),
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
  provider: z.enum(PROVIDERS),
  tradeNo: z.string().nullable(),
  kind: z.enum(['payment', 'refund']).nullable(),
  outcome: z.enum(['accepted', 'duplicate', 'refused']),
  reason: z.string().nullable(),
  bodySha256: z.string(),
  ip: z.string(),
});
const params = z.strictObject({ id: idSchema });
const OWN = { own: 'userId' };

export function createPaymentRoutes(deps: {
  database: Database;
  payments: Payments;
  guardedRefunds: GuardedRefunds;
  desk: CallbackDesk;
  providers: ReadonlyMap<ProviderName, PaymentProvider>;
}): HttpRoute[] {
  const payments = deps.database.collection(paymentsCollection);
  const refunds = deps.database.collection(refundsCollection);
  const callbacks = deps.database.collection(callbacksCollection);

  const callbackRoute = (name: ProviderName): HttpRoute =>
    defineRoute({
      method: 'post',
      path: `/core/v0/payments/callbacks/${name}`,
      operationId: name === 'alipay' ? 'receiveAlipayCallback' : 'receiveWechatCallback',
      summary: `Notifications of ${name}: believed only with the provider's own signature`,
      description:
        'The body is the provider’s own (a form from Alipay, JSON from WeChat Pay) and so is the answer. Repeats and late ones change nothing; forged, stale and foreign ones are refused and written down.',
      tags: ['payments'],
      access: publicAccess,
      perMinute: 600,
      responses:
        name === 'alipay'
          ? { 200: { description: '`success`, or `fail` when it was refused', contentType: 'text/plain' } }
          : {
              200: { description: 'Taken', contentType: 'application/json' },
              400: { description: 'Refused', contentType: 'application/json' },
            },
      problems: ['NOT_FOUND', 'BODY_TOO_LARGE'],
      async handler({ context, request }) {
        const provider = deps.providers.get(name);
        if (!provider) throw problem('NOT_FOUND', `payments by ${name} are not set up here`);
        const body = (await readText(context.req.raw, DEFAULT_MAX_BODY_BYTES)) ?? '';
        const { taken } = await deps.desk.receive(provider, {
          headers: request.header,
          body,
          ip: request.ip,
        });
        const reply = provider.callbackReply(taken);
        return new Response(reply.body, {
          status: reply.status,
          headers: { 'Content-Type': reply.contentType, 'Cache-Control': 'no-store' },
        });
      },
    });

  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/payments',
      operationId: 'listPayments',
      summary: 'Payments through providers; riders see their own',
      tags: ['payments'],
      access: needs('payments:read'),
      query: listQuery(PAYMENTS),
      responses: { 200: { description: 'Payments', schema: z.array(paymentSchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply<PaymentDocument>({
          request,
          list: listRequest(PAYMENTS, query),
          scope: scopeFilter(principal, grant, OWN),
          source: payments,
          toResource: toPayment,
        }),
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/payments',
      operationId: 'startPayment',
      summary:
        'Top up the own wallet; the answer says how to pay. The wallet is credited once the provider confirms',
      tags: ['payments'],
      access: needs('payments:create'),
      body: z.strictObject({
        provider: z.enum(PROVIDERS),
        amountFen: z.number().int().min(1).max(MAX_TOP_UP_FEN),
      }),
      idempotency: 'required',
      responses: { 201: { description: 'The payment', schema: paymentSchema } },
      problems: ['UNAVAILABLE'],
      async handler({ body, principal, request }) {
        const payment = await deps.payments.start({
          tenantId: principal.tenantId,
          userId: principal.sub,
          provider: body.provider,
          amountFen: body.amountFen,
          subject: 'Voltbay 余额充值 Top-up',
          requestKey: `${principal.tenantId}/${principal.sub}:${request.idempotencyKey}`,
        });
        return created(toPayment(payment));
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/payments/{id}',
      operationId: 'getPayment',
      summary: 'One payment',
      tags: ['payments'],
      access: needs('payments:read'),
      params,
      responses: { 200: { description: 'The payment', schema: paymentSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal, grant }) {
        const payment = await payments.findOne({ ...scopeFilter(principal, grant, OWN), _id: id });
        if (!payment) throw problem('NOT_FOUND', `no payment ${id}`);
        return ok(toPayment(payment));
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/payments/{id}/refunds',
      operationId: 'refundPayment',
      summary: 'Give a top-up back the way it came, as far as it is still in the wallet',
      tags: ['payments'],
      access: needs('payments:refund'),
      params,
      body: z.strictObject({
        amountFen: z.number().int().min(1).max(MAX_TOP_UP_FEN),
        reason: z.string().min(3).max(80),
      }),
      idempotency: 'required',
      responses: {
        201: { description: 'The refund, which may still be on its way', schema: refundSchema },
        202: { description: 'Above the limit of one person: a second one decides', schema: approvalSchema },
      },
      problems: ['NOT_FOUND', 'CONFLICT', 'INSUFFICIENT_BALANCE'],
      async handler({ params: { id }, body, principal, grant, request }) {
        const payment = await payments.findOne({ ...scopeFilter(principal, grant, OWN), _id: id });
        if (!payment) throw problem('NOT_FOUND', `no payment ${id}`);
        if (payment.state !== 'paid') throw problem('CONFLICT', `the payment is ${payment.state}`);
        const { refund, approval } = await deps.guardedRefunds.ofPayment(payment, {
          amountFen: body.amountFen,
          reason: body.reason,
          by: `${principal.audience}:${principal.sub}`,
          requestKey: `${principal.tenantId}/${principal.sub}:${id}:${request.idempotencyKey}`,
        });
        if (approval) return { status: 202, body: toApproval(approval) };
        if (refund.state === 'failed' && refund.detail === 'EXCEEDS_PAYMENT')
          throw problem('CONFLICT', 'more than is left of the payment', { resourceId: refund._id });
        if (refund.state === 'failed' && refund.detail === 'INSUFFICIENT_BALANCE')
          throw problem('INSUFFICIENT_BALANCE', 'the wallet has less', { resourceId: refund._id });
        return created(toRefund(refund));
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/refunds',
      operationId: 'listRefunds',
      summary: 'Refunds of payments; riders see their own',
      tags: ['payments'],
      access: needs('payments:read'),
      query: listQuery(REFUNDS),
      responses: { 200: { description: 'Refunds', schema: z.array(refundSchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply<RefundDocument>({
          request,
          list: listRequest(REFUNDS, query),
          scope: scopeFilter(principal, grant, OWN),
          source: refunds,
          toResource: toRefund,
        }),
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/payment-callbacks',
      operationId: 'listPaymentCallbacks',
      summary: 'Notifications that came, with what became of them',
      tags: ['payments'],
      access: needs('finance:manage'),
      query: listQuery(CALLBACKS),
      responses: { 200: { description: 'Notifications', schema: z.array(callbackSchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply<CallbackDocument>({
          request,
          list: listRequest(CALLBACKS, query),
          scope: scopeFilter(principal, grant, {}),
          source: callbacks,
          toResource,
        }),
    }),
    ...PROVIDERS.map(callbackRoute),
  ];
}

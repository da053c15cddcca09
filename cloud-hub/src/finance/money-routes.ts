import { idSchema, isoTimeSchema } from '@voltbay/protocol';
import { z } from 'zod';
import { approvalSchema, toApproval } from '../approvals/approval-document.js';
import type { GuardedRefunds } from '../approvals/guarded.js';
import { type Database, toResource } from '../db/index.js';
import {
  type ListSpec,
  listQuery,
  listReply,
  listRequest,
  needs,
  problem,
  scopeFilter,
} from '../http/index.js';
import { created, defineRoute, type HttpRoute, ok } from '../http/route.js';
import { planVersionSchema } from '../plans/plan-document.js';
import type { Plans } from '../plans/plans.js';
import { chargesCollection } from '../wallets/wallet-document.js';
import {
  CHARGE_REFUND_STATES,
  type ChargeRefundDocument,
  chargeRefundsCollection,
} from './charge-refunds.js';
import { DEPOSIT_STATES, type DepositDocument, type Deposits, depositsCollection } from './deposits.js';
import {
  buyerSchema,
  type InvoiceDocument,
  type Invoices,
  invoiceSchema,
  invoicesCollection,
  toInvoice,
} from './invoices.js';

const stored = {
  id: z.string(),
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
};
const OWN = { own: 'userId' };
const params = z.strictObject({ id: idSchema });
const listOf = (more: ListSpec['fields']): ListSpec => ({
  fields: { ...more, userId: { kind: 'id' }, createdAt: { kind: 'time' } },
  sort: ['createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
});
const CHARGE_REFUNDS = listOf({
  orderId: { kind: 'id' },
  state: { kind: 'enum', values: CHARGE_REFUND_STATES },
});
const DEPOSITS = listOf({ state: { kind: 'enum', values: DEPOSIT_STATES } });
const INVOICES = listOf({ kind: { kind: 'enum', values: ['invoice', 'credit-note'] } });

export const chargeRefundSchema = z.object({
  ...stored,
  chargeId: z.string(),
  orderId: z.string(),
  userId: z.string(),
  amountFen: z.number().int(),
  currency: z.literal('CNY'),
  reason: z.string(),
  by: z.string(),
  state: z.enum(CHARGE_REFUND_STATES),
});
const toChargeRefund = ({
  requestKey: _key,
  ceilingFen: _ceiling,
  workAt: _at,
  ...rest
}: ChargeRefundDocument) => toResource(rest);
export const depositSchema = z.object({
  ...stored,
  userId: z.string(),
  planVersion: z.string(),
  amountFen: z.number().int(),
  currency: z.literal('CNY'),
  forfeits: z.array(
    z.object({
      key: z.string(),
      amountFen: z.number().int(),
      reason: z.string(),
      by: z.string(),
      at: isoTimeSchema,
    }),
  ),
  forfeitedFen: z.number().int(),
  state: z.enum(DEPOSIT_STATES),
});
const toDeposit = ({ requestKey: _key, workAt: _at, ...rest }: DepositDocument) => toResource(rest);

/** Refunds of orders, deposits, invoices. */
export function createMoneyRoutes(deps: {
  database: Database;
  plans: Plans;
  guardedRefunds: GuardedRefunds;
  deposits: Deposits;
  invoices: Invoices;
}): HttpRoute[] {
  const charges = deps.database.collection(chargesCollection);
  const chargeRefunds = deps.database.collection(chargeRefundsCollection);
  const deposits = deps.database.collection(depositsCollection);
  const invoices = deps.database.collection(invoicesCollection);
  return [
    defineRoute({
      method: 'post',
      path: '/core/v0/charges/{id}/refunds',
      operationId: 'refundCharge',
      summary: 'Give money of an order back into the wallet that paid',
      tags: ['finance'],
      access: needs('payments:refund'),
      params,
      body: z.strictObject({
        amountFen: z.number().int().min(1).max(10_000_000),
        reason: z.string().min(3).max(200),
      }),
      idempotency: 'required',
      responses: {
        201: { description: 'The refund', schema: chargeRefundSchema },
        202: { description: 'Above the limit of one person: a second one decides', schema: approvalSchema },
      },
      problems: ['NOT_FOUND', 'CONFLICT'],
      async handler({ params: { id }, body, principal, grant, request }) {
        const charge = await charges.findOne({ ...scopeFilter(principal, grant, OWN), _id: id });
        if (!charge) throw problem('NOT_FOUND', `no charge ${id}`);
        const { refund, approval } = await deps.guardedRefunds.ofCharge(charge, {
          ...body,
          by: `${principal.audience}:${principal.sub}`,
          requestKey: `${principal.tenantId}/${principal.sub}:${id}:${request.idempotencyKey}`,
        });
        if (approval) return { status: 202, body: toApproval(approval) };
        if (refund.state === 'refused')
          throw problem('CONFLICT', 'more than is left of the charge', { resourceId: refund._id });
        return created(toChargeRefund(refund));
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/charge-refunds',
      operationId: 'listChargeRefunds',
      summary: 'Money of orders that was given back; riders see their own',
      tags: ['finance'],
      access: needs('charges:read'),
      query: listQuery(CHARGE_REFUNDS),
      responses: { 200: { description: 'Refunds', schema: z.array(chargeRefundSchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply<ChargeRefundDocument>({
          request,
          list: listRequest(CHARGE_REFUNDS, query),
          scope: scopeFilter(principal, grant, OWN),
          source: chargeRefunds,
          toResource: toChargeRefund,
        }),
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/deposits',
      operationId: 'listDeposits',
      summary: 'Deposits; riders see their own',
      tags: ['finance'],
      access: needs('finance:read'),
      query: listQuery(DEPOSITS),
      responses: { 200: { description: 'Deposits', schema: z.array(depositSchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply<DepositDocument>({
          request,
          list: listRequest(DEPOSITS, query),
          scope: scopeFilter(principal, grant, OWN),
          source: deposits,
          toResource: toDeposit,
        }),
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/deposits',
      operationId: 'placeDeposit',
      summary: 'Put a deposit plan’s amount from the own wallet into deposit',
      tags: ['finance'],
      access: needs('payments:create'),
      body: z.strictObject({ planVersion: planVersionSchema }),
      idempotency: 'required',
      responses: { 201: { description: 'The deposit', schema: depositSchema } },
      problems: ['NOT_FOUND', 'CONFLICT', 'INSUFFICIENT_BALANCE'],
      async handler({ body, principal, request }) {
        const plan = await deps.plans.find(principal.tenantId, body.planVersion);
        if (!plan) throw problem('NOT_FOUND', `no plan ${body.planVersion}`);
        if (plan.kind !== 'deposit') throw problem('CONFLICT', `${body.planVersion} is no deposit plan`);
        const deposit = await deps.deposits.place({
          tenantId: principal.tenantId,
          userId: principal.sub,
          plan,
          requestKey: `${principal.tenantId}/${principal.sub}:${request.idempotencyKey}`,
        });
        return created(toDeposit(deposit));
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/deposits/{id}/return',
      operationId: 'returnDeposit',
      summary:
        'Give a deposit back into the wallet; refused while the rider holds packs or has an open order',
      tags: ['finance'],
      access: needs('deposits:return'),
      params,
      idempotency: 'required',
      responses: { 200: { description: 'The deposit', schema: depositSchema } },
      problems: ['NOT_FOUND', 'CONFLICT'],
      async handler({ params: { id }, principal, grant }) {
        const deposit = await deposits.findOne({ ...scopeFilter(principal, grant, OWN), _id: id });
        if (!deposit) throw problem('NOT_FOUND', `no deposit ${id}`);
        return ok(toDeposit(await deps.deposits.giveBack(deposit)));
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/deposits/{id}/forfeit',
      operationId: 'forfeitDeposit',
      summary: 'Keep a part of a deposit for damage or loss',
      tags: ['finance'],
      access: needs('finance:manage'),
      params,
      body: z.strictObject({
        amountFen: z.number().int().min(1).max(10_000_000),
        reason: z.string().min(3).max(200),
      }),
      idempotency: 'required',
      responses: { 200: { description: 'The deposit', schema: depositSchema } },
      problems: ['NOT_FOUND', 'CONFLICT'],
      async handler({ params: { id }, body, principal, grant, request }) {
        const deposit = await deposits.findOne({ ...scopeFilter(principal, grant, OWN), _id: id });
        if (!deposit) throw problem('NOT_FOUND', `no deposit ${id}`);
        const by = `${principal.audience}:${principal.sub}`;
        return ok(
          toDeposit(
            await deps.deposits.forfeit(deposit, {
              key: `${principal.sub}:${request.idempotencyKey}`,
              ...body,
              by,
            }),
          ),
        );
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/invoices',
      operationId: 'listInvoices',
      summary: 'Invoices and credit notes; riders see their own',
      tags: ['finance'],
      access: needs('finance:read'),
      query: listQuery(INVOICES),
      responses: { 200: { description: 'Invoices', schema: z.array(invoiceSchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply<InvoiceDocument>({
          request,
          list: listRequest(INVOICES, query),
          scope: scopeFilter(principal, grant, OWN),
          source: invoices,
          toResource: toInvoice,
        }),
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/invoices',
      operationId: 'issueInvoice',
      summary: 'One invoice over everything that was paid in a time and has none yet; numbers have no gaps',
      tags: ['finance'],
      access: needs('payments:create'),
      body: z.strictObject({ from: isoTimeSchema, to: isoTimeSchema, buyer: buyerSchema }),
      idempotency: 'required',
      responses: { 201: { description: 'The invoice', schema: invoiceSchema } },
      problems: ['CONFLICT'],
      async handler({ body, principal }) {
        const { tenantId, sub: userId } = principal;
        return created(toInvoice(await deps.invoices.issue({ tenantId, userId, ...body })));
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/invoices/{id}/credit-notes',
      operationId: 'creditInvoice',
      summary: 'A credit note over what was refunded of an invoice and is not credited yet',
      tags: ['finance'],
      access: needs('finance:manage'),
      params,
      idempotency: 'required',
      responses: { 201: { description: 'The credit note', schema: invoiceSchema } },
      problems: ['NOT_FOUND', 'CONFLICT'],
      async handler({ params: { id }, principal, grant }) {
        const invoice = await invoices.findOne({ ...scopeFilter(principal, grant, OWN), _id: id });
        if (!invoice) throw problem('NOT_FOUND', `no invoice ${id}`);
        return created(toInvoice(await deps.invoices.credit(invoice)));
      },
    }),
  ];
}

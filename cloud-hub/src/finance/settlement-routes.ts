import { deviceSchema, idSchema, isoTimeSchema } from '@voltbay/protocol';
import { uuidv7 } from 'uuidv7';
import { z } from 'zod';
import { isoNow } from '../clock.js';
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
import { PROVIDERS } from '../payments/provider.js';
import type { Clock } from '../ports.js';
import {
  type PartnerDocument,
  type PartnerSettlementDocument,
  type Partners,
  partnerSettlementsCollection,
  partnersCollection,
} from './partners.js';
import {
  DIFFERENCE_ACTIONS,
  type ReconciliationDocument,
  type Reconciliations,
  reconciliationsCollection,
} from './reconciliation.js';

const stored = {
  id: z.string(),
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
};
const params = z.strictObject({ id: idSchema });
const date = z.iso.date();
const fen = z.number().int();
const STATES = ['clean', 'different', 'closed'] as const;
export const reconciliationSchema = z.object({
  ...stored,
  provider: z.enum(PROVIDERS),
  date,
  state: z.enum(STATES),
  rows: z.number().int(),
  matched: z.number().int(),
  paymentsFen: fen,
  refundsFen: fen,
  feesFen: fen,
  differences: z.array(
    z.object({
      no: z.number().int(),
      code: z.enum(['UNKNOWN_HERE', 'NOT_PAID_HERE', 'MISSING_THERE', 'AMOUNT', 'TWICE_THERE']),
      kind: z.enum(['payment', 'refund']),
      tradeNo: z.string(),
      refundNo: z.string().nullable(),
      oursFen: fen.nullable(),
      theirsFen: fen.nullable(),
      state: z.enum(['open', 'closed']),
      action: z.enum(['asked-provider', ...DIFFERENCE_ACTIONS]).nullable(),
      note: z.string().nullable(),
      by: z.string().nullable(),
      at: isoTimeSchema.nullable(),
    }),
  ),
  settled: z.boolean(),
});
const RECONCILIATIONS: ListSpec = {
  fields: {
    state: { kind: 'enum', values: STATES },
    provider: { kind: 'enum', values: PROVIDERS },
    date: { kind: 'text' },
    createdAt: { kind: 'time' },
  },
  sort: ['createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
};
const partnerSchema = z.object({
  ...stored,
  name: z.string(),
  stationIds: z.array(z.string()),
  shareBp: z.number().int(),
});
const partnerSettlementSchema = z.object({
  ...stored,
  partnerId: z.string(),
  month: z.string(),
  shareBp: z.number().int(),
  stations: z.array(
    z.object({
      stationId: z.string(),
      swaps: z.number().int(),
      grossFen: fen,
      refundedFen: fen,
      taxFen: fen,
      netFen: fen,
    }),
  ),
  netFen: fen,
  shareFen: fen,
  state: z.enum(['booked', 'paid']),
  paidAt: isoTimeSchema.nullable(),
  paidBy: z.string().nullable(),
});
const BY_TIME: ListSpec = {
  fields: { createdAt: { kind: 'time' } },
  sort: ['createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
};
const SETTLEMENTS: ListSpec = { ...BY_TIME, fields: { partnerId: { kind: 'id' }, ...BY_TIME.fields } };

/** Settlements with payment providers and partners. */
export function createSettlementRoutes(deps: {
  database: Database;
  clock: Clock;
  reconciliations: Reconciliations;
  partners: Partners;
}): HttpRoute[] {
  const reconciliations = deps.database.collection(reconciliationsCollection);
  const partners = deps.database.collection(partnersCollection);
  const settlements = deps.database.collection(partnerSettlementsCollection);
  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/reconciliations',
      operationId: 'listReconciliations',
      summary: 'Days of providers held against our books, with their differences',
      tags: ['finance'],
      access: needs('finance:manage'),
      query: listQuery(RECONCILIATIONS),
      responses: { 200: { description: 'Reconciliations', schema: z.array(reconciliationSchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply<ReconciliationDocument>({
          request,
          list: listRequest(RECONCILIATIONS, query),
          scope: scopeFilter(principal, grant, {}),
          source: reconciliations,
          toResource,
        }),
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/reconciliations',
      operationId: 'runReconciliation',
      summary: 'Hold a day of a provider’s statement against our books; a clean day is booked as settled',
      tags: ['finance'],
      access: needs('finance:manage'),
      body: z.strictObject({ provider: z.enum(PROVIDERS), date }),
      idempotency: 'required',
      responses: { 200: { description: 'What was found', schema: reconciliationSchema } },
      problems: ['UNAVAILABLE', 'CONFLICT'],
      async handler({ body, principal }) {
        const found = await deps.reconciliations
          .run(principal.tenantId, body.provider, body.date)
          .catch((error: unknown) => {
            if ((error as { code?: unknown }).code === 'PROVIDER_UNREACHABLE')
              throw problem('UNAVAILABLE', `${body.provider} gives no statement of ${body.date} now`, {
                cause: error,
              });
            throw error;
          });
        return ok(toResource(found));
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/reconciliations/{id}/decisions',
      operationId: 'decideDifference',
      summary:
        'Decide about one difference: accept or note it, put it into suspense, correct the rider’s wallet, give a double payment back',
      tags: ['finance'],
      access: needs('finance:manage'),
      params,
      body: z.strictObject({
        no: z.number().int().min(1),
        action: z.enum(DIFFERENCE_ACTIONS),
        note: z.string().min(3).max(300),
      }),
      idempotency: 'required',
      responses: { 200: { description: 'The day', schema: reconciliationSchema } },
      problems: ['NOT_FOUND', 'CONFLICT'],
      async handler({ params: { id }, body, principal, grant }) {
        const day = await reconciliations.findOne({ ...scopeFilter(principal, grant, {}), _id: id });
        if (!day) throw problem('NOT_FOUND', `no reconciliation ${id}`);
        const by = `${principal.audience}:${principal.sub}`;
        return ok(toResource(await deps.reconciliations.decide(day, { ...body, by })));
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/partners',
      operationId: 'listPartners',
      summary: 'Partners with a share of their stations’ revenue',
      tags: ['finance'],
      access: needs('finance:manage'),
      query: listQuery(BY_TIME),
      responses: { 200: { description: 'Partners', schema: z.array(partnerSchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply<PartnerDocument>({
          request,
          list: listRequest(BY_TIME, query),
          scope: scopeFilter(principal, grant, {}),
          source: partners,
          toResource,
        }),
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/partners',
      operationId: 'createPartner',
      summary: 'A partner, its stations and its share in basis points of revenue without tax',
      tags: ['finance'],
      access: needs('finance:manage'),
      body: z.strictObject({
        name: z.string().min(1).max(100),
        stationIds: z.array(deviceSchema).min(1).max(1_000),
        shareBp: z.number().int().min(1).max(10_000),
      }),
      idempotency: 'required',
      responses: { 201: { description: 'The partner', schema: partnerSchema } },
      async handler({ body, principal }) {
        const now = isoNow(deps.clock);
        const partner: PartnerDocument = {
          _id: `pt-${uuidv7()}`,
          tenantId: principal.tenantId,
          version: 1,
          createdAt: now,
          updatedAt: now,
          ...body,
        };
        await partners.insertOne(partner);
        return created(toResource(partner));
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/partner-settlements',
      operationId: 'listPartnerSettlements',
      summary: 'Months settled with partners',
      tags: ['finance'],
      access: needs('finance:manage'),
      query: listQuery(SETTLEMENTS),
      responses: { 200: { description: 'Settlements', schema: z.array(partnerSettlementSchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply<PartnerSettlementDocument>({
          request,
          list: listRequest(SETTLEMENTS, query),
          scope: scopeFilter(principal, grant, {}),
          source: settlements,
          toResource,
        }),
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/partners/{id}/settlements',
      operationId: 'settlePartner',
      summary: 'Book a partner’s share of a month that is over, once',
      tags: ['finance'],
      access: needs('finance:manage'),
      params,
      body: z.strictObject({
        month: z.string().regex(/^20\d{2}-(0[1-9]|1[0-2])$/, { error: 'a month, YYYY-MM' }),
      }),
      idempotency: 'required',
      responses: { 200: { description: 'The settlement', schema: partnerSettlementSchema } },
      problems: ['NOT_FOUND', 'CONFLICT'],
      async handler({ params: { id }, body, principal, grant }) {
        const partner = await partners.findOne({ ...scopeFilter(principal, grant, {}), _id: id });
        if (!partner) throw problem('NOT_FOUND', `no partner ${id}`);
        return ok(toResource(await deps.partners.settle(partner, body.month)));
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/partner-settlements/{id}/paid',
      operationId: 'markPartnerSettlementPaid',
      summary: 'Note that the bank has paid a partner’s share',
      tags: ['finance'],
      access: needs('finance:manage'),
      params,
      idempotency: 'required',
      responses: { 200: { description: 'The settlement', schema: partnerSettlementSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal, grant }) {
        const settlement = await settlements.findOne({ ...scopeFilter(principal, grant, {}), _id: id });
        if (!settlement) throw problem('NOT_FOUND', `no settlement ${id}`);
        return ok(toResource(await deps.partners.markPaid(settlement, `operator:${principal.sub}`)));
      },
    }),
  ];
}

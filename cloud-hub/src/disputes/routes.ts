import { idSchema } from '@voltbay/protocol';
import { z } from 'zod';
import type { Database } from '../db/index.js';
import {
  created,
  defineRoute,
  etagOf,
  type Grant,
  type HttpRoute,
  type ListSpec,
  listQuery,
  listReply,
  listRequest,
  missedUpdate,
  needs,
  ok,
  type Principal,
  problem,
  scopeFilter,
} from '../http/index.js';
import { ordersCollection } from '../orders/order-document.js';
import {
  DISPUTE_KINDS,
  DISPUTE_STATES,
  type DisputeDocument,
  disputeSchema,
  disputesCollection,
  toDispute,
} from './dispute-document.js';
import type { Disputes } from './disputes.js';

const LIST: ListSpec = {
  fields: {
    state: { kind: 'enum', values: DISPUTE_STATES },
    kind: { kind: 'enum', values: DISPUTE_KINDS },
    userId: { kind: 'id' },
    orderId: { kind: 'id' },
    stationId: { kind: 'id' },
    createdAt: { kind: 'time' },
  },
  sort: ['createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
};
const OWNERSHIP = { own: 'userId', station: 'stationId' } as const;
const params = z.strictObject({ id: idSchema });
const reply = (dispute: DisputeDocument) => ok(toDispute(dispute), { ETag: etagOf(dispute.version) });

/** Disputes about orders, their frozen evidence, and what was decided. */
export function createDisputeRoutes(deps: { database: Database; disputes: Disputes }): HttpRoute[] {
  const disputes = deps.database.collection(disputesCollection);
  const orders = deps.database.collection(ordersCollection);
  const visible = async (id: string, principal: Principal, grant: Grant): Promise<DisputeDocument> => {
    const dispute = await disputes.findOne({ ...scopeFilter(principal, grant, OWNERSHIP), _id: id });
    if (!dispute) throw problem('NOT_FOUND', `no dispute ${id}`);
    return dispute;
  };
  return [
    defineRoute({
      method: 'post',
      path: '/core/v0/orders/{id}/disputes',
      operationId: 'openDispute',
      summary: 'Say that an order or its money is not right; what is known of it is frozen as evidence',
      tags: ['orders'],
      access: needs('disputes:create'),
      params,
      body: z.strictObject({ kind: z.enum(DISPUTE_KINDS), note: z.string().min(3).max(1_000) }),
      idempotency: 'required',
      responses: { 201: { description: 'The dispute', schema: disputeSchema } },
      problems: ['NOT_FOUND', 'CONFLICT'],
      async handler({ params: { id }, body, principal, grant }) {
        const order = await orders.findOne({ ...scopeFilter(principal, grant, OWNERSHIP), _id: id });
        if (!order) throw problem('NOT_FOUND', `no order ${id}`);
        const by = `${principal.audience}:${principal.sub}`;
        const dispute = await deps.disputes.open({ order, ...body, by });
        return created(toDispute(dispute), {
          ETag: etagOf(dispute.version),
          Location: `/core/v0/disputes/${dispute._id}`,
        });
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/disputes',
      operationId: 'listDisputes',
      summary: 'Disputes; riders see their own',
      tags: ['orders'],
      access: needs('disputes:read'),
      query: listQuery(LIST),
      responses: { 200: { description: 'Disputes', schema: z.array(disputeSchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply<DisputeDocument>({
          request,
          list: listRequest(LIST, query),
          scope: scopeFilter(principal, grant, OWNERSHIP),
          source: disputes,
          toResource: toDispute,
        }),
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/disputes/{id}',
      operationId: 'getDispute',
      summary: 'One dispute',
      tags: ['orders'],
      access: needs('disputes:read'),
      params,
      responses: { 200: { description: 'The dispute', schema: disputeSchema } },
      problems: ['NOT_FOUND'],
      handler: async ({ params: { id }, principal, grant }) => reply(await visible(id, principal, grant)),
    }),
    defineRoute({
      method: 'patch',
      path: '/core/v0/disputes/{id}',
      operationId: 'updateDispute',
      summary: 'Investigate, accept (with money back), reject; riders may withdraw their own',
      description:
        'A refund above the limit of one person waits as an approval for a second one: `approvalId` names it.',
      tags: ['orders'],
      access: needs('disputes:write'),
      params,
      ifMatch: 'optional',
      body: z.strictObject({
        state: z.enum(['investigating', 'accepted', 'rejected', 'withdrawn']),
        resolution: z.string().min(3).max(1_000).optional(),
        refundFen: z.number().int().min(0).max(10_000_000).optional(),
      }),
      responses: { 200: { description: 'The dispute', schema: disputeSchema } },
      problems: ['NOT_FOUND', 'FORBIDDEN', 'CONFLICT', 'PRECONDITION_FAILED'],
      async handler({ params: { id }, body, principal, grant, request }) {
        const dispute = await visible(id, principal, grant);
        if (request.ifMatch !== null && request.ifMatch !== dispute.version)
          throw missedUpdate(dispute, `dispute ${id}`);
        if (grant.scope === 'own' && body.state !== 'withdrawn')
          throw problem('FORBIDDEN', 'body.state: riders may withdraw a dispute');
        const missing = (field: string) =>
          problem('VALIDATION', `body.${field}: required`, {
            errors: [{ path: `body.${field}`, message: 'required' }],
          });
        if ((body.state === 'accepted' || body.state === 'rejected') && body.resolution === undefined)
          throw missing('resolution');
        if (body.refundFen !== undefined && body.state !== 'accepted')
          throw problem('VALIDATION', 'body.refundFen: goes with state accepted', {
            errors: [{ path: 'body.refundFen', message: 'goes with state accepted' }],
          });
        return reply(
          await deps.disputes.decide(dispute, {
            state: body.state,
            by: `${principal.audience}:${principal.sub}`,
            resolution: body.resolution ?? null,
            refundFen: body.refundFen ?? null,
          }),
        );
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/disputes/{id}/evidence',
      operationId: 'getDisputeEvidence',
      summary: 'The evidence as it was frozen when the dispute was opened: a compact JWS',
      tags: ['orders'],
      access: needs('orders:resolve'),
      params,
      responses: { 200: { description: 'The signed file', contentType: 'application/jose' } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal, grant }) {
        const dispute = await visible(id, principal, grant);
        const text = await deps.disputes.evidence(dispute);
        if (text === null) throw problem('NOT_FOUND', 'the evidence is being put together: ask again');
        return new Response(text, {
          headers: {
            'Content-Type': 'application/jose',
            'Cache-Control': 'no-store',
            'Content-Disposition': `attachment; filename="${id.replace(/[^A-Za-z0-9_.-]/g, '_')}.jws"`,
          },
        });
      },
    }),
  ];
}

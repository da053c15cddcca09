import { idSchema, orderSchema } from '@voltbay/protocol';
import { z } from 'zod';
import { approvalSchema, toApproval } from '../approvals/approval-document.js';
import type { Approvals } from '../approvals/approvals.js';
import { isoNow } from '../clock.js';
import type { Database } from '../db/index.js';
import {
  defineRoute,
  type Grant,
  type HttpRoute,
  needs,
  ok,
  type Principal,
  problem,
  scopeFilter,
} from '../http/index.js';
import type { Clock } from '../ports.js';
import { type OrderDocument, ordersCollection, toOrder } from './order-document.js';
import type { Orders } from './orders.js';
import { type PackChoices, packChoiceSchema } from './pack-choice.js';

const OWNERSHIP = { own: 'userId', station: 'stationId' } as const;
const params = z.strictObject({ id: idSchema });

/** How an order is ended or explained by a person: evidence, cancellation, resolution. */
export function createResolutionRoutes(deps: {
  database: Database;
  orders: Pick<Orders, 'record'>;
  approvals: Pick<Approvals, 'needed' | 'request'>;
  evidenceOf(order: OrderDocument): Promise<string>;
  packChoices: Pick<PackChoices, 'explain'>;
  clock: Clock;
}): HttpRoute[] {
  const collection = deps.database.collection(ordersCollection);
  const visible = async (id: string, principal: Principal, grant: Grant): Promise<OrderDocument> => {
    const order = await collection.findOne({ ...scopeFilter(principal, grant, OWNERSHIP), _id: id });
    if (!order) throw problem('NOT_FOUND', `no order ${id}`);
    return order;
  };
  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/orders/{id}/pack-choice',
      operationId: 'getOrderPackChoice',
      summary: 'Why this pack: every slot as it stood, by the rule that the station itself decides with',
      tags: ['orders'],
      access: needs('batteries:read'),
      params,
      responses: { 200: { description: 'The choice, explained', schema: packChoiceSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal, grant }) {
        const order = await visible(id, principal, grant);
        const found = await deps.packChoices.explain(order);
        if (!found)
          throw problem('NOT_FOUND', 'the hub had no fresh view of the slots when the pack was chosen');
        const { view, wish, limits, choice } = found;
        const handedOut = order.dispensed
          ? {
              ...(order.dispensed.slot === undefined ? {} : { slot: order.dispensed.slot }),
              ...(order.dispensed.packId === undefined ? {} : { serial: order.dispensed.packId }),
            }
          : null;
        return ok({
          orderId: id,
          stationId: view.stationId,
          at: view.at,
          wish,
          limits,
          candidates: view.candidates,
          ...choice,
          handedOut,
          agrees: handedOut?.slot === undefined ? null : handedOut.slot === choice.chosen?.slot,
        });
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/orders/{id}/evidence',
      operationId: 'getOrderEvidence',
      summary: 'Everything known of an order as one signed file, for a dispute',
      description:
        'A compact JWS (EdDSA). Its payload is JSON: the order, its commands, what the station sent around it with the quality of its clock, readings of the packs, charges and ledger entries.',
      tags: ['orders'],
      access: needs('orders:resolve'),
      params,
      responses: { 200: { description: 'The signed file', contentType: 'application/jose' } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal, grant }) {
        const order = await visible(id, principal, grant);
        return new Response(await deps.evidenceOf(order), {
          headers: {
            'Content-Type': 'application/jose',
            'Cache-Control': 'no-store',
            'Content-Disposition': `attachment; filename="evidence-${id.replace(/[^A-Za-z0-9_.-]/g, '_')}.jws"`,
          },
        });
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/orders/{id}/cancel',
      operationId: 'cancelOrder',
      summary: 'Cancel an order that was not sent to the station yet; the held money is given back',
      tags: ['orders'],
      access: needs('orders:cancel'),
      params,
      body: z.strictObject({ reason: z.string().max(64).optional() }),
      bodyOptional: true,
      idempotency: 'optional',
      responses: { 200: { description: 'The order', schema: orderSchema } },
      problems: ['NOT_FOUND', 'ILLEGAL_TRANSITION'],
      async handler({ params: { id }, body, principal, grant }) {
        const order = await visible(id, principal, grant);
        if (order.state === 'cancelled') return ok(toOrder(order));
        const changed = await deps.orders.record(
          id,
          {
            key: null,
            to: 'cancelled',
            who: `${principal.audience}:${principal.sub}`,
            what: 'cancelled',
            at: isoNow(deps.clock),
            reason: body.reason ?? 'CANCELLED',
          },
          { strict: true },
        );
        return ok(toOrder(changed ?? order));
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/orders/{id}/resolve',
      operationId: 'resolveOrder',
      summary:
        'Settle an unknown order by hand: the charge stands when a pack left, else the hold is released',
      tags: ['orders'],
      access: needs('orders:resolve'),
      params,
      body: z.strictObject({
        note: z.string().min(3).max(500),
        /** The pack that left after all, as somebody found out. */
        dispensedPackId: idSchema.optional(),
      }),
      idempotency: 'required',
      responses: {
        200: { description: 'The order', schema: orderSchema },
        202: { description: 'Above the limit of one person: a second one decides', schema: approvalSchema },
      },
      problems: ['NOT_FOUND', 'ILLEGAL_TRANSITION'],
      async handler({ params: { id }, body, principal, grant, request }) {
        const order = await visible(id, principal, grant);
        const at = isoNow(deps.clock);
        const by = `${principal.audience}:${principal.sub}`;
        if (await deps.approvals.needed(order.tenantId, order.price.totalFen)) {
          if (order.state !== 'unknown')
            throw problem('ILLEGAL_TRANSITION', `order ${id} is ${order.state}, not to be resolved`, {
              resourceId: id,
            });
          const approval = await deps.approvals.request({
            tenantId: order.tenantId,
            kind: 'order-resolution',
            subjectId: id,
            orderId: id,
            userId: order.userId,
            stationId: order.stationId,
            amountFen: order.price.totalFen,
            reason: body.note,
            dispensedPackId: body.dispensedPackId ?? null,
            by,
            requestKey: `resolve:${principal.tenantId}/${principal.sub}:${id}:${request.idempotencyKey}`,
          });
          return { status: 202, body: toApproval(approval) };
        }
        const changed = await deps.orders.record(
          id,
          {
            key: null,
            to: 'resolved',
            who: by,
            what: body.note,
            at,
            ...(body.dispensedPackId === undefined
              ? {}
              : { dispensed: { packId: body.dispensedPackId, at } }),
          },
          { strict: true },
        );
        return ok(toOrder(changed ?? order));
      },
    }),
  ];
}

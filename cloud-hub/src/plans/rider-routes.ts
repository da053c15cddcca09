import { deviceSchema, idSchema, isoTimeSchema, orderSchema, payBySchema } from '@voltbay/protocol';
import { z } from 'zod';
import { type Database, toResource } from '../db/index.js';
import {
  type ListSpec,
  listQuery,
  listReply,
  listRequest,
  needs,
  type Principal,
  problem,
  scopeFilter,
} from '../http/index.js';
import { created, defineRoute, type HttpRoute, ok } from '../http/route.js';
import {
  type CouponDocument,
  type Coupons,
  couponCreateSchema,
  couponSchema,
  couponsCollection,
  RIDER_COUPON_STATES,
  type RiderCouponDocument,
  riderCouponsCollection,
} from './coupons.js';
import { planVersionSchema } from './plan-document.js';
import type { Plans } from './plans.js';
import type { Quotes } from './quotes.js';
import {
  SUBSCRIPTION_STATES,
  type SubscriptionDocument,
  type Subscriptions,
  subscriptionSchema,
  subscriptionsCollection,
  toSubscription,
} from './subscriptions.js';

const OWN = { own: 'userId' };
const SUBSCRIPTIONS: ListSpec = {
  fields: {
    state: { kind: 'enum', values: SUBSCRIPTION_STATES },
    userId: { kind: 'id' },
    createdAt: { kind: 'time' },
  },
  sort: ['createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
};
const COUPONS: ListSpec = {
  fields: { code: { kind: 'id' }, createdAt: { kind: 'time' } },
  sort: ['createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
};
const RIDER_COUPONS: ListSpec = {
  fields: {
    state: { kind: 'enum', values: RIDER_COUPON_STATES },
    userId: { kind: 'id' },
    createdAt: { kind: 'time' },
  },
  sort: ['createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
};
const off = z.union([z.object({ amountFen: z.number().int() }), z.object({ percentBp: z.number().int() })]);
const riderCouponSchema = z.object({
  id: z.string(),
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
  userId: z.string(),
  couponId: z.string(),
  code: z.string(),
  name: z.string(),
  nameEn: z.string().nullable(),
  off,
  minFen: z.number().int(),
  maxOffFen: z.number().int().nullable(),
  validFrom: isoTimeSchema,
  validTo: isoTimeSchema,
  state: z.enum(RIDER_COUPON_STATES),
  orderId: z.string().nullable(),
});
const payOptionSchema = z.object({
  payBy: payBySchema,
  kind: z.enum(['subscription', 'fleet', 'swap']),
  name: z.string().nullable(),
  nameEn: z.string().nullable(),
  swapsLeft: z.number().int().nullable(),
  endsAt: isoTimeSchema.nullable(),
  isDefault: z.boolean(),
  price: orderSchema.shape.price,
});
const params = z.strictObject({ id: idSchema });

/** A rider acts for himself; an operator names the rider. */
function riderOf(principal: Principal, sent: string | undefined): string {
  if (principal.audience === 'rider') {
    if (sent !== undefined && sent !== principal.sub)
      throw problem('FORBIDDEN', 'userId: riders act for themselves');
    return principal.sub;
  }
  if (sent === undefined)
    throw problem('VALIDATION', 'userId: required', { errors: [{ path: 'userId', message: 'required' }] });
  return sent;
}

/** What riders see and do about prices: quotes, subscriptions, coupons. */
export function createRiderPlanRoutes(deps: {
  database: Database;
  plans: Plans;
  quotes: Quotes;
  subscriptions: Subscriptions;
  coupons: Coupons;
  userExists(tenantId: string, userId: string): Promise<boolean>;
}): HttpRoute[] {
  const subscriptions = deps.database.collection(subscriptionsCollection);
  const coupons = deps.database.collection(couponsCollection);
  const riderCoupons = deps.database.collection(riderCouponsCollection);
  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/quotes/swap',
      operationId: 'quoteSwap',
      summary: 'What a swap at a station costs the rider now, line by line; nothing is reserved',
      tags: ['plans'],
      access: needs('plans:read'),
      query: z.strictObject({
        stationId: deviceSchema,
        userId: idSchema.optional(),
        payBy: payBySchema.optional(),
      }),
      responses: { 200: { description: 'The price', schema: orderSchema.shape.price } },
      problems: ['CONFLICT'],
      async handler({ query, principal }) {
        return ok(
          await deps.quotes.priceOfSwap({
            tenantId: principal.tenantId,
            userId: riderOf(principal, query.userId),
            stationId: query.stationId,
            ...(query.payBy === undefined ? {} : { payBy: query.payBy }),
          }),
        );
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/quotes/swap/options',
      operationId: 'quoteSwapOptions',
      summary: 'Every way in which the rider may pay a swap at a station now: each plan, or this swap alone',
      tags: ['plans'],
      access: needs('plans:read'),
      query: z.strictObject({ stationId: deviceSchema, userId: idSchema.optional() }),
      responses: {
        200: {
          description: '`payBy` goes into the order; one of them is what is taken by default',
          schema: z.array(payOptionSchema),
        },
      },
      async handler({ query, principal }) {
        return ok(
          await deps.quotes.payOptions({
            tenantId: principal.tenantId,
            userId: riderOf(principal, query.userId),
            stationId: query.stationId,
          }),
        );
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/subscriptions',
      operationId: 'listSubscriptions',
      summary: 'Plans that riders bought; riders see their own',
      tags: ['plans'],
      access: needs('subscriptions:read'),
      query: listQuery(SUBSCRIPTIONS),
      responses: { 200: { description: 'Subscriptions', schema: z.array(subscriptionSchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply<SubscriptionDocument>({
          request,
          list: listRequest(SUBSCRIPTIONS, query),
          scope: scopeFilter(principal, grant, OWN),
          source: subscriptions,
          toResource: toSubscription,
        }),
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/subscriptions',
      operationId: 'buyPlan',
      summary:
        'Buy a bundle or period with wallet money, or join a per-kWh plan; enterprise plans are set up by operators',
      tags: ['plans'],
      access: needs('subscriptions:write'),
      body: z.strictObject({
        planVersion: planVersionSchema,
        autoRenew: z.boolean().optional(),
        userId: idSchema.optional(),
        /** enterprise: the riders whose swaps `userId` pays. */
        memberIds: z.array(idSchema).min(1).max(2_000).optional(),
      }),
      idempotency: 'required',
      responses: { 201: { description: 'The subscription', schema: subscriptionSchema } },
      problems: ['NOT_FOUND', 'CONFLICT', 'INSUFFICIENT_BALANCE'],
      async handler({ body, principal, grant, request }) {
        const { tenantId } = principal;
        const userId = riderOf(principal, body.userId);
        const plan = await deps.plans.find(tenantId, body.planVersion);
        if (!plan) throw problem('NOT_FOUND', `no plan ${body.planVersion}`);
        if ((await deps.plans.latest(tenantId, plan.plan))?.planVersion !== plan.planVersion)
          throw problem('CONFLICT', 'the price has changed: look at the newest version of the plan', {
            reason: 'PRICE_CHANGED',
          });
        if ((plan.kind === 'enterprise') !== (body.memberIds !== undefined))
          throw problem('VALIDATION', 'body.memberIds: belongs to an enterprise plan, and to no other');
        if (plan.kind === 'enterprise' && grant.scope !== 'tenant')
          throw problem('FORBIDDEN', 'enterprise plans are set up by operators');
        for (const id of new Set([userId, ...(body.memberIds ?? [])]))
          if (!(await deps.userExists(tenantId, id))) throw problem('NOT_FOUND', `no user ${id}`);
        const bought = await deps.subscriptions.buy({
          tenantId,
          userId,
          ...(body.memberIds ? { memberIds: body.memberIds } : {}),
          plan,
          autoRenew: body.autoRenew ?? false,
          requestKey: `${tenantId}/${principal.sub}:${request.idempotencyKey}`,
        });
        return created(toSubscription(bought));
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/subscriptions/{id}/cancel',
      operationId: 'cancelSubscription',
      summary: 'End a subscription now; what was not used is given back to the wallet',
      tags: ['plans'],
      access: needs('subscriptions:write'),
      params,
      idempotency: 'required',
      responses: { 200: { description: 'The subscription', schema: subscriptionSchema } },
      problems: ['NOT_FOUND', 'CONFLICT'],
      async handler({ params: { id }, principal, grant }) {
        const one = await subscriptions.findOne({ ...scopeFilter(principal, grant, OWN), _id: id });
        if (!one) throw problem('NOT_FOUND', `no subscription ${id}`);
        return ok(toSubscription(await deps.subscriptions.cancel(one)));
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/coupons',
      operationId: 'listCoupons',
      summary: 'Coupons that were issued',
      tags: ['plans'],
      access: needs('plans:write'),
      query: listQuery(COUPONS),
      responses: { 200: { description: 'Coupons', schema: z.array(couponSchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply<CouponDocument>({
          request,
          list: listRequest(COUPONS, query),
          scope: scopeFilter(principal, grant, {}),
          source: coupons,
          toResource,
        }),
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/coupons',
      operationId: 'issueCoupon',
      summary: 'Issue a coupon that riders get by its code',
      tags: ['plans'],
      access: needs('plans:write'),
      body: couponCreateSchema,
      idempotency: 'required',
      responses: { 201: { description: 'The coupon', schema: couponSchema } },
      problems: ['DUPLICATE'],
      async handler({ body, principal }) {
        return created(toResource(await deps.coupons.create({ ...body, tenantId: principal.tenantId })));
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/rider-coupons',
      operationId: 'listRiderCoupons',
      summary: 'Coupons in riders’ hands; riders see their own',
      tags: ['plans'],
      access: needs('subscriptions:read'),
      query: listQuery(RIDER_COUPONS),
      responses: { 200: { description: 'Coupons', schema: z.array(riderCouponSchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply<RiderCouponDocument>({
          request,
          list: listRequest(RIDER_COUPONS, query),
          scope: scopeFilter(principal, grant, OWN),
          source: riderCoupons,
          toResource,
        }),
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/rider-coupons',
      operationId: 'claimCoupon',
      summary: 'Get the coupon of a code, once a rider; the best one is used by itself with the next swap',
      tags: ['plans'],
      access: needs('subscriptions:write'),
      body: z.strictObject({ code: z.string().min(1).max(32), userId: idSchema.optional() }),
      idempotency: 'required',
      responses: { 201: { description: 'The coupon', schema: riderCouponSchema } },
      problems: ['NOT_FOUND', 'CONFLICT'],
      async handler({ body, principal }) {
        const userId = riderOf(principal, body.userId);
        return created(
          toResource(await deps.coupons.claim({ tenantId: principal.tenantId, userId, code: body.code })),
        );
      },
    }),
  ];
}

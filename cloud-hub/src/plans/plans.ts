import { idSchema, isoTimeSchema, type Order } from '@voltbay/protocol';
import { z } from 'zod';
import { isoNow } from '../clock.js';
import { type AsDocument, type Database, defineCollection, isDuplicateKey } from '../db/index.js';
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
import type { Clock } from '../ports.js';

/** One version of a price. Versions are never changed: an order pins the one it was priced by. */
export const planSchema = z.object({
  /** `per-swap@3` */
  id: z.string(),
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
  plan: idSchema,
  kind: z.literal('per-swap'),
  name: z.string(),
  /** Counts the versions of this plan from 1. */
  planVersion: z.number().int().min(1),
  amountFen: z.number().int().min(0),
  currency: z.literal('CNY'),
  createdBy: z.string(),
});
export type Plan = z.infer<typeof planSchema>;
/** `_id` is `{tenant}/per-swap@3`: two operators who make the next version at once cannot both succeed. */
export type PlanDocument = AsDocument<Plan>;
export const plansCollection = defineCollection<PlanDocument>('plans', [
  { name: 'tenant-plan', key: { tenantId: 1, plan: 1, planVersion: 1, _id: 1 } },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
]);

export const PER_SWAP = 'per-swap';
const DEFAULT_PRICE_FEN = 600;

export interface Plans {
  /** The tenant's current per-swap price; its first version is made on first use. */
  priceOfSwap(tenantId: string): Promise<Order['price']>;
  publish(version: { tenantId: string; name: string; amountFen: number; by: string }): Promise<PlanDocument>;
}

const publicId = (document: PlanDocument): string => `${document.plan}@${document.planVersion}`;
const toPlan = ({ _id, ...rest }: PlanDocument): Plan => ({ ...rest, id: publicId({ _id, ...rest }) });

export function createPlans(deps: { database: Database; clock: Clock }): Plans {
  const plans = deps.database.collection(plansCollection);
  const latest = (tenantId: string) =>
    plans.findOne({ tenantId, plan: PER_SWAP }, { sort: { planVersion: -1 } });
  const insert = async (
    tenantId: string,
    planVersion: number,
    fields: { name: string; amountFen: number; by: string },
  ): Promise<PlanDocument> => {
    const now = isoNow(deps.clock);
    const document: PlanDocument = {
      _id: `${tenantId}/${PER_SWAP}@${planVersion}`,
      tenantId,
      version: 1,
      createdAt: now,
      updatedAt: now,
      plan: PER_SWAP,
      kind: 'per-swap',
      name: fields.name,
      planVersion,
      amountFen: fields.amountFen,
      currency: 'CNY',
      createdBy: fields.by,
    };
    await plans.insertOne(document);
    return document;
  };
  return {
    async priceOfSwap(tenantId) {
      let plan = await latest(tenantId);
      if (!plan) {
        await insert(tenantId, 1, { name: '单次换电', amountFen: DEFAULT_PRICE_FEN, by: 'hub' }).catch(
          (error) => {
            if (!isDuplicateKey(error)) throw error;
          },
        );
        plan = await latest(tenantId);
      }
      if (!plan) throw problem('UNAVAILABLE', 'no price is set');
      return {
        planVersion: publicId(plan),
        lines: [{ label: plan.name, amountFen: plan.amountFen }],
        totalFen: plan.amountFen,
        currency: 'CNY',
      };
    },
    async publish({ tenantId, ...fields }) {
      const current = await latest(tenantId);
      try {
        return await insert(tenantId, (current?.planVersion ?? 0) + 1, fields);
      } catch (error) {
        if (isDuplicateKey(error)) throw problem('CONFLICT', 'another version was published just now');
        throw error;
      }
    },
  };
}

const LIST: ListSpec = {
  fields: { plan: { kind: 'id' }, createdAt: { kind: 'time' } },
  sort: ['createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
};

export function createPlanRoutes(deps: { database: Database; plans: Plans }): HttpRoute[] {
  const plans = deps.database.collection(plansCollection);
  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/plans',
      operationId: 'listPlans',
      summary: 'Versions of the prices, newest first',
      tags: ['plans'],
      access: needs('plans:read'),
      query: listQuery(LIST),
      responses: { 200: { description: 'Plan versions', schema: z.array(planSchema) } },
      async handler({ query, principal, grant, request }) {
        return listReply<PlanDocument>({
          request,
          list: listRequest(LIST, query),
          scope: scopeFilter(principal, grant, {}),
          source: plans,
          toResource: toPlan,
        });
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/plans/{id}',
      operationId: 'getPlan',
      summary: 'One version of a price, for example per-swap@1',
      tags: ['plans'],
      access: needs('plans:read'),
      params: z.strictObject({ id: z.string().regex(/^[a-z0-9-]{1,40}@\d{1,6}$/) }),
      responses: { 200: { description: 'The plan version', schema: planSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params, principal, grant }) {
        const _id = `${principal.tenantId}/${params.id}`;
        const plan = await plans.findOne({ ...scopeFilter(principal, grant, {}), _id });
        if (!plan) throw problem('NOT_FOUND', `no plan ${params.id}`);
        return ok(toPlan(plan));
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/plans',
      operationId: 'publishPlan',
      summary: 'Publish the next version of the per-swap price; open orders keep theirs',
      tags: ['plans'],
      access: needs('plans:write'),
      idempotency: 'required',
      body: z.strictObject({
        name: z.string().min(1).max(64),
        amountFen: z.number().int().min(0).max(10_000_000),
      }),
      responses: { 201: { description: 'The new version', schema: planSchema } },
      problems: ['CONFLICT'],
      async handler({ body, principal }) {
        const plan = await deps.plans.publish({
          tenantId: principal.tenantId,
          name: body.name,
          amountFen: body.amountFen,
          by: principal.sub,
        });
        return created(toPlan(plan));
      },
    }),
  ];
}

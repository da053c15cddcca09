import { deviceSchema, idSchema } from '@voltbay/protocol';
import { z } from 'zod';
import type { Database } from '../db/index.js';
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
import {
  PLAN_KINDS,
  type PlanDocument,
  planSchema,
  plansCollection,
  planTermsSchema,
  planVersionSchema,
  toPlan,
} from './plan-document.js';
import type { Plans } from './plans.js';
import { bandSchema, type TariffDocument, type Tariffs, tariffSchema, tariffsCollection } from './tariffs.js';

const LIST: ListSpec = {
  fields: {
    plan: { kind: 'id' },
    kind: { kind: 'enum', values: PLAN_KINDS },
    createdAt: { kind: 'time' },
  },
  sort: ['createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
};
const TARIFFS: ListSpec = {
  fields: { stationId: { kind: 'id' }, createdAt: { kind: 'time' } },
  sort: ['createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
};
const toTariff = ({ _id, ...rest }: TariffDocument) => ({ ...rest, id: _id });

export function createPlanRoutes(deps: { database: Database; plans: Plans; tariffs: Tariffs }): HttpRoute[] {
  const plans = deps.database.collection(plansCollection);
  const tariffs = deps.database.collection(tariffsCollection);
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
      params: z.strictObject({ id: planVersionSchema }),
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
      summary:
        'Publish the next version of a plan, of the per-swap price by default; open orders keep theirs',
      description:
        'per-swap: price of a swap. bundle: terms.swaps and terms.validDays. period: terms.length, with terms.swaps as its limit. per-kwh: price of a kWh, terms.holdFen and terms.withoutReadingFen. enterprise: price of a member’s swap, paid by the payer. deposit: what a rider deposits.',
      tags: ['plans'],
      access: needs('plans:write'),
      idempotency: 'required',
      body: z.strictObject({
        plan: z
          .string()
          .regex(/^[a-z0-9-]{1,40}$/, { error: 'small letters, digits and -' })
          .optional(),
        kind: z.enum(PLAN_KINDS).optional(),
        name: z.string().min(1).max(64),
        nameEn: z.string().min(1).max(64).optional(),
        amountFen: z.number().int().min(0).max(10_000_000),
        taxRateBp: z.number().int().min(0).max(5_000).optional(),
        terms: planTermsSchema.optional(),
      }),
      responses: { 201: { description: 'The new version', schema: planSchema } },
      problems: ['CONFLICT'],
      async handler({ body, principal }) {
        const plan = await deps.plans.publish({ tenantId: principal.tenantId, ...body, by: principal.sub });
        return created(toPlan(plan));
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/tariffs',
      operationId: 'listTariffs',
      summary: 'Versions of the stations’ time-of-use tariffs, newest first',
      tags: ['plans'],
      access: needs('plans:read'),
      query: listQuery(TARIFFS),
      responses: { 200: { description: 'Tariff versions', schema: z.array(tariffSchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply<TariffDocument>({
          request,
          list: listRequest(TARIFFS, query),
          scope: scopeFilter(principal, grant, {}),
          source: tariffs,
          toResource: toTariff,
        }),
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/tariffs',
      operationId: 'publishTariff',
      summary:
        'Publish the next version of a station’s time-of-use tariff; without bands its prices are flat',
      tags: ['plans'],
      access: needs('plans:write'),
      idempotency: 'required',
      body: z.strictObject({ stationId: deviceSchema.and(idSchema), bands: z.array(bandSchema).max(48) }),
      example: {
        stationId: '1231',
        bands: [{ name: '晚高峰', nameEn: 'Evening peak', from: '17:00', to: '20:00', changeBp: 1_500 }],
      },
      responses: { 201: { description: 'The new version', schema: tariffSchema } },
      problems: ['CONFLICT'],
      async handler({ body, principal }) {
        const tariff = await deps.tariffs.publish({
          tenantId: principal.tenantId,
          stationId: body.stationId,
          bands: body.bands,
          by: principal.sub,
        });
        return created(toTariff(tariff));
      },
    }),
  ];
}

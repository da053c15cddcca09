import { idSchema } from '@voltbay/protocol';
import { z } from 'zod';
import { isoNow } from '../clock.js';
import type { Database } from '../db/index.js';
import { EVENT_NAMES } from '../events/domain-events.js';
import {
  created,
  defineRoute,
  etagOf,
  type HttpRoute,
  type ListSpec,
  listQuery,
  listReply,
  listRequest,
  missedUpdate,
  needs,
  noContent,
  ok,
  problem,
  scopeFilter,
  versioned,
} from '../http/index.js';
import type { Clock } from '../ports.js';
import { urlFault } from './address-guard.js';
import {
  DELIVERY_STATES,
  deliveriesCollection,
  deliverySchema,
  deliveryView,
  webhookSchema,
  webhooksCollection,
  webhookView,
  webhookWithSecretSchema,
} from './webhook-document.js';
import type { Webhooks } from './webhooks.js';

const FAMILIES = [...new Set(EVENT_NAMES.map((name) => `${name.split('.')[0]}.*`))];
const eventSchema = z.enum(['*', ...FAMILIES, ...EVENT_NAMES] as [string, ...string[]]);
const nameSchema = z.string().min(1).max(80);
const urlSchema = z.string().min(1).max(2_000);
const eventsSchema = z.array(eventSchema).min(1).max(50);

const LIST: ListSpec = {
  fields: { createdAt: { kind: 'time' }, active: { kind: 'boolean' }, name: { kind: 'text' } },
  sort: ['createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
};
const DELIVERIES: ListSpec = {
  fields: {
    createdAt: { kind: 'time' },
    state: { kind: 'enum', values: DELIVERY_STATES },
    type: { kind: 'text' },
  },
  sort: ['createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
};
const MAX_WEBHOOKS = 50;

export function createWebhookRoutes(deps: {
  database: Database;
  clock: Clock;
  webhooks: Webhooks;
  allowPrivate: boolean;
}): HttpRoute[] {
  const collection = deps.database.collection(webhooksCollection);
  const deliveries = deps.database.collection(deliveriesCollection);
  const params = z.strictObject({ id: idSchema });
  const deliveryParams = z.strictObject({ id: idSchema, deliveryId: idSchema });
  const checkUrl = (url: string) => {
    const fault = urlFault(url, deps);
    if (fault)
      throw problem('VALIDATION', `body.url: ${fault}`, { errors: [{ path: 'body.url', message: fault }] });
  };
  const find = async (id: string, tenantId: string) => {
    const webhook = await collection.findOne({ tenantId, _id: id });
    if (!webhook) throw problem('NOT_FOUND', `no webhook ${id}`);
    return webhook;
  };
  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/webhooks',
      operationId: 'listWebhooks',
      summary: 'Webhook subscriptions',
      tags: ['webhooks'],
      access: needs('webhooks:read'),
      query: listQuery(LIST),
      responses: { 200: { description: 'Webhooks', schema: z.array(webhookSchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply({
          request,
          list: listRequest(LIST, query),
          scope: scopeFilter(principal, grant, {}),
          source: collection,
          toResource: webhookView,
        }),
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/webhooks',
      operationId: 'createWebhook',
      summary: 'Subscribe a URL to events; the answer shows the signing secret once',
      tags: ['webhooks'],
      access: needs('webhooks:write'),
      body: z.strictObject({ name: nameSchema, url: urlSchema, events: eventsSchema }),
      responses: { 201: { description: 'The webhook with its secret', schema: webhookWithSecretSchema } },
      problems: ['CONFLICT'],
      async handler({ body, principal }) {
        checkUrl(body.url);
        if ((await collection.countDocuments({ tenantId: principal.tenantId })) >= MAX_WEBHOOKS)
          throw problem('CONFLICT', `a tenant has at most ${MAX_WEBHOOKS} webhooks: delete one first`);
        const { webhook, secret } = await deps.webhooks.create({
          ...body,
          tenantId: principal.tenantId,
          by: principal.sub,
        });
        return created({ ...webhookView(webhook), secret }, { ETag: etagOf(webhook.version) });
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/webhooks/{id}',
      operationId: 'getWebhook',
      summary: 'One webhook',
      tags: ['webhooks'],
      access: needs('webhooks:read'),
      params,
      responses: { 200: { description: 'The webhook', schema: webhookSchema } },
      problems: ['NOT_FOUND'],
      handler: async ({ params: { id }, principal, request }) =>
        versioned(request, webhookView(await find(id, principal.tenantId))),
    }),
    defineRoute({
      method: 'patch',
      path: '/core/v0/webhooks/{id}',
      operationId: 'updateWebhook',
      summary: 'Change URL, events or name, or turn it on and off',
      tags: ['webhooks'],
      access: needs('webhooks:write'),
      params,
      ifMatch: 'required',
      body: z.strictObject({
        name: nameSchema.optional(),
        url: urlSchema.optional(),
        events: eventsSchema.optional(),
        active: z.boolean().optional(),
      }),
      responses: { 200: { description: 'The webhook', schema: webhookSchema } },
      problems: ['NOT_FOUND', 'PRECONDITION_FAILED'],
      async handler({ params: { id }, body, principal, request }) {
        if (body.url !== undefined) checkUrl(body.url);
        const { tenantId } = principal;
        const updated = await collection.findOneAndUpdate(
          { _id: id, tenantId, ...(request.ifMatch === null ? {} : { version: request.ifMatch }) },
          {
            $set: {
              ...body,
              updatedAt: isoNow(deps.clock),
              ...(body.active ? { disabledReason: null, failures: 0 } : {}),
            },
            $inc: { version: 1 },
          },
          { returnDocument: 'after' },
        );
        if (!updated) throw missedUpdate(await collection.findOne({ _id: id, tenantId }), 'webhook');
        return ok(webhookView(updated), { ETag: etagOf(updated.version) });
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/core/v0/webhooks/{id}',
      operationId: 'deleteWebhook',
      summary: 'Unsubscribe; what is under way is not sent any more',
      tags: ['webhooks'],
      access: needs('webhooks:write'),
      params,
      responses: { 204: { description: 'Gone' } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal }) {
        const { deletedCount } = await collection.deleteOne({ _id: id, tenantId: principal.tenantId });
        if (deletedCount === 0) throw problem('NOT_FOUND', `no webhook ${id}`);
        return noContent();
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/webhooks/{id}/rotate-secret',
      operationId: 'rotateWebhookSecret',
      summary: 'A new signing secret; the old one signs beside it for the overlap (default a day)',
      tags: ['webhooks'],
      access: needs('webhooks:write'),
      params,
      bodyOptional: true,
      body: z.strictObject({ overlapS: z.number().int().min(0).max(2_592_000).optional() }),
      responses: { 200: { description: 'The webhook with its new secret', schema: webhookWithSecretSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, body, principal }) {
        const rotated = await deps.webhooks.rotateSecret(id, principal.tenantId, body.overlapS ?? 86_400);
        if (!rotated) throw problem('NOT_FOUND', `no webhook ${id}`);
        return ok({ ...webhookView(rotated.webhook), secret: rotated.secret });
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/webhooks/{id}/ping',
      operationId: 'pingWebhook',
      summary: 'Send a test event to this webhook',
      tags: ['webhooks'],
      access: needs('webhooks:write'),
      params,
      responses: { 202: { description: 'The delivery', schema: deliverySchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal }) {
        const delivery = await deps.webhooks.ping(await find(id, principal.tenantId));
        return { status: 202, body: deliveryView(delivery) };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/webhooks/{id}/deliveries',
      operationId: 'listWebhookDeliveries',
      summary: 'What was sent to this webhook and what it answered; kept for 30 days',
      tags: ['webhooks'],
      access: needs('webhooks:read'),
      params,
      query: listQuery(DELIVERIES),
      responses: { 200: { description: 'Deliveries', schema: z.array(deliverySchema) } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, query, principal, grant, request }) {
        await find(id, principal.tenantId);
        return listReply({
          request,
          list: listRequest(DELIVERIES, query),
          scope: { ...scopeFilter(principal, grant, {}), webhookId: id },
          source: deliveries,
          toResource: deliveryView,
        });
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/webhooks/{id}/deliveries/{deliveryId}/replay',
      operationId: 'replayWebhookDelivery',
      summary: 'Send a delivery again under its own id',
      tags: ['webhooks'],
      access: needs('webhooks:write'),
      params: deliveryParams,
      responses: { 202: { description: 'The delivery, pending', schema: deliverySchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id, deliveryId }, principal }) {
        const delivery = await deps.webhooks.replay(deliveryId, id, principal.tenantId, principal.sub);
        if (!delivery) throw problem('NOT_FOUND', `no delivery ${deliveryId}`);
        return { status: 202, body: deliveryView(delivery) };
      },
    }),
  ];
}

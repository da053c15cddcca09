import { deviceSchema, idSchema, isoTimeSchema } from '@voltbay/protocol';
import { z } from 'zod';
import { isoAt, isoNow } from '../clock.js';
import type { Database } from '../db/index.js';
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
  type Principal,
  problem,
  versioned,
} from '../http/index.js';
import type { Clock } from '../ports.js';
import { type ApiKeyDocument, apiKeysCollection } from './api-key-documents.js';
import type { ApiKeys } from './api-keys.js';
import { KEY_PERMISSIONS, type Permission } from './permissions.js';
import { stationsWithin } from './station-limit.js';

export const apiKeySchema = z.object({
  id: z.string(),
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
  name: z.string(),
  permissions: z.array(z.string()),
  stationIds: z.array(deviceSchema).nullable(),
  expiresAt: isoTimeSchema.nullable(),
  revokedAt: isoTimeSchema.nullable(),
  lastUsedAt: isoTimeSchema.nullable(),
  perDay: z.number().int().nullable(),
  pricePerThousandFen: z.number().int(),
  createdBy: z.string(),
});
const shownKeySchema = apiKeySchema.extend({ key: z.string() });
const usageSchema = z.object({
  id: z.string(),
  from: z.string(),
  to: z.string(),
  days: z.array(z.object({ day: z.string(), requests: z.number().int() })),
  requests: z.number().int(),
  /** Requests beyond the last full thousand count in part; rounded down to the fen. */
  amountFen: z.number().int(),
  currency: z.literal('CNY'),
});

const name = z.string().trim().min(1).max(80);
const stationIds = z.array(deviceSchema).min(1).max(500).nullable();
const perDay = z.number().int().min(1).max(100_000_000).nullable();
const pricePerThousandFen = z.number().int().min(0).max(1_000_000);
const createSchema = z.strictObject({
  name,
  permissions: z.array(z.enum(KEY_PERMISSIONS)).min(1).max(KEY_PERMISSIONS.length),
  stationIds: stationIds.optional(),
  expiresAt: isoTimeSchema.nullable().optional(),
  perDay: perDay.optional(),
  pricePerThousandFen: pricePerThousandFen.optional(),
});
const patchSchema = z.strictObject({
  name: name.optional(),
  perDay: perDay.optional(),
  pricePerThousandFen: pricePerThousandFen.optional(),
});
const dayText = z.iso.date();
const LIST: ListSpec = {
  fields: { name: { kind: 'text' }, createdAt: { kind: 'time' } },
  sort: ['name', 'createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
  search: ['name'],
};
const params = z.strictObject({ id: idSchema });
const MAX_USAGE_DAYS = 366;

/** `/core/v0/api-keys`: integrators' keys. Nobody can hand out more than they hold themselves. */
export function createApiKeyRoutes(deps: { database: Database; clock: Clock; keys: ApiKeys }): HttpRoute[] {
  const collection = deps.database.collection(apiKeysCollection);
  const missing = (id: string) => problem('NOT_FOUND', `no API key ${id}`);
  const find = async (principal: Principal, id: string) => {
    const document = await collection.findOne({ _id: id, tenantId: principal.tenantId });
    if (!document) throw missing(id);
    return document;
  };
  const holdsAll = (principal: Principal, permissions: readonly Permission[]) => {
    const beyond = permissions.find((permission) => principal.permissions.get(permission) !== 'tenant');
    if (beyond !== undefined) throw problem('FORBIDDEN', `body.permissions: ${beyond} is not yours to give`);
  };
  const tags: [string] = ['api-keys'];
  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/api-keys',
      operationId: 'listApiKeys',
      summary: "Integrators' keys, without their secrets",
      tags,
      access: needs('api-keys:read'),
      query: listQuery(LIST),
      responses: { 200: { description: 'Keys', schema: z.array(apiKeySchema) } },
      handler: ({ query, principal, request }) =>
        listReply({
          request,
          list: listRequest(LIST, query),
          scope: { tenantId: principal.tenantId },
          source: collection,
          toResource: keyView,
        }),
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/api-keys',
      operationId: 'createApiKey',
      summary: 'A new key, shown once',
      tags,
      access: needs('api-keys:write'),
      // Without Idempotency-Key: the record of the answer would keep the key in the clear.
      body: createSchema,
      responses: { 201: { description: 'The key', schema: shownKeySchema } },
      async handler({ body, principal }) {
        holdsAll(principal, body.permissions);
        const expiresAt = body.expiresAt ?? null;
        if (expiresAt !== null && expiresAt <= isoNow(deps.clock))
          throw problem('VALIDATION', 'body.expiresAt: must be in the future');
        const { document, key } = await deps.keys.create({
          tenantId: principal.tenantId,
          name: body.name,
          permissions: [...new Set(body.permissions)],
          stationIds: stationsWithin(principal, body.stationIds ?? null),
          expiresAt: expiresAt === null ? null : isoAt(Date.parse(expiresAt)),
          perDay: body.perDay ?? null,
          pricePerThousandFen: body.pricePerThousandFen ?? 0,
          createdBy: principal.sub,
        });
        return created(
          { ...keyView(document), key },
          { Location: `/core/v0/api-keys/${document._id}`, ETag: etagOf(document.version) },
        );
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/api-keys/{id}',
      operationId: 'getApiKey',
      summary: 'One key, without its secret',
      tags,
      access: needs('api-keys:read'),
      params,
      responses: { 200: { description: 'The key', schema: apiKeySchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal, request }) {
        const document = await find(principal, id);
        return versioned(request, document, keyView(document));
      },
    }),
    defineRoute({
      method: 'patch',
      path: '/core/v0/api-keys/{id}',
      operationId: 'updateApiKey',
      summary: 'Changes name, quota or price; permissions never change: make another key',
      tags,
      access: needs('api-keys:write'),
      params,
      body: patchSchema,
      ifMatch: 'required',
      responses: { 200: { description: 'The key', schema: apiKeySchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, body, principal, request }) {
        const scope = { _id: id, tenantId: principal.tenantId };
        const document = await collection.findOneAndUpdate(
          request.ifMatch === null ? scope : { ...scope, version: request.ifMatch },
          { $set: { ...body, updatedAt: isoNow(deps.clock) }, $inc: { version: 1 } },
          { returnDocument: 'after' },
        );
        if (!document) throw missedUpdate(await collection.findOne(scope), 'API key');
        deps.keys.forget(id);
        return ok(keyView(document), { ETag: etagOf(document.version) });
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/api-keys/{id}/rotate',
      operationId: 'rotateApiKey',
      summary: 'A new secret, shown once; the old one works for another 24 hours',
      tags,
      access: needs('api-keys:write'),
      params,
      responses: {
        201: { description: 'The key', schema: shownKeySchema.extend({ oldValidUntil: isoTimeSchema }) },
      },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal }) {
        const current = await find(principal, id);
        holdsAll(principal, current.permissions as Permission[]);
        stationsWithin(principal, current.stationIds);
        const rotated = await deps.keys.rotate(principal.tenantId, id);
        if (!rotated) throw missing(id);
        return created({
          ...keyView(rotated.document),
          key: rotated.key,
          oldValidUntil: rotated.oldValidUntil,
        });
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/core/v0/api-keys/{id}',
      operationId: 'revokeApiKey',
      summary: 'Ends a key; it stays in the list with what it used',
      tags,
      access: needs('api-keys:write'),
      params,
      responses: { 204: { description: 'Revoked' } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal }) {
        if (!(await deps.keys.revoke(principal.tenantId, id))) throw missing(id);
        return noContent();
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/api-keys/{id}/usage',
      operationId: 'getApiKeyUsage',
      summary: 'Requests by UTC day, and the bill for them',
      tags,
      access: needs('api-keys:read'),
      params,
      query: z.strictObject({ from: dayText.optional(), to: dayText.optional() }),
      responses: { 200: { description: 'Use and bill; by default this month', schema: usageSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, query, principal }) {
        const document = await find(principal, id);
        const today = isoNow(deps.clock).slice(0, 10);
        const [from, to] = [query.from ?? `${today.slice(0, 8)}01`, query.to ?? today];
        const spanMs = Date.parse(to) - Date.parse(from);
        if (spanMs < 0 || spanMs > MAX_USAGE_DAYS * 86_400_000)
          throw problem('VALIDATION', `query.from: at most ${MAX_USAGE_DAYS} days, and not after query.to`);
        const days = await deps.keys.usage(principal.tenantId, id, from, to);
        const requests = days.reduce((sum, day) => sum + day.requests, 0);
        return ok({
          id,
          from,
          to,
          days: days.map((each) => ({ day: each.day, requests: each.requests })),
          requests,
          amountFen: Math.floor((requests * document.pricePerThousandFen) / 1_000),
          currency: 'CNY',
        });
      },
    }),
  ];
}

function keyView(document: ApiKeyDocument): z.infer<typeof apiKeySchema> {
  const { _id, secrets: _secrets, ...rest } = document;
  return { id: _id, ...rest };
}

import {
  idSchema,
  issuedPassSchema,
  passCreateSchema,
  passRevocationsSchema,
  passSchema,
} from '@voltbay/protocol';
import { z } from 'zod';
import { isoNow } from '../clock.js';
import type { Database } from '../db/index.js';
import {
  created,
  defineRoute,
  type HttpRoute,
  type ListSpec,
  listQuery,
  listReply,
  listRequest,
  needs,
  ok,
  problem,
  scopeFilter,
} from '../http/index.js';
import type { Clock } from '../ports.js';
import { type PassDocument, passesCollection, toPass } from './pass-document.js';
import type { Passes } from './passes.js';

const LIST: ListSpec = {
  fields: {
    userId: { kind: 'id' },
    vehicleId: { kind: 'id' },
    createdAt: { kind: 'time' },
    expiresAt: { kind: 'time' },
  },
  sort: ['createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
};
const params = z.strictObject({ id: idSchema });

/** Swap passes for stations without a network: issue, list, revoke, and what stations must refuse. */
export function createPassRoutes(deps: { database: Database; clock: Clock; passes: Passes }): HttpRoute[] {
  const collection = deps.database.collection(passesCollection);
  const show = (document: PassDocument) => toPass(document, isoNow(deps.clock));
  return [
    defineRoute({
      method: 'post',
      path: '/core/v0/passes',
      operationId: 'issuePass',
      summary: 'A pass for one swap at a station without a network',
      description: 'The pass is answered once and not kept: the app stores it and shows `code` as a QR code.',
      tags: ['passes'],
      access: needs('passes:create'),
      body: passCreateSchema,
      idempotency: 'optional',
      perMinute: 20,
      responses: { 201: { description: 'The pass', schema: issuedPassSchema } },
      problems: ['NOT_FOUND', 'FORBIDDEN', 'CONFLICT', 'INSUFFICIENT_BALANCE'],
      handler: async ({ body, principal }) =>
        created(
          await deps.passes.issue({
            tenantId: principal.tenantId,
            userId: principal.sub,
            vehicleId: body.vehicleId,
            ...(body.ttlS === undefined ? {} : { ttlS: body.ttlS }),
          }),
        ),
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/passes',
      operationId: 'listPasses',
      summary: 'Passes; riders see their own',
      tags: ['passes'],
      access: needs('passes:read'),
      query: listQuery(LIST),
      responses: { 200: { description: 'Passes', schema: z.array(passSchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply<PassDocument>({
          request,
          list: listRequest(LIST, query),
          scope: scopeFilter(principal, grant, { own: 'userId' }),
          source: collection,
          toResource: show,
        }),
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/passes/{id}/revoke',
      operationId: 'revokePass',
      summary: 'Take a pass back; stations learn of it with their next look',
      tags: ['passes'],
      access: needs('passes:revoke'),
      params,
      idempotency: 'optional',
      responses: { 200: { description: 'The pass; spent when it was too late', schema: passSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal, grant }) {
        const owner = {
          tenantId: principal.tenantId,
          ...(grant.scope === 'own' && { userId: principal.sub }),
        };
        const pass = await deps.passes.revoke(owner, id);
        if (!pass) throw problem('NOT_FOUND', `no pass ${id}`);
        return ok(show(pass));
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/pass-revocations',
      operationId: 'listPassRevocations',
      summary: 'Passes within their life that a station must refuse',
      tags: ['passes'],
      access: needs('passes:verify', { basic: true }),
      responses: { 200: { description: 'Ids of passes', schema: passRevocationsSchema } },
      handler: async ({ principal }) =>
        ok({ asOf: isoNow(deps.clock), revoked: await deps.passes.revocations(principal.tenantId) }),
    }),
  ];
}

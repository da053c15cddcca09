import { idSchema } from '@voltbay/protocol';
import { z } from 'zod';
import type { Database } from '../db/index.js';
import {
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
import {
  faultOfIdNumber,
  IDENTITY_STATES,
  type Identities,
  type IdentityDocument,
  identitiesCollection,
  identitySchema,
  toIdentity,
} from './identities.js';
import { usersCollection } from './users.js';

const LIST: ListSpec = {
  fields: { state: { kind: 'enum', values: IDENTITY_STATES }, createdAt: { kind: 'time' } },
  sort: ['createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
};
const params = z.strictObject({ id: idSchema });

/** Real names: said by riders, checked by operators, shown masked; phones uncovered on record. */
export function createIdentityRoutes(deps: { database: Database; identities: Identities }): HttpRoute[] {
  const collection = deps.database.collection(identitiesCollection);
  const users = deps.database.collection(usersCollection);
  return [
    defineRoute({
      method: 'post',
      path: '/core/v0/me/real-name',
      operationId: 'submitRealName',
      summary: 'Say who you are; an operator checks it. Stored sealed, shown masked',
      tags: ['users'],
      access: needs('identities:create'),
      body: z.strictObject({
        name: z.string().min(2).max(40),
        number: z.string().superRefine((number, context) => {
          const fault = faultOfIdNumber(number);
          if (fault !== null) context.addIssue({ code: 'custom', message: fault });
        }),
      }),
      idempotency: 'optional',
      perMinute: 10,
      responses: { 200: { description: 'What is known now, masked', schema: identitySchema } },
      problems: ['FORBIDDEN', 'CONFLICT', 'DUPLICATE'],
      async handler({ body, principal }) {
        if (principal.audience !== 'rider') throw problem('FORBIDDEN', 'riders say who they are');
        return ok(toIdentity(await deps.identities.submit(principal.tenantId, principal.sub, body)));
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/real-names',
      operationId: 'listRealNames',
      summary: 'Real names that riders gave, masked; riders see their own',
      tags: ['users'],
      access: needs('identities:read'),
      query: listQuery(LIST),
      responses: { 200: { description: 'Real names', schema: z.array(identitySchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply<IdentityDocument>({
          request,
          list: listRequest(LIST, query),
          scope: scopeFilter(principal, grant, { own: '_id' }),
          source: collection,
          toResource: toIdentity,
        }),
    }),
    ...(['verify', 'reject'] as const).map((action) =>
      defineRoute({
        method: 'post',
        path: `/core/v0/users/{id}/real-name/${action}`,
        operationId: `${action}RealName`,
        summary: action === 'verify' ? 'The real name was checked' : 'The real name is not accepted',
        tags: ['users'],
        access: needs('identities:decide'),
        params,
        body: z.strictObject({ reason: z.string().min(3).max(300).optional() }),
        bodyOptional: true,
        idempotency: 'optional',
        responses: { 200: { description: 'The real name, masked', schema: identitySchema } },
        problems: ['NOT_FOUND', 'CONFLICT'],
        async handler({ params: { id }, body, principal }) {
          if (action === 'reject' && body.reason === undefined)
            throw problem('VALIDATION', 'body.reason: required', {
              errors: [{ path: 'body.reason', message: 'required' }],
            });
          const decided = await deps.identities.decide(principal.tenantId, id, {
            to: action === 'verify' ? 'verified' : 'rejected',
            by: `${principal.audience}:${principal.sub}`,
            reason: body.reason ?? null,
          });
          return ok(toIdentity(decided));
        },
      }),
    ),
    defineRoute({
      method: 'post',
      path: '/core/v0/users/{id}/reveal',
      operationId: 'revealPhone',
      summary: 'Uncover a rider’s phone; who did it and why stands in the audit log',
      tags: ['users'],
      access: needs('users:reveal'),
      params,
      body: z.strictObject({ reason: z.string().min(3).max(300) }),
      idempotency: 'optional',
      responses: {
        200: {
          description: 'The phone',
          schema: z.object({ id: z.string(), phone: z.string().nullable() }),
        },
      },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal }) {
        // The request itself, with its reason, is stored in the audit log before this answer leaves.
        const user = await users.findOne({ _id: id, tenantId: principal.tenantId });
        if (!user) throw problem('NOT_FOUND', `no user ${id}`);
        return ok(
          { id, phone: user.phone.startsWith('none:') ? null : user.phone },
          { 'Cache-Control': 'no-store' },
        );
      },
    }),
  ];
}

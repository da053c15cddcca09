import { deviceSchema, idSchema, isoTimeSchema } from '@voltbay/protocol';
import { z } from 'zod';
import { isoNow } from '../clock.js';
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
import type { Regions } from '../system/regions.js';
import { type OperatorDocument, operatorsCollection } from './collections.js';
import type { Operators } from './operators.js';
import type { Roles } from './roles.js';
import type { Sessions } from './sessions.js';

const operatorSchema = z.object({
  id: z.string(),
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
  username: z.string(),
  name: z.string(),
  roles: z.array(z.string()),
  stationIds: z.array(deviceSchema).nullable(),
  regionIds: z.array(z.string()),
  status: z.enum(['active', 'disabled']),
  totp: z.boolean(),
});

const operatorSessionSchema = z.object({
  id: z.string(),
  createdAt: isoTimeSchema,
  lastUsedAt: isoTimeSchema,
  expiresAt: isoTimeSchema,
  userAgent: z.string().nullable(),
  ip: z.string(),
});
const personName = z.string().trim().min(1).max(80);
/** Names; which of them exist depends on the tenant. */
const roles = z
  .array(z.string().regex(/^[a-z][a-z0-9-]{1,31}$/))
  .min(1)
  .max(10);
const stationIds = z.array(deviceSchema).min(1).max(500).nullable();
const regionIds = z.array(idSchema).max(100);
const password = z.string().min(10).max(256);
const LIST: ListSpec = {
  fields: {
    username: { kind: 'text' },
    status: { kind: 'enum', values: ['active', 'disabled'] },
    createdAt: { kind: 'time' },
  },
  sort: ['username', 'createdAt'],
  defaultSort: { field: 'username', order: 'asc' },
  search: ['username', 'name'],
};
const params = z.strictObject({ id: idSchema });
const tags: [string] = ['operators'];

/** Accounts of people who run the network. Nobody can make or change one that may do more than they may. */
export function createOperatorRoutes(deps: {
  database: Database;
  clock: Clock;
  operators: Operators;
  sessions: Sessions;
  regions: Regions;
  roles: Roles;
}): HttpRoute[] {
  const collection = deps.database.collection(operatorsCollection);
  const { regions } = deps;
  const find = async (principal: Principal, id: string) => {
    const operator = await collection.findOne({ _id: id, tenantId: principal.tenantId });
    if (!operator) throw problem('NOT_FOUND', `no operator ${id}`);
    return operator;
  };
  const mayRule = async (principal: Principal, names: readonly string[]) => {
    const unknown = await deps.roles.unknownRole(principal.tenantId, names);
    if (unknown !== undefined) throw problem('VALIDATION', `body.roles: there is no role ${unknown}`);
    for (const [permission, scope] of await deps.roles.grantsOf(principal.tenantId, 'operator', names))
      if (principal.permissions.get(permission) !== scope)
        throw problem('FORBIDDEN', `body.roles: ${permission} is not yours to give`);
  };
  /** The limit that an account would have: known regions, and nothing beyond the caller's own stations. */
  const mayLimit = async (
    principal: Principal,
    account: { stationIds: readonly string[] | null; regionIds?: readonly string[] },
  ) => {
    for (const regionId of account.regionIds ?? [])
      if (!(await regions.exists(principal.tenantId, regionId)))
        throw problem('VALIDATION', `body.regionIds: no region ${regionId}`);
    const limit = await regions.stationLimitOf({ ...account, tenantId: principal.tenantId });
    const own = principal.stationIds;
    if (own !== null && (limit === null || limit.some((station) => !own.includes(station))))
      throw problem('FORBIDDEN', 'body.stationIds: name stations out of your own');
  };
  const notOneself = (principal: Principal, id: string) => {
    if (principal.sub === id)
      throw problem('CONFLICT', 'somebody else has to do this: nobody shuts themselves out');
  };
  /** What a token says of an account no longer holds: its sessions end. */
  const signOut = (operator: OperatorDocument, reason: string) =>
    deps.sessions.revokeAll({ tenantId: operator.tenantId, sub: operator._id }, reason);

  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/operators',
      operationId: 'listOperators',
      summary: 'Accounts of people who run the network',
      tags,
      access: needs('operators:read'),
      query: listQuery(LIST),
      responses: { 200: { description: 'Operators', schema: z.array(operatorSchema) } },
      handler: ({ query, principal, request }) =>
        listReply({
          request,
          list: listRequest(LIST, query),
          scope: { tenantId: principal.tenantId },
          source: collection,
          toResource: operatorView,
        }),
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/operators',
      operationId: 'createOperator',
      summary: 'A new account; its user name is unique in the whole installation',
      tags,
      access: needs('operators:write'),
      body: z.strictObject({
        username: z.string().regex(/^[A-Za-z0-9_.@-]{1,64}$/),
        name: personName,
        password,
        roles,
        stationIds: stationIds.optional(),
        regionIds: regionIds.optional(),
      }),
      idempotency: 'required',
      responses: { 201: { description: 'The operator', schema: operatorSchema } },
      problems: ['DUPLICATE'],
      async handler({ body, principal }) {
        await mayRule(principal, body.roles);
        await mayLimit(principal, { ...body, stationIds: body.stationIds ?? null });
        const operator = await deps.operators.create({
          ...body,
          tenantId: principal.tenantId,
        });
        return created(operatorView(operator), {
          Location: `/core/v0/operators/${operator._id}`,
          ETag: etagOf(operator.version),
        });
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/operators/{id}',
      operationId: 'getOperator',
      summary: 'One account',
      tags,
      access: needs('operators:read'),
      params,
      responses: { 200: { description: 'The operator', schema: operatorSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal, request }) {
        const operator = await find(principal, id);
        return versioned(request, operator, operatorView(operator));
      },
    }),
    defineRoute({
      method: 'patch',
      path: '/core/v0/operators/{id}',
      operationId: 'updateOperator',
      summary: 'Changes name, roles, limits or status; a change of rights ends the sessions',
      tags,
      access: needs('operators:write'),
      params,
      body: z.strictObject({
        name: personName.optional(),
        roles: roles.optional(),
        stationIds: stationIds.optional(),
        regionIds: regionIds.optional(),
        status: z.enum(['active', 'disabled']).optional(),
      }),
      ifMatch: 'required',
      responses: { 200: { description: 'The operator', schema: operatorSchema } },
      problems: ['NOT_FOUND', 'CONFLICT'],
      async handler({ params: { id }, body, principal, request }) {
        const current = await find(principal, id);
        await mayRule(principal, current.roles);
        const { name: _name, ...rights } = body;
        const rightsChange = Object.keys(rights).length > 0;
        if (rightsChange) notOneself(principal, id);
        if (body.roles) await mayRule(principal, body.roles);
        await mayLimit(principal, { ...current, ...body });
        const scope = { _id: id, tenantId: principal.tenantId };
        const operator = await collection.findOneAndUpdate(
          request.ifMatch === null ? scope : { ...scope, version: request.ifMatch },
          {
            $set: {
              ...body,
              updatedAt: isoNow(deps.clock),
            },
            $inc: { version: 1 },
          },
          { returnDocument: 'after' },
        );
        if (!operator) throw missedUpdate(await collection.findOne(scope), 'operator');
        if (rightsChange) await signOut(operator, 'rights changed');
        return ok(operatorView(operator), { ETag: etagOf(operator.version) });
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/operators/{id}/password',
      operationId: 'setOperatorPassword',
      summary: 'Gives an account another password and ends its sessions',
      tags,
      access: needs('operators:write'),
      params,
      body: z.strictObject({ password }),
      responses: { 204: { description: 'Set' } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, body, principal }) {
        const operator = await find(principal, id);
        await mayRule(principal, operator.roles);
        await deps.operators.setPassword(operator.username, body.password);
        await signOut(operator, 'password set');
        return noContent();
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/operators/{id}/sessions',
      operationId: 'getOperatorSessions',
      summary: 'Open sessions of an account',
      tags,
      access: needs('operators:read'),
      params,
      responses: { 200: { description: 'Newest first', schema: z.array(operatorSessionSchema) } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal }) {
        const operator = await find(principal, id);
        const open = await deps.sessions.list({ tenantId: operator.tenantId, sub: operator._id });
        return ok(
          open.map(({ _id, createdAt, lastUsedAt, expiresAt, userAgent, ip }) => ({
            id: _id,
            createdAt,
            lastUsedAt,
            expiresAt,
            userAgent,
            ip,
          })),
        );
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/core/v0/operators/{id}/sessions',
      operationId: 'revokeOperatorSessions',
      summary: 'Ends every session of an account: its tokens are refused within five seconds',
      tags,
      access: needs('operators:write'),
      params,
      responses: { 204: { description: 'Ended' } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal }) {
        const operator = await find(principal, id);
        await mayRule(principal, operator.roles);
        await signOut(operator, `ended by ${principal.sub}`);
        return noContent();
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/core/v0/operators/{id}/totp',
      operationId: 'removeOperatorTotp',
      summary: 'Turns the second factor off, for somebody who lost the phone',
      tags,
      access: needs('operators:write'),
      params,
      responses: { 204: { description: 'Off' } },
      problems: ['NOT_FOUND', 'CONFLICT'],
      async handler({ params: { id }, principal }) {
        const operator = await find(principal, id);
        notOneself(principal, id);
        await mayRule(principal, operator.roles);
        await deps.operators.disableTotp(operator.username);
        await signOut(operator, 'second factor removed');
        return noContent();
      },
    }),
  ];
}

function operatorView(operator: OperatorDocument): z.infer<typeof operatorSchema> {
  const {
    _id,
    passwordHash: _hash,
    sealedTotp,
    pendingTotp: _pending,
    lastTotpStep: _step,
    ...rest
  } = operator;
  return { id: _id, ...rest, regionIds: rest.regionIds ?? [], totp: sealedTotp !== null };
}

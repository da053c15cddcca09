import { idSchema, type User, userCreateSchema, userPatchSchema, userSchema } from '@voltbay/protocol';
import { z } from 'zod';
import { isoNow } from '../clock.js';
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
import type { Clock } from '../ports.js';
import { type UserDocument, type Users, usersCollection } from './users.js';

const LIST: ListSpec = {
  fields: {
    id: { kind: 'id', path: '_id' },
    name: { kind: 'text' },
    phone: { kind: 'text' },
    status: { kind: 'enum', values: ['active', 'suspended', 'closed'] },
    createdAt: { kind: 'time' },
  },
  sort: ['createdAt', 'name', 'id'],
  defaultSort: { field: 'createdAt', order: 'desc' },
  lookup: ['phone', '_id'],
  search: ['name', 'phone', '_id'],
};
const params = z.strictObject({ id: idSchema });

/** `13800000001` → `138****0001` */
export const maskedPhone = (phone: string): string =>
  phone.length < 7 ? '****' : `${phone.slice(0, -8)}****${phone.slice(-4)}`;

export function createUserRoutes(deps: {
  database: Database;
  clock: Clock;
  users: Users;
  /** Spendable money by user. */
  balances(tenantId: string, userIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Vehicles by owner. */
  vehicleIds(tenantId: string, userIds: readonly string[]): Promise<ReadonlyMap<string, string[]>>;
}): HttpRoute[] {
  const users = deps.database.collection(usersCollection);

  /** Phones are shown to the rider, covered to operators (who may uncover one, on record), not to stations. */
  const toUsers = async (principal: Principal, documents: readonly UserDocument[]): Promise<User[]> => {
    const ids = documents.map((document) => document._id);
    const [balances, vehicles] = await Promise.all([
      deps.balances(principal.tenantId, ids),
      deps.vehicleIds(principal.tenantId, ids),
    ]);
    return documents.map(({ _id, phone, ...rest }) => ({
      ...rest,
      id: _id,
      ...(principal.audience === 'station' || phone.startsWith('none:')
        ? {}
        : { phone: principal.audience === 'rider' ? phone : maskedPhone(phone) }),
      balanceFen: balances.get(_id) ?? 0,
      vehicleIds: vehicles.get(_id) ?? [],
    }));
  };
  const one = async (principal: Principal, document: UserDocument): Promise<User> => {
    const [user] = await toUsers(principal, [document]);
    if (!user) throw problem('NOT_FOUND');
    return user;
  };
  const scoped = (principal: Principal, grant: Grant, id: string) => ({
    $and: [scopeFilter(principal, grant, { own: '_id' }), { _id: id }],
  });

  const getUser = (path: string, operationId: string, note?: string) =>
    defineRoute({
      method: 'get',
      path,
      operationId,
      summary: 'One user',
      ...(note ? { description: note } : {}),
      tags: ['users'],
      access: needs('users:read', { basic: true }),
      params,
      responses: { 200: { description: 'The user', schema: userSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal, grant }) {
        const document = await users.findOne(scoped(principal, grant, id));
        if (!document) throw problem('NOT_FOUND', `no user ${id}`);
        // Balance and vehicles live elsewhere, so an unchanged version does not mean an unchanged answer: never 304.
        return ok(await one(principal, document), { ETag: etagOf(document.version) });
      },
    });

  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/users',
      operationId: 'listUsers',
      summary: 'Users',
      tags: ['users'],
      access: needs('users:read'),
      query: listQuery(LIST),
      responses: { 200: { description: 'Users', schema: z.array(userSchema) } },
      async handler({ query, principal, grant, request }) {
        if (principal.audience === 'station') throw problem('FORBIDDEN', 'a station asks for one user by id');
        return listReply<UserDocument, User>({
          request,
          list: listRequest(LIST, query),
          scope: scopeFilter(principal, grant, { own: '_id' }),
          source: users,
          toResources: (documents) => toUsers(principal, documents),
        });
      },
    }),
    getUser('/core/v0/users/{id}', 'getUser'),
    getUser('/auth/v1/users/{id}', 'getUserOfStargate', 'The 2021 plan names this path too; same answer.'),
    defineRoute({
      method: 'post',
      path: '/core/v0/users',
      operationId: 'createUser',
      summary: 'Add a rider',
      tags: ['users'],
      access: needs('users:write'),
      idempotency: 'required',
      body: userCreateSchema,
      responses: { 201: { description: 'The user', schema: userSchema } },
      problems: ['DUPLICATE'],
      async handler({ body, principal, grant }) {
        if (grant.scope !== 'tenant') throw problem('FORBIDDEN', 'riders sign up by phone');
        const document = await deps.users.create({ tenantId: principal.tenantId, ...body });
        return created(await one(principal, document), {
          ETag: etagOf(document.version),
          Location: `/core/v0/users/${document._id}`,
        });
      },
    }),
    defineRoute({
      method: 'patch',
      path: '/core/v0/users/{id}',
      operationId: 'updateUser',
      summary: 'Change a user; riders may change their own name and language',
      tags: ['users'],
      access: needs('users:write'),
      params,
      ifMatch: 'required',
      body: userPatchSchema,
      responses: { 200: { description: 'The user', schema: userSchema } },
      problems: ['NOT_FOUND', 'PRECONDITION_FAILED'],
      async handler({ params: { id }, body, principal, grant, request }) {
        if (grant.scope !== 'tenant' && body.status !== undefined)
          throw problem('FORBIDDEN', 'body.status: only an operator may change it');
        const guard = request.ifMatch === null ? {} : { version: request.ifMatch };
        const document = await users.findOneAndUpdate(
          { $and: [scoped(principal, grant, id), guard] },
          { $set: { ...body, updatedAt: isoNow(deps.clock) }, $inc: { version: 1 } },
          { returnDocument: 'after' },
        );
        if (!document) throw missedUpdate(await users.findOne(scoped(principal, grant, id)), `user ${id}`);
        return ok(await one(principal, document), { ETag: etagOf(document.version) });
      },
    }),
  ];
}

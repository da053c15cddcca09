import { idSchema } from '@voltbay/protocol';
import { uuidv7 } from 'uuidv7';
import { z } from 'zod';
import { isoNow } from '../clock.js';
import { type Database, isDuplicateKey, toResource } from '../db/index.js';
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
  noContent,
  ok,
  type Principal,
  problem,
  scopeFilter,
} from '../http/index.js';
import type { Clock } from '../ports.js';
import {
  type FleetDocument,
  type FleetMemberDocument,
  fleetMemberSchema,
  fleetMembersCollection,
  fleetSchema,
  fleetsCollection,
  toFleetMember,
} from './fleet-document.js';

const LIST: ListSpec = {
  fields: { payerUserId: { kind: 'id' }, createdAt: { kind: 'time' } },
  sort: ['createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
};
const MEMBERS: ListSpec = {
  fields: { createdAt: { kind: 'time' } },
  sort: ['createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
};
const OWN = { own: 'payerUserId' };
const params = z.strictObject({ id: idSchema });
const memberParams = z.strictObject({ id: idSchema, userId: idSchema });
const limit = z.number().int().min(0).max(100_000_000).nullable().optional();

/** Fleets: riders whose swaps one wallet pays, with what it pays at most. */
export function createFleetRoutes(deps: {
  database: Database;
  clock: Clock;
  userExists(tenantId: string, userId: string): Promise<boolean>;
}): HttpRoute[] {
  const fleets = deps.database.collection(fleetsCollection);
  const members = deps.database.collection(fleetMembersCollection);
  const visible = async (id: string, principal: Principal, grant: Grant): Promise<FleetDocument> => {
    const fleet = await fleets.findOne({ ...scopeFilter(principal, grant, OWN), _id: id });
    if (!fleet) throw problem('NOT_FOUND', `no fleet ${id}`);
    return fleet;
  };
  const checkUser = async (tenantId: string, userId: string) => {
    if (!(await deps.userExists(tenantId, userId))) throw problem('NOT_FOUND', `no user ${userId}`);
  };
  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/fleets',
      operationId: 'listFleets',
      summary: 'Fleets; riders see those that they pay',
      tags: ['fleets'],
      access: needs('fleets:read'),
      query: listQuery(LIST),
      responses: { 200: { description: 'Fleets', schema: z.array(fleetSchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply<FleetDocument>({
          request,
          list: listRequest(LIST, query),
          scope: scopeFilter(principal, grant, OWN),
          source: fleets,
          toResource,
        }),
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/fleets',
      operationId: 'createFleet',
      summary: 'A fleet with the rider whose wallet pays',
      tags: ['fleets'],
      access: needs('fleets:write'),
      body: z.strictObject({
        name: z.string().min(1).max(80),
        payerUserId: idSchema,
        dayLimitFen: limit,
        monthLimitFen: limit,
      }),
      idempotency: 'required',
      responses: { 201: { description: 'The fleet', schema: fleetSchema } },
      problems: ['NOT_FOUND'],
      async handler({ body, principal }) {
        await checkUser(principal.tenantId, body.payerUserId);
        const now = isoNow(deps.clock);
        const fleet: FleetDocument = {
          _id: `fl-${uuidv7()}`,
          tenantId: principal.tenantId,
          version: 1,
          createdAt: now,
          updatedAt: now,
          name: body.name,
          payerUserId: body.payerUserId,
          state: 'active',
          dayLimitFen: body.dayLimitFen ?? null,
          monthLimitFen: body.monthLimitFen ?? null,
        };
        await fleets.insertOne(fleet);
        return created(toResource(fleet), {
          ETag: etagOf(1),
          Location: `/core/v0/fleets/${fleet._id}`,
        });
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/fleets/{id}',
      operationId: 'getFleet',
      summary: 'One fleet',
      tags: ['fleets'],
      access: needs('fleets:read'),
      params,
      responses: { 200: { description: 'The fleet', schema: fleetSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal, grant }) {
        const fleet = await visible(id, principal, grant);
        return ok(toResource(fleet), { ETag: etagOf(fleet.version) });
      },
    }),
    defineRoute({
      method: 'patch',
      path: '/core/v0/fleets/{id}',
      operationId: 'updateFleet',
      summary: 'Change name, payer, limits; closed, it pays nothing any more',
      tags: ['fleets'],
      access: needs('fleets:write'),
      params,
      ifMatch: 'required',
      body: z.strictObject({
        name: z.string().min(1).max(80).optional(),
        payerUserId: idSchema.optional(),
        state: z.enum(['active', 'closed']).optional(),
        dayLimitFen: limit,
        monthLimitFen: limit,
      }),
      responses: { 200: { description: 'The fleet', schema: fleetSchema } },
      problems: ['NOT_FOUND', 'PRECONDITION_FAILED'],
      async handler({ params: { id }, body, principal, grant, request }) {
        if (body.payerUserId !== undefined) await checkUser(principal.tenantId, body.payerUserId);
        const scope = { ...scopeFilter(principal, grant, OWN), _id: id };
        const fleet = await fleets.findOneAndUpdate(
          request.ifMatch === null ? scope : { ...scope, version: request.ifMatch },
          { $set: { ...body, updatedAt: isoNow(deps.clock) }, $inc: { version: 1 } },
          { returnDocument: 'after' },
        );
        if (!fleet) throw missedUpdate(await fleets.findOne(scope), `fleet ${id}`);
        return ok(toResource(fleet), { ETag: etagOf(fleet.version) });
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/fleets/{id}/members',
      operationId: 'listFleetMembers',
      summary: 'Riders of a fleet with their limits',
      tags: ['fleets'],
      access: needs('fleets:read'),
      params,
      query: listQuery(MEMBERS),
      responses: { 200: { description: 'Members', schema: z.array(fleetMemberSchema) } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, query, principal, grant, request }) {
        const fleet = await visible(id, principal, grant);
        return listReply<FleetMemberDocument>({
          request,
          list: listRequest(MEMBERS, query),
          scope: { tenantId: fleet.tenantId, fleetId: id },
          source: members,
          toResource: toFleetMember,
        });
      },
    }),
    defineRoute({
      method: 'put',
      path: '/core/v0/fleets/{id}/members/{userId}',
      operationId: 'putFleetMember',
      summary: 'Take a rider into the fleet, or set what it pays for this rider; a rider is in one fleet',
      tags: ['fleets'],
      access: needs('fleets:write'),
      params: memberParams,
      body: z.strictObject({ dayLimitFen: limit, monthLimitFen: limit }),
      bodyOptional: true,
      responses: { 200: { description: 'The member', schema: fleetMemberSchema } },
      problems: ['NOT_FOUND', 'CONFLICT'],
      async handler({ params: { id, userId }, body, principal, grant }) {
        const fleet = await visible(id, principal, grant);
        await checkUser(principal.tenantId, userId);
        if (fleet.payerUserId === userId) throw problem('CONFLICT', 'the payer pays own swaps anyway');
        const now = isoNow(deps.clock);
        const _id = `${principal.tenantId}/${userId}`;
        const limits = { dayLimitFen: body.dayLimitFen ?? null, monthLimitFen: body.monthLimitFen ?? null };
        try {
          const member = await members.findOneAndUpdate(
            { _id, fleetId: id },
            {
              $set: { ...limits, updatedAt: now },
              $inc: { version: 1 },
              $setOnInsert: { tenantId: principal.tenantId, userId, createdAt: now },
            },
            { upsert: true, returnDocument: 'after' },
          );
          if (!member) throw problem('INTERNAL');
          return ok(toFleetMember(member), { ETag: etagOf(member.version) });
        } catch (error) {
          if (isDuplicateKey(error)) throw problem('CONFLICT', 'the rider is in another fleet');
          throw error;
        }
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/core/v0/fleets/{id}/members/{userId}',
      operationId: 'removeFleetMember',
      summary: 'Let a rider go; swaps under way are still paid',
      tags: ['fleets'],
      access: needs('fleets:write'),
      params: memberParams,
      responses: { 204: { description: 'Gone' } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id, userId }, principal, grant }) {
        const fleet = await visible(id, principal, grant);
        const { deletedCount } = await members.deleteOne({ _id: `${fleet.tenantId}/${userId}`, fleetId: id });
        if (deletedCount === 0) throw problem('NOT_FOUND', `no member ${userId}`);
        return noContent();
      },
    }),
  ];
}

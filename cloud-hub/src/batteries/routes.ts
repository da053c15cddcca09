import { type Battery, batterySchema, isoTimeSchema } from '@voltbay/protocol';
import { z } from 'zod';
import { isoNow } from '../clock.js';
import { type Database, isDuplicateKey } from '../db/index.js';
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
import {
  batteriesCollection,
  batteryView,
  custodyEventsCollection,
  newBattery,
} from './battery-documents.js';

const KINDS = ['station', 'vehicle', 'depot', 'transit', 'maker', 'unknown'] as const;
const LIST: ListSpec = {
  fields: {
    id: { kind: 'id', path: '_id' },
    packClass: { kind: 'id' },
    status: { kind: 'enum', values: ['in-service', 'quarantined', 'retired'] },
    custodianKind: { kind: 'enum', values: KINDS, path: 'custodian.kind' },
    custodianId: { kind: 'id', path: 'custodian.id' },
    lastSeenAt: { kind: 'time' },
    createdAt: { kind: 'time' },
  },
  sort: ['id', 'createdAt', 'lastSeenAt', 'status', 'packClass'],
  defaultSort: { field: 'id', order: 'asc' },
  lookup: ['_id'],
  search: ['_id'],
};
const serialSchema = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z0-9_.:-]+$/, { error: 'letters, digits, _ . : -' });
const params = z.strictObject({ id: serialSchema });
const createSchema = z.strictObject({
  id: serialSchema,
  packClass: z.string().min(1).max(32),
  model: z.string().max(64).optional(),
});
const patchSchema = z.strictObject({
  packClass: z.string().min(1).max(32).optional(),
  model: z.string().max(64).optional(),
  status: z.enum(['in-service', 'quarantined', 'retired']).optional(),
});
export const custodyEventSchema = z.object({
  id: z.string(),
  packId: z.string(),
  tenantId: z.string(),
  to: z.object({ kind: z.enum(KINDS), id: z.string().optional(), slot: z.number().int().optional() }),
  at: isoTimeSchema,
  recordedAt: isoTimeSchema,
  evidence: z.record(z.string(), z.unknown()),
});

export function createBatteryRoutes(deps: { database: Database; clock: Clock }): HttpRoute[] {
  const { clock } = deps;
  const batteries = deps.database.collection(batteriesCollection);
  const custody = deps.database.collection(custodyEventsCollection);
  /** Callers limited to some stations see the packs that stand there. */
  const scopeOf = (principal: Principal, grant: Grant) =>
    scopeFilter(principal, grant, { station: 'custodian.id' });
  const quarantineOf = (status: Battery['status'] | undefined, { audience, sub }: Principal) => {
    if (status === undefined) return {};
    const by = `${audience}:${sub}`;
    const note = 'status changed by hand';
    return { quarantine: status === 'quarantined' ? { at: isoNow(clock), by, code: 'MANUAL', note } : null };
  };
  const scoped = (principal: Principal, grant: Grant, id: string) => ({
    $and: [scopeOf(principal, grant), { _id: id }],
  });

  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/batteries',
      operationId: 'listBatteries',
      summary: 'Battery packs with their custodian and last reading',
      tags: ['batteries'],
      access: needs('batteries:read'),
      query: listQuery(LIST),
      responses: { 200: { description: 'Packs', schema: z.array(batterySchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply({
          request,
          list: listRequest(LIST, query),
          scope: scopeOf(principal, grant),
          source: batteries,
          toResource: batteryView,
        }),
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/batteries/{id}',
      operationId: 'getBattery',
      summary: 'One pack',
      tags: ['batteries'],
      access: needs('batteries:read'),
      params,
      responses: { 200: { description: 'The pack', schema: batterySchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal, grant }) {
        const document = await batteries.findOne(scoped(principal, grant, id));
        if (!document) throw problem('NOT_FOUND', `no pack ${id}`);
        return ok(batteryView(document), { ETag: etagOf(document.version), 'Cache-Control': 'no-store' });
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/batteries',
      operationId: 'createBattery',
      summary: 'Registers a pack (custodian: depot)',
      tags: ['batteries'],
      access: needs('batteries:write'),
      body: createSchema,
      idempotency: 'optional',
      responses: { 201: { description: 'The pack', schema: batterySchema } },
      problems: ['DUPLICATE'],
      async handler({ body, principal }) {
        const now = isoNow(clock);
        const document = {
          ...newBattery({
            id: body.id,
            tenantId: principal.tenantId,
            packClass: body.packClass,
            custodian: { kind: 'depot', since: now },
            now,
          }),
          ...(body.model === undefined ? {} : { model: body.model }),
        };
        try {
          await batteries.insertOne(document);
        } catch (error) {
          if (isDuplicateKey(error)) throw problem('DUPLICATE', `pack ${body.id} is registered already`);
          throw error;
        }
        return created(batteryView(document), { Location: `/core/v0/batteries/${body.id}`, ETag: etagOf(1) });
      },
    }),
    defineRoute({
      method: 'patch',
      path: '/core/v0/batteries/{id}',
      operationId: 'updateBattery',
      summary: 'Changes class, model or status of a pack',
      tags: ['batteries'],
      access: needs('batteries:write'),
      params,
      body: patchSchema,
      ifMatch: 'required',
      responses: { 200: { description: 'The pack', schema: batterySchema } },
      problems: ['NOT_FOUND', 'PRECONDITION_FAILED'],
      async handler({ params: { id }, body, principal, grant, request }) {
        const scope = scoped(principal, grant, id);
        const document = await batteries.findOneAndUpdate(
          request.ifMatch === null ? scope : { ...scope, version: request.ifMatch },
          {
            $set: { ...body, ...quarantineOf(body.status, principal), updatedAt: isoNow(clock) },
            $inc: { version: 1 },
          },
          { returnDocument: 'after' },
        );
        if (!document) throw missedUpdate(await batteries.findOne(scope), 'pack');
        return ok(batteryView(document), { ETag: etagOf(document.version) });
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/batteries/{id}/custody',
      operationId: 'listBatteryCustody',
      summary: 'Handovers of a pack with their evidence, newest first',
      tags: ['batteries'],
      access: needs('batteries:read'),
      params,
      query: z.strictObject({ _limit: z.coerce.number().int().min(1).max(200).optional() }),
      responses: { 200: { description: 'Handovers', schema: z.array(custodyEventSchema) } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, query, principal, grant }) {
        const known = await batteries.findOne(scoped(principal, grant, id), { projection: { _id: 1 } });
        if (!known) throw problem('NOT_FOUND', `no pack ${id}`);
        const events = await custody
          .find({ tenantId: principal.tenantId, packId: id })
          .sort({ at: -1, _id: -1 })
          .limit(query._limit ?? 50)
          .toArray();
        return ok(events.map(({ _id, ...event }) => ({ id: _id, ...event })));
      },
    }),
  ];
}

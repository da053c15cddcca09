import { batterySchema, idSchema } from '@voltbay/protocol';
import { z } from 'zod';
import { isoNow } from '../clock.js';
import { type Database, isDuplicateKey } from '../db/index.js';
import {
  defineRoute,
  etagOf,
  type Grant,
  type HttpRoute,
  type ListSpec,
  listQuery,
  listReply,
  listRequest,
  needs,
  ok,
  type Principal,
  problem,
  scopeFilter,
} from '../http/index.js';
import type { Clock, CustodyLedger } from '../ports.js';
import { vehiclesCollection } from '../vehicles/vehicles.js';
import { batteryDaysCollection } from './battery-days.js';
import {
  type BatteryDocument,
  batteriesCollection,
  batteryView,
  custodyEventsCollection,
} from './battery-documents.js';
import {
  type BatteryModelDocument,
  batteryModelCreateSchema,
  batteryModelSchema,
  batteryModelsCollection,
  modelKey,
  toBatteryModel,
} from './battery-models.js';
import { packHealth, packHealthSchema } from './pack-health.js';
import { passportOf, passportSchema } from './passport.js';
import type { Quarantine } from './quarantine.js';

const MODELS: ListSpec = {
  fields: { createdAt: { kind: 'time' } },
  sort: ['createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
};
const params = z.strictObject({ id: idSchema });
const noteSchema = z.string().min(3).max(500);
const MAX_DAYS = 400;

/** Health, quarantine, movements by people, passports and model sheets of packs. */
export function createBatteryCareRoutes(deps: {
  database: Database;
  clock: Clock;
  custody: CustodyLedger;
  quarantine: Quarantine;
}): HttpRoute[] {
  const batteries = deps.database.collection(batteriesCollection);
  const days = deps.database.collection(batteryDaysCollection);
  const events = deps.database.collection(custodyEventsCollection);
  const models = deps.database.collection(batteryModelsCollection);
  const vehicles = deps.database.collection(vehiclesCollection);
  const visible = async (id: string, principal: Principal, grant: Grant): Promise<BatteryDocument> => {
    const battery = await batteries.findOne({
      $and: [scopeFilter(principal, grant, { station: 'custodian.id' }), { _id: id }],
    });
    if (!battery) throw problem('NOT_FOUND', `no pack ${id}`);
    return battery;
  };
  const healthOf = async (battery: BatteryDocument, count: number) => {
    const found = await days
      .find({ tenantId: battery.tenantId, packId: battery._id }, { sort: { day: -1 }, limit: count })
      .toArray();
    return packHealth(battery._id, { reading: battery.lastReading, at: battery.lastSeenAt }, found.reverse());
  };
  const shown = (battery: BatteryDocument) => ok(batteryView(battery), { ETag: etagOf(battery.version) });
  const by = (principal: Principal) => `${principal.audience}:${principal.sub}`;

  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/batteries/{id}/health',
      operationId: 'getPackHealth',
      summary: 'State of health, cycles, imbalance, temperature exposure and trend of a pack',
      tags: ['batteries'],
      access: needs('batteries:read'),
      params,
      query: z.strictObject({ days: z.coerce.number().int().min(1).max(MAX_DAYS).optional() }),
      responses: { 200: { description: 'Its health', schema: packHealthSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, query, principal, grant }) {
        return ok(await healthOf(await visible(id, principal, grant), query.days ?? 90));
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/batteries/{id}/passport',
      operationId: 'getBatteryPassport',
      summary: 'The pack’s passport after DIN DKE SPEC 99100 and (EU) 2023/1542, gaps marked',
      tags: ['batteries'],
      access: needs('batteries:read'),
      params,
      responses: { 200: { description: 'The passport', schema: passportSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal, grant }) {
        const battery = await visible(id, principal, grant);
        const name = battery.model ?? battery.lastReading?.model;
        const [health, custody, model] = await Promise.all([
          healthOf(battery, MAX_DAYS),
          events
            .find({ tenantId: battery.tenantId, packId: id })
            .sort({ at: -1, _id: -1 })
            .limit(1_000)
            .toArray(),
          name === undefined ? null : models.findOne({ _id: modelKey(battery.tenantId, name) }),
        ]);
        return ok(passportOf({ battery, model, health, custody, madeAt: isoNow(deps.clock) }), {
          'Content-Disposition': `attachment; filename="passport-${id.replace(/[^A-Za-z0-9_.-]/g, '_')}.json"`,
        });
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/batteries/{id}/quarantine',
      operationId: 'quarantineBattery',
      summary: 'Keep a pack from leaving any station; stations are told, a rider who holds it is called back',
      tags: ['batteries'],
      access: needs('batteries:write'),
      params,
      body: z.strictObject({ note: noteSchema }),
      idempotency: 'optional',
      responses: { 200: { description: 'The pack', schema: batterySchema } },
      problems: ['NOT_FOUND', 'CONFLICT'],
      async handler({ params: { id }, body: { note }, principal, grant }) {
        const battery = await visible(id, principal, grant);
        if (battery.status === 'quarantined') return shown(battery);
        const { tenantId } = principal;
        const put = await deps.quarantine.put({
          tenantId,
          packId: id,
          by: by(principal),
          code: 'MANUAL',
          note,
        });
        if (!put) throw problem('CONFLICT', `the pack is ${battery.status}`);
        return shown(put);
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/batteries/{id}/release',
      operationId: 'releaseBattery',
      summary: 'End a pack’s quarantine',
      tags: ['batteries'],
      access: needs('batteries:write'),
      params,
      body: z.strictObject({ note: noteSchema }),
      idempotency: 'optional',
      responses: { 200: { description: 'The pack', schema: batterySchema } },
      problems: ['NOT_FOUND', 'CONFLICT'],
      async handler({ params: { id }, body: { note }, principal, grant }) {
        const battery = await visible(id, principal, grant);
        if (battery.status === 'in-service') return shown(battery);
        const { tenantId } = principal;
        const released = await deps.quarantine.release({ tenantId, packId: id, by: by(principal), note });
        if (!released) throw problem('CONFLICT', `the pack is ${battery.status}`);
        return shown(released);
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/batteries/{id}/moves',
      operationId: 'moveBattery',
      summary:
        'Record that people moved a pack: to a depot, on its way, to its maker, into a station or vehicle',
      tags: ['batteries'],
      access: needs('batteries:write'),
      params,
      body: z.strictObject({
        to: z.strictObject({
          kind: z.enum(['depot', 'transit', 'maker', 'station', 'vehicle']),
          /** Name of the depot, carrier or maker; device number; vehicle id. */
          id: idSchema.optional(),
          slot: z.number().int().min(1).max(512).optional(),
        }),
        note: noteSchema,
        /** Number of the paper that goes with it: waybill, return note. */
        document: z.string().min(1).max(100).optional(),
      }),
      idempotency: 'required',
      responses: { 200: { description: 'The pack with its custodian', schema: batterySchema } },
      problems: ['NOT_FOUND', 'CONFLICT'],
      async handler({ params: { id }, body: { to, note, document }, principal, grant, request }) {
        const battery = await visible(id, principal, grant);
        if ((to.kind === 'station' || to.kind === 'vehicle') && to.id === undefined)
          throw problem('VALIDATION', 'body.to.id: required for a station or vehicle', {
            errors: [{ path: 'body.to.id', message: 'required for a station or vehicle' }],
          });
        if (to.kind === 'vehicle') {
          const vehicle = await vehicles.findOne({ _id: to.id ?? '', tenantId: principal.tenantId });
          if (!vehicle) throw problem('NOT_FOUND', `no vehicle ${to.id}`);
          if (battery.packClass !== 'unknown' && vehicle.packClass !== battery.packClass)
            throw problem(
              'CONFLICT',
              `the vehicle takes class ${vehicle.packClass}, the pack is ${battery.packClass}`,
              { reason: 'WRONG_CLASS' },
            );
          if (battery.status !== 'in-service') throw problem('CONFLICT', `the pack is ${battery.status}`);
        }
        const { since: _since, ...from } = battery.custodian;
        await deps.custody.handOver({
          key: `move:${principal.tenantId}/${principal.sub}:${id}:${request.idempotencyKey}`,
          packId: id,
          tenantId: principal.tenantId,
          to: {
            kind: to.kind,
            ...(to.id === undefined ? {} : { id: to.id }),
            ...(to.slot === undefined ? {} : { slot: to.slot }),
          },
          at: isoNow(deps.clock),
          evidence: {
            source: 'operator',
            by: by(principal),
            requestId: request.id,
            from,
            note,
            ...(document === undefined ? {} : { document }),
            // What the pack said last, before it was taken away.
            reading: battery.lastReading,
            readAt: battery.lastSeenAt,
          },
        });
        const moved = await batteries.findOne({ _id: id, tenantId: principal.tenantId });
        return shown(moved ?? battery);
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/battery-models',
      operationId: 'listBatteryModels',
      summary: 'Model sheets: what makers say of their packs',
      tags: ['batteries'],
      access: needs('batteries:read'),
      query: listQuery(MODELS),
      responses: { 200: { description: 'Models', schema: z.array(batteryModelSchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply<BatteryModelDocument>({
          request,
          list: listRequest(MODELS, query),
          scope: { tenantId: scopeFilter(principal, grant, { station: 'stationId' }).tenantId },
          source: models,
          toResource: toBatteryModel,
        }),
    }),
    defineRoute({
      method: 'put',
      path: '/core/v0/battery-models/{id}',
      operationId: 'putBatteryModel',
      summary: 'Write a model sheet, whole',
      tags: ['batteries'],
      access: needs('batteries:write'),
      params,
      body: batteryModelCreateSchema.omit({ id: true }),
      responses: { 200: { description: 'The model', schema: batteryModelSchema } },
      problems: ['CONFLICT'],
      async handler({ params: { id }, body, principal }) {
        const now = isoNow(deps.clock);
        const key = modelKey(principal.tenantId, id);
        const known = await models.findOne({ _id: key });
        const document: BatteryModelDocument = {
          _id: key,
          tenantId: principal.tenantId,
          version: (known?.version ?? 0) + 1,
          createdAt: known?.createdAt ?? now,
          updatedAt: now,
          ...body,
        };
        if (known) {
          const { matchedCount } = await models.replaceOne({ _id: key, version: known.version }, document);
          if (matchedCount === 0) throw problem('CONFLICT', 'the sheet has just changed: look again');
        } else
          try {
            await models.insertOne(document);
          } catch (error) {
            if (isDuplicateKey(error)) throw problem('CONFLICT', 'the sheet has just changed: look again');
            throw error;
          }
        return ok(toBatteryModel(document), { ETag: etagOf(document.version) });
      },
    }),
  ];
}

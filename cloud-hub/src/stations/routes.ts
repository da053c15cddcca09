import {
  deviceSchema,
  publicStationDetailSchema,
  publicStationSchema,
  type Station,
  stationCreateSchema,
  stationPatchSchema,
  stationSchema,
} from '@voltbay/protocol';
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
  publicAccess,
  scopeFilter,
} from '../http/index.js';
import type { Clock } from '../ports.js';
import { checklist, checklistSchema, type Lifecycle, mayFollow, NEXT, needsChecklist } from './lifecycle.js';
import { availability, availabilitySchema, bboxSchema } from './public-availability.js';
import { alarmsCollection, type StationDocument, stationsCollection } from './station-documents.js';
import type { Stations } from './stations.js';

const LIFECYCLES = ['draft', 'commissioned', 'live', 'maintenance', 'retired'] as const;
const LIST: ListSpec = {
  fields: {
    id: { kind: 'id', path: '_id' },
    name: { kind: 'text' },
    lifecycle: { kind: 'enum', values: LIFECYCLES },
    topics: { kind: 'enum', values: ['own', 'shared'] },
    online: { kind: 'boolean' },
    regionId: { kind: 'id' },
    createdAt: { kind: 'time' },
  },
  sort: ['id', 'name', 'createdAt', 'lifecycle', 'online'],
  defaultSort: { field: 'id', order: 'asc' },
  search: ['name', '_id'],
};
const params = z.strictObject({ id: deviceSchema });

export function createStationRoutes(deps: {
  database: Database;
  clock: Clock;
  stations: Stations;
  /** Live sessions of a retired station end. */
  disconnect(device: string, reason: string): number;
  /** Whether a station holds a secret. */
  enrolled(device: string): Promise<boolean>;
  regionExists(tenantId: string, id: string): Promise<boolean>;
}): HttpRoute[] {
  const { stations, clock } = deps;
  const collection = deps.database.collection(stationsCollection);
  const scoped = (principal: Principal, grant: Grant, id: string) => ({
    $and: [scopeFilter(principal, grant, { station: '_id' }), { _id: id }],
  });
  const one = async (documents: Parameters<Stations['withLive']>[0]): Promise<Station> => {
    const [station] = await stations.withLive(documents);
    if (!station) throw problem('NOT_FOUND', 'no such station');
    return station;
  };

  const checklistOf = async (document: StationDocument) => {
    const [enrolled, station, alarms] = await Promise.all([
      deps.enrolled(document._id),
      one([document]),
      deps.database.collection(alarmsCollection).countDocuments({
        tenantId: document.tenantId,
        stationId: document._id,
        state: 'raised',
        severity: 'critical',
      }),
    ]);
    return checklist({ station, enrolled, criticalAlarms: alarms });
  };
  /** Throws CONFLICT naming what is missing. A station that does not exist is left to the caller. */
  const mayMove = async (document: StationDocument | null, to: Lifecycle) => {
    if (!document || document.lifecycle === to) return;
    const from = document.lifecycle;
    if (!mayFollow(from, to))
      throw problem('CONFLICT', `a station that is ${from} cannot become ${to}`, {
        reason: 'LIFECYCLE',
        errors: [{ path: 'body.lifecycle', message: `use one of ${NEXT[from].join(', ')}` }],
      });
    if (!needsChecklist(from, to)) return;
    const missing = (await checklistOf(document)).filter((item) => !item.ok);
    if (missing.length > 0)
      throw problem('CONFLICT', `not ready to go live: ${missing.map(({ id }) => id).join(', ')}`, {
        reason: 'CHECKLIST',
        errors: missing.map(({ id, fix }) => ({ path: `checklist.${id}`, message: fix })),
      });
  };

  const knownRegion = async (tenantId: string, regionId: string | null | undefined) => {
    if (typeof regionId === 'string' && !(await deps.regionExists(tenantId, regionId)))
      throw problem('VALIDATION', `body.regionId: no region ${regionId}`);
  };

  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/stations/{id}/checklist',
      operationId: 'getStationChecklist',
      summary: 'What a commissioned station needs before it goes live',
      tags: ['stations'],
      access: needs('stations:read'),
      params,
      responses: { 200: { description: 'Item by item', schema: checklistSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal, grant }) {
        const document = await collection.findOne(scoped(principal, grant, id));
        if (!document) throw problem('NOT_FOUND', `no station ${id}`);
        const items = await checklistOf(document);
        return ok({
          lifecycle: document.lifecycle,
          next: NEXT[document.lifecycle],
          ready: items.every((item) => item.ok),
          items,
        });
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/stations',
      operationId: 'listStations',
      summary: 'Stations with what they last reported',
      tags: ['stations'],
      access: needs('stations:read'),
      query: listQuery(LIST),
      sharedRead: true,
      responses: { 200: { description: 'Stations', schema: z.array(stationSchema) } },
      async handler({ query, principal, grant, request }) {
        const reply = await listReply({
          request,
          list: listRequest(LIST, query),
          scope: scopeFilter(principal, grant, { station: '_id' }),
          source: collection,
          toResource: (document) => document,
        });
        if (reply instanceof Response) return reply;
        return { ...reply, body: await stations.withLive(reply.body as Parameters<Stations['withLive']>[0]) };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/stations/{id}',
      operationId: 'getStation',
      summary: 'One station with its slots and packs as last reported',
      tags: ['stations'],
      access: needs('stations:read'),
      params,
      sharedRead: true,
      responses: { 200: { description: 'The station', schema: stationSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal, grant }) {
        const document = await collection.findOne(scoped(principal, grant, id));
        if (!document) throw problem('NOT_FOUND', `no station ${id}`);
        // The live part changes without a new version: the tag serves If-Match and never answers 304.
        return ok(await one([document]), {
          ETag: etagOf(document.version),
          'Cache-Control': 'no-store',
        });
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/stations',
      operationId: 'createStation',
      summary: 'Registers a station (lifecycle draft)',
      tags: ['stations'],
      access: needs('stations:write'),
      body: stationCreateSchema,
      idempotency: 'optional',
      responses: { 201: { description: 'The station', schema: stationSchema } },
      problems: ['DUPLICATE'],
      async handler({ body, principal }) {
        await knownRegion(principal.tenantId, body.regionId);
        const result = await stations.create({ ...body, tenantId: principal.tenantId });
        if (!result.ok) throw problem('DUPLICATE', `device ${body.device} is registered already`);
        return created(result.station, {
          Location: `/core/v0/stations/${body.device}`,
          ETag: etagOf(result.station.version),
        });
      },
    }),
    defineRoute({
      method: 'patch',
      path: '/core/v0/stations/{id}',
      operationId: 'updateStation',
      summary: 'Changes what is registered about a station',
      tags: ['stations'],
      access: needs('stations:write'),
      params,
      body: stationPatchSchema,
      ifMatch: 'required',
      responses: { 200: { description: 'The station', schema: stationSchema } },
      problems: ['NOT_FOUND', 'PRECONDITION_FAILED', 'CONFLICT'],
      async handler({ params: { id }, body, principal, grant, request }) {
        const scope = scoped(principal, grant, id);
        await knownRegion(principal.tenantId, body.regionId);
        if (body.lifecycle) await mayMove(await collection.findOne(scope), body.lifecycle);
        const document = await collection.findOneAndUpdate(
          request.ifMatch === null ? scope : { ...scope, version: request.ifMatch },
          { $set: { ...body, updatedAt: isoNow(clock) }, $inc: { version: 1 } },
          { returnDocument: 'after' },
        );
        if (!document) throw missedUpdate(await collection.findOne(scope), 'station');
        await stations.registry.refresh(id);
        if (document.lifecycle === 'retired') deps.disconnect(id, 'retired');
        return ok(await one([document]), { ETag: etagOf(document.version) });
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/public/stations',
      operationId: 'listPublicStations',
      summary: 'Stations as riders see them',
      tags: ['stations'],
      access: publicAccess,
      perMinute: 120,
      cacheS: 2,
      query: z.strictObject({ tenantId: z.string().max(64).optional() }),
      responses: { 200: { description: 'Stations', schema: z.array(publicStationSchema) } },
      handler: async ({ query }) => ok(await stations.publicList(query.tenantId)),
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/public/availability',
      operationId: 'getPublicAvailability',
      summary: 'Stations as riders see them, as GeoJSON for maps',
      tags: ['stations'],
      access: publicAccess,
      perMinute: 120,
      cacheS: 5,
      query: z.strictObject({ tenantId: z.string().max(64).optional(), bbox: bboxSchema.optional() }),
      responses: {
        200: {
          description: 'RFC 7946 feature collection; stations without a place are left out',
          schema: availabilitySchema,
          contentType: 'application/geo+json',
        },
      },
      handler: async ({ query }) =>
        ok(availability(await stations.publicList(query.tenantId), query.bbox ?? null), {
          'Content-Type': 'application/geo+json',
        }),
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/public/stations/{id}',
      operationId: 'getPublicStation',
      summary: 'One station as riders see it, slot by slot',
      tags: ['stations'],
      access: publicAccess,
      perMinute: 240,
      cacheS: 2,
      params,
      responses: { 200: { description: 'The station', schema: publicStationDetailSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id } }) {
        const station = await stations.publicStation(id);
        if (!station) throw problem('NOT_FOUND', `no station ${id}`);
        return ok(station);
      },
    }),
  ];
}

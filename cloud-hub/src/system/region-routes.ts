import { deviceSchema, idSchema, isoTimeSchema } from '@voltbay/protocol';
import { uuidv7 } from 'uuidv7';
import { z } from 'zod';
import { isoNow } from '../clock.js';
import { type Database, isDuplicateKey } from '../db/index.js';
import {
  created,
  defineRoute,
  etagOf,
  type HttpRoute,
  missedUpdate,
  needs,
  noContent,
  ok,
  type Principal,
  problem,
} from '../http/index.js';
import type { Clock } from '../ports.js';
import { stationsWithin } from '../stargate/station-limit.js';
import type { Regions } from './regions.js';
import { type RegionDocument, regionsCollection } from './system-documents.js';

const regionSchema = z.object({
  id: z.string(),
  name: z.string(),
  stationIds: z.array(deviceSchema),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
});
const regionBody = z.strictObject({
  name: z.string().trim().min(1).max(80),
  stationIds: z.array(deviceSchema).max(2_000),
});
const params = z.strictObject({ id: idSchema });
const tags: [string] = ['system'];

/** Stations that are looked after together. A station belongs to one region at most. */
export function createRegionRoutes(deps: {
  database: Database;
  clock: Clock;
  regions: Regions;
}): HttpRoute[] {
  const collection = deps.database.collection(regionsCollection);
  const { regions } = deps;
  const views = async (tenantId: string, documents: readonly RegionDocument[]) => {
    const stations = await regions.stationsOf(
      tenantId,
      documents.map(({ _id }) => _id),
    );
    return documents.map(({ _id, name, version, createdAt, updatedAt }) => ({
      id: _id,
      name,
      stationIds: stations.get(_id) ?? [],
      version,
      createdAt,
      updatedAt,
    }));
  };
  /** Stations of the body: known ones, and none beyond the caller's own. */
  const wanted = async (principal: Principal, stationIds: readonly string[]) => {
    const own = stationsWithin(principal, stationIds) ?? [];
    const unknown = await regions.unknownStation(principal.tenantId, own);
    if (unknown !== undefined) throw problem('VALIDATION', `body.stationIds: no station ${unknown}`);
    return own;
  };
  /** Whoever is limited to some stations changes only regions that lie within them. */
  const mayChange = async (principal: Principal, id: string) => {
    if (principal.stationIds === null) return;
    const held = (await regions.stationsOf(principal.tenantId, [id])).get(id) ?? [];
    const beyond = held.find((station) => !principal.stationIds?.includes(station));
    if (beyond !== undefined) throw problem('FORBIDDEN', `station ${beyond} of the region is not yours`);
  };
  const reply = async (document: RegionDocument) => {
    const [view] = await views(document.tenantId, [document]);
    return ok(view, { ETag: etagOf(document.version) });
  };

  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/regions',
      operationId: 'getRegions',
      summary: 'Stations that are looked after together',
      tags,
      access: needs('stations:read'),
      responses: { 200: { description: 'By name', schema: z.array(regionSchema) } },
      async handler({ principal, grant }) {
        if (grant.scope !== 'tenant') throw problem('FORBIDDEN', 'regions are for operators');
        const found = await collection
          .find({ tenantId: principal.tenantId }, { sort: { name: 1 }, limit: 1_000 })
          .toArray();
        const own = principal.stationIds;
        return ok(
          (await views(principal.tenantId, found)).filter(
            (region) => own === null || region.stationIds.every((station) => own.includes(station)),
          ),
        );
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/regions/{id}',
      operationId: 'getRegion',
      summary: 'One region; its ETag is for the change',
      tags,
      access: needs('stations:read'),
      params,
      responses: { 200: { description: 'The region', schema: regionSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal, grant }) {
        if (grant.scope !== 'tenant') throw problem('FORBIDDEN', 'regions are for operators');
        const found = await collection.findOne({ _id: id, tenantId: principal.tenantId });
        if (!found) throw problem('NOT_FOUND', `no region ${id}`);
        await mayChange(principal, id);
        return reply(found);
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/regions',
      operationId: 'createRegion',
      summary: 'A new region; its stations leave the region that they were in',
      tags,
      access: needs('system:write'),
      body: regionBody,
      idempotency: 'required',
      responses: { 201: { description: 'The region', schema: regionSchema } },
      problems: ['DUPLICATE'],
      async handler({ body, principal }) {
        const stationIds = await wanted(principal, body.stationIds);
        const now = isoNow(deps.clock);
        const region: RegionDocument = {
          _id: `r-${uuidv7()}`,
          tenantId: principal.tenantId,
          version: 1,
          createdAt: now,
          updatedAt: now,
          name: body.name,
        };
        try {
          await collection.insertOne(region);
        } catch (error) {
          if (isDuplicateKey(error)) throw problem('DUPLICATE', `region ${body.name} exists`);
          throw error;
        }
        await regions.assign(principal.tenantId, region._id, stationIds);
        const [view] = await views(principal.tenantId, [region]);
        return created(view, { Location: `/core/v0/regions/${region._id}`, ETag: etagOf(1) });
      },
    }),
    defineRoute({
      method: 'put',
      path: '/core/v0/regions/{id}',
      operationId: 'replaceRegion',
      summary: 'Changes a region; its people follow within seconds',
      tags,
      access: needs('system:write'),
      params,
      body: regionBody,
      ifMatch: 'required',
      responses: { 200: { description: 'The region', schema: regionSchema } },
      problems: ['NOT_FOUND', 'DUPLICATE'],
      async handler({ params: { id }, body, principal, request }) {
        const scope = { _id: id, tenantId: principal.tenantId };
        const stationIds = await wanted(principal, body.stationIds);
        await mayChange(principal, id);
        try {
          const updated = await collection.findOneAndUpdate(
            request.ifMatch === null ? scope : { ...scope, version: request.ifMatch },
            { $set: { name: body.name, updatedAt: isoNow(deps.clock) }, $inc: { version: 1 } },
            { returnDocument: 'after' },
          );
          if (!updated) throw missedUpdate(await collection.findOne(scope), 'region');
          await regions.assign(principal.tenantId, id, stationIds);
          return reply(updated);
        } catch (error) {
          if (isDuplicateKey(error)) throw problem('DUPLICATE', `region ${body.name} exists`);
          throw error;
        }
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/core/v0/regions/{id}',
      operationId: 'deleteRegion',
      summary: 'Removes a region; its people are left with their own stations',
      tags,
      access: needs('system:write'),
      params,
      responses: { 204: { description: 'Removed' } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal }) {
        const scope = { _id: id, tenantId: principal.tenantId };
        if (!(await collection.findOne(scope))) throw problem('NOT_FOUND', `no region ${id}`);
        await mayChange(principal, id);
        await regions.assign(principal.tenantId, id, []);
        await collection.deleteOne(scope);
        return noContent();
      },
    }),
  ];
}

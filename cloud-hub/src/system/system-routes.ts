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
  problem,
  signedIn,
  versioned,
} from '../http/index.js';
import type { Clock } from '../ports.js';
import type { Operators } from '../stargate/operators.js';
import { stationsWithin } from '../stargate/station-limit.js';
import { SETTING_KEYS, type Settings } from './settings.js';
import {
  type DictionaryDocument,
  dictionariesCollection,
  type RegionDocument,
  regionsCollection,
  tenantsCollection,
} from './system-documents.js';

const value = z.union([z.number(), z.string(), z.boolean()]);
const settingSchema = z.object({
  key: z.enum(SETTING_KEYS),
  value,
  initial: value,
  about: z.string(),
  version: z.number().int(),
});
const changeSchema = z.object({
  version: z.number().int(),
  from: value.nullable(),
  to: value,
  by: z.string(),
  at: isoTimeSchema,
  note: z.string().nullable(),
});
const stored = { version: z.number().int(), createdAt: isoTimeSchema, updatedAt: isoTimeSchema };
const entrySchema = z.strictObject({
  code: z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/),
  labels: z.record(z.string().regex(/^[a-z]{2}(?:-[A-Z]{2})?$/), z.string().min(1).max(200)),
  enabled: z.boolean().default(true),
});
const dictionarySchema = z.object({ name: z.string(), entries: z.array(entrySchema), ...stored });
const regionSchema = z.object({
  id: z.string(),
  name: z.string(),
  stationIds: z.array(deviceSchema),
  ...stored,
});
const regionBody = z.strictObject({
  name: z.string().trim().min(1).max(80),
  stationIds: z.array(deviceSchema).max(2_000),
});
const tenantSchema = z.object({ id: z.string(), name: z.string(), createdAt: isoTimeSchema.nullable() });
const dictionaryParams = z.strictObject({ name: z.string().regex(/^[a-z][a-z0-9.-]{0,62}$/) });
const settingParams = z.strictObject({ key: z.enum(SETTING_KEYS) });
const regionParams = z.strictObject({ id: idSchema });
const tags: [string] = ['system'];

/** Settings, dictionaries, regions and tenants. */
export function createSystemRoutes(deps: {
  database: Database;
  clock: Clock;
  settings: Settings;
  operators: Operators;
  /** The tenant whose administrators register others. */
  homeTenantId: string;
}): HttpRoute[] {
  const { settings, clock } = deps;
  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/settings',
      operationId: 'getSettings',
      summary: 'Everything that can be set, with what holds now',
      tags,
      access: needs('system:read'),
      responses: { 200: { description: 'Settings', schema: z.array(settingSchema) } },
      handler: async ({ principal }) => ok(await settings.list(principal.tenantId)),
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/settings/{key}',
      operationId: 'getSetting',
      summary: 'One setting; its ETag is for the change',
      tags,
      access: needs('system:read'),
      params: settingParams,
      responses: { 200: { description: 'The setting', schema: settingSchema } },
      handler: async ({ params, principal, request }) =>
        versioned(request, await settings.view(principal.tenantId, params.key)),
    }),
    defineRoute({
      method: 'put',
      path: '/core/v0/settings/{key}',
      operationId: 'changeSetting',
      summary: 'Changes a setting; all hub processes follow within seconds',
      tags,
      access: needs('system:write'),
      params: settingParams,
      body: z.strictObject({ value, note: z.string().max(500).optional() }),
      ifMatch: 'required',
      responses: { 200: { description: 'The setting', schema: settingSchema } },
      async handler({ params, body, principal, request }) {
        const changed = await settings.set({
          tenantId: principal.tenantId,
          key: params.key,
          value: body.value,
          version: request.ifMatch,
          by: principal.sub,
          note: body.note ?? null,
        });
        return ok(changed, { ETag: etagOf(changed.version) });
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/settings/{key}/history',
      operationId: 'getSettingHistory',
      summary: 'Who changed it, when, from what to what',
      tags,
      access: needs('system:read'),
      params: settingParams,
      responses: { 200: { description: 'Newest first', schema: z.array(changeSchema) } },
      handler: async ({ params, principal }) => ok(await settings.history(principal.tenantId, params.key)),
    }),
    ...dictionaryRoutes(deps),
    ...regionRoutes(deps),
    ...tenantRoutes({ ...deps, clock }),
  ];
}

function dictionaryRoutes(deps: { database: Database; clock: Clock }): HttpRoute[] {
  const dictionaries = deps.database.collection(dictionariesCollection);
  const view = ({ _id, tenantId: _tenantId, ...rest }: DictionaryDocument) => rest;
  const idOf = (tenantId: string, name: string) => `${tenantId}:${name}`;
  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/dictionaries',
      operationId: 'getDictionaries',
      summary: "The tenant's lists of codes and words, for every client",
      tags,
      access: signedIn,
      responses: { 200: { description: 'By name', schema: z.array(dictionarySchema) } },
      handler: async ({ principal }) =>
        ok(
          (
            await dictionaries
              .find({ tenantId: principal.tenantId }, { sort: { name: 1 }, limit: 500 })
              .toArray()
          ).map(view),
        ),
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/dictionaries/{name}',
      operationId: 'getDictionary',
      summary: 'One list of codes and words',
      tags,
      access: signedIn,
      params: dictionaryParams,
      responses: { 200: { description: 'The dictionary', schema: dictionarySchema } },
      problems: ['NOT_FOUND'],
      async handler({ params, principal, request }) {
        const found = await dictionaries.findOne({ _id: idOf(principal.tenantId, params.name) });
        if (!found) throw problem('NOT_FOUND', `no dictionary ${params.name}`);
        return versioned(request, found, view(found));
      },
    }),
    defineRoute({
      method: 'put',
      path: '/core/v0/dictionaries/{name}',
      operationId: 'putDictionary',
      summary: 'Makes or replaces a list (If-Match "0" makes one that must not exist yet)',
      tags,
      access: needs('system:write'),
      params: dictionaryParams,
      body: z.strictObject({ entries: z.array(entrySchema).max(500) }),
      ifMatch: 'required',
      maxBodyBytes: 524_288,
      responses: { 200: { description: 'The dictionary', schema: dictionarySchema } },
      async handler({ params, body, principal, request }) {
        const codes = body.entries.map(({ code }) => code);
        const twice = codes.find((code, index) => codes.indexOf(code) !== index);
        if (twice !== undefined) throw problem('VALIDATION', `body.entries: code ${twice} stands twice`);
        const [_id, now] = [idOf(principal.tenantId, params.name), isoNow(deps.clock)];
        if (request.ifMatch === 0) {
          const fresh: DictionaryDocument = {
            _id,
            tenantId: principal.tenantId,
            version: 1,
            createdAt: now,
            updatedAt: now,
            name: params.name,
            entries: body.entries,
          };
          try {
            await dictionaries.insertOne(fresh);
          } catch (error) {
            if (isDuplicateKey(error)) throw missedUpdate(await dictionaries.findOne({ _id }), 'dictionary');
            throw error;
          }
          return ok(view(fresh), { ETag: etagOf(1) });
        }
        const updated = await dictionaries.findOneAndUpdate(
          request.ifMatch === null ? { _id } : { _id, version: request.ifMatch },
          { $set: { entries: body.entries, updatedAt: now }, $inc: { version: 1 } },
          { returnDocument: 'after' },
        );
        if (!updated)
          throw missedUpdate((await dictionaries.findOne({ _id })) ?? { version: 0 }, 'dictionary');
        return ok(view(updated), { ETag: etagOf(updated.version) });
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/core/v0/dictionaries/{name}',
      operationId: 'deleteDictionary',
      summary: 'Removes a list',
      tags,
      access: needs('system:write'),
      params: dictionaryParams,
      responses: { 204: { description: 'Removed' } },
      problems: ['NOT_FOUND'],
      async handler({ params, principal }) {
        const { deletedCount } = await dictionaries.deleteOne({
          _id: idOf(principal.tenantId, params.name),
        });
        if (deletedCount === 0) throw problem('NOT_FOUND', `no dictionary ${params.name}`);
        return noContent();
      },
    }),
  ];
}

function regionRoutes(deps: { database: Database; clock: Clock }): HttpRoute[] {
  const regions = deps.database.collection(regionsCollection);
  const view = ({ _id, tenantId: _tenantId, ...rest }: RegionDocument) => ({ id: _id, ...rest });
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
        const found = await regions
          .find({ tenantId: principal.tenantId }, { sort: { name: 1 }, limit: 1_000 })
          .toArray();
        const own = principal.stationIds;
        return ok(
          found
            .map(view)
            .filter((region) => own === null || region.stationIds.every((station) => own.includes(station))),
        );
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/regions',
      operationId: 'createRegion',
      summary: 'A new region',
      tags,
      access: needs('system:write'),
      body: regionBody,
      idempotency: 'required',
      responses: { 201: { description: 'The region', schema: regionSchema } },
      problems: ['DUPLICATE'],
      async handler({ body, principal }) {
        const now = isoNow(deps.clock);
        const region: RegionDocument = {
          _id: `r-${uuidv7()}`,
          tenantId: principal.tenantId,
          version: 1,
          createdAt: now,
          updatedAt: now,
          name: body.name,
          stationIds: stationsWithin(principal, body.stationIds) ?? [],
        };
        try {
          await regions.insertOne(region);
        } catch (error) {
          if (isDuplicateKey(error)) throw problem('DUPLICATE', `region ${body.name} exists`);
          throw error;
        }
        return created(view(region), { Location: `/core/v0/regions/${region._id}`, ETag: etagOf(1) });
      },
    }),
    defineRoute({
      method: 'put',
      path: '/core/v0/regions/{id}',
      operationId: 'replaceRegion',
      summary: 'Changes a region; its people follow when they refresh their token, in ten minutes at most',
      tags,
      access: needs('system:write'),
      params: regionParams,
      body: regionBody,
      ifMatch: 'required',
      responses: { 200: { description: 'The region', schema: regionSchema } },
      problems: ['NOT_FOUND', 'DUPLICATE'],
      async handler({ params, body, principal, request }) {
        const scope = { _id: params.id, tenantId: principal.tenantId };
        const stationIds = stationsWithin(principal, body.stationIds) ?? [];
        try {
          const updated = await regions.findOneAndUpdate(
            request.ifMatch === null ? scope : { ...scope, version: request.ifMatch },
            { $set: { name: body.name, stationIds, updatedAt: isoNow(deps.clock) }, $inc: { version: 1 } },
            { returnDocument: 'after' },
          );
          if (!updated) throw missedUpdate(await regions.findOne(scope), 'region');
          return ok(view(updated), { ETag: etagOf(updated.version) });
        } catch (error) {
          if (isDuplicateKey(error)) throw problem('DUPLICATE', `region ${body.name} exists`);
          throw error;
        }
      },
    }),
  ];
}

function tenantRoutes(deps: {
  database: Database;
  clock: Clock;
  operators: Operators;
  homeTenantId: string;
}): HttpRoute[] {
  const tenants = deps.database.collection(tenantsCollection);
  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/tenants',
      operationId: 'getTenants',
      summary: "The caller's tenant; all of them for the home tenant",
      tags,
      access: needs('system:read'),
      responses: { 200: { description: 'Tenants', schema: z.array(tenantSchema) } },
      async handler({ principal }) {
        const isHome = principal.tenantId === deps.homeTenantId;
        const known = await tenants
          .find({ _id: isHome ? { $gte: '' } : principal.tenantId }, { sort: { _id: 1 }, limit: 1_000 })
          .toArray();
        const list: z.infer<typeof tenantSchema>[] = known.map(({ _id, name, createdAt }) => ({
          id: _id,
          name,
          createdAt,
        }));
        if (!list.some(({ id }) => id === principal.tenantId))
          list.unshift({ id: principal.tenantId, name: principal.tenantId, createdAt: null });
        return ok(list);
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/tenants',
      operationId: 'createTenant',
      summary: 'Registers a tenant with its first administrator; for the home tenant alone',
      tags,
      access: needs('system:write'),
      body: z.strictObject({
        id: z.string().regex(/^[a-z0-9-]{1,32}$/),
        name: z.string().trim().min(1).max(80),
        admin: z.strictObject({
          username: z.string().regex(/^[A-Za-z0-9_.@-]{1,64}$/),
          name: z.string().trim().min(1).max(80),
          password: z.string().min(10).max(256),
        }),
      }),
      responses: { 201: { description: 'The tenant', schema: tenantSchema } },
      problems: ['DUPLICATE'],
      async handler({ body, principal }) {
        if (principal.tenantId !== deps.homeTenantId)
          throw problem('FORBIDDEN', 'tenants are registered by the home tenant');
        if (body.id === deps.homeTenantId || (await tenants.findOne({ _id: body.id })))
          throw problem('DUPLICATE', `tenant ${body.id} exists`);
        // The administrator first: a name that is taken leaves nothing behind.
        await deps.operators.create({ tenantId: body.id, roles: ['admin'], ...body.admin });
        const tenant = {
          _id: body.id,
          name: body.name,
          createdAt: isoNow(deps.clock),
          createdBy: principal.sub,
        };
        try {
          await tenants.insertOne(tenant);
        } catch (error) {
          if (isDuplicateKey(error)) throw problem('DUPLICATE', `tenant ${body.id} exists`);
          throw error;
        }
        return created({ id: tenant._id, name: tenant.name, createdAt: tenant.createdAt });
      },
    }),
  ];
}

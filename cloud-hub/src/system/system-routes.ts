import { isoTimeSchema } from '@voltbay/protocol';
import { z } from 'zod';
import type { Database } from '../db/index.js';
import { defineRoute, etagOf, type HttpRoute, needs, ok, versioned } from '../http/index.js';
import type { Clock } from '../ports.js';
import type { Operators } from '../stargate/operators.js';
import { createDictionaryRoutes } from './dictionary-routes.js';
import { createRegionRoutes } from './region-routes.js';
import type { Regions } from './regions.js';
import { SETTING_KEYS, type Settings } from './settings.js';
import { createTenantRoutes } from './tenant-routes.js';
import type { Tenants } from './tenants.js';

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
const settingParams = z.strictObject({ key: z.enum(SETTING_KEYS) });
const tags: [string] = ['system'];

/** Settings, dictionaries, regions and tenants. */
export function createSystemRoutes(deps: {
  database: Database;
  clock: Clock;
  settings: Settings;
  operators: Operators;
  regions: Regions;
  tenants: Tenants;
  kickStations(tenantId: string): Promise<void>;
  /** The tenant whose administrators register others. */
  homeTenantId: string;
}): HttpRoute[] {
  const { settings } = deps;
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
    ...createDictionaryRoutes(deps),
    ...createRegionRoutes(deps),
    ...createTenantRoutes(deps),
  ];
}

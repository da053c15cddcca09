import { deviceSchema, isoTimeSchema } from '@voltbay/protocol';
import { z } from 'zod';
import type { Database } from '../db/index.js';
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
  seesStation,
} from '../http/index.js';
import type { StationDirectory } from '../ports.js';
import { CONFIG_STATES, type StationConfigDocument, stationConfigsCollection } from './config-documents.js';
import { jsonDiff } from './json-diff.js';
import type { StationConfigs } from './station-configs.js';

/** What belongs to the station itself: who it is, where its hub is, its hardware's secrets. Changed there alone. */
const LOCAL_KEYS = ['device', 'hub', 'dataDir', 'credentials', 'enrolCode', 'secret'];
const MAX_CONFIG_BYTES = 48 * 1024;

const errors = z.array(z.object({ path: z.string(), message: z.string() }));
const configObject = z.record(z.string(), z.unknown());
const versionSchema = z.object({
  id: z.string(),
  stationId: deviceSchema,
  number: z.number().int(),
  /** The number as the station is told. */
  version: z.string(),
  config: configObject,
  note: z.string().nullable(),
  by: z.string(),
  state: z.enum(CONFIG_STATES),
  errors,
  commandId: z.string().nullable(),
  attempts: z.number().int(),
  confirmedAt: isoTimeSchema.nullable(),
  hash: z.string().nullable(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
});
const stateSchema = z.object({
  stationId: deviceSchema,
  desired: z
    .object({
      version: z.string(),
      number: z.number().int(),
      config: configObject,
      note: z.string().nullable(),
      by: z.string(),
      at: isoTimeSchema,
    })
    .nullable(),
  reported: z.object({ version: z.string().nullable(), hash: z.string().nullable() }),
  /** `none`: the hub never set one. */
  state: z.enum(['none', ...CONFIG_STATES]),
  errors,
  commandId: z.string().nullable(),
  confirmedAt: isoTimeSchema.nullable(),
  /** It was applied, and the station reports another one since: somebody changed it there. */
  drift: z.boolean(),
});
const changeSchema = z.object({ path: z.string(), from: z.unknown(), to: z.unknown() });
const LIST: ListSpec = {
  fields: { number: { kind: 'int' }, state: { kind: 'enum', values: CONFIG_STATES } },
  sort: ['number'],
  defaultSort: { field: 'number', order: 'desc' },
};
const params = z.strictObject({ id: deviceSchema });
const number = z.coerce.number().int().min(1).max(99_999_999);
const tags: [string] = ['station-config'];

/** The configuration that operators want at a station, version by version, and what the station made of it. */
export function createStationConfigRoutes(deps: {
  database: Database;
  configs: StationConfigs;
  directory: StationDirectory;
}): HttpRoute[] {
  const { configs } = deps;
  const collection = deps.database.collection(stationConfigsCollection);
  const find = async (principal: Principal, grant: Grant, id: string) => {
    const station = await deps.directory.get(id);
    if (station?.tenantId !== principal.tenantId || !seesStation(principal, grant, id))
      throw problem('NOT_FOUND', `no station ${id}`);
    return station;
  };
  const reply = async (stationId: string, document: StationConfigDocument | null) => {
    const { version, hash } = await configs.reported(stationId);
    return ok(stateView(stationId, document, { version, hash }), { ETag: etagOf(document?.number ?? 0) });
  };
  const versionOf = async (tenantId: string, stationId: string, wanted: number) => {
    const found = await configs.version(tenantId, stationId, wanted);
    if (!found) throw problem('NOT_FOUND', `no version ${wanted} of the configuration of ${stationId}`);
    return found;
  };

  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/stations/{id}/config',
      operationId: 'getStationConfig',
      summary: 'The configuration that is wanted and the one that the station reports',
      tags,
      access: needs('configs:read'),
      params,
      responses: { 200: { description: 'Wanted and reported', schema: stateSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal, grant }) {
        await find(principal, grant, id);
        return reply(id, await configs.newest(principal.tenantId, id));
      },
    }),
    defineRoute({
      method: 'put',
      path: '/core/v0/stations/{id}/config',
      operationId: 'setStationConfig',
      summary: 'The next version: sent at once, or when the station is back (If-Match "0" for the first)',
      description:
        'The station checks it, applies it and answers; one that does not do well with it goes back by itself. Read it again, or watch the command.',
      tags,
      access: needs('configs:write'),
      params,
      body: z.strictObject({ config: configObject, note: z.string().trim().max(300).optional() }),
      ifMatch: 'required',
      responses: { 200: { description: 'Wanted and reported', schema: stateSchema } },
      problems: ['NOT_FOUND', 'PRECONDITION_FAILED', 'CONFLICT'],
      async handler({ params: { id }, body, principal, grant, request }) {
        const station = await find(principal, grant, id);
        if (station.lifecycle === 'retired')
          throw problem('CONFLICT', `station ${id} is retired`, { reason: 'LIFECYCLE' });
        const local = LOCAL_KEYS.filter((key) => Object.hasOwn(body.config, key));
        if (local.length > 0)
          throw problem('VALIDATION', 'some settings can be changed at the station alone', {
            errors: local.map((key) => ({ path: `body.config.${key}`, message: 'leave it out' })),
          });
        const odd = oddKey(body.config, 'body.config');
        if (odd !== null)
          throw problem('VALIDATION', `${odd}: a setting's name has letters, digits, - and _`, {
            errors: [{ path: odd, message: 'use letters, digits, - and _' }],
          });
        if (Buffer.byteLength(JSON.stringify(body.config)) > MAX_CONFIG_BYTES)
          throw problem('VALIDATION', `body.config: at most ${MAX_CONFIG_BYTES} bytes`);
        const document = await configs.set({
          tenantId: principal.tenantId,
          stationId: id,
          after: request.ifMatch,
          config: body.config,
          note: body.note ?? null,
          by: principal.sub,
        });
        return reply(id, document);
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/stations/{id}/config/versions',
      operationId: 'listStationConfigVersions',
      summary: 'Every version with what became of it, newest first',
      tags,
      access: needs('configs:read'),
      params,
      query: listQuery(LIST),
      responses: { 200: { description: 'Versions', schema: z.array(versionSchema) } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, query, principal, grant, request }) {
        await find(principal, grant, id);
        return listReply({
          request,
          list: listRequest(LIST, query),
          scope: { ...scopeFilter(principal, grant, { station: 'stationId' }), stationId: id },
          source: collection,
          toResource: versionView,
        });
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/stations/{id}/config/diff',
      operationId: 'diffStationConfig',
      summary: 'What changed from one version to another',
      tags,
      access: needs('configs:read'),
      params,
      query: z.strictObject({ from: number, to: number }),
      responses: {
        200: {
          description: 'By JSON pointer; `from` or `to` is missing where a setting is new or gone',
          schema: z.array(changeSchema),
        },
      },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, query, principal, grant }) {
        await find(principal, grant, id);
        const [from, to] = await Promise.all([
          versionOf(principal.tenantId, id, query.from),
          versionOf(principal.tenantId, id, query.to),
        ]);
        return ok(jsonDiff(from.config, to.config));
      },
    }),
  ];
}

/** Path of the first name that no setting has; such names also mean something to the store. Null: all are well. */
function oddKey(value: unknown, path: string): string | null {
  if (value === null || typeof value !== 'object') return null;
  for (const [key, child] of Object.entries(value)) {
    const below = `${path}.${key.slice(0, 64)}`;
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(key)) return below;
    const odd = oddKey(child, below);
    if (odd !== null) return odd;
  }
  return null;
}

function stateView(
  stationId: string,
  document: StationConfigDocument | null,
  reported: { version: string | null; hash: string | null },
): z.infer<typeof stateSchema> {
  return {
    stationId,
    desired: document && {
      version: String(document.number),
      number: document.number,
      config: document.config,
      note: document.note,
      by: document.by,
      at: document.createdAt,
    },
    reported,
    state: document?.state ?? 'none',
    errors: document?.errors ?? [],
    commandId: document?.commandId ?? null,
    confirmedAt: document?.confirmedAt ?? null,
    // A station says its version at its next birth: until it has said one, nothing is known against it.
    drift:
      document?.state === 'applied' &&
      reported.version !== null &&
      reported.version !== String(document.number),
  };
}

function versionView(document: StationConfigDocument): z.infer<typeof versionSchema> {
  const { _id, tenantId: _tenant, nextAt: _next, version: _version, ...rest } = document;
  return { id: _id, version: String(document.number), ...rest };
}

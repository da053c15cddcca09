import { deviceSchema, idSchema, isoTimeSchema } from '@voltbay/protocol';
import { z } from 'zod';
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
  needs,
  ok,
  type Principal,
  problem,
} from '../http/index.js';
import { stationsWithin } from '../stargate/station-limit.js';
import { stationsCollection } from '../stations/station-documents.js';
import {
  ROLLOUT_STATES,
  ROLLOUT_STATION_STATES,
  type RolloutDocument,
  type RolloutState,
  type RolloutStationDocument,
  releasesCollection,
  rolloutsCollection,
} from './release-documents.js';
import { chooseStations } from './rollout-plan.js';
import type { RolloutQueue, Rollouts } from './rollouts.js';

const rolloutSchema = z.object({
  id: z.string(),
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
  releaseId: z.string(),
  releaseVersion: z.string(),
  state: z.enum(ROLLOUT_STATES),
  reason: z.string().nullable(),
  total: z.number().int(),
  stages: z.array(z.number().int()),
  stage: z.number().int(),
  stageDoneAt: isoTimeSchema.nullable(),
  waitS: z.number().int(),
  maxFailures: z.number().int(),
  window: z.object({ from: isoTimeSchema, to: isoTimeSchema }).nullable(),
  createdBy: z.string(),
});
const memberSchema = z.object({
  stationId: deviceSchema,
  position: z.number().int(),
  state: z.enum(ROLLOUT_STATION_STATES),
  commandId: z.string().nullable(),
  attempts: z.number().int(),
  reason: z.string().nullable(),
  updatedAt: isoTimeSchema,
});
const detailSchema = rolloutSchema.extend({ stations: z.array(memberSchema) });
const LIST: ListSpec = {
  fields: {
    state: { kind: 'enum', values: ROLLOUT_STATES },
    releaseId: { kind: 'id' },
    createdAt: { kind: 'time' },
  },
  sort: ['createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
};
const MAX_STATIONS = 10_000;
const stages = z
  .array(z.number().int().min(1).max(100))
  .min(1)
  .max(10)
  .refine((list) => list.every((percent, index) => index === 0 || percent > (list[index - 1] ?? 0)), {
    error: 'ascending percentages',
  })
  .refine((list) => list.at(-1) === 100, { error: 'the last one is 100' });
const params = z.strictObject({ id: idSchema });
const tags: [string] = ['releases'];

/** Releases on their way to stations. */
export function createRolloutRoutes(deps: {
  database: Database;
  rollouts: Rollouts;
  queue: RolloutQueue;
}): HttpRoute[] {
  const { rollouts, queue } = deps;
  const collection = deps.database.collection(rolloutsCollection);
  const releases = deps.database.collection(releasesCollection);
  const stations = deps.database.collection(stationsCollection);
  const find = async (principal: Principal, id: string) => {
    const found = await collection.findOne({ _id: id, tenantId: principal.tenantId });
    if (!found) throw problem('NOT_FOUND', `no rollout ${id}`);
    return found;
  };
  const detail = async (rollout: RolloutDocument, principal: Principal) => {
    const members = await rollouts.stations(rollout._id);
    const own = principal.stationIds;
    return {
      ...rolloutView(rollout),
      stations: members.filter(({ stationId }) => own === null || own.includes(stationId)).map(memberView),
    };
  };
  /** Whoever is limited to some stations does not decide over others. */
  const mayDecide = (principal: Principal) => {
    if (principal.stationIds !== null)
      throw problem('FORBIDDEN', 'for operators who may see every station of the tenant');
  };
  const moveRoute = (move: {
    verb: 'pause' | 'resume' | 'cancel';
    summary: string;
    from: readonly RolloutState[];
    to: RolloutState;
  }) =>
    defineRoute({
      method: 'post',
      path: `/core/v0/rollouts/{id}/${move.verb}`,
      operationId: `${move.verb}Rollout`,
      summary: move.summary,
      tags,
      access: needs('releases:write'),
      params,
      body: z.strictObject({ reason: z.string().trim().min(3).max(300).optional() }),
      bodyOptional: true,
      responses: { 200: { description: 'The rollout', schema: detailSchema } },
      problems: ['NOT_FOUND', 'CONFLICT'],
      async handler({ params: { id }, body, principal }) {
        mayDecide(principal);
        const current = await find(principal, id);
        if (current.state === move.to) return ok(await detail(current, principal));
        const moved = await rollouts.move(
          principal.tenantId,
          id,
          move.from,
          { state: move.to, reason: move.to === 'running' ? null : (body.reason ?? `by ${principal.sub}`) },
          { queue, by: principal.sub },
        );
        if (!moved)
          throw problem('CONFLICT', `a rollout that is ${current.state} cannot be ${move.to}`, {
            reason: current.state.toUpperCase(),
          });
        return ok(await detail(moved, principal));
      },
    });

  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/rollouts',
      operationId: 'listRollouts',
      summary: 'Releases on their way to stations, newest first',
      tags,
      access: needs('releases:read'),
      query: listQuery(LIST),
      responses: { 200: { description: 'Rollouts', schema: z.array(rolloutSchema) } },
      handler: ({ query, principal, request }) =>
        listReply({
          request,
          list: listRequest(LIST, query),
          scope: { tenantId: principal.tenantId },
          source: collection,
          toResource: rolloutView,
        }),
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/rollouts/{id}',
      operationId: 'getRollout',
      summary: 'One rollout, station by station',
      tags,
      access: needs('releases:read'),
      params,
      responses: { 200: { description: 'The rollout', schema: detailSchema } },
      problems: ['NOT_FOUND'],
      handler: async ({ params: { id }, principal }) =>
        ok(await detail(await find(principal, id), principal)),
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/rollouts',
      operationId: 'createRollout',
      summary: 'Brings a release to stations, stage by stage',
      description:
        'Name the stations, or a percentage of all of them or of a region. Each stage adds stations up to its percentage; the next one begins `waitS` after everything that could be done in it was done. It pauses by itself when more than `maxFailures` stations failed.',
      tags,
      access: needs('releases:write'),
      body: z
        .strictObject({
          releaseId: idSchema,
          stationIds: z.array(deviceSchema).min(1).max(MAX_STATIONS).optional(),
          percent: z.number().int().min(1).max(100).optional(),
          regionId: idSchema.optional(),
          stages: stages.default([100]),
          waitS: z
            .number()
            .int()
            .min(0)
            .max(7 * 86_400)
            .default(600),
          maxFailures: z.number().int().min(0).max(1_000).default(0),
          window: z.strictObject({ from: isoTimeSchema, to: isoTimeSchema }).optional(),
        })
        .refine(({ stationIds, percent, regionId }) => !stationIds || (!percent && !regionId), {
          error: 'stationIds: send them, or percent with regionId, not both',
        }),
      idempotency: 'required',
      responses: { 201: { description: 'The rollout', schema: detailSchema } },
      problems: ['NOT_FOUND', 'CONFLICT'],
      async handler({ body, principal }) {
        const { tenantId, sub } = principal;
        const { releaseId, stationIds, percent = 100, regionId, window, ...rest } = body;
        const release = await releases.findOne({ _id: releaseId, tenantId });
        if (!release) throw problem('NOT_FOUND', `no release ${releaseId}`);
        if (release.state !== 'ready')
          throw problem('CONFLICT', `the release is ${release.state}`, {
            reason: release.state.toUpperCase(),
          });
        const wanted = stationsWithin(principal, stationIds ?? null);
        const found = await stations
          .find(
            {
              tenantId,
              ...(wanted === null ? {} : { _id: { $in: wanted } }),
              ...(regionId === undefined ? {} : { regionId }),
              lifecycle: { $ne: 'retired' },
            },
            { projection: { _id: 1 }, limit: MAX_STATIONS },
          )
          .toArray();
        const known = new Set(found.map(({ _id }) => _id));
        const unknown = stationIds?.find((id) => !known.has(id));
        if (unknown !== undefined)
          throw problem('VALIDATION', `body.stationIds: no station ${unknown} in service`);
        // Named stations keep their order: whoever names them may want a certain one to be first.
        const chosen = stationIds ? [...new Set(stationIds)] : chooseStations([...known], releaseId, percent);
        if (chosen.length === 0) throw problem('VALIDATION', 'there is no station to update');
        const rollout = await rollouts.begin(
          {
            tenantId,
            releaseId,
            releaseVersion: release.releaseVersion,
            ...rest,
            window: window ?? null,
            createdBy: sub,
          },
          chosen,
          queue,
        );
        return created(await detail(rollout, principal), {
          Location: `/core/v0/rollouts/${rollout._id}`,
          ETag: etagOf(1),
        });
      },
    }),
    moveRoute({
      verb: 'pause',
      summary: 'Tells no further station; those that were told go on',
      from: ['running'],
      to: 'paused',
    }),
    moveRoute({
      verb: 'resume',
      summary: 'Goes on; failures until now are taken as seen',
      from: ['paused'],
      to: 'running',
    }),
    moveRoute({ verb: 'cancel', summary: 'Ends it for good', from: ['running', 'paused'], to: 'cancelled' }),
  ];
}

function rolloutView(rollout: RolloutDocument): z.infer<typeof rolloutSchema> {
  const { _id, failuresSeen: _seen, run: _run, ...rest } = rollout;
  return { id: _id, ...rest };
}
function memberView(member: RolloutStationDocument): z.infer<typeof memberSchema> {
  const { _id, tenantId: _tenant, rolloutId: _rollout, ...rest } = member;
  return rest;
}

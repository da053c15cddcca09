import { deviceSchema, idSchema, isoTimeSchema } from '@voltbay/protocol';
import { z } from 'zod';
import type { Database } from '../db/index.js';
import {
  created,
  defineRoute,
  type HttpRoute,
  type ListSpec,
  listQuery,
  listReply,
  listRequest,
  needs,
  ok,
  problem,
  scopeFilter,
  seesStation,
  versioned,
} from '../http/index.js';
import {
  RESERVATION_STATES,
  type ReservationDocument,
  type Reservations,
  reservationsCollection,
} from './reservations.js';

const reservationSchema = z.object({
  id: z.string(),
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
  userId: z.string(),
  vehicleId: z.string(),
  stationId: deviceSchema,
  packClass: z.string(),
  state: z.enum(RESERVATION_STATES),
  /** When the rider comes; null = at once. */
  from: isoTimeSchema.nullable(),
  until: isoTimeSchema,
  graceUntil: isoTimeSchema,
  commandId: z.string().nullable(),
  reason: z.string().nullable(),
});
const LIST: ListSpec = {
  fields: {
    state: { kind: 'enum', values: RESERVATION_STATES },
    stationId: { kind: 'id' },
    userId: { kind: 'id' },
    createdAt: { kind: 'time' },
  },
  sort: ['createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
};
const OWNERSHIP = { own: 'userId', station: 'stationId' };
const params = z.strictObject({ id: idSchema });
const tags: [string] = ['reservations'];

/** A pack kept at a station for a rider on the way. A swap of that rider there uses it by itself. */
export function createReservationRoutes(deps: {
  database: Database;
  reservations: Reservations;
}): HttpRoute[] {
  const collection = deps.database.collection(reservationsCollection);
  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/reservations',
      operationId: 'listReservations',
      summary: 'Reservations; riders see their own, stations those at themselves',
      tags,
      access: needs('orders:read'),
      query: listQuery(LIST),
      responses: { 200: { description: 'Reservations', schema: z.array(reservationSchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply({
          request,
          list: listRequest(LIST, query),
          scope: scopeFilter(principal, grant, OWNERSHIP),
          source: collection,
          toResource: reservationView,
        }),
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/reservations',
      operationId: 'createReservation',
      summary: 'Keeps a pack for the rider: until `until`, with some grace for who is at the door',
      tags,
      access: needs('orders:create'),
      description:
        'With `from` a pack that will be ready by then is promised when none is ready now (state `promised`); the station keeps it as soon as it is charged (`active`). `until` counts from `from`. A station that is closed by then refuses (409 STATION_REFUSED, reason `CLOSED`, with the time it opens in `detail` and `Retry-After`).',
      body: z.strictObject({
        stationId: deviceSchema,
        vehicleId: idSchema,
        userId: idSchema.optional(),
        from: isoTimeSchema.optional(),
      }),
      idempotency: 'required',
      responses: { 201: { description: 'The station keeps a pack', schema: reservationSchema } },
      problems: [
        'NOT_FOUND',
        'FORBIDDEN',
        'CONFLICT',
        'STATION_REFUSED',
        'STATION_OFFLINE',
        'OUTCOME_UNKNOWN',
      ],
      async handler({ body, principal, grant }) {
        if (grant.scope === 'station')
          throw problem('FORBIDDEN', 'stations keep packs, they do not ask for them');
        if (grant.scope === 'own' && body.userId !== undefined && body.userId !== principal.sub)
          throw problem('FORBIDDEN', 'body.userId: a rider reserves for himself only');
        const userId = grant.scope === 'own' ? principal.sub : body.userId;
        if (userId === undefined) throw problem('VALIDATION', 'body.userId: say for whom');
        if (!seesStation(principal, grant, body.stationId))
          throw problem('NOT_FOUND', `no station ${body.stationId}`);
        const { stationId, vehicleId } = body;
        const visit = { tenantId: principal.tenantId, userId, vehicleId, stationId };
        const reservation = await deps.reservations.reserve(
          visit,
          `${principal.audience}:${principal.sub}`,
          body.from ?? null,
        );
        return created(reservationView(reservation), {
          Location: `/core/v0/reservations/${reservation._id}`,
        });
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/reservations/{id}',
      operationId: 'getReservation',
      summary: 'One reservation',
      tags,
      access: needs('orders:read'),
      params,
      responses: { 200: { description: 'The reservation', schema: reservationSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal, grant, request }) {
        const found = await collection.findOne({ ...scopeFilter(principal, grant, OWNERSHIP), _id: id });
        if (!found) throw problem('NOT_FOUND', `no reservation ${id}`);
        return versioned(request, found, reservationView(found));
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/reservations/{id}/release',
      operationId: 'releaseReservation',
      summary: 'Gives the pack back; repeating it changes nothing',
      tags,
      access: needs('orders:cancel'),
      params,
      responses: { 200: { description: 'The reservation', schema: reservationSchema } },
      problems: ['NOT_FOUND', 'CONFLICT'],
      async handler({ params: { id }, principal, grant }) {
        const found = await collection.findOne({ ...scopeFilter(principal, grant, OWNERSHIP), _id: id });
        if (!found) throw problem('NOT_FOUND', `no reservation ${id}`);
        const released = await deps.reservations.release(id, `${principal.audience}:${principal.sub}`);
        const shown = released ?? (await collection.findOne({ _id: id })) ?? found;
        if (shown.state === 'used')
          throw problem('CONFLICT', 'an order uses it: cancel that order', { resourceId: id });
        return ok(reservationView(shown));
      },
    }),
  ];
}

function reservationView({
  _id,
  activeKey: _key,
  confirmedAt: _confirmedAt,
  remindAt: _remindAt,
  remindedAt: _remindedAt,
  ...rest
}: ReservationDocument): z.infer<typeof reservationSchema> {
  return { id: _id, ...rest, from: rest.from ?? null };
}

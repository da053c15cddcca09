import { idSchema, isoTimeSchema, vehicleSchema } from '@voltbay/protocol';
import { z } from 'zod';
import { isoNow } from '../clock.js';
import type { Database } from '../db/index.js';
import { defineRoute, etagOf, type HttpRoute, needs, ok, problem, scopeFilter } from '../http/index.js';
import { ordersCollection } from '../orders/order-document.js';
import type { Clock } from '../ports.js';
import { usersCollection } from '../users/users.js';
import { changeOwner, vehicleBindingsCollection } from './vehicle-bindings.js';
import { type PackHoldings, type VehicleDocument, vehiclesCollection, withPacks } from './vehicles.js';

const bindingSchema = z.object({
  id: z.string(),
  tenantId: z.string(),
  vehicleId: z.string(),
  fromUserId: z.string().nullable(),
  toUserId: z.string().nullable(),
  by: z.string(),
  at: isoTimeSchema,
});
const params = z.strictObject({ id: idSchema });

/** A vehicle changes hands: at once by an operator, by its owner when the receiver has accepted. */
export function createTransferRoutes(deps: {
  database: Database;
  clock: Clock;
  packs: PackHoldings;
}): HttpRoute[] {
  const vehicles = deps.database.collection(vehiclesCollection);
  const bindings = deps.database.collection(vehicleBindingsCollection);
  const users = deps.database.collection(usersCollection);
  const orders = deps.database.collection(ordersCollection);

  const reply = async (document: VehicleDocument) => {
    const [vehicle] = await withPacks(deps.packs, document.tenantId, [document]);
    return ok(vehicle, { ETag: etagOf(document.version) });
  };
  const busy = async ({ tenantId, ownerUserId }: VehicleDocument) =>
    ownerUserId !== null &&
    (await orders.findOne({ openKey: `user:${tenantId}/${ownerUserId}` }, { projection: { _id: 1 } })) !==
      null;
  /** The owner changes, and the change is written down; a repeat finds both. */
  const bind = async (
    vehicle: VehicleDocument,
    toUserId: string | null,
    by: string,
  ): Promise<VehicleDocument> => {
    if (await busy(vehicle)) throw problem('CONFLICT', 'the owner has an open order');
    const bound = await changeOwner(
      { vehicles, bindings },
      { vehicle, toUserId, by, at: isoNow(deps.clock) },
    );
    if (!bound) throw problem('CONFLICT', 'the vehicle has just changed: look again');
    return bound;
  };

  return [
    defineRoute({
      method: 'post',
      path: '/core/v0/vehicles/{id}/transfer',
      operationId: 'transferVehicle',
      summary:
        'Hand a vehicle on: operators at once (null unbinds it), owners by the receiver’s phone, who accepts',
      tags: ['vehicles'],
      access: needs('vehicles:transfer'),
      params,
      body: z.strictObject({
        toUserId: idSchema.nullable().optional(),
        toPhone: z
          .string()
          .regex(/^\+?[0-9]{6,15}$/)
          .optional(),
      }),
      idempotency: 'required',
      responses: { 200: { description: 'The vehicle', schema: vehicleSchema } },
      problems: ['NOT_FOUND', 'CONFLICT'],
      async handler({ params: { id }, body, principal, grant }) {
        const vehicle = await vehicles.findOne({
          ...scopeFilter(principal, grant, { own: 'ownerUserId' }),
          _id: id,
        });
        if (!vehicle) throw problem('NOT_FOUND', `no vehicle ${id}`);
        if ((body.toUserId === undefined) === (body.toPhone === undefined))
          throw problem('VALIDATION', 'body: either toUserId or toPhone');
        const { tenantId } = principal;
        const by = `${principal.audience}:${principal.sub}`;
        if (body.toUserId === null) {
          if (grant.scope === 'own') throw problem('FORBIDDEN', 'body.toUserId: operators unbind a vehicle');
          return reply(await bind(vehicle, null, by));
        }
        const to = await users.findOne(
          body.toPhone === undefined
            ? { _id: body.toUserId ?? '', tenantId }
            : { tenantId, phone: body.toPhone },
        );
        if (to?.status !== 'active') throw problem('NOT_FOUND', 'no such active user');
        if (to._id === vehicle.ownerUserId) throw problem('CONFLICT', 'the vehicle is this user’s already');
        if (grant.scope !== 'own') return reply(await bind(vehicle, to._id, by));
        if (await busy(vehicle)) throw problem('CONFLICT', 'finish the open order first');
        const now = isoNow(deps.clock);
        const offered = await vehicles.findOneAndUpdate(
          { _id: id, version: vehicle.version },
          {
            $set: { pendingTransfer: { toUserId: to._id, by, at: now }, updatedAt: now },
            $inc: { version: 1 },
          },
          { returnDocument: 'after' },
        );
        if (!offered) throw problem('CONFLICT', 'the vehicle has just changed: look again');
        return reply(offered);
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/vehicles/{id}/accept',
      operationId: 'acceptVehicle',
      summary: 'Accept a vehicle that its owner hands on to the caller',
      tags: ['vehicles'],
      access: needs('vehicles:accept'),
      params,
      idempotency: 'optional',
      responses: { 200: { description: 'The vehicle', schema: vehicleSchema } },
      problems: ['NOT_FOUND', 'CONFLICT'],
      async handler({ params: { id }, principal }) {
        const { tenantId, sub } = principal;
        const vehicle = await vehicles.findOne({ _id: id, tenantId, 'pendingTransfer.toUserId': sub });
        if (!vehicle) throw problem('NOT_FOUND', `no vehicle ${id} is handed on to you`);
        return reply(await bind(vehicle, sub, `rider:${sub}`));
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/vehicles/{id}/bindings',
      operationId: 'listVehicleBindings',
      summary: 'Owners of a vehicle, newest first',
      tags: ['vehicles'],
      access: needs('vehicles:write'),
      params,
      responses: { 200: { description: 'Bindings', schema: z.array(bindingSchema) } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal }) {
        const { tenantId } = principal;
        if (!(await vehicles.findOne({ _id: id, tenantId }, { projection: { _id: 1 } })))
          throw problem('NOT_FOUND', `no vehicle ${id}`);
        const found = await bindings
          .find({ tenantId, vehicleId: id })
          .sort({ at: -1, _id: -1 })
          .limit(200)
          .toArray();
        return ok(found.map(({ _id, ...binding }) => ({ id: _id, ...binding })));
      },
    }),
  ];
}

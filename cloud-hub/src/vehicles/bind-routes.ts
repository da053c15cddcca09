import { type Vehicle, vehicleSchema } from '@voltbay/protocol';
import { z } from 'zod';
import { isoNow } from '../clock.js';
import type { Database } from '../db/index.js';
import { defineRoute, etagOf, type HttpRoute, needs, ok, problem } from '../http/index.js';
import type { Clock } from '../ports.js';
import { changeOwner, vehicleBindingsCollection } from './vehicle-bindings.js';
import { type VehicleDocument, type Vehicles, vehiclesCollection } from './vehicles.js';

const TRIES_PER_MINUTE = 12;
/** What stands on the vehicle's own code: its id, which cannot be guessed. */
const CODE = /^voltbay:\/\/v\/([A-Za-z0-9._:-]{1,64})$/;

const bindSchema = z.union([
  z.strictObject({ code: z.string().regex(CODE, { error: 'voltbay://v/ and the id on the vehicle' }) }),
  z.strictObject({ vin: z.string().regex(/^[A-HJ-NPR-Z0-9]{17}$/, { error: '17 characters' }) }),
  z.strictObject({
    plate: z.string().min(1).max(16),
    /** A plate is seen by everybody in the street; who has the papers also knows this. */
    vinTail: z.string().regex(/^[A-HJ-NPR-Z0-9]{6}$/, { error: 'the last six characters of the VIN' }),
  }),
]);
type Bind = z.infer<typeof bindSchema>;

function vehicleBy(bind: Bind) {
  if ('code' in bind) return { _id: CODE.exec(bind.code)?.[1] ?? '' };
  if ('vin' in bind) return { vin: bind.vin };
  return { plate: bind.plate };
}

/** A rider takes a vehicle that the operator registered and that nobody owns yet. */
export function createVehicleBindRoutes(deps: {
  database: Database;
  clock: Clock;
  vehicles: Pick<Vehicles, 'find'>;
}): HttpRoute[] {
  const vehicles = deps.database.collection(vehiclesCollection);
  const bindings = deps.database.collection(vehicleBindingsCollection);
  // What does not fit answers the same as what does not exist: nobody learns here which plates there are.
  const unknown = () => problem('NOT_FOUND', 'no vehicle fits');
  const matches = (vehicle: VehicleDocument, bind: Bind): boolean =>
    !('plate' in bind) || (vehicle.vin?.endsWith(bind.vinTail) ?? false);
  return [
    defineRoute({
      method: 'post',
      path: '/core/v0/vehicles/bind',
      operationId: 'bindVehicle',
      summary:
        'Take a vehicle as the rider’s own: by its code, its VIN, or its plate with the end of the VIN',
      description:
        'Repeating it changes nothing. A vehicle that somebody owns changes hands by transfer only.',
      tags: ['vehicles'],
      access: needs('vehicles:bind'),
      body: bindSchema,
      perMinute: TRIES_PER_MINUTE,
      responses: { 200: { description: 'The vehicle, now the caller’s', schema: vehicleSchema } },
      problems: ['NOT_FOUND', 'FORBIDDEN', 'CONFLICT'],
      async handler({ body, principal, grant }) {
        if (grant.scope !== 'own') throw problem('FORBIDDEN', 'operators change the owner of a vehicle');
        const { tenantId, sub } = principal;
        const found = await vehicles.findOne({ ...vehicleBy(body), tenantId });
        if (!found || !matches(found, body)) throw unknown();
        if (found.ownerUserId !== sub) {
          if (found.ownerUserId !== null)
            throw problem('CONFLICT', 'somebody owns this vehicle: it changes hands by transfer', {
              reason: 'VEHICLE_TAKEN',
            });
          const change = { vehicle: found, toUserId: sub, by: sub, at: isoNow(deps.clock) };
          if (!(await changeOwner({ vehicles, bindings }, change)))
            throw problem('CONFLICT', 'the vehicle has just changed: look again');
        }
        const vehicle: Vehicle | null = await deps.vehicles.find(tenantId, found._id);
        if (!vehicle) throw unknown();
        return ok(vehicle, { ETag: etagOf(vehicle.version) });
      },
    }),
  ];
}

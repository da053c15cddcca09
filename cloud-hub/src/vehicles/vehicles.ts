import {
  idSchema,
  normalPlate,
  type Vehicle,
  vehicleCreateSchema,
  vehiclePatchSchema,
  vehicleSchema,
} from '@voltbay/protocol';
import { uuidv7 } from 'uuidv7';
import { z } from 'zod';
import { isoNow } from '../clock.js';
import { type AsDocument, type Database, defineCollection, isDuplicateKey } from '../db/index.js';
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
  scopeFilter,
} from '../http/index.js';
import type { Clock, CustodyLedger } from '../ports.js';

/** Packs are held by the custody ledger, not here. `plateKey` is unique: the plate within the tenant, or the vehicle itself. */
export type VehicleDocument = Omit<AsDocument<Vehicle>, 'packIds'> & { plateKey: string };

export const vehiclesCollection = defineCollection<VehicleDocument>('vehicles', [
  { name: 'plate', key: { plateKey: 1 }, unique: true },
  { name: 'tenant-owner', key: { tenantId: 1, ownerUserId: 1, _id: 1 } },
  { name: 'tenant-pending', key: { tenantId: 1, 'pendingTransfer.toUserId': 1, _id: 1 } },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-plate', key: { tenantId: 1, plate: 1, _id: 1 } },
  { name: 'tenant-vin', key: { tenantId: 1, vin: 1, _id: 1 } },
  { name: 'tenant-id', key: { tenantId: 1, _id: 1 } },
]);

/** Packs by the vehicle that holds them, read from the custody ledger. */
export interface PackHoldings {
  heldByVehicles(tenantId: string, vehicleIds: readonly string[]): Promise<ReadonlyMap<string, string[]>>;
}

export interface Vehicles {
  find(tenantId: string, id: string): Promise<Vehicle | null>;
  ofOwners(tenantId: string, userIds: readonly string[]): Promise<ReadonlyMap<string, string[]>>;
  create(vehicle: {
    tenantId: string;
    id?: string;
    plate?: string;
    vin?: string;
    model?: string;
    packClass: string;
    packSlots?: number;
    ownerUserId?: string;
    packIds?: readonly string[];
    by: string;
  }): Promise<Vehicle>;
}

const plateKeyOf = (tenantId: string, id: string, plate: string | undefined) =>
  plate === undefined ? `none:${id}` : `${tenantId}/${normalPlate(plate)}`;

export function createVehicles(deps: {
  database: Database;
  clock: Clock;
  custody: CustodyLedger;
  packs: PackHoldings;
}): Vehicles {
  const vehicles = deps.database.collection(vehiclesCollection);
  return {
    async find(tenantId, id) {
      const document = await vehicles.findOne({ _id: id, tenantId });
      return document ? ((await withPacks(deps.packs, tenantId, [document]))[0] ?? null) : null;
    },
    async ofOwners(tenantId, userIds) {
      const owned = await vehicles
        .find(
          { tenantId, ownerUserId: { $in: [...userIds] } },
          { projection: { ownerUserId: 1 }, sort: { _id: 1 }, limit: 5_000 },
        )
        .toArray();
      const byOwner = new Map<string, string[]>();
      for (const { _id, ownerUserId } of owned)
        if (ownerUserId !== null) byOwner.set(ownerUserId, [...(byOwner.get(ownerUserId) ?? []), _id]);
      return byOwner;
    },
    async create(vehicle) {
      const now = isoNow(deps.clock);
      const id = vehicle.id ?? `v-${uuidv7()}`;
      const document: VehicleDocument = {
        _id: id,
        tenantId: vehicle.tenantId,
        version: 1,
        createdAt: now,
        updatedAt: now,
        ...(vehicle.plate === undefined ? {} : { plate: vehicle.plate }),
        ...(vehicle.vin === undefined ? {} : { vin: vehicle.vin }),
        ...(vehicle.model === undefined ? {} : { model: vehicle.model }),
        packClass: vehicle.packClass,
        packSlots: vehicle.packSlots ?? 1,
        ownerUserId: vehicle.ownerUserId ?? null,
        plateKey: plateKeyOf(vehicle.tenantId, id, vehicle.plate),
      };
      try {
        await vehicles.insertOne(document);
      } catch (error) {
        if (isDuplicateKey(error)) throw problem('DUPLICATE', 'body.plate: another vehicle has this plate');
        throw error;
      }
      for (const packId of vehicle.packIds ?? [])
        await deps.custody.handOver({
          key: `vehicle-created:${id}:${packId}`,
          packId,
          tenantId: vehicle.tenantId,
          to: { kind: 'vehicle', id },
          at: now,
          evidence: { source: 'vehicle created', by: vehicle.by },
        });
      const [made] = await withPacks(deps.packs, vehicle.tenantId, [document]);
      if (!made) throw problem('INTERNAL');
      return made;
    },
  };
}

export async function withPacks(
  packs: PackHoldings,
  tenantId: string,
  documents: readonly VehicleDocument[],
): Promise<Vehicle[]> {
  const held = await packs.heldByVehicles(
    tenantId,
    documents.map((document) => document._id),
  );
  return documents.map(({ _id, plateKey: _key, ...rest }) => ({
    ...rest,
    id: _id,
    packIds: held.get(_id) ?? [],
  }));
}

const LIST: ListSpec = {
  fields: {
    id: { kind: 'id', path: '_id' },
    plate: { kind: 'text' },
    packClass: { kind: 'id' },
    ownerUserId: { kind: 'id' },
    createdAt: { kind: 'time' },
  },
  sort: ['createdAt', 'plate', 'id'],
  defaultSort: { field: 'createdAt', order: 'desc' },
  lookup: ['plate', 'vin', '_id'],
  search: ['plate', 'vin', '_id'],
};
const params = z.strictObject({ id: idSchema });

export function createVehicleRoutes(deps: {
  database: Database;
  clock: Clock;
  vehicles: Vehicles;
  packs: PackHoldings;
  userExists(tenantId: string, userId: string): Promise<boolean>;
}): HttpRoute[] {
  const vehicles = deps.database.collection(vehiclesCollection);
  const scoped = (principal: Principal, grant: Grant, id: string) => ({
    ...scopeFilter(principal, grant, { own: 'ownerUserId' }),
    _id: id,
  });
  const checkOwner = async (tenantId: string, ownerUserId: string | undefined) => {
    if (ownerUserId !== undefined && !(await deps.userExists(tenantId, ownerUserId)))
      throw problem('VALIDATION', `body.ownerUserId: no user ${ownerUserId}`, {
        errors: [{ path: 'body.ownerUserId', message: `no user ${ownerUserId}` }],
      });
  };
  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/vehicles',
      operationId: 'listVehicles',
      summary: 'Vehicles; riders see their own',
      tags: ['vehicles'],
      access: needs('vehicles:read'),
      query: listQuery(LIST),
      responses: { 200: { description: 'Vehicles', schema: z.array(vehicleSchema) } },
      async handler({ query, principal, grant, request }) {
        return listReply<VehicleDocument, Vehicle>({
          request,
          list: listRequest(LIST, query),
          scope: scopeFilter(principal, grant, { own: 'ownerUserId' }),
          source: vehicles,
          toResources: (documents) => withPacks(deps.packs, principal.tenantId, documents),
        });
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/vehicles/{id}',
      operationId: 'getVehicle',
      summary: 'One vehicle',
      tags: ['vehicles'],
      access: needs('vehicles:read', { basic: true }),
      params,
      responses: { 200: { description: 'The vehicle', schema: vehicleSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal, grant }) {
        const document = await vehicles.findOne(scoped(principal, grant, id));
        if (!document) throw problem('NOT_FOUND', `no vehicle ${id}`);
        const [vehicle] = await withPacks(deps.packs, principal.tenantId, [document]);
        return ok(vehicle, { ETag: etagOf(document.version) });
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/vehicles',
      operationId: 'createVehicle',
      summary: 'Add a vehicle',
      tags: ['vehicles'],
      access: needs('vehicles:write'),
      idempotency: 'required',
      body: vehicleCreateSchema,
      responses: { 201: { description: 'The vehicle', schema: vehicleSchema } },
      problems: ['DUPLICATE'],
      async handler({ body, principal }) {
        await checkOwner(principal.tenantId, body.ownerUserId);
        const vehicle = await deps.vehicles.create({
          tenantId: principal.tenantId,
          ...body,
          by: principal.sub,
        });
        return created(vehicle, {
          ETag: etagOf(vehicle.version),
          Location: `/core/v0/vehicles/${vehicle.id}`,
        });
      },
    }),
    defineRoute({
      method: 'patch',
      path: '/core/v0/vehicles/{id}',
      operationId: 'updateVehicle',
      summary: 'Change a vehicle or its owner',
      tags: ['vehicles'],
      access: needs('vehicles:write'),
      params,
      ifMatch: 'required',
      body: vehiclePatchSchema,
      responses: { 200: { description: 'The vehicle', schema: vehicleSchema } },
      problems: ['NOT_FOUND', 'PRECONDITION_FAILED', 'DUPLICATE'],
      async handler({ params: { id }, body, principal, grant, request }) {
        const { packIds, ...fields } = body;
        if (packIds !== undefined)
          throw problem('VALIDATION', 'body.packIds: packs change hands through the custody ledger', {
            errors: [{ path: 'body.packIds', message: 'packs change hands through the custody ledger' }],
          });
        await checkOwner(principal.tenantId, fields.ownerUserId);
        const guard = request.ifMatch === null ? {} : { version: request.ifMatch };
        try {
          const document = await vehicles.findOneAndUpdate(
            { ...scoped(principal, grant, id), ...guard },
            {
              $set: {
                ...fields,
                ...(fields.plate === undefined
                  ? {}
                  : { plateKey: plateKeyOf(principal.tenantId, id, fields.plate) }),
                updatedAt: isoNow(deps.clock),
              },
              $inc: { version: 1 },
            },
            { returnDocument: 'after' },
          );
          if (!document)
            throw missedUpdate(await vehicles.findOne(scoped(principal, grant, id)), `vehicle ${id}`);
          const [vehicle] = await withPacks(deps.packs, principal.tenantId, [document]);
          return ok(vehicle, { ETag: etagOf(document.version) });
        } catch (error) {
          if (isDuplicateKey(error)) throw problem('DUPLICATE', 'body.plate: another vehicle has this plate');
          throw error;
        }
      },
    }),
  ];
}

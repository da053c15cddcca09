import type { Collection } from 'mongodb';
import { defineCollection, isDuplicateKey } from '../db/index.js';
import type { VehicleDocument } from './vehicles.js';

/** Who owned a vehicle when. `_id` is `{vehicle}/{version before}`. */
export type VehicleBindingDocument = {
  _id: string;
  tenantId: string;
  vehicleId: string;
  fromUserId: string | null;
  toUserId: string | null;
  by: string;
  at: string;
};
export const vehicleBindingsCollection = defineCollection<VehicleBindingDocument>('vehicle_bindings', [
  { name: 'tenant-vehicle', key: { tenantId: 1, vehicleId: 1, at: 1, _id: 1 } },
]);

/**
 * Gives the vehicle, as it was read, to somebody and writes that down; null when it has changed meanwhile. The note is there before the
 * change, so that a kill leaves no change without one, and put right after it: of several who try at once it names the one who got it.
 */
export async function changeOwner(
  collections: { vehicles: Collection<VehicleDocument>; bindings: Collection<VehicleBindingDocument> },
  change: { vehicle: VehicleDocument; toUserId: string | null; by: string; at: string },
): Promise<VehicleDocument | null> {
  const { vehicles, bindings } = collections;
  const { vehicle, toUserId, by, at } = change;
  const note: VehicleBindingDocument = {
    _id: `${vehicle._id}/${vehicle.version}`,
    tenantId: vehicle.tenantId,
    vehicleId: vehicle._id,
    fromUserId: vehicle.ownerUserId,
    toUserId,
    by,
    at,
  };
  try {
    await bindings.insertOne(note);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
  const changed = await vehicles.findOneAndUpdate(
    { _id: vehicle._id, version: vehicle.version },
    { $set: { ownerUserId: toUserId, pendingTransfer: null, updatedAt: at }, $inc: { version: 1 } },
    { returnDocument: 'after' },
  );
  if (changed) await bindings.replaceOne({ _id: note._id }, note, { upsert: true });
  else await bindings.deleteOne({ _id: note._id, toUserId, by, at });
  return changed;
}

import { idSchema, isoTimeSchema } from '@voltbay/protocol';
import { z } from 'zod';
import { type AsDocument, defineCollection, type Stored } from '../db/index.js';

/** Riders whose swaps one wallet pays. */
export const fleetSchema = z.object({
  id: idSchema,
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
  name: z.string(),
  payerUserId: z.string(),
  state: z.enum(['active', 'closed']),
  /** For members without limits of their own; null = none. */
  dayLimitFen: z.number().int().nullable(),
  monthLimitFen: z.number().int().nullable(),
});
export type Fleet = z.infer<typeof fleetSchema>;
export type FleetDocument = AsDocument<Fleet>;
export const fleetsCollection = defineCollection<FleetDocument>('fleets', [
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-payer', key: { tenantId: 1, payerUserId: 1, createdAt: 1, _id: 1 } },
]);

/** `_id` is `{tenant}/{user}`: a rider is in one fleet at most. */
export type FleetMemberDocument = Stored & {
  fleetId: string;
  userId: string;
  dayLimitFen: number | null;
  monthLimitFen: number | null;
};
export const fleetMembersCollection = defineCollection<FleetMemberDocument>('fleet_members', [
  { name: 'tenant-fleet', key: { tenantId: 1, fleetId: 1, createdAt: 1, _id: 1 } },
]);
export const fleetMemberSchema = z.object({
  /** The rider's id. */
  id: z.string(),
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
  fleetId: z.string(),
  dayLimitFen: z.number().int().nullable(),
  monthLimitFen: z.number().int().nullable(),
});
export const toFleetMember = ({
  _id,
  userId,
  ...rest
}: FleetMemberDocument): z.infer<typeof fleetMemberSchema> => ({ id: userId, ...rest });

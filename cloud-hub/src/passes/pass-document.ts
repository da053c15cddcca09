import { isoTimeSchema, type Pass } from '@voltbay/protocol';
import { z } from 'zod';
import { defineCollection, type Stored } from '../db/index.js';

/** A pass that was issued. The pass itself is with the rider alone; its digest proves that one that comes back is the one issued. */
export type PassDocument = {
  /** `jti`. */
  _id: string;
  tenantId: string;
  createdAt: string;
  userId: string;
  vehicleId: string;
  packClass: string;
  maxPriceFen: number;
  /** SHA-256 of the compact JWS, hex. */
  digest: string;
  expiresAt: string;
  revokedAt: string | null;
  /** The first station swap that it was spent for. */
  spent: { stationId: string; requestKey: string; at: string } | null;
  orderId: string | null;
};
export const passesCollection = defineCollection<PassDocument>('passes', [
  { name: 'tenant-expires', key: { tenantId: 1, expiresAt: 1 } },
  { name: 'tenant-user', key: { tenantId: 1, userId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
]);

/** A swap that happened and is not paid for. */
export type DebtDocument = Stored & {
  /** The order's id: one debt an order. */
  _id: string;
  userId: string;
  stationId?: string;
  amountFen: number;
  paidAt: string | null;
};
export const debtSchema = z.object({
  /** The order's id. */
  id: z.string(),
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
  userId: z.string(),
  stationId: z.string().optional(),
  amountFen: z.number().int(),
  paidAt: isoTimeSchema.nullable(),
});
export const debtsCollection = defineCollection<DebtDocument>('debts', [
  { name: 'tenant-user', key: { tenantId: 1, userId: 1, paidAt: 1 } },
  { name: 'open', key: { paidAt: 1, createdAt: 1 } },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'updated', key: { updatedAt: 1, _id: 1 } },
]);

export function toPass(document: PassDocument, nowIso: string): Pass {
  const { _id, userId, vehicleId, packClass, maxPriceFen, createdAt, expiresAt, revokedAt, spent, orderId } =
    document;
  return {
    id: _id,
    userId,
    vehicleId,
    packClass,
    maxPriceFen,
    issuedAt: createdAt,
    expiresAt,
    state: spent ? 'spent' : revokedAt ? 'revoked' : expiresAt <= nowIso ? 'expired' : 'issued',
    revokedAt,
    spentAt: spent?.at ?? null,
    spentAtStationId: spent?.stationId ?? null,
    orderId,
  };
}

import { isoTimeSchema } from '@voltbay/protocol';
import type { Binary } from 'mongodb';
import { z } from 'zod';
import { type AsDocument, defineCollection } from '../db/index.js';

export const DISPUTE_KINDS = [
  'not-received',
  'wrong-charge',
  'bad-pack',
  'not-returned',
  'damage',
  'other',
] as const;
export const DISPUTE_STATES = ['open', 'investigating', 'accepted', 'rejected', 'withdrawn'] as const;

/** Somebody says that an order or its money is not right. */
export const disputeSchema = z.object({
  id: z.string(),
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
  orderId: z.string(),
  userId: z.string(),
  stationId: z.string(),
  kind: z.enum(DISPUTE_KINDS),
  note: z.string(),
  state: z.enum(DISPUTE_STATES),
  openedBy: z.string(),
  resolution: z.string().nullable(),
  /** What is given back; null = nothing. */
  refundFen: z.number().int().nullable(),
  refundId: z.string().nullable(),
  /** The second person's decision that the refund waits for, or had. */
  approvalId: z.string().nullable(),
  /** The evidence as it stood when the dispute was opened; it never changes. Null for a moment after opening. */
  evidence: z.object({ sha256: z.string(), bytes: z.number().int(), madeAt: isoTimeSchema }).nullable(),
  history: z.array(
    z.object({
      at: isoTimeSchema,
      state: z.enum(DISPUTE_STATES),
      by: z.string(),
      note: z.string().nullable(),
    }),
  ),
});
export type Dispute = z.infer<typeof disputeSchema>;
export type DisputeDocument = AsDocument<Dispute> & {
  /** `open:{order}` while it is not decided, else `done:{id}`. Unique: one open dispute an order. */
  openKey: string;
  /** Whether the refund needs a second person: decided with the dispute, so that a repeat takes the same way. */
  viaApproval: boolean;
  /** When somebody should carry it on: evidence to freeze, money to give back. */
  workAt: string | null;
};
export const disputesCollection = defineCollection<DisputeDocument>('disputes', [
  { name: 'open', key: { openKey: 1 }, unique: true },
  { name: 'work', key: { workAt: 1 } },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-state', key: { tenantId: 1, state: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-user', key: { tenantId: 1, userId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-order', key: { tenantId: 1, orderId: 1, createdAt: 1, _id: 1 } },
  { name: 'updated', key: { updatedAt: 1, _id: 1 } },
]);

/** The frozen file, written once. `_id` is the dispute's. `jws`: gzip of the compact JWS. */
export type DisputeEvidenceDocument = {
  _id: string;
  tenantId: string;
  sha256: string;
  bytes: number;
  madeAt: string;
  jws: Binary;
};
export const disputeEvidenceCollection = defineCollection<DisputeEvidenceDocument>('dispute_evidence', []);

export const toDispute = ({
  _id,
  openKey: _openKey,
  viaApproval: _viaApproval,
  workAt: _workAt,
  ...rest
}: DisputeDocument): Dispute => ({ id: _id, ...rest });

import { isoTimeSchema } from '@voltbay/protocol';
import { z } from 'zod';
import { type AsDocument, defineCollection } from '../db/index.js';

export const APPROVAL_KINDS = ['charge-refund', 'payment-refund', 'order-resolution'] as const;
/** `approved`: decided, the work is being done · `done` · `refused`: it could not be done any more, `detail` says why. */
export const APPROVAL_STATES = ['pending', 'approved', 'done', 'refused', 'rejected', 'expired'] as const;

/** What two people must agree on. One asks, another one decides, the hub does it once. */
export const approvalSchema = z.object({
  id: z.string(),
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
  kind: z.enum(APPROVAL_KINDS),
  /** The charge, payment or order that it is about. */
  subjectId: z.string(),
  orderId: z.string().nullable(),
  userId: z.string().nullable(),
  stationId: z.string().nullable(),
  disputeId: z.string().nullable(),
  amountFen: z.number().int(),
  reason: z.string(),
  /** The pack that left, for a resolution that charges. */
  dispensedPackId: z.string().nullable(),
  state: z.enum(APPROVAL_STATES),
  requestedBy: z.string(),
  decidedBy: z.string().nullable(),
  decidedAt: isoTimeSchema.nullable(),
  note: z.string().nullable(),
  /** The refund that came of it. */
  resultId: z.string().nullable(),
  detail: z.string().nullable(),
  /** Nobody decides after this. */
  expiresAt: isoTimeSchema,
});
export type Approval = z.infer<typeof approvalSchema>;
export type ApprovalKind = Approval['kind'];
export type ApprovalDocument = AsDocument<Approval> & {
  requestKey: string;
  /** When somebody should carry it on; null when nothing is to be done. */
  workAt: string | null;
};
export const approvalsCollection = defineCollection<ApprovalDocument>('approvals', [
  { name: 'request', key: { requestKey: 1 }, unique: true },
  { name: 'work', key: { workAt: 1 } },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-state', key: { tenantId: 1, state: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-user', key: { tenantId: 1, userId: 1, createdAt: 1, _id: 1 } },
  { name: 'updated', key: { updatedAt: 1, _id: 1 } },
]);

export const toApproval = ({
  _id,
  requestKey: _requestKey,
  workAt: _workAt,
  ...rest
}: ApprovalDocument): Approval => ({ id: _id, ...rest });

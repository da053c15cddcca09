import { createHash } from 'node:crypto';
import { isoTimeSchema } from '@voltbay/protocol';
import { z } from 'zod';
import { defineCollection } from '../db/index.js';

/** What is recorded: who did what to what, and how it ended. */
export type AuditFacts = {
  /** ISO 8601, when it ended. */
  at: string;
  actor: { kind: string; id: string; name: string | null };
  /** Operation id of the route, or `tasks.dead` and the like for the hub's own deeds. */
  action: string;
  /** `stations/1231`; null where the deed has no single target. */
  target: string | null;
  /** HTTP status, or `ok`. */
  outcome: string;
  requestId: string | null;
  ip: string | null;
  /** What was sent, without secrets. */
  detail: Record<string, unknown>;
};

/**
 * One entry of a tenant's chain, never changed, never deleted. `hash` covers the facts and the hash before; `seal` is a MAC of the
 * hash under the hub's root secret, so that whoever can write to the database alone cannot make a chain that verifies.
 */
export type AuditDocument = AuditFacts & {
  /** `{tenant}/{seq}`, the sequence with a fixed width. */
  _id: string;
  tenantId: string;
  /** Counts from 1 without gaps. */
  seq: number;
  prev: string;
  hash: string;
  seal: string;
};

export const auditCollection = defineCollection<AuditDocument>('audit', [
  { name: 'tenant-seq', key: { tenantId: 1, seq: 1 }, unique: true },
  { name: 'tenant-at', key: { tenantId: 1, at: 1, _id: 1 } },
  { name: 'tenant-action', key: { tenantId: 1, action: 1, at: 1, _id: 1 } },
  { name: 'tenant-actor', key: { tenantId: 1, 'actor.id': 1, at: 1, _id: 1 } },
  { name: 'tenant-target', key: { tenantId: 1, target: 1, at: 1, _id: 1 } },
]);

/** How long each chain was at its newest append: a chain that lost its end is noticed. */
export type AuditHeadDocument = { _id: string; seq: number };
export const auditHeadsCollection = defineCollection<AuditHeadDocument>('audit_heads', []);

/** GET /core/v0/audit */
export const auditEntrySchema = z.object({
  id: z.string(),
  tenantId: z.string(),
  seq: z.number().int(),
  at: isoTimeSchema,
  actor: z.object({ kind: z.string(), id: z.string(), name: z.string().nullable() }),
  action: z.string(),
  target: z.string().nullable(),
  outcome: z.string(),
  requestId: z.string().nullable(),
  ip: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()),
  prev: z.string(),
  hash: z.string(),
});

/** Before the first entry. */
export const GENESIS = '0'.repeat(64);

export const auditId = (tenantId: string, seq: number): string =>
  `${tenantId}/${String(seq).padStart(12, '0')}`;

/** SHA-256, hex, over the canonical JSON of `[prev, tenantId, seq, facts]`. Anybody can recompute it from an export. */
export function auditHash(prev: string, tenantId: string, seq: number, facts: AuditFacts): string {
  const { at, actor, action, target, outcome, requestId, ip, detail } = facts;
  return createHash('sha256')
    .update(
      canonicalJson([prev, tenantId, seq, { at, actor, action, target, outcome, requestId, ip, detail }]),
    )
    .digest('hex');
}

/** JSON with sorted keys, so that the order of fields in the store plays no part. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object')
    return `{${Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`)
      .join(',')}}`;
  return JSON.stringify(value) ?? 'null';
}

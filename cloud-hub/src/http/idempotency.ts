import { createHash } from 'node:crypto';
import { isoAt } from '../clock.js';
import { type Database, defineCollection, isDuplicateKey } from '../db/index.js';
import type { Clock } from '../ports.js';
import { problem } from './problem.js';

type IdempotencyDocument = {
  _id: string;
  bodyHash: string;
  state: 'running' | 'done';
  /** While `running`: the process that runs it has until then; afterwards a repeat may take over. */
  lockedUntil: string;
  status?: number;
  body?: string;
  headers?: Record<string, string>;
  expiresAt: string;
};

export const idempotencyCollection = defineCollection<IdempotencyDocument>('idempotency_keys', [
  { name: 'expiry', key: { expiresAt: 1 } },
]);

const LOCK_MS = 30_000;
const KEEP_MS = 24 * 3_600_000;
const KEY_PATTERN = /^[\x21-\x7e]{1,128}$/;

export type Recorded = { status: number; body: string; headers: Record<string, string> };
export type IdempotencyLease = {
  finish(result: Recorded): Promise<void>;
  /** The outcome must not be replayed (a fault, or a refusal to even try): the key is free again. */
  abandon(): Promise<void>;
};

export interface IdempotencyStore {
  begin(request: {
    principal: { tenantId: string; sub: string };
    operation: string;
    key: string;
    /** What must be the same on a repeat: path and body. */
    fingerprint: string;
  }): Promise<{ replay: Recorded } | { lease: IdempotencyLease }>;
  /** Removes expired keys; safe from several processes. */
  sweep(): Promise<number>;
}

/** Idempotency-Key as in the IETF draft: a repeat gets the recorded answer, another body under the key gets 422. */
export function createIdempotencyStore(deps: { database: Database; clock: Clock }): IdempotencyStore {
  const keys = deps.database.collection(idempotencyCollection);
  const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url');

  const leaseOf = (id: string): IdempotencyLease => ({
    finish: async (result) => {
      await keys.updateOne({ _id: id }, { $set: { state: 'done', ...result } });
    },
    abandon: async () => {
      await keys.deleteOne({ _id: id, state: 'running' });
    },
  });

  return {
    async begin({ principal, operation, key, fingerprint }) {
      if (!KEY_PATTERN.test(key))
        throw problem('VALIDATION', 'Idempotency-Key: 1 to 128 visible ASCII characters', {
          errors: [{ path: 'header.Idempotency-Key', message: '1 to 128 visible ASCII characters' }],
        });
      const id = sha256(JSON.stringify([principal.tenantId, principal.sub, operation, key]));
      const bodyHash = sha256(fingerprint);
      const now = deps.clock.now();
      const fresh = {
        bodyHash,
        state: 'running' as const,
        lockedUntil: isoAt(now + LOCK_MS),
        expiresAt: isoAt(now + KEEP_MS),
      };
      try {
        await keys.insertOne({ _id: id, ...fresh });
        return { lease: leaseOf(id) };
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
      }
      const known = await keys.findOne({ _id: id });
      if (known && known.bodyHash !== bodyHash && known.expiresAt > isoAt(now))
        throw problem('IDEMPOTENCY_KEY_REUSED', 'use a new Idempotency-Key for a new request');
      if (known?.state === 'done' && known.status !== undefined && known.expiresAt > isoAt(now))
        return { replay: { status: known.status, body: known.body ?? '', headers: known.headers ?? {} } };
      // The process that ran it died, or the record is past its time: exactly one repeat takes over.
      const taken = await keys.updateOne(
        {
          _id: id,
          $or: [{ state: 'running', lockedUntil: { $lte: isoAt(now) } }, { expiresAt: { $lte: isoAt(now) } }],
        },
        { $set: fresh, $unset: { status: '', body: '', headers: '' } },
      );
      if (taken.matchedCount === 1) return { lease: leaseOf(id) };
      throw problem('CONFLICT', 'a request with this Idempotency-Key is still running', {
        headers: { 'Retry-After': '1' },
      });
    },
    async sweep() {
      const { deletedCount } = await keys.deleteMany({ expiresAt: { $lte: isoAt(deps.clock.now()) } });
      return deletedCount;
    },
  };
}

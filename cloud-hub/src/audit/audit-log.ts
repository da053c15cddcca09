import { type Database, isDuplicateKey, tenantsOf } from '../db/index.js';
import { HubError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Clock } from '../ports.js';
import type { Vault } from '../stargate/vault.js';
import {
  type AuditDocument,
  type AuditFacts,
  auditCollection,
  auditHash,
  auditHeadsCollection,
  auditId,
  GENESIS,
} from './audit-document.js';

export type AuditDraft = Partial<AuditFacts> & Pick<AuditFacts, 'actor' | 'action'> & { tenantId: string };

export interface AuditLog {
  /** Appends; resolves when the entry is stored. Entries that come while a write is under way go together. */
  record(draft: AuditDraft): Promise<void>;
  /** A deed of the hub itself. */
  recordSystem(draft: {
    tenantId: string;
    part: string;
    action: string;
    target?: string;
    outcome?: string;
    detail?: Record<string, unknown>;
  }): Promise<void>;
  verify(tenantId: string): Promise<AuditVerdict>;
  tenants(): Promise<string[]>;
  /** Waits until everything that was recorded is stored. */
  close(): Promise<void>;
}

export type AuditVerdict =
  | { ok: true; tenantId: string; entries: number; head: string }
  | { ok: false; tenantId: string; entries: number; seq: number; problem: string };

type Waiting = { facts: AuditFacts; done: () => void; failed: (error: unknown) => void };

const BATCH = 50;
const ROUNDS = 100;
const MAX_WAITING = 10_000;
/** So long the newest entries of a chain may be without its mark. */
const MARK_AFTER_MS = 500;

/**
 * Append-only and hash-chained per tenant with single-document writes alone: an entry takes the next number by inserting it, and the
 * unique number lets exactly one process win; the others read the new end and try the next.
 */
export function createAuditLog(deps: {
  database: Database;
  vault: Vault;
  clock: Clock;
  logger: Logger;
}): AuditLog {
  const entries = deps.database.collection(auditCollection);
  const heads = deps.database.collection(auditHeadsCollection);
  const waiting = new Map<string, Waiting[]>();
  const writing = new Map<string, Promise<void>>();

  const seal = (tenantId: string, hash: string) => deps.vault.mac('audit', `${tenantId}/${hash}`);
  /** The end of each chain as this process wrote it last. Where another one went on, the number is taken, and the store is asked. */
  const ends = new Map<string, { seq: number; hash: string }>();
  const lastOf = (tenantId: string) =>
    entries.findOne({ tenantId }, { sort: { seq: -1 }, projection: { seq: 1, hash: 1 } });

  /** Ends that are stored and not marked yet. */
  const unmarked = new Map<string, number>();
  let markTimer: NodeJS.Timeout | null = null;
  let marking: Promise<void> = Promise.resolve();
  const mark = async () => {
    if (markTimer) clearTimeout(markTimer);
    markTimer = null;
    const due = [...unmarked];
    unmarked.clear();
    for (const [tenantId, seq] of due)
      await heads.updateOne({ _id: tenantId }, { $max: { seq } }, { upsert: true }).catch((error) => {
        if (!isDuplicateKey(error))
          deps.logger.error({ tenantId, err: error }, 'end of the audit log not marked');
      });
  };
  /** The mark against cutting off the end follows a moment later, once for all entries of that time. */
  const markSoon = (tenantId: string, seq: number) => {
    unmarked.set(tenantId, seq);
    markTimer ??= setTimeout(() => {
      marking = marking.then(mark);
    }, MARK_AFTER_MS).unref();
  };

  const append = async (tenantId: string, batch: readonly Waiting[]) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const last = ends.get(tenantId) ?? (await lastOf(tenantId));
      // Known again when these are stored.
      ends.delete(tenantId);
      let [seq, prev] = [last?.seq ?? 0, last?.hash ?? GENESIS];
      const documents: AuditDocument[] = batch.map(({ facts }) => {
        seq += 1;
        const hash = auditHash(prev, tenantId, seq, facts);
        const document = {
          _id: auditId(tenantId, seq),
          tenantId,
          seq,
          ...facts,
          prev,
          hash,
          seal: seal(tenantId, hash),
        };
        prev = hash;
        return document;
      });
      try {
        // One after the other: at the first number that another process took, nothing behind it is written.
        await entries.insertMany(documents, { ordered: true });
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        const stored = await entries.countDocuments({
          tenantId,
          seq: { $gte: documents[0]?.seq ?? 0, $lte: seq },
          hash: { $in: documents.map(({ hash }) => hash) },
        });
        if (stored === 0) continue;
        // Some of ours are in: the rest follows behind whatever came between.
        for (const item of batch.slice(0, stored)) item.done();
        await append(tenantId, batch.slice(stored));
        return;
      }
      ends.set(tenantId, { seq, hash: prev });
      for (const item of batch) item.done();
      markSoon(tenantId, seq);
      return;
    }
    throw new HubError('CONFLICT', `the audit chain of ${tenantId} has too many writers`, {
      retryable: true,
    });
  };

  const drain = async (tenantId: string) => {
    for (let queue = waiting.get(tenantId); queue?.length; queue = waiting.get(tenantId)) {
      const batch = queue.splice(0, BATCH);
      try {
        await append(tenantId, batch);
      } catch (error) {
        for (const item of batch) item.failed(error);
      }
    }
    writing.delete(tenantId);
    waiting.delete(tenantId);
  };

  const record: AuditLog['record'] = ({ tenantId, ...draft }) =>
    new Promise((done, failed) => {
      const queue = waiting.get(tenantId) ?? [];
      if (queue.length >= MAX_WAITING) {
        failed(new HubError('AUDIT_BEHIND', 'the audit log cannot keep up', { retryable: true }));
        return;
      }
      const facts: AuditFacts = {
        at: draft.at ?? new Date(deps.clock.now()).toISOString(),
        actor: draft.actor,
        action: draft.action,
        target: draft.target ?? null,
        outcome: draft.outcome ?? 'ok',
        requestId: draft.requestId ?? null,
        ip: draft.ip ?? null,
        detail: draft.detail ?? {},
      };
      queue.push({ facts, done, failed });
      waiting.set(tenantId, queue);
      if (!writing.has(tenantId)) writing.set(tenantId, drain(tenantId));
    });

  return {
    record,
    recordSystem: ({ part, ...draft }) => record({ ...draft, actor: { kind: 'hub', id: part, name: null } }),
    tenants: () => tenantsOf(entries),
    async verify(tenantId) {
      let [seq, prev] = [0, GENESIS];
      const bad = (at: number, problem: string): AuditVerdict => ({
        ok: false,
        tenantId,
        entries: seq,
        seq: at,
        problem,
      });
      for await (const entry of entries.find({ tenantId }, { sort: { seq: 1 }, batchSize: 500 })) {
        if (entry.seq !== seq + 1) return bad(seq + 1, `entry ${seq + 1} is missing; ${entry.seq} follows`);
        if (entry.prev !== prev) return bad(entry.seq, 'it does not follow the entry before it');
        if (auditHash(prev, tenantId, entry.seq, entry) !== entry.hash)
          return bad(entry.seq, 'its content is not what was hashed');
        if (seal(tenantId, entry.hash) !== entry.seal)
          return bad(entry.seq, 'its seal was not made with this root secret');
        [seq, prev] = [entry.seq, entry.hash];
      }
      const head = await heads.findOne({ _id: tenantId });
      if (head && head.seq > seq)
        return bad(seq + 1, `the chain reached entry ${head.seq}; its end is missing`);
      return { ok: true, tenantId, entries: seq, head: prev };
    },
    async close() {
      await Promise.all(writing.values());
      await marking.then(mark);
    },
  };
}

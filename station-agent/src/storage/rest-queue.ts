import type { Clock } from '../clock.js';
import type { Db } from './database.js';

/** Calls to the hub that must happen, once each, however long the station is offline. */
export type RestCallKind = 'create-order' | 'complete-order';
export type RestCall = {
  n: number;
  kind: RestCallKind;
  swapId: string;
  idempotencyKey: string;
  body: unknown;
  attempts: number;
  nextAtMs: number;
};
type RawRow = {
  n: number;
  kind: RestCallKind;
  swap_id: string;
  idempotency_key: string;
  body: string;
  attempts: number;
  next_at_ms: number;
};

export type RestQueue = ReturnType<typeof createRestQueue>;

/** Strictly first in, first out: a completion never overtakes its creation. */
export function createRestQueue(db: Db, clock: Clock) {
  const insert = db.prepare(
    `INSERT OR IGNORE INTO rest_calls (kind, swap_id, idempotency_key, body, next_at_ms, created_at_ms)
     VALUES (?, ?, ?, ?, ?, ?)`,
  );
  const selectNext = db.prepare<[], RawRow>(
    "SELECT * FROM rest_calls WHERE state = 'waiting' ORDER BY n LIMIT 1",
  );
  const retry = db.prepare('UPDATE rest_calls SET attempts = attempts + 1, next_at_ms = ? WHERE n = ?');
  const settle = db.prepare(
    'UPDATE rest_calls SET state = ?, answer = ?, attempts = attempts + 1 WHERE n = ?',
  );
  const selectAnswer = db.prepare<[string, string], { answer: string | null }>(
    "SELECT answer FROM rest_calls WHERE swap_id = ? AND kind = ? AND state = 'done'",
  );
  const count = db.prepare<[], { n: number }>("SELECT count(*) AS n FROM rest_calls WHERE state = 'waiting'");
  const listeners = new Set<() => void>();
  return {
    add(call: { kind: RestCallKind; swapId: string; idempotencyKey: string; body: unknown }): void {
      const now = clock.nowMs();
      insert.run(call.kind, call.swapId, call.idempotencyKey, JSON.stringify(call.body), now, now);
      for (const listener of listeners) listener();
    },
    next(): RestCall | null {
      const row = selectNext.get();
      return row
        ? {
            n: row.n,
            kind: row.kind,
            swapId: row.swap_id,
            idempotencyKey: row.idempotency_key,
            body: JSON.parse(row.body) as unknown,
            attempts: row.attempts,
            nextAtMs: row.next_at_ms,
          }
        : null;
    },
    retryAt: (n: number, atMs: number): void => void retry.run(atMs, n),
    settle: (n: number, state: 'done' | 'refused', answer: unknown): void =>
      void settle.run(state, JSON.stringify(answer ?? null), n),
    answerOf(swapId: string, kind: RestCallKind): unknown {
      const text = selectAnswer.get(swapId, kind)?.answer;
      return text ? (JSON.parse(text) as unknown) : null;
    },
    waiting: (): number => count.get()?.n ?? 0,
    onAdd(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

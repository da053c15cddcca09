import { msgTypeName } from '@voltbay/protocol';
import { isoTime } from '../clock.js';
import type { Db } from '../storage/database.js';

/** Rows of the journals as the CLI prints them, newest first; the same from the running agent and from its database. */
export type QuarantineLine = {
  epoch: number;
  seq: number;
  lane: number;
  type: string;
  code: string;
  at: string;
  refusedAt: string;
  data: unknown;
};
export type CommandLine = {
  id: string;
  type: string;
  state: string;
  reason: string | null;
  detail: string | null;
  receivedAt: string;
  updatedAt: string;
};
export type SwapLine = {
  swapId: string;
  outcome: string | null;
  reason: string | null;
  startedAt: string;
  endedAt: string | null;
  request: { user?: string; vehicle?: string; orderId?: string; origin?: string };
  steps: { at: string; step: string; slot: number | null }[];
};

const typeName = (type: number): string => msgTypeName(type) ?? String(type);
const when = (ms: number | null): string | null => (ms === null ? null : isoTime(ms));

export function quarantineLines(db: Db, limit: number): QuarantineLine[] {
  return db
    .prepare<
      [number],
      {
        epoch: number;
        seq: number;
        lane: number;
        type: number;
        code: string;
        at_ms: number;
        refused_at_ms: number;
        data: string;
      }
    >('SELECT * FROM quarantine ORDER BY refused_at_ms DESC, epoch DESC, seq DESC LIMIT ?')
    .all(limit)
    .map(({ at_ms, refused_at_ms, data, type, epoch, seq, lane, code }) => ({
      epoch,
      seq,
      lane,
      type: typeName(type),
      code,
      at: isoTime(at_ms),
      refusedAt: isoTime(refused_at_ms),
      data: JSON.parse(data) as unknown,
    }));
}

export function commandLines(db: Db, limit: number): CommandLine[] {
  return db
    .prepare<
      [number],
      {
        id: string;
        type: number;
        state: string;
        reason: string | null;
        detail: string | null;
        received_at_ms: number;
        updated_at_ms: number;
      }
    >('SELECT * FROM commands ORDER BY updated_at_ms DESC LIMIT ?')
    .all(limit)
    .map(({ id, type, state, reason, detail, received_at_ms, updated_at_ms }) => ({
      id,
      type: typeName(type),
      state,
      reason,
      detail,
      receivedAt: isoTime(received_at_ms),
      updatedAt: isoTime(updated_at_ms),
    }));
}

export function swapLines(db: Db, limit: number): SwapLine[] {
  const steps = db.prepare<[string], { at_ms: number; step: string }>(
    'SELECT at_ms, step FROM swap_steps WHERE swap_id = ? ORDER BY n LIMIT 500',
  );
  return db
    .prepare<
      [number],
      {
        swap_id: string;
        request: string;
        outcome: string | null;
        reason: string | null;
        started_at_ms: number;
        ended_at_ms: number | null;
      }
    >('SELECT * FROM swaps ORDER BY started_at_ms DESC LIMIT ?')
    .all(limit)
    .map((row) => ({
      swapId: row.swap_id,
      outcome: row.outcome,
      reason: row.reason,
      startedAt: isoTime(row.started_at_ms),
      endedAt: when(row.ended_at_ms),
      request: JSON.parse(row.request) as SwapLine['request'],
      steps: steps.all(row.swap_id).map(({ at_ms, step }) => {
        const parsed = JSON.parse(step) as { step?: string; slot?: number };
        return { at: isoTime(at_ms), step: parsed.step ?? '?', slot: parsed.slot ?? null };
      }),
    }));
}

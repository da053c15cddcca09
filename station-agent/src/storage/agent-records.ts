import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { databaseFile } from './database.js';

/** One row of the outbox or of the quarantine, as it lies on the disk. `data` is parsed. */
export type AgentOutboxRecord = { epoch: number; seq: number; type: number; id: string; data: unknown };
export type AgentSwapRecord = {
  swapId: string;
  orderId: string | null;
  outcome: string | null;
  reason: string | null;
  /** Names of the journalled steps, in order. */
  steps: string[];
};
export type AgentCommandRecord = { id: string; type: number; state: string; reason: string | null };

/** What a stopped or killed agent's database holds, for an auditor. */
export type AgentRecords = {
  /** SQLite's own verdict on the file: `ok`, or what is wrong. */
  quickCheck: string;
  waiting: AgentOutboxRecord[];
  quarantined: AgentOutboxRecord[];
  swaps: AgentSwapRecord[];
  commands: AgentCommandRecord[];
};

type OutboxRow = { epoch: number; seq: number; type: number; id: string; data: string };

/**
 * Reads a copy: a killed agent's log is folded in there, and the original is left as it was found. No agent may be running on it.
 * Throws what SQLite throws when the file cannot be read.
 */
export function readAgentRecords(dataDir: string): AgentRecords {
  const scratch = mkdtempSync(join(tmpdir(), 'voltbay-records-'));
  const copy = join(scratch, 'agent.db');
  for (const suffix of ['', '-wal'])
    if (existsSync(databaseFile(dataDir) + suffix))
      copyFileSync(databaseFile(dataDir) + suffix, copy + suffix);
  const db = new Database(copy);
  try {
    const rows = (table: 'outbox' | 'quarantine'): AgentOutboxRecord[] =>
      db
        .prepare<[], OutboxRow>(`SELECT epoch, seq, type, id, data FROM ${table} ORDER BY epoch, seq`)
        .all()
        .map((row) => ({ ...row, data: JSON.parse(row.data) as unknown }));
    const steps = db.prepare<[string], { step: string }>(
      'SELECT step FROM swap_steps WHERE swap_id = ? ORDER BY n',
    );
    return {
      quickCheck: String(db.pragma('quick_check(5)', { simple: true })),
      waiting: rows('outbox'),
      quarantined: rows('quarantine'),
      swaps: db
        .prepare<[], { swap_id: string; request: string; outcome: string | null; reason: string | null }>(
          'SELECT swap_id, request, outcome, reason FROM swaps ORDER BY started_at_ms',
        )
        .all()
        .map(({ swap_id, request, outcome, reason }) => ({
          swapId: swap_id,
          orderId: (JSON.parse(request) as { orderId?: string }).orderId ?? null,
          outcome,
          reason,
          steps: steps.all(swap_id).map(({ step }) => (JSON.parse(step) as { step: string }).step),
        })),
      commands: db
        .prepare<[], AgentCommandRecord>(
          'SELECT id, type, state, reason FROM commands ORDER BY received_at_ms',
        )
        .all(),
    };
  } finally {
    db.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

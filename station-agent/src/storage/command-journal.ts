import type { CommandState } from '@voltbay/protocol';
import type { Clock } from '../clock.js';
import type { Db } from './database.js';

export type CommandRow = {
  id: string;
  type: number;
  data: unknown;
  state: CommandState;
  reason: string | null;
  detail: string | null;
  /** Start of the agent that received it. */
  epoch: number;
  receivedAtMs: number;
  updatedAtMs: number;
};
type RawRow = {
  id: string;
  type: number;
  data: string;
  state: CommandState;
  reason: string | null;
  detail: string | null;
  epoch: number;
  received_at_ms: number;
  updated_at_ms: number;
};

export type CommandJournal = ReturnType<typeof createCommandJournal>;

/** What became of every command; the row is written before anything moves. Settled rows are kept for `keepMs` so that a repeat is known. */
export function createCommandJournal(db: Db, deps: { epoch: number; clock: Clock; keepMs?: number }) {
  const { epoch, clock, keepMs = 30 * 86_400_000 } = deps;
  const select = db.prepare<[string], RawRow>('SELECT * FROM commands WHERE id = ?');
  const selectOpen = db.prepare<[], RawRow>(
    "SELECT * FROM commands WHERE state IN ('received', 'started') ORDER BY received_at_ms",
  );
  const selectRecent = db.prepare<[number], RawRow>(
    'SELECT * FROM commands ORDER BY updated_at_ms DESC LIMIT ?',
  );
  const insert = db.prepare(
    `INSERT INTO commands (id, type, data, state, reason, detail, epoch, received_at_ms, updated_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const update = db.prepare(
    'UPDATE commands SET state = ?, reason = ?, detail = ?, updated_at_ms = ? WHERE id = ?',
  );
  const prune = db.prepare(
    "DELETE FROM commands WHERE updated_at_ms < ? AND state NOT IN ('received', 'started')",
  );
  return {
    find(id: string): CommandRow | null {
      const row = select.get(id);
      return row ? fromRaw(row) : null;
    },
    add(command: {
      id: string;
      type: number;
      data: unknown;
      state: CommandState;
      reason?: string;
      detail?: string;
    }): void {
      const now = clock.nowMs();
      insert.run(
        command.id,
        command.type,
        JSON.stringify(command.data ?? null),
        command.state,
        command.reason ?? null,
        command.detail ?? null,
        epoch,
        now,
        now,
      );
    },
    setState(id: string, state: CommandState, reason?: string, detail?: string): void {
      update.run(state, reason ?? null, detail ?? null, clock.nowMs(), id);
    },
    /** Commands that an earlier start left without an end. */
    unsettled: (): CommandRow[] => selectOpen.all().map(fromRaw),
    recent: (limit: number): CommandRow[] => selectRecent.all(limit).map(fromRaw),
    prune: (): number => prune.run(clock.nowMs() - keepMs).changes,
  };
}

const fromRaw = (row: RawRow): CommandRow => ({
  id: row.id,
  type: row.type,
  data: JSON.parse(row.data) as unknown,
  state: row.state,
  reason: row.reason,
  detail: row.detail,
  epoch: row.epoch,
  receivedAtMs: row.received_at_ms,
  updatedAtMs: row.updated_at_ms,
});

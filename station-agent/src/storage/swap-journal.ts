import type { SwapJournalStep, SwapRequest } from '../swap/types.js';
import type { Db } from './database.js';

export type SwapRow = {
  swapId: string;
  request: SwapRequest;
  outcome: string | null;
  reason: string | null;
  startedAtMs: number;
  endedAtMs: number | null;
};
type RawRow = {
  swap_id: string;
  request: string;
  outcome: string | null;
  reason: string | null;
  started_at_ms: number;
  ended_at_ms: number | null;
};

export type SwapJournal = ReturnType<typeof createSwapJournal>;

/** Every step of every swap, in order. Call inside `transact` together with the messages that tell of it. */
export function createSwapJournal(db: Db) {
  const insertSwap = db.prepare('INSERT INTO swaps (swap_id, request, started_at_ms) VALUES (?, ?, ?)');
  const insertStep = db.prepare('INSERT INTO swap_steps (swap_id, n, at_ms, step) VALUES (?, ?, ?, ?)');
  const lastN = db.prepare<[string], { n: number | null }>(
    'SELECT max(n) AS n FROM swap_steps WHERE swap_id = ?',
  );
  const end = db.prepare('UPDATE swaps SET outcome = ?, reason = ?, ended_at_ms = ? WHERE swap_id = ?');
  const updateRequest = db.prepare('UPDATE swaps SET request = ? WHERE swap_id = ?');
  const selectOpen = db.prepare<[], RawRow>(
    'SELECT * FROM swaps WHERE outcome IS NULL ORDER BY started_at_ms',
  );
  const selectSteps = db.prepare<[string], { at_ms: number; step: string }>(
    'SELECT at_ms, step FROM swap_steps WHERE swap_id = ? ORDER BY n',
  );
  const selectRecent = db.prepare<[number], RawRow>(
    'SELECT * FROM swaps ORDER BY started_at_ms DESC LIMIT ?',
  );
  return {
    begin(request: SwapRequest, atMs: number): void {
      insertSwap.run(request.swapId, JSON.stringify(request), atMs);
    },
    append(swapId: string, steps: readonly SwapJournalStep[], atMs: number): void {
      let n = lastN.get(swapId)?.n ?? -1;
      for (const step of steps) {
        n += 1;
        insertStep.run(swapId, n, atMs, JSON.stringify(step));
        if (step.step === 'ended') end.run(step.outcome, step.reason ?? null, atMs, swapId);
      }
    },
    /** The hub's order became known after the swap began. */
    setRequest(request: SwapRequest): void {
      updateRequest.run(JSON.stringify(request), request.swapId);
    },
    /** Swaps without an end; more than one never exists unless the database was tampered with. */
    open: (): SwapRow[] => selectOpen.all().map(fromRaw),
    steps: (swapId: string): { atMs: number; step: SwapJournalStep }[] =>
      selectSteps
        .all(swapId)
        .map(({ at_ms, step }) => ({ atMs: at_ms, step: JSON.parse(step) as SwapJournalStep })),
    /** The rows of one swap as they stand in the file. */
    rows: (swapId: string): { n: number; atMs: number; step: string }[] =>
      selectSteps.all(swapId).map(({ at_ms: atMs, step }, n) => ({ n, atMs, step })),
    recent: (limit: number): SwapRow[] => selectRecent.all(limit).map(fromRaw),
  };
}

const fromRaw = (row: RawRow): SwapRow => ({
  swapId: row.swap_id,
  request: JSON.parse(row.request) as SwapRequest,
  outcome: row.outcome,
  reason: row.reason,
  startedAtMs: row.started_at_ms,
  endedAtMs: row.ended_at_ms,
});

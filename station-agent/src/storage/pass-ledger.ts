import type { Clock } from '../clock.js';
import type { Db } from './database.js';

export type SpentPass = { jti: string; swapId: string; user: string; priceFen: number; spentAtMs: number };
export type PassLedger = ReturnType<typeof createPassLedger>;

/** Offline passes that this station has honoured. A pass is spent in the transaction that accepts its swap, once. */
export function createPassLedger(db: Db, clock: Clock) {
  const insert = db.prepare(
    `INSERT OR IGNORE INTO spent_passes (jti, swap_id, user, price_fen, spent_at_ms, expires_at_ms)
     VALUES (?, ?, ?, ?, ?, ?)`,
  );
  const find = db.prepare<[string], { swap_id: string }>('SELECT swap_id FROM spent_passes WHERE jti = ?');
  const reconcile = db.prepare('UPDATE spent_passes SET reconciled_at_ms = ? WHERE swap_id = ?');
  const open = db.prepare<[], { swaps: number; debt: number | null; oldest: number | null }>(
    `SELECT count(*) AS swaps, sum(price_fen) AS debt, min(spent_at_ms) AS oldest
     FROM spent_passes WHERE reconciled_at_ms IS NULL`,
  );
  return {
    /** False when it was spent before. */
    spend(pass: {
      jti: string;
      swapId: string;
      user: string;
      priceFen: number;
      expiresAtMs: number;
    }): boolean {
      const { jti, swapId, user, priceFen, expiresAtMs } = pass;
      return insert.run(jti, swapId, user, priceFen, clock.nowMs(), expiresAtMs).changes > 0;
    },
    isSpent: (jti: string): boolean => find.get(jti) !== undefined,
    /** The hub knows of the swap: it no longer counts against the station's limits. */
    reconciled: (swapId: string): void => void reconcile.run(clock.nowMs(), swapId),
    /** Swaps given on trust that the hub does not know of yet. */
    outstanding(): { swaps: number; debtFen: number; oldestAtMs: number | null } {
      const row = open.get();
      return { swaps: row?.swaps ?? 0, debtFen: row?.debt ?? 0, oldestAtMs: row?.oldest ?? null };
    },
  };
}

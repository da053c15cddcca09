import type { Clock } from '../clock.js';
import type { Db } from './database.js';

const DAY_MS = 86_400_000;
/** How long settled records are kept for people and for repeats. Open ones are never touched. */
export const RETENTION = {
  swapsMs: 90 * DAY_MS,
  restCallsMs: 90 * DAY_MS,
  quarantineMs: 90 * DAY_MS,
  passesMs: 30 * DAY_MS,
} as const;
/** Free pages given back to the disk in one go: a long vacuum would hold up a swap. */
const VACUUM_PAGES = 2_000;

/** Removes what is old and settled, then gives some free pages back. Returns the rows removed. */
export function applyRetention(db: Db, clock: Clock): number {
  const now = clock.nowMs();
  const removed = db.transaction(() => {
    const ended = now - RETENTION.swapsMs;
    const old = 'SELECT swap_id FROM swaps WHERE outcome IS NOT NULL AND ended_at_ms < ?';
    return (
      db.prepare(`DELETE FROM swap_steps WHERE swap_id IN (${old})`).run(ended).changes +
      db.prepare('DELETE FROM swaps WHERE outcome IS NOT NULL AND ended_at_ms < ?').run(ended).changes +
      db
        .prepare("DELETE FROM rest_calls WHERE state <> 'waiting' AND created_at_ms < ?")
        .run(now - RETENTION.restCallsMs).changes +
      db.prepare('DELETE FROM quarantine WHERE refused_at_ms < ?').run(now - RETENTION.quarantineMs).changes +
      db.prepare('DELETE FROM spent_passes WHERE expires_at_ms < ?').run(now - RETENTION.passesMs).changes
    );
  })();
  db.exec(`PRAGMA incremental_vacuum(${VACUUM_PAGES})`);
  return removed;
}

/** Size of the database and of what could be given back, bytes. */
export function databaseSize(db: Db): { bytes: number; freeBytes: number } {
  const page = Number(db.pragma('page_size', { simple: true }));
  return {
    bytes: page * Number(db.pragma('page_count', { simple: true })),
    freeBytes: page * Number(db.pragma('freelist_count', { simple: true })),
  };
}

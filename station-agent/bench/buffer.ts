import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { systemClock } from '../src/clock.js';
import { openStorage } from '../src/storage/storage.js';
import { reading } from './reading.js';

export type BufferResult = { oursRowsPerS: number; rawRowsPerS: number; rows: number; batch: number };

/**
 * Durable enqueue of `rows` messages, `batch` in each transaction, against raw better-sqlite3 with the same rows, table and
 * `synchronous`. Interleaved in slices, so that a noisy machine disturbs both alike.
 */
export function benchBuffer({ rows = 20_000, batch = 20 } = {}): BufferResult {
  const dir = mkdtempSync(join(tmpdir(), 'vb-buffer-'));
  const storage = openStorage(join(dir, 'ours'), systemClock);
  const raw = new Database(join(dir, 'raw.db'));
  try {
    raw.pragma('journal_mode = WAL');
    raw.pragma('synchronous = FULL');
    raw.pragma(`wal_autocheckpoint = ${storage.db.pragma('wal_autocheckpoint', { simple: true })}`);
    raw.exec(
      `CREATE TABLE outbox (epoch INTEGER NOT NULL, seq INTEGER NOT NULL, lane INTEGER NOT NULL, type INTEGER NOT NULL,
       id TEXT NOT NULL, at_ms INTEGER NOT NULL, data TEXT NOT NULL, PRIMARY KEY (epoch, seq)) WITHOUT ROWID`,
    );
    const insert = raw.prepare('INSERT INTO outbox VALUES (1, ?, 1, 0, ?, ?, ?)');
    const id = '01936f2e-7b1a-7c3d-9e4f-0123456789ab';
    let seq = 0;
    const rawBatch = raw.transaction(() => {
      for (let n = 0; n < batch; n++)
        insert.run(seq++, id, Date.now(), JSON.stringify({ readings: [reading(n)] }));
    });
    let [oursMs, rawMs] = [0, 0];
    const slice = Math.max(1, Math.ceil(rows / batch / 10));
    for (let done = 0; done < rows; done += slice * batch) {
      let start = performance.now();
      for (let i = 0; i < slice; i++)
        storage.outbox.enqueue(
          Array.from({ length: batch }, (_, n) => ({
            lane: 'state',
            type: 12,
            data: { readings: [reading(n)] },
          })),
        );
      oursMs += performance.now() - start;
      start = performance.now();
      for (let i = 0; i < slice; i++) rawBatch();
      rawMs += performance.now() - start;
    }
    return { oursRowsPerS: (seq * 1_000) / oursMs, rawRowsPerS: (seq * 1_000) / rawMs, rows: seq, batch };
  } finally {
    raw.close();
    storage.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

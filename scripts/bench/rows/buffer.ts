import { join } from 'node:path';
import { MSG_TYPE } from '@voltbay/protocol';
import Database from 'better-sqlite3';
import { uuidv7 } from 'uuidv7';
import { systemClock } from '../../../station-agent/dist/clock.js';
import { openStorage } from '../../../station-agent/dist/storage/storage.js';
import { CHECKPOINT_PAGES } from '../../../station-agent/dist/storage/write-log.js';
import type { Row, Sample, Side, Sides } from '../row.js';
import { usageOf } from '../usage.js';

const BATCHES = 200;
const BATCH = 50;

/** What a station keeps until the hub has it: rows durable in batches, against the same rows through better-sqlite3 alone. */
export const buffer: Row = {
  name: 'buffer',
  title: 'durable enqueue in batches, against raw better-sqlite3 with the same rows and `synchronous`',
  unit: 'rows/s',
  target: { atLeast: 0.8 },
  rounds: 7,
  async prepare({ dir }): Promise<Sides> {
    const storage = openStorage(join(dir, 'agent'), systemClock);
    const raw = openRaw(join(dir, 'raw.db'));
    const data = {
      readings: [{ slot: 1, voltageMv: 52_000, currentMa: 10_000, socPct: 61, cellMv: Array(16).fill(3301) }],
    };
    let stored = 0;
    const ours = side(() => {
      storage.outbox.enqueue(
        Array.from({ length: BATCH }, () => ({ lane: 'telemetry' as const, type: MSG_TYPE.TELEMETRY, data })),
      );
    });
    const peer = side(() => {
      raw.write(Array.from({ length: BATCH }, () => JSON.stringify(data)));
    });
    return {
      ours: counted(ours, () => {
        const rows = storage.outbox.depth();
        const added = rows - stored;
        stored = rows;
        return added;
      }),
      peer: counted(peer, raw.added),
      note: `${BATCHES} transactions of ${BATCH} rows a round, one process, WAL, synchronous ${raw.synchronous}`,
      async close() {
        raw.close();
        storage.close();
      },
    };
  },
};

type Timed = () => Omit<Sample, 'lost' | 'duplicated'>;

const side =
  (writeBatch: () => void): Timed =>
  () => {
    const before = usageOf([process.pid]);
    const startedMs = performance.now();
    for (let i = 0; i < BATCHES; i++) writeBatch();
    const elapsedMs = performance.now() - startedMs;
    const rows = BATCHES * BATCH;
    const cpuUsPerOperation = (usageOf([process.pid]).cpuUs - before.cpuUs) / rows;
    return { value: (rows * 1000) / elapsedMs, cpuUsPerOperation, rssMiB: null };
  };

const counted = (timed: Timed, added: () => number): Side => ({
  async round() {
    const sample = timed();
    const rows = added();
    const wanted = BATCHES * BATCH;
    return { ...sample, lost: Math.max(0, wanted - rows), duplicated: Math.max(0, rows - wanted) };
  },
});

/** The agent's own table and settings, and nothing of its care. */
function openRaw(file: string) {
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  db.exec(
    'CREATE TABLE outbox (epoch INTEGER, seq INTEGER, lane INTEGER, type INTEGER, id TEXT, at_ms INTEGER, data TEXT, PRIMARY KEY (epoch, seq)) WITHOUT ROWID',
  );
  const insert = db.prepare('INSERT INTO outbox VALUES (1, ?, 3, ?, ?, ?, ?)');
  let seq = 0;
  let counted = 0;
  return {
    synchronous: 'FULL',
    write: db.transaction((rows: readonly string[]) => {
      for (const row of rows) insert.run(seq++, MSG_TYPE.TELEMETRY, uuidv7(), Date.now(), row);
    }),
    added() {
      const rows = db.prepare<[], { n: number }>('SELECT count(*) AS n FROM outbox').get()?.n ?? 0;
      const added = rows - counted;
      counted = rows;
      return added;
    },
    close: () => db.close(),
  };
}

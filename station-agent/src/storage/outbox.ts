import { LANES, type Lane } from '@voltbay/protocol';
import { uuidv7 } from 'uuidv7';
import type { Clock } from '../clock.js';
import type { Db } from './database.js';
import { storageFaultOf } from './storage-fault.js';
import { createWriteLog } from './write-log.js';

/** A message that waits for SERVER_ACK. `data` is JSON text. */
export type OutboxRow = {
  epoch: number;
  seq: number;
  lane: Lane;
  type: number;
  id: string;
  atMs: number;
  data: string;
};
export type NewMessage = { lane: Lane; type: number; data: unknown };
export type OutboxPosition = { epoch: number; seq: number };

export type OutboxStats = {
  rows: number;
  byLane: Record<Lane, number>;
  quarantined: number;
  oldestAtMs: number | null;
};

/** What SERVER_ACK covers. */
export type AckRange = {
  epoch: number;
  upTo: number;
  also?: readonly number[];
  refused?: readonly { seq: number; code: string }[];
};

/** Rows of the lanes that may be thinned, together, before the oldest telemetry goes. */
export const DEFAULT_MAX_TELEMETRY_ROWS = 500_000;
const THIN_STEP = 1_000;
const MAX_ROOM_ATTEMPTS = 3;

const isDiskFull = (error: unknown): boolean => storageFaultOf(error) === 'full';

export type Outbox = ReturnType<typeof createOutbox>;

type RawRow = {
  epoch: number;
  seq: number;
  lane: number;
  type: number;
  id: string;
  at_ms: number;
  data: string;
};

/**
 * Uplink messages in SQLite. `seq` counts within this start's epoch; a row leaves when SERVER_ACK covers it, and for no other reason
 * but thinning of telemetry, which is reported. `enqueue` may run inside a caller's transaction: the message then becomes durable
 * together with what it tells.
 */
export function createOutbox(
  db: Db,
  deps: {
    epoch: number;
    clock: Clock;
    maxTelemetryRows?: number;
    /** Gives up disk space that was held for what must not be lost; false when there is none left. */
    spare?: () => boolean;
  },
) {
  const { epoch, clock } = deps;
  const maxTelemetryRows = deps.maxTelemetryRows ?? DEFAULT_MAX_TELEMETRY_ROWS;
  const insert = db.prepare(
    'INSERT INTO outbox (epoch, seq, lane, type, id, at_ms, data) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const selectAfter = db.prepare<[number, number, number, number, number], RawRow>(
    'SELECT * FROM outbox WHERE (epoch, seq) > (?, ?) AND (epoch, seq) <= (?, ?) ORDER BY epoch, seq LIMIT ?',
  );
  const deleteUpTo = db.prepare('DELETE FROM outbox WHERE epoch = ? AND seq <= ?');
  const deleteOne = db.prepare('DELETE FROM outbox WHERE epoch = ? AND seq = ?');
  const quarantine = db.prepare(
    `INSERT OR IGNORE INTO quarantine (epoch, seq, lane, type, id, at_ms, data, code, refused_at_ms)
     SELECT epoch, seq, lane, type, id, at_ms, data, ?, ? FROM outbox WHERE epoch = ? AND seq = ?`,
  );
  const oldestTelemetry = db.prepare<[number, number], { epoch: number; seq: number }>(
    'SELECT epoch, seq FROM outbox WHERE lane = ? ORDER BY epoch, seq LIMIT ?',
  );
  const countLane = db.prepare<[number], { n: number }>('SELECT count(*) AS n FROM outbox WHERE lane = ?');
  const writeLog = createWriteLog(db);
  const listeners = new Set<() => void>();
  let nextSeq = 0;
  // Counted once and carried on: counting a million waiting rows for every report would stall the station.
  const start = outboxStats(db);
  let telemetryRows = start.byLane.telemetry;
  let depth = start.rows;

  function insertRow(message: NewMessage): OutboxPosition {
    const seq = nextSeq++;
    depth += 1;
    if (message.lane === 'telemetry') telemetryRows += 1;
    insert.run(
      epoch,
      seq,
      LANES.indexOf(message.lane),
      message.type,
      uuidv7(),
      clock.nowMs(),
      JSON.stringify(message.data),
    );
    return { epoch, seq };
  }
  const insertAll = db.transaction((messages: readonly NewMessage[]) => {
    const positions = messages.map(insertRow);
    if (telemetryRows > maxTelemetryRows) {
      // The running count ignores what was acknowledged since: count again before anything is dropped.
      telemetryRows = countLane.get(LANES.indexOf('telemetry'))?.n ?? 0;
      if (telemetryRows > maxTelemetryRows) thin();
    }
    return positions;
  });

  /** Oldest telemetry goes first; what will never come is told to the hub. Returns the rows dropped. */
  function thin(): number {
    const victims = oldestTelemetry.all(LANES.indexOf('telemetry'), THIN_STEP);
    if (victims.length === 0) return 0;
    const ranges = new Map<number, [number, number][]>();
    for (const { epoch: rowEpoch, seq } of victims) {
      deleteOne.run(rowEpoch, seq);
      const list = ranges.get(rowEpoch) ?? [];
      const last = list.at(-1);
      if (last && last[1] === seq - 1) last[1] = seq;
      else list.push([seq, seq]);
      ranges.set(rowEpoch, list);
    }
    telemetryRows -= victims.length;
    depth -= victims.length;
    for (const [rowEpoch, list] of ranges)
      insertRow({
        lane: 'state',
        type: 10,
        data: {
          kind: 'thinned',
          epoch: rowEpoch,
          ranges: list,
          count: list.reduce((sum, [from, to]) => sum + to - from + 1, 0),
          at: new Date(clock.nowMs()).toISOString(),
        },
      });
    return victims.length;
  }

  const thinAll = db.transaction(thin);

  /** Gives the oldest telemetry up. False when there is none left, or no room even for that. */
  function makeRoom(): boolean {
    const flushed = writeLog.flush();
    const before = { nextSeq, depth, telemetryRows };
    let thinned: number;
    try {
      thinned = thinAll();
    } catch (error) {
      ({ nextSeq, depth, telemetryRows } = before);
      if (isDiskFull(error)) return false;
      throw error;
    }
    return (flushed || writeLog.shorten()) && thinned > 0;
  }
  /** Never fails what was stored already. */
  function keepLogShort(): void {
    if (!writeLog.isLong() || writeLog.flush()) return;
    try {
      makeRoom();
    } catch {
      // The next write tells.
    }
  }
  const applyAcks = db.transaction((acks: readonly AckRange[]): number => {
    let left = 0;
    for (const ack of acks) {
      for (const { seq, code } of ack.refused ?? []) quarantine.run(code, clock.nowMs(), ack.epoch, seq);
      left += deleteUpTo.run(ack.epoch, ack.upTo).changes;
      for (const seq of ack.also ?? []) left += deleteOne.run(ack.epoch, seq).changes;
      for (const { seq } of ack.refused ?? []) left += deleteOne.run(ack.epoch, seq).changes;
    }
    depth -= left;
    return left;
  });

  return {
    epoch,
    /** Position of the newest row of this start; seq -1 when there is none. */
    head: (): OutboxPosition => ({ epoch, seq: nextSeq - 1 }),
    /**
     * Runs a transaction; when it fails the sequence numbers it took are free again, so that no gap remains. When the disk is full the
     * oldest telemetry makes room and the transaction runs once more: what tells of a swap or of money is never what is dropped. What is
     * `precious` may also spend the disk space held in reserve.
     */
    keepingSeq<T>(work: () => T, precious = false): T {
      const outermost = !db.inTransaction;
      for (let attempt = 0; ; attempt++) {
        const before = { nextSeq, depth, telemetryRows };
        try {
          const result = work();
          if (outermost) keepLogShort();
          return result;
        } catch (error) {
          ({ nextSeq, depth, telemetryRows } = before);
          if (!outermost || !isDiskFull(error) || attempt >= MAX_ROOM_ATTEMPTS) throw error;
          if (!makeRoom() && !(precious && deps.spare?.())) throw error;
        }
      }
    },
    /** Makes messages durable in one transaction and wakes the sender. Called inside a transaction they become durable with it. */
    enqueue(messages: readonly NewMessage[]): OutboxPosition[] {
      const precious = messages.some(({ lane }) => lane === 'money' || lane === 'alarm');
      const positions = this.keepingSeq(() => insertAll(messages), precious);
      for (const listener of listeners) listener();
      return positions;
    },
    /** Rows in (after, upTo], oldest first. */
    read(after: OutboxPosition, upTo: OutboxPosition, limit: number): OutboxRow[] {
      return selectAfter.all(after.epoch, after.seq, upTo.epoch, upTo.seq, limit).map(fromRaw);
    },
    /** What SERVER_ACKs cover leaves, refused rows are set aside; one transaction. Returns how many left. */
    acknowledge: (acks: readonly AckRange[]): number => applyAcks(acks),
    thin: (): number => thinAll(),
    /** Called after rows were added, also when the surrounding transaction is still open: defer the reading. */
    onEnqueue(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    /** Waiting rows, without counting them anew. */
    depth: (): number => depth,
    /** When the oldest waiting row arose; null when none waits. */
    oldestAtMs: (): number | null => oldestAtMs(db),
    stats: (): OutboxStats => outboxStats(db),
  };
}

/** Depth by lane, quarantine and age; also for a database opened read-only. */
export function outboxStats(db: Db): OutboxStats {
  const byLane = Object.fromEntries(LANES.map((lane) => [lane, 0])) as Record<Lane, number>;
  let rows = 0;
  for (const { lane, n } of db
    .prepare<[], { lane: number; n: number }>('SELECT lane, count(*) AS n FROM outbox GROUP BY lane')
    .all()) {
    byLane[LANES[lane] ?? 'telemetry'] += n;
    rows += n;
  }
  const quarantined = db.prepare<[], { n: number }>('SELECT count(*) AS n FROM quarantine').get()?.n ?? 0;
  return { rows, byLane, quarantined, oldestAtMs: oldestAtMs(db) };
}

const oldestAtMs = (db: Db): number | null =>
  db.prepare<[], { at_ms: number }>('SELECT at_ms FROM outbox ORDER BY epoch, seq LIMIT 1').get()?.at_ms ??
  null;

/** The oldest waiting rows, for a technician. */
export function peekOutbox(db: Db, limit: number): OutboxRow[] {
  return db
    .prepare<[number], RawRow>('SELECT * FROM outbox ORDER BY epoch, seq LIMIT ?')
    .all(limit)
    .map(fromRaw);
}

function fromRaw(row: RawRow): OutboxRow {
  return {
    epoch: row.epoch,
    seq: row.seq,
    lane: LANES[row.lane] ?? 'telemetry',
    type: row.type,
    id: row.id,
    atMs: row.at_ms,
    data: row.data,
  };
}

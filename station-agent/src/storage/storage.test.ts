import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../clock.js';
import { AgentError } from '../errors.js';
import { databaseFile, openDatabase } from './database.js';
import { createOutbox } from './outbox.js';
import { openStorage, type Storage } from './storage.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'vb-storage-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const withStorage = <T>(work: (storage: Storage) => T): T => {
  const storage = openStorage(dir, systemClock);
  try {
    return work(storage);
  } finally {
    storage.close();
  }
};
const codeOf = (work: () => unknown): string | null => {
  try {
    work();
    return null;
  } catch (error) {
    return error instanceof AgentError ? error.code : String(error);
  }
};
const event = (n: number) => ({ lane: 'money', type: 10, data: { n } }) as const;
const START = { epoch: -1, seq: -1 };
const END = { epoch: Number.MAX_SAFE_INTEGER, seq: Number.MAX_SAFE_INTEGER };

describe('the database', () => {
  it('runs WAL with synchronous=FULL at every open, counts its starts and keeps its identity', () => {
    const seen = [1, 2, 3].map(() =>
      withStorage(({ db, epoch, instanceId }) => ({
        epoch,
        instanceId,
        mode: db.pragma('journal_mode', { simple: true }),
        synchronous: db.pragma('synchronous', { simple: true }),
      })),
    );
    expect(seen.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(new Set(seen.map(({ instanceId }) => instanceId)).size).toBe(1);
    for (const { mode, synchronous } of seen) expect([mode, synchronous]).toEqual(['wal', 2]);
  });

  it('refuses a second agent and names the holder', () => {
    withStorage(() => {
      expect(codeOf(() => openStorage(dir, systemClock))).toBe('ALREADY_RUNNING');
      expect(() => openStorage(dir, systemClock)).toThrow(new RegExp(`pid ${process.pid}`));
    });
    expect(codeOf(() => openStorage(dir, systemClock).close())).toBeNull();
  });

  it('sets a file aside that is no database, refuses one of a newer agent, and leaves no lock behind', () => {
    withStorage(() => {});
    const db = new Database(databaseFile(dir));
    db.pragma('user_version = 99');
    // What a newer agent only added does not stop an older one: an update can be taken back.
    expect(codeOf(() => openStorage(dir, systemClock).close())).toBeNull();
    db.prepare("UPDATE meta SET value = '99' WHERE key = 'readableFrom'").run();
    db.close();
    expect(codeOf(() => openStorage(dir, systemClock))).toBe('DATABASE_NEWER');
    for (const suffix of ['', '-wal', '-shm']) rmSync(databaseFile(dir) + suffix, { force: true });
    writeFileSync(databaseFile(dir), 'this is no database at all, not even by accident'.repeat(100));
    const foreign = openStorage(dir, systemClock);
    expect(foreign.salvage?.incomplete).toContain('outbox');
    expect(foreign.outbox.stats().rows).toBe(0);
    foreign.close();
    expect(codeOf(() => openStorage(dir, systemClock).close())).toBeNull();
  });

  it('rolls a failed migration back as a whole', () => {
    openDatabase(dir, [
      { version: 1, name: 'one', sql: 'CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT)' },
    ]).close();
    const broken = [
      { version: 1, name: 'one', sql: '' },
      { version: 2, name: 'two', sql: 'CREATE TABLE half (a); CREATE TABLE broken (' },
    ];
    expect(codeOf(() => openDatabase(dir, broken))).not.toBeNull();
    const db = new Database(databaseFile(dir), { readonly: true });
    expect(db.pragma('user_version', { simple: true })).toBe(1);
    expect(db.prepare("SELECT count(*) FROM sqlite_master WHERE name = 'half'").pluck().get()).toBe(0);
    db.close();
  });
});

describe('the outbox', () => {
  it('names each start, so that two copies of one database are told apart from then on', () => {
    const first = withStorage(({ starts }) => starts);
    const original = withStorage(({ starts }) => starts);
    expect(original.slice(0, -1)).toEqual(first);
    const copy = mkdtempSync(join(tmpdir(), 'vb-storage-copy-'));
    cpSync(dir, copy, { recursive: true });
    const next = withStorage(({ starts, epoch }) => ({ starts, epoch }));
    const opened = openStorage(copy, systemClock);
    const copied = { starts: opened.starts, epoch: opened.epoch };
    opened.close();
    rmSync(copy, { recursive: true });
    expect(copied.epoch).toBe(next.epoch);
    expect(copied.starts.slice(0, -1)).toEqual(next.starts.slice(0, -1));
    expect(next.starts).not.toContain(copied.starts.at(-1));
  });

  it('numbers rows within the epoch and keeps them over a restart until they are acknowledged', () => {
    withStorage(({ outbox }) => {
      expect(outbox.enqueue([event(0), event(1), event(2)])).toEqual(
        [0, 1, 2].map((seq) => ({ epoch: 1, seq })),
      );
    });
    withStorage(({ outbox }) => {
      expect(outbox.enqueue([event(3)])).toEqual([{ epoch: 2, seq: 0 }]);
      expect(outbox.read(START, END, 10).map(({ epoch, seq }) => [epoch, seq])).toEqual([
        [1, 0],
        [1, 1],
        [1, 2],
        [2, 0],
      ]);
      expect(outbox.acknowledge([{ epoch: 1, upTo: 0, also: [2] }])).toBe(2);
      expect(outbox.read(START, END, 10).map(({ epoch, seq }) => [epoch, seq])).toEqual([
        [1, 1],
        [2, 0],
      ]);
      // An acknowledgement that comes twice changes nothing.
      expect(outbox.acknowledge([{ epoch: 1, upTo: 0, also: [2] }])).toBe(0);
    });
  });

  it('sets a refused row aside and lets later ones flow', () => {
    withStorage(({ outbox, db }) => {
      outbox.enqueue([event(0), event(1)]);
      outbox.acknowledge([{ epoch: 1, upTo: -1, refused: [{ seq: 0, code: 'BAD_DATA' }] }]);
      expect(outbox.read(START, END, 10).map(({ seq }) => seq)).toEqual([1]);
      expect(outbox.stats()).toMatchObject({ rows: 1, quarantined: 1 });
      expect(db.prepare('SELECT code, data FROM quarantine').get()).toEqual({
        code: 'BAD_DATA',
        data: '{"n":0}',
      });
    });
  });

  it('leaves no gap in the numbers when a transaction fails', () => {
    withStorage((storage) => {
      storage.outbox.enqueue([event(0)]);
      expect(() =>
        storage.transact(() => {
          storage.outbox.enqueue([event(1)]);
          throw new Error('disk full');
        }),
      ).toThrow('disk full');
      expect(storage.outbox.enqueue([event(2)])).toEqual([{ epoch: 1, seq: 1 }]);
      expect(storage.outbox.read(START, END, 10).map(({ data }) => data)).toEqual(['{"n":0}', '{"n":2}']);
    });
  });

  it('thins the oldest telemetry only, and tells which numbers will never come', () => {
    withStorage(({ db, epoch }) => {
      const outbox = createOutbox(db, { epoch, clock: systemClock, maxTelemetryRows: 50 });
      outbox.enqueue([event(0)]);
      outbox.enqueue(
        Array.from({ length: 51 }, (_, n) => ({ lane: 'telemetry' as const, type: 12, data: { n } })),
      );
      const rows = outbox.read(START, END, 100);
      expect(rows.map(({ lane }) => lane)).toEqual(['money', 'state']);
      expect(JSON.parse(rows[1]?.data ?? '')).toMatchObject({
        kind: 'thinned',
        epoch,
        ranges: [[1, 51]],
        count: 51,
      });
    });
  });
});

describe('a full disk', () => {
  it('costs the oldest telemetry, never a swap or money record, and recovers unaided', () => {
    withStorage((storage) => {
      const { db, outbox } = storage;
      const padding = 'x'.repeat(400);
      const telemetry = (n: number) => ({ lane: 'telemetry', type: 12, data: { n, padding } }) as const;
      const kept = outbox.enqueue([event(-1)]).length;
      db.pragma(`max_page_count = ${Number(db.pragma('page_count', { simple: true })) + 400}`);
      for (let n = 0; n < 60; n++)
        outbox.enqueue(Array.from({ length: 100 }, (_, i) => telemetry(n * 100 + i)));
      for (let n = 0; n < 500; n++)
        storage.transact(() => outbox.enqueue([{ ...event(n), data: { n, padding } }]));
      const rows = outbox.read(START, END, 100_000);
      expect(rows.filter(({ lane }) => lane === 'money')).toHaveLength(kept + 500);
      const newest = rows
        .filter(({ lane }) => lane === 'telemetry')
        .map(({ data }) => (JSON.parse(data) as { n: number }).n);
      expect(newest.length).toBeLessThan(6_000);
      expect(newest).toEqual(newest.map((_, i) => (newest[0] ?? 0) + i));
      expect(outbox.depth()).toBe(rows.length);
      // Every number is either there or told to be gone.
      const told = rows
        .filter(({ type, lane }) => type === 10 && lane === 'state')
        .flatMap(({ data }) => (JSON.parse(data) as { ranges: [number, number][] }).ranges);
      const known = new Set(rows.map(({ seq }) => seq));
      for (const [from, to] of told) for (let seq = from; seq <= to; seq++) known.add(seq);
      for (let seq = 0; seq <= outbox.head().seq; seq++) expect(known.has(seq), `seq ${seq}`).toBe(true);
      expect(db.pragma('quick_check', { simple: true })).toBe('ok');
    });
  });

  it('is a named fault when nothing is left to drop, and takes nothing half', () => {
    withStorage((storage) => {
      storage.db.pragma(`max_page_count = ${Number(storage.db.pragma('page_count', { simple: true })) + 20}`);
      const fill = (): void => {
        for (let n = 0; n < 10_000; n++)
          storage.outbox.enqueue([{ ...event(n), data: { n, padding: 'x'.repeat(400) } }]);
      };
      expect(fill).toThrow(expect.objectContaining({ code: 'SQLITE_FULL' }));
      const { seq } = storage.outbox.head();
      expect(storage.outbox.read(START, END, 100_000).map((row) => row.seq)).toEqual(
        Array.from({ length: seq + 1 }, (_, i) => i),
      );
      storage.db.pragma('max_page_count = 1000000');
      expect(storage.outbox.enqueue([event(1)])).toEqual([{ epoch: 1, seq: seq + 1 }]);
    });
  });
});

describe('the REST call queue', () => {
  it('keeps order and keys over a restart and takes a key once', () => {
    const call = { kind: 'create-order', swapId: 's', idempotencyKey: 'k', body: { a: 1 } } as const;
    withStorage(({ rest }) => {
      rest.add(call);
      rest.add(call);
      rest.add({ ...call, kind: 'complete-order', idempotencyKey: 'k2' });
      expect(rest.waiting()).toBe(2);
    });
    withStorage(({ rest }) => {
      const first = rest.next();
      expect(first).toMatchObject({ kind: 'create-order', idempotencyKey: 'k', body: { a: 1 } });
      rest.settle(first?.n ?? -1, 'done', { id: 'o-1' });
      expect(rest.answerOf('s', 'create-order')).toEqual({ id: 'o-1' });
      expect(rest.next()).toMatchObject({ kind: 'complete-order' });
    });
  });
});

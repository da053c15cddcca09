import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BSON, type Document } from 'mongodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandRequest } from '../../src/document-server/commands/request.js';
import { FatalStorageError } from '../../src/document-server/errors.js';
import { createEngine, type Engine } from '../../src/document-server/index.js';
import { SqliteFile } from '../../src/document-server/storage/database.js';
import { findAll, mustRun, runCommand } from './run-command.js';

describe('engine', () => {
  let directory: string;
  let file: string;
  let engine: Engine;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'engine-test-'));
    file = join(directory, 'hub.db');
    engine = createEngine({ file });
  });
  afterEach(() => {
    engine.close();
    rmSync(directory, { recursive: true, force: true });
  });

  function runBatch(commands: readonly Document[]): Document[] {
    const requests = commands.map((command) => new CommandRequest(Buffer.from(BSON.serialize(command))));
    return engine.run(requests).map((reply) => BSON.deserialize(reply));
  }

  const insert = (...documents: Document[]) => ({ insert: 't', documents, $db: 'test' });

  /** Commits in the write-ahead log: frames that carry the database size (SQLite file format, section 4.1). */
  function commitCount(): number {
    const wal = readFileSync(`${file}-wal`);
    const pageBytes = wal.readUInt32BE(8);
    let commits = 0;
    for (let at = 32; at + 24 + pageBytes <= wal.length; at += 24 + pageBytes)
      if (wal.readUInt32BE(at + 4) > 0) commits++;
    return commits;
  }

  it('stores writes that arrive together with one commit', () => {
    mustRun(engine, { create: 't', $db: 'test' });
    const before = commitCount();
    const replies = runBatch(Array.from({ length: 50 }, (_, n) => insert({ n })));
    expect(replies.every(({ n, ok }) => n === 1 && ok === 1)).toBe(true);
    expect(commitCount() - before).toBe(1);
    runBatch([
      { find: 't', $db: 'test' },
      { count: 't', $db: 'test' },
    ]);
    expect(commitCount() - before).toBe(1);
  });

  it('answers the first of a long batch before the last is run, and runs each once', () => {
    const pad = 'p'.repeat(200);
    mustRun(engine, insert(...Array.from({ length: 5000 }, (_, n) => ({ n, pad }))));
    const slow = {
      update: 't',
      updates: [{ q: { n: { $gte: 0 } }, u: { $inc: { runs: 1 } }, multi: true }],
      $db: 'test',
    };
    let left = Array.from({ length: 6 }, () => slow);
    let batches = 0;
    while (left.length > 0) {
      const replies = runBatch(left);
      expect(replies.length).toBeGreaterThan(0);
      for (const reply of replies) expect(reply).toMatchObject({ ok: 1, nModified: 5000 });
      left = left.slice(replies.length);
      batches++;
    }
    expect(batches).toBeGreaterThan(1);
    expect(mustRun(engine, { count: 't', query: { runs: 6 }, $db: 'test' }).n).toBe(5000);
  });

  it('undoes a failed command alone and keeps the others of its batch', () => {
    mustRun(engine, {
      createIndexes: 't',
      indexes: [{ key: { a: 1 }, name: 'a', unique: true }],
      $db: 'test',
    });
    const replies = runBatch([
      insert({ _id: 1, a: 1 }),
      { findAndModify: 't', query: { _id: 2 }, update: { $set: { a: 1 } }, upsert: true, $db: 'test' },
      {
        createIndexes: 'u',
        indexes: [
          { key: { a: 1 }, name: 'x' },
          { key: { a: -1 }, name: 'x' },
        ],
        $db: 'test',
      },
      insert({ _id: 3, a: 3 }),
      { count: 't', $db: 'test' },
    ]);
    expect(replies.map(({ ok }) => ok)).toEqual([1, 0, 0, 1, 1]);
    expect(replies[1]).toMatchObject({ code: 11000, keyPattern: { a: 1 }, keyValue: { a: 1 } });
    expect(replies[4]?.n).toBe(2);
    expect(findAll(engine, { find: 't' }).map(({ _id }) => _id)).toEqual([1, 3]);
    const { cursor } = mustRun(engine, { listCollections: 1, $db: 'test' });
    expect(cursor.firstBatch.map(({ name }: Document) => name)).toEqual(['t']);
  });

  it('keeps documents and indexes across a reopen', () => {
    mustRun(engine, { createIndexes: 't', indexes: [{ key: { tags: 1 }, name: 'tags' }], $db: 'test' });
    mustRun(engine, insert({ _id: 1, tags: ['a', 'b'] }, { _id: 2, tags: ['b', 'c'] }));
    engine.close();
    engine = createEngine({ file });
    // The index must still be known to hold arrays, or two bounds would miss or repeat documents.
    expect(findAll(engine, { find: 't', filter: { tags: { $gte: 'b', $lte: 'b' } } }).length).toBe(2);
    mustRun(engine, insert({ _id: 3, tags: ['b'] }));
    expect(findAll(engine, { find: 't', filter: { tags: { $gte: 'a' } } }).length).toBe(3);
  });

  it('answers a full disk with a retriable error, stores nothing of that batch, and goes on', () => {
    engine.close();
    engine = createEngine({ file, maxFileBytes: 200_000 });
    mustRun(engine, insert({ _id: 'first' }));
    const big = 'x'.repeat(60_000);
    const [small, tooBig] = runBatch([
      insert({ _id: 'same batch' }),
      insert({ big }, { big }, { big }, { big }),
    ]);
    for (const reply of [small, tooBig]) {
      expect(reply).toMatchObject({ ok: 0, code: 14031, errorLabels: ['RetryableWriteError'] });
    }
    mustRun(engine, insert({ _id: 'later' }));
    expect(findAll(engine, { find: 't' }).map(({ _id }) => _id)).toEqual(['first', 'later']);
  });

  it('throws FatalStorageError when the file is damaged under it', () => {
    mustRun(engine, insert(...Array.from({ length: 2000 }, (_, n) => ({ n, pad: 'p'.repeat(300) }))));
    engine.close();
    const handle = openSync(file, 'r+');
    const half = Math.floor(statSync(file).size / 8192) * 4096;
    writeSync(handle, Buffer.alloc(half, 0xee), 0, half, 16_384);
    closeSync(handle);
    engine = createEngine({ file });
    expect(() => runCommand(engine, { find: 't', filter: { n: -1 }, $db: 'test' })).toThrow(
      FatalStorageError,
    );
  });

  it('sets synchronous at every open, also of a file that is in WAL mode already', () => {
    const path = join(directory, 'levels.db');
    const levels = (['FULL', 'FULL', 'NORMAL', 'FULL'] as const).map((level) => {
      const sqlite = new SqliteFile(path, level);
      const inForce = sqlite.synchronousLevel();
      sqlite.close();
      return inForce;
    });
    expect(levels).toEqual([2, 2, 1, 2]);
  });

  it('makes its files for this user alone, in a directory that need not exist', () => {
    const path = join(directory, 'new', 'deep', 'hub.db');
    const made = createEngine({ file: path });
    mustRun(made, insert({ secret: true }));
    for (const name of [path, `${path}-wal`]) expect(statSync(name).mode & 0o077).toBe(0);
    made.close();
  });

  it('closes idle cursors, and refuses more than its limit', () => {
    let now = 0;
    const limited = createEngine({
      file: ':memory:',
      cursorLimits: { cursorsMax: 2, idleTimeoutMs: 1000 },
      now: () => new Date(now),
    });
    mustRun(limited, insert({}, {}, {}));
    const open = () => runCommand(limited, { find: 't', batchSize: 1, $db: 'test' });
    const first = open();
    expect([open().ok, open().ok]).toEqual([1, 0]);
    now = 5000;
    limited.maintain();
    expect(runCommand(limited, { getMore: first.cursor.id, collection: 't', $db: 'test' })).toMatchObject({
      code: 43,
    });
    expect(open().ok).toBe(1);
    limited.close();
  });
});

import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type Db, databaseFile } from './database.js';
import { isDatabasePage, readKeptPage } from './identity-file.js';

/** What a damaged database still gave. */
export type Salvage = {
  /** Where the damaged file is now, for people. */
  setAside: string;
  rows: Record<string, number>;
  /** Tables that could not be read to their end. */
  incomplete: string[];
  durationMs: number;
};

/** Tables worth saving, most precious first, with their key and the columns that must hold JSON. Slots and packs are scanned anew. */
const TABLES: readonly { table: string; key: string; json: readonly string[]; where?: string }[] = [
  { table: 'meta', key: 'key', json: [] },
  { table: 'swaps', key: 'swap_id', json: ['request'] },
  { table: 'swap_steps', key: 'swap_id, n', json: ['step'] },
  { table: 'rest_calls', key: 'n', json: ['body'] },
  { table: 'commands', key: 'id', json: ['data'] },
  { table: 'spent_passes', key: 'jti', json: [] },
  { table: 'holds', key: 'hold_id', json: [] },
  { table: 'outbox', key: 'epoch, seq', json: ['data'], where: 'lane <= 1' },
  { table: 'outbox', key: 'epoch, seq', json: ['data'], where: 'lane > 1' },
  { table: 'quarantine', key: 'epoch, seq', json: ['data'] },
];
/** The station is to run again within 10 s: telemetry that takes longer than this stays in the file that was set aside. */
const BUDGET_MS = 6_000;
/** Damaged files that are kept; each may be large. */
const KEPT = 2;
const SUFFIXES = ['', '-wal', '-shm'] as const;

/** Renames the damaged database with its log, named by the time. Returns the new path. */
export function setAsideDatabase(dataDir: string, nowMs: number): string {
  const file = databaseFile(dataDir);
  const stamp = new Date(nowMs).toISOString().replaceAll(/[:.]/g, '-');
  const aside = `${file}.damaged-${stamp}`;
  for (const suffix of SUFFIXES) if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix);
  dropOldest(dataDir);
  return aside;
}

/** Copies row by row, from both ends of each table, what can be read and makes sense. `target` is a new, migrated database. */
export function salvageRows(dataDir: string, aside: string, target: Db): Salvage {
  const startedMs = Date.now();
  const rows: Record<string, number> = {};
  const incomplete: string[] = [];
  restoreFirstPage(dataDir, aside);
  let source: Db | null = null;
  try {
    source = new Database(aside, { fileMustExist: true });
    const from = source;
    target.pragma('foreign_keys = OFF');
    for (const { table, key, json, where } of TABLES) {
      if (!hasTable(target, table)) continue;
      const deadlineMs = startedMs + BUDGET_MS;
      const copied = target.transaction(() =>
        copyTable(from, target, { table, key, json, where, deadlineMs }),
      )();
      rows[table] = (rows[table] ?? 0) + copied.count;
      if (!copied.complete && !incomplete.includes(table)) incomplete.push(table);
    }
  } catch {
    // Not even opened: everything that is to come starts empty.
    if (Object.keys(rows).length === 0) incomplete.push('everything');
  } finally {
    target.pragma('foreign_keys = ON');
    source?.close();
  }
  return { setAside: aside, rows, incomplete, durationMs: Date.now() - startedMs };
}

type Copy = {
  table: string;
  key: string;
  json: readonly string[];
  where: string | undefined;
  deadlineMs: number;
};

function copyTable(source: Db, target: Db, copy: Copy): { count: number; complete: boolean } {
  const { table, key } = copy;
  let count = 0;
  const columns = target
    .prepare<[], { name: string }>(`PRAGMA table_info(${table})`)
    .all()
    .map(({ name }) => name);
  const insert = target.prepare(
    `INSERT OR IGNORE INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
  );
  const filter = copy.where ? `WHERE ${copy.where}` : '';
  const descending = key.replaceAll(/(\w+)/g, '$1 DESC');
  const walk = (order: string): boolean => {
    try {
      const sql = `SELECT ${columns.join(', ')} FROM ${table} NOT INDEXED ${filter} ORDER BY ${order}`;
      for (const row of source.prepare<[], Record<string, unknown>>(sql).iterate()) {
        if (Date.now() > copy.deadlineMs) return false;
        if (makesSense(row, copy.json)) count += insert.run(columns.map((name) => row[name])).changes;
      }
      return true;
    } catch {
      return false;
    }
  };
  // A damaged page ends the walk: what lies behind it is reached from the other end.
  const complete = walk(key);
  if (!complete) walk(descending);
  return { count, complete };
}

function makesSense(row: Record<string, unknown>, json: readonly string[]): boolean {
  try {
    for (const column of json) JSON.parse(String(row[column]));
    return true;
  } catch {
    return false;
  }
}

const hasTable = (db: Db, table: string): boolean =>
  db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(table) !== undefined;

/** A file whose first page is gone gets the one that was kept at the last start. */
function restoreFirstPage(dataDir: string, file: string): void {
  const handle = openSync(file, 'r+');
  try {
    const head = Buffer.alloc(16);
    readSync(handle, head, 0, head.length, 0);
    const kept = isDatabasePage(head) ? null : readKeptPage(dataDir);
    if (!kept) return;
    // A counter that contradicts itself makes SQLite take the page count from the file's size (file format, section 1.3.7).
    kept.writeUInt32BE(kept.readUInt32BE(92) + 1, 24);
    // The list of free pages has changed since; nobody writes to this file any more.
    kept.fill(0, 32, 40);
    writeSync(handle, kept, 0, kept.length, 0);
  } finally {
    closeSync(handle);
  }
}

function dropOldest(dataDir: string): void {
  const files = readdirSync(dataDir).filter((name) => /\.damaged-[\dTZ-]+$/.test(name));
  for (const name of files.sort().slice(0, -KEPT))
    for (const suffix of SUFFIXES) rmSync(join(dataDir, name + suffix), { force: true });
}

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { uuidv7 } from 'uuidv7';
import { AgentError, messageOf } from '../errors.js';
import { type DatabaseIdentity, keepIdentity, readIdentity } from './identity-file.js';
import { MIGRATIONS, type Migration } from './migrations/index.js';
import { type FaultListener, watchFaults } from './storage-fault.js';
import { CHECKPOINT_PAGES } from './write-log.js';

export type Db = Database.Database;

/** The database with this start's identity: `epoch` counts the agent's starts on it, `instanceId` is the database's own. */
export type OpenedDatabase = DatabaseIdentity & { db: Db; close(): void };

export const databaseFile = (dataDir: string): string => join(dataDir, 'agent.db');

/**
 * Opens (or creates) the agent's database, checks it, migrates it and counts one start.
 * `beforeStart` may fill a new database before its start is counted; `onFault` hears of every fault from then on.
 * Throws `DATABASE_DAMAGED`, `DATABASE_NEWER` (written by a newer agent) or `DATABASE_IO`.
 */
export function openDatabase(
  dataDir: string,
  migrations: readonly Migration[] = MIGRATIONS,
  options: { onFault?: FaultListener; beforeStart?: (db: Db) => void } = {},
): OpenedDatabase {
  mkdirSync(dataDir, { recursive: true, mode: 0o750 });
  const file = databaseFile(dataDir);
  let db: Db | undefined;
  try {
    db = new Database(file);
    configure(db);
    verify(db, file);
    migrate(db, file, migrations);
    options.beforeStart?.(db);
    const identity = countStart(db, readIdentity(dataDir));
    db.pragma('wal_checkpoint(TRUNCATE)');
    keepIdentity(dataDir, file, identity);
    const opened = db;
    if (options.onFault) watchFaults(opened, options.onFault);
    return { ...identity, db: opened, close: () => opened.close() };
  } catch (error) {
    db?.close();
    throw translate(error, file);
  }
}

/** For a command that only looks while no agent runs. Null when there is no database yet. */
export function openDatabaseReadOnly(dataDir: string): Db | null {
  const file = databaseFile(dataDir);
  if (!existsSync(file)) return null;
  try {
    return new Database(file, { readonly: true, fileMustExist: true });
  } catch (error) {
    throw translate(error, file);
  }
}

/** Reopening a WAL database silently falls back to synchronous=NORMAL: set it at every open. */
function configure(db: Db): void {
  // Counts for a new file only: later, free pages are given back in small steps.
  db.pragma('auto_vacuum = INCREMENTAL');
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');
  db.pragma('busy_timeout = 2000');
  db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  // The library's default of 16 MB is a fifth of what the whole agent may take.
  db.pragma('cache_size = -2000');
  db.pragma('journal_size_limit = 1048576');
}

function verify(db: Db, file: string): void {
  const verdict = db.pragma('quick_check(5)', { simple: true });
  if (verdict !== 'ok')
    throw new AgentError(
      'DATABASE_DAMAGED',
      `${file} is damaged (${String(verdict)}); move it away and start again`,
    );
}

function migrate(db: Db, file: string, migrations: readonly Migration[]): void {
  const newest = migrations.at(-1)?.version ?? 0;
  const current = Number(db.pragma('user_version', { simple: true }));
  if (current > newest && readableFrom(db) > newest)
    throw new AgentError(
      'DATABASE_NEWER',
      `${file} has schema version ${current}, this agent knows up to ${newest}; install the newer agent`,
    );
  for (const migration of migrations.filter(({ version }) => version > current))
    db.transaction(() => {
      db.exec(migration.sql);
      db.pragma(`user_version = ${migration.version}`);
      if (migration.breaking) db.prepare(SET_READABLE_FROM).run(String(migration.version));
    })();
}

const SET_READABLE_FROM =
  "INSERT INTO meta (key, value) VALUES ('readableFrom', ?) ON CONFLICT DO UPDATE SET value = excluded.value";

/** Oldest schema version whose agent can work on this file: an update that is taken back leaves additions behind. */
function readableFrom(db: Db): number {
  const row = db.prepare<[], { value: string }>("SELECT value FROM meta WHERE key = 'readableFrom'").get();
  return Number(row?.value ?? Number.POSITIVE_INFINITY);
}

/** A database that lost its start count, or was put back from a copy, goes on after the highest epoch ever used: the hub knows the others. */
function countStart(db: Db, kept: DatabaseIdentity | null): DatabaseIdentity {
  const read = db.prepare<[string], { value: string }>('SELECT value FROM meta WHERE key = ?');
  const write = db.prepare(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  );
  return db.transaction(() => {
    const instanceId = read.get('instanceId')?.value ?? kept?.instanceId ?? uuidv7();
    const before = kept?.instanceId === instanceId ? kept.epoch : 0;
    const waiting = highestWaitingEpoch(db);
    const epoch = Math.max(Number(read.get('epoch')?.value ?? 0), before, waiting) + 1;
    const earlier = startsIn(read.get('starts')?.value);
    const lost = kept?.instanceId === instanceId ? kept.starts.filter((name) => !earlier.includes(name)) : [];
    const starts = [...lost, ...earlier, randomBytes(6).toString('hex')].slice(-MAX_STARTS);
    write.run('instanceId', instanceId);
    write.run('epoch', String(epoch));
    write.run('starts', starts.join(' '));
    return { epoch, instanceId, starts };
  })();
}

/** So many starts may pass without the hub before it takes the database for an older copy of itself. */
const MAX_STARTS = 32;
const startsIn = (text: string | undefined): string[] => text?.split(' ').filter(Boolean) ?? [];

function highestWaitingEpoch(db: Db): number {
  if (!db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'outbox'").get()) return 0;
  return db.prepare<[], { n: number | null }>('SELECT max(epoch) AS n FROM outbox').get()?.n ?? 0;
}

function translate(error: unknown, file: string): unknown {
  const code = String((error as { code?: unknown })?.code ?? '');
  if (error instanceof AgentError || !code.startsWith('SQLITE_')) return error;
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT'))
    return new AgentError('DATABASE_DAMAGED', `${file} is damaged (${code}); move it away and start again`, {
      cause: error,
    });
  return new AgentError('DATABASE_IO', `${file}: ${messageOf(error)} (${code})`, {
    cause: error,
    retryable: true,
  });
}

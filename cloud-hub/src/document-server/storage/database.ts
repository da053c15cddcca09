import Database from 'better-sqlite3';
import { CommandError, FatalStorageError } from '../errors.js';

export type Synchronous = 'FULL' | 'NORMAL';

/** Pages in the write-ahead log before SQLite copies them back: 16 MB at the usual page size. */
const CHECKPOINT_PAGES = 4000;
const CACHE_KIB = 65_536;

/** The SQLite file under the server: pragmas, prepared statements, one transaction at a time. */
export class SqliteFile {
  private readonly db: Database.Database;
  private readonly statements = new Map<string, Database.Statement<unknown[]>>();

  /** `maxBytes` caps the file; writes beyond it fail as on a full disk. */
  constructor(file: string, synchronous: Synchronous, maxBytes?: number) {
    this.db = new Database(file);
    try {
      this.db.pragma('journal_mode = WAL');
      // A reopened WAL database silently falls back to NORMAL, so this is set at every open.
      this.db.pragma(`synchronous = ${synchronous}`);
      this.db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
      this.db.pragma(`cache_size = -${CACHE_KIB}`);
      this.db.pragma('temp_store = MEMORY');
      if (maxBytes !== undefined) {
        const pageBytes = Number(this.db.pragma('page_size', { simple: true }));
        this.db.pragma(`max_page_count = ${Math.max(1, Math.floor(maxBytes / pageBytes))}`);
      }
    } catch (error) {
      this.db.close();
      throw toServerError(error);
    }
  }

  get inTransaction(): boolean {
    return this.db.inTransaction;
  }

  /** A prepared statement, compiled once per text. */
  prepare(sql: string): Database.Statement<unknown[]> {
    let statement = this.statements.get(sql);
    if (statement === undefined) {
      statement = this.db.prepare<unknown[]>(sql);
      this.statements.set(sql, statement);
    }
    return statement;
  }

  /** Runs statements that are used once (tables and indexes). Forgets prepared ones, which may name them. */
  define(sql: string): void {
    this.db.exec(sql);
    this.statements.clear();
  }

  /** The `synchronous` level in force: 1 NORMAL, 2 FULL. */
  synchronousLevel(): number {
    return Number(this.db.pragma('synchronous', { simple: true }));
  }

  close(): void {
    this.statements.clear();
    this.db.close();
  }
}

/** SQLite failures after which nothing on this connection can be trusted. */
const FATAL =
  /^SQLITE_(CORRUPT|NOTADB|IOERR_(FSYNC|DIR_FSYNC|WRITE_FSYNC|SHORT_READ|CORRUPTFS|DATA)|PROTOCOL)/;

/** Translates a SQLite failure: fatal, disk full (retriable), or any other storage error. Others pass unchanged. */
export function toServerError(error: unknown): unknown {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  if (typeof code !== 'string' || !code.startsWith('SQLITE_')) return error;
  const message = (error as Error).message;
  if (FATAL.test(code)) return new FatalStorageError(code, message);
  if (code === 'SQLITE_ERROR' && message.startsWith('no such table')) {
    return new CommandError(
      'QueryPlanKilled',
      'the collection or index a cursor was reading has been dropped',
    );
  }
  if (code.startsWith('SQLITE_FULL') || code === 'SQLITE_IOERR_WRITE') {
    return new CommandError(
      'OutOfDiskSpace',
      `document storage is full (${code}): ${message}; free space and retry`,
      {
        errorLabels: ['RetryableWriteError'],
      },
    );
  }
  return new CommandError('InternalError', `document storage error (${code}): ${message}`);
}

export function isConstraintError(error: unknown): boolean {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' && code.startsWith('SQLITE_CONSTRAINT');
}

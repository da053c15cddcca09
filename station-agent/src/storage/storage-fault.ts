import type { Db } from './database.js';

/**
 * What a failed database call means. `full`: no room, the handle is sound. `fatal`: what this handle believes and what the disk holds may
 * differ (a failed fsync, an unreadable page): it must be closed, reopened and checked. `corrupt`: fatal, and the file itself is damaged.
 */
export type StorageFault = 'full' | 'fatal' | 'corrupt';

const FULL = new Set(['SQLITE_FULL', 'SQLITE_IOERR_WRITE', 'SQLITE_IOERR_TRUNCATE', 'SQLITE_IOERR_SHMSIZE']);
const FATAL = new Set([
  'SQLITE_IOERR_FSYNC',
  'SQLITE_IOERR_DIR_FSYNC',
  'SQLITE_IOERR_READ',
  'SQLITE_IOERR_SHORT_READ',
  'SQLITE_IOERR_FSTAT',
  'SQLITE_IOERR_SHMMAP',
]);

/** Null for what is no fault of the storage: a constraint, a lock, a mistake in the program. */
export function storageFaultOf(error: unknown): StorageFault | null {
  const code = String((error as { code?: unknown } | null)?.code ?? '');
  if (FULL.has(code)) return 'full';
  if (FATAL.has(code)) return 'fatal';
  return code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT') ? 'corrupt' : null;
}

export type FaultListener = (fault: StorageFault, error: unknown) => void;

/**
 * Makes every statement and transaction of a handle tell of faults, whoever runs it. The error is thrown on to the caller: this only
 * sees to it that no fault goes unnoticed because its caller merely logged it.
 */
export function watchFaults(db: Db, onFault: FaultListener): void {
  const watched =
    <A extends unknown[], R>(work: (...args: A) => R) =>
    (...args: A): R => {
      try {
        return work(...args);
      } catch (error) {
        const fault = storageFaultOf(error);
        if (fault) onFault(fault, error);
        throw error;
      }
    };
  const prepare = db.prepare.bind(db);
  db.prepare = ((sql: string) => {
    const statement = prepare(sql);
    statement.run = watched(statement.run.bind(statement));
    statement.get = watched(statement.get.bind(statement));
    statement.all = watched(statement.all.bind(statement));
    return statement;
  }) as typeof db.prepare;
  db.pragma = watched(db.pragma.bind(db)) as typeof db.pragma;
  const transaction = db.transaction.bind(db);
  db.transaction = ((work: (...args: unknown[]) => unknown) =>
    watched(transaction(work))) as unknown as Db['transaction'];
}

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { FileLockedError } from '../errors.js';

export interface FileLock {
  release(): void;
}

/**
 * Takes sole ownership of a document file for as long as this process lives. The lock is SQLite's own file lock on
 * a side database, held by an open exclusive transaction: the operating system drops it when the process dies, so
 * a killed owner leaves nothing to clean up. The owner's pid is written beside it, only to name it in the error.
 * @throws FileLockedError when another process (or another server in this one) holds the file
 */
export function lockFile(file: string): FileLock {
  const pidFile = `${file}.owner`;
  const db = new Database(`${file}.lock`, { timeout: 0 });
  try {
    db.pragma('journal_mode = DELETE');
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY')) {
      throw new FileLockedError(file, readPid(pidFile));
    }
    throw error;
  }
  writeFileSync(pidFile, `${process.pid}\n`);
  return {
    release() {
      rmSync(pidFile, { force: true });
      if (db.open) {
        db.exec('ROLLBACK');
        db.close();
      }
    },
  };
}

function readPid(pidFile: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
    return Number.isInteger(pid) ? pid : undefined;
  } catch {
    return undefined;
  }
}

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { AgentError } from '../errors.js';

/**
 * One agent per data directory. The lock is an exclusive SQLite transaction on a file of its own, held for the life of the process:
 * the operating system drops it with the process, so a killed agent never leaves a stale one. The pid beside it only names the holder.
 * Throws `ALREADY_RUNNING` at once when another process (or another agent in this one) holds it.
 */
export function acquireInstanceLock(dataDir: string): { release(): void } {
  const pidFile = join(dataDir, 'agent.pid');
  const db = new Database(join(dataDir, 'agent.lock'), { timeout: 0 });
  try {
    db.pragma('journal_mode = DELETE');
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (!String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY')) throw error;
    throw new AgentError(
      'ALREADY_RUNNING',
      `another agent (pid ${readPid(pidFile) ?? 'unknown'}) uses the data directory ${dataDir}; stop it first or give this one its own dataDir`,
      { cause: error },
    );
  }
  writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o644 });
  return {
    release() {
      if (!db.open) return;
      rmSync(pidFile, { force: true });
      db.exec('ROLLBACK');
      db.close();
    },
  };
}

function readPid(file: string): number | null {
  try {
    const pid = Number(readFileSync(file, 'utf8').trim());
    return Number.isInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
}

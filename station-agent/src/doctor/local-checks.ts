import { existsSync } from 'node:fs';
import { access, constants, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { AgentError, messageOf } from '../errors.js';
import { databaseFile } from '../storage/database.js';
import { MIGRATIONS } from '../storage/migrations/index.js';
import { type Finding, ok, problem, skipped, warning } from './finding.js';

const MIB = 1_048_576;

/** Free space where the data is. Warned of at twice the limit. */
export async function checkDisk(dataDir: string, minFreeMiB: number): Promise<Finding[]> {
  const place = existsSync(dataDir) ? dataDir : dirname(dataDir);
  try {
    const { bavail, bsize, blocks } = await statfs(place);
    const freeMiB = Math.floor((bavail * bsize) / MIB);
    const freePct = blocks > 0 ? Math.floor((bavail / blocks) * 100) : 0;
    const detail = `${freeMiB} MiB (${freePct} %) free, ${minFreeMiB} MiB needed`;
    if (freeMiB < minFreeMiB) return [problem('disk', 'disk-low', detail, place)];
    if (freeMiB < minFreeMiB * 2) return [warning('disk', 'disk-low', detail, place)];
    if (existsSync(dataDir)) await access(dataDir, constants.W_OK);
    return [ok('disk', detail, place)];
  } catch (error) {
    return [problem('disk', 'data-dir-unusable', messageOf(error), place)];
  }
}

/** The whole database is read, page by page; a running agent is not disturbed. */
export function checkDatabase(dataDir: string): Finding[] {
  const file = databaseFile(dataDir);
  if (!existsSync(file)) return [skipped('database', `${file} does not exist yet`)];
  let db: Database.Database | undefined;
  try {
    db = new Database(file, { readonly: true, fileMustExist: true, timeout: 2_000 });
    const version = Number(db.pragma('user_version', { simple: true }));
    const newest = MIGRATIONS.at(-1)?.version ?? 0;
    if (version > newest)
      return [problem('database', 'database-newer', `schema ${version}, this agent knows ${newest}`, file)];
    const verdicts = db.pragma('integrity_check(5)') as { integrity_check: string }[];
    const bad = verdicts.map(({ integrity_check }) => integrity_check).filter((text) => text !== 'ok');
    if (bad.length > 0) return [problem('database', 'database-damaged', bad.join('; ').slice(0, 400), file)];
    return [ok('database', `sound, schema ${version}`, file)];
  } catch (error) {
    const code = String((error as { code?: unknown }).code ?? '');
    const damaged = code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT');
    return [
      problem(
        'database',
        damaged ? 'database-damaged' : 'database-io',
        `${messageOf(error)} (${code})`,
        file,
      ),
    ];
  } finally {
    db?.close();
  }
}

/** Without a network: a clock that stands before the newest thing the station wrote has gone backwards. */
export async function checkClockLocally(dataDir: string, nowMs: number): Promise<Finding[]> {
  const file = databaseFile(dataDir);
  if (nowMs < Date.UTC(2026, 0, 1))
    return [problem('clock', 'clock-off', `the clock says ${new Date(nowMs).toISOString()}`)];
  const written = await stat(file).catch(() => null);
  const aheadS = written ? Math.round((written.mtimeMs - nowMs) / 1000) : 0;
  if (aheadS > 60)
    return [
      problem(
        'clock',
        'clock-off',
        `the database was written ${aheadS} s in the future: the clock went back`,
      ),
    ];
  return [skipped('clock', 'no hub to compare with; plausible')];
}

/** A config problem as a finding; other faults are thrown on. */
export function configFinding(error: unknown, file: string): Finding {
  if (!(error instanceof AgentError)) throw error;
  return problem('config', 'config-invalid', error.message, file);
}

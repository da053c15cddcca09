import { closeSync, fsyncSync, openSync, readFileSync, readSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** What must outlive the database file: the numbers that the hub tells messages apart by, and the page that finds everything else. */
export type DatabaseIdentity = {
  instanceId: string;
  epoch: number;
  /** Random names of the latest starts, this one last: what tells two copies of one database apart. */
  starts: string[];
};

const identitySchema = z.object({
  instanceId: z.string().min(1).max(64),
  epoch: z.number().int().min(1),
  starts: z.array(z.string().max(32)).default([]),
});
const PAGE_BYTES = 4_096;

const identityFile = (dataDir: string): string => join(dataDir, 'agent.identity.json');
const pageFile = (dataDir: string): string => join(dataDir, 'agent.first-page');

/** Null when the file is not there or not readable: then the database alone knows. */
export function readIdentity(dataDir: string): DatabaseIdentity | null {
  try {
    return identitySchema.parse(JSON.parse(readFileSync(identityFile(dataDir), 'utf8')));
  } catch {
    return null;
  }
}

/** Keeps identity and first page beside the database. Best effort: a full disk must not keep a station from starting. */
export function keepIdentity(dataDir: string, database: string, identity: DatabaseIdentity): void {
  try {
    replace(identityFile(dataDir), Buffer.from(`${JSON.stringify(identity)}\n`));
    const page = firstPage(database);
    const known = readKeptPage(dataDir);
    // The schema is what matters of it; the counters in the header change with every write.
    if (page && !known?.subarray(100).equals(page.subarray(100))) replace(pageFile(dataDir), page);
  } catch {
    // The next start tries again.
  }
}

/** The first page as it was at the last start; null when none was kept. */
export function readKeptPage(dataDir: string): Buffer | null {
  try {
    const page = readFileSync(pageFile(dataDir));
    return page.length === PAGE_BYTES && isDatabasePage(page) ? page : null;
  } catch {
    return null;
  }
}

/** Whether bytes begin as an SQLite file does. Source: SQLite file format, section 1.3. */
export const isDatabasePage = (page: Buffer): boolean =>
  page.subarray(0, 16).toString('latin1') === 'SQLite format 3\0';

function firstPage(file: string): Buffer | null {
  const handle = openSync(file, 'r');
  try {
    const page = Buffer.alloc(PAGE_BYTES);
    return readSync(handle, page, 0, PAGE_BYTES, 0) === PAGE_BYTES && isDatabasePage(page) ? page : null;
  } finally {
    closeSync(handle);
  }
}

/** Writes beside and renames: a reader sees the old content or the new one. */
function replace(file: string, content: Buffer): void {
  const handle = openSync(`${file}.new`, 'w', 0o640);
  try {
    writeSync(handle, content);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(`${file}.new`, file);
}

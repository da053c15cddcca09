import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, copyFile, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { HubError } from '../errors.js';

/** Beside the copy, as `FILE.json`: what the copy must be. */
const manifestSchema = z.strictObject({
  format: z.literal('voltbay-hub-backup'),
  formatVersion: z.literal(1),
  createdAt: z.iso.datetime(),
  hubVersion: z.string(),
  bytes: z.number().int().min(1),
  /** Hex. */
  sha256: z.string().length(64),
  /** Documents by `database.collection`. */
  collections: z.record(z.string(), z.number().int().min(0)),
});
export type BackupManifest = z.infer<typeof manifestSchema>;

export const STORE_FILE = 'hub.db';
const manifestPath = (file: string) => `${file}.json`;
const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

/**
 * Copies the embedded store of a data folder into one file, also while a hub runs on it: one read transaction of SQLite sees one
 * moment. The copy is checked before it gets its name. Throws BACKUP_EXISTS, NO_STORE, BACKUP_DAMAGED.
 */
export async function backUp(options: {
  dataDir: string;
  file: string;
  now: string;
  hubVersion: string;
}): Promise<BackupManifest> {
  const source = join(options.dataDir, STORE_FILE);
  if (!(await exists(source)))
    throw new HubError('NO_STORE', `no embedded store in ${options.dataDir}: name its folder with --data`);
  if (await exists(options.file))
    throw new HubError('BACKUP_EXISTS', `${options.file} exists: choose another name`);
  await mkdir(dirname(options.file), { recursive: true });
  const partial = `${options.file}.partial`;
  await rm(partial, { force: true });
  const db = new Database(source, { readonly: true, timeout: 30_000 });
  try {
    db.prepare('VACUUM INTO ?').run(partial);
  } finally {
    db.close();
  }
  const collections = checkStore(partial);
  const manifest: BackupManifest = {
    format: 'voltbay-hub-backup',
    formatVersion: 1,
    createdAt: options.now,
    hubVersion: options.hubVersion,
    bytes: (await stat(partial)).size,
    sha256: await sha256Of(partial),
    collections,
  };
  await settle(partial);
  await writeFile(manifestPath(options.file), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
  await rename(partial, options.file);
  return manifest;
}

/** Reads a copy as a restore would and compares it with its manifest. Throws BACKUP_DAMAGED naming what differs. */
export async function verifyBackup(file: string): Promise<BackupManifest> {
  const damaged = (detail: string) => new HubError('BACKUP_DAMAGED', `${file}: ${detail}`);
  const text = await readFile(manifestPath(file), 'utf8').catch(() => {
    throw damaged(`no manifest ${manifestPath(file)} beside it`);
  });
  let manifest: BackupManifest;
  try {
    manifest = manifestSchema.parse(JSON.parse(text));
  } catch {
    throw damaged('its manifest is not one of a backup');
  }
  const { size } = await stat(file).catch(() => {
    throw damaged('the file is missing');
  });
  if (size !== manifest.bytes) throw damaged(`it has ${size} bytes, not ${manifest.bytes}`);
  if ((await sha256Of(file)) !== manifest.sha256) throw damaged('its checksum is not that of the manifest');
  const collections = checkStore(file);
  for (const [name, count] of Object.entries(manifest.collections))
    if (collections[name] !== count)
      throw damaged(`${name} has ${collections[name] ?? 0} documents, not ${count}`);
  return manifest;
}

/**
 * Puts a verified copy into a data folder that has no store. With `replace` the store that is there is set aside under the name that
 * is answered. Throws STORE_IN_USE while a hub runs on it, STORE_EXISTS when it has data.
 */
export async function restore(options: {
  dataDir: string;
  file: string;
  replace?: boolean;
  now: string;
}): Promise<{ manifest: BackupManifest; setAside: string | null }> {
  const target = join(options.dataDir, STORE_FILE);
  const manifest = await verifyBackup(options.file);
  await mkdir(options.dataDir, { recursive: true });
  refuseInUse(target);
  let setAside: string | null = null;
  if (await exists(target)) {
    if (!options.replace)
      throw new HubError(
        'STORE_EXISTS',
        `${target} has data: restore into another folder with --data, or set it aside with --replace`,
      );
    setAside = `${target}.before-${options.now.replace(/[^0-9TZ]/g, '')}`;
  }
  const partial = `${target}.restoring`;
  await copyFile(options.file, partial);
  checkStore(partial);
  if ((await sha256Of(partial)) !== manifest.sha256)
    throw new HubError('BACKUP_DAMAGED', `${partial}: the copy is not what was read; is the disk full?`);
  await settle(partial);
  if (setAside !== null)
    for (const end of ['', '-wal', '-shm'])
      if (await exists(target + end)) await rename(target + end, setAside + end);
  await rename(partial, target);
  return { manifest, setAside };
}

/** The lock that the document server holds for its whole life. */
function refuseInUse(target: string): void {
  const lock = new Database(`${target}.lock`, { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    lock.exec('ROLLBACK');
  } catch {
    throw new HubError('STORE_IN_USE', `a hub is running on ${target}: stop it first`);
  } finally {
    lock.close();
  }
}

/** Opens it as SQLite would, has every page checked, and counts the documents. */
function checkStore(file: string): Record<string, number> {
  let db: Database.Database | null = null;
  try {
    db = new Database(file, { readonly: true });
    const verdict = db.pragma('integrity_check', { simple: true });
    if (verdict !== 'ok') throw new Error(String(verdict));
    const collections: Record<string, number> = {};
    const rows = db.prepare('SELECT id, db, name FROM catalog_collections ORDER BY db, name').all();
    for (const { id, db: name, name: collection } of rows as { id: number; db: string; name: string }[])
      collections[`${name}.${collection}`] = (
        db.prepare(`SELECT count(*) AS n FROM c${id}`).get() as { n: number }
      ).n;
    return collections;
  } catch (cause) {
    throw new HubError('BACKUP_DAMAGED', `${file}: not a whole store: ${(cause as Error).message}`, {
      cause,
    });
  } finally {
    db?.close();
  }
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** On the disk before it gets its name. */
async function settle(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

import { appendFile, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backUp, restore, verifyBackup } from '../src/backup/backup.js';
import { allCollections } from '../src/collections.js';
import { type Database, ensureCollections, openStore } from '../src/db/index.js';
import { migrate, planMigration, schemaVersion } from '../src/db/migrations.js';
import { silent } from './support/store.js';

const now = '2026-11-22T08:00:00.000Z';

describe('copies of the embedded store', () => {
  let root: string;
  let live: Database | null = null;
  const dir = (name: string) => join(root, name);
  const openIn = async (name: string): Promise<Database> => {
    live = await openStore({
      mongodbUri: null,
      dbName: 'voltbay',
      dataDir: dir(name),
      logger: silent,
      onFatal: () => undefined,
    });
    return live;
  };
  const close = async () => {
    await live?.close();
    live = null;
  };
  const things = (database: Database) => database.db.collection<{ _id: string; n: number }>('things');
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'voltbay-backup-'));
  });
  afterEach(async () => {
    await close();
    await rm(root, { recursive: true, force: true });
  });
  const copy = (name: string, file: string) =>
    backUp({ dataDir: dir(name), file: dir(file), now, hubVersion: '1.0.0' });

  it('are made while the store is being written, hold one moment of it, and come back whole', async () => {
    const database = await openIn('a');
    await things(database).createIndex({ n: 1 }, { name: 'n' });
    let written = 0;
    let stop = false;
    const writer = (async () => {
      while (!stop) {
        const from = written;
        await things(database).insertMany(
          Array.from({ length: 100 }, (_, n) => ({ _id: `t${from + n}`, n: from + n })),
        );
        written += 100;
      }
    })();
    while (written < 300) await new Promise((resolve) => setTimeout(resolve, 5));
    const before = written;
    const manifest = await copy('a', 'copy');
    const after = written;
    stop = true;
    await writer;
    await close();
    const count = manifest.collections['voltbay.things'] ?? 0;
    expect(count).toBeGreaterThanOrEqual(before);
    // The insert that was under way may be in it.
    expect(count).toBeLessThanOrEqual(after + 100);
    expect(count % 100).toBe(0);
    await expect(copy('a', 'copy')).rejects.toMatchObject({ code: 'BACKUP_EXISTS' });

    await restore({ dataDir: dir('b'), file: dir('copy'), now });
    const restored = await openIn('b');
    expect(await things(restored).countDocuments({})).toBe(count);
    expect(await things(restored).findOne({ n: count - 1 })).toEqual({ _id: `t${count - 1}`, n: count - 1 });
  }, 60_000);

  it('never go over a store in use, and over another one only when it is set aside', async () => {
    await things(await openIn('a')).insertOne({ _id: 'x', n: 1 });
    await copy('a', 'copy');
    await expect(restore({ dataDir: dir('a'), file: dir('copy'), replace: true, now })).rejects.toMatchObject(
      {
        code: 'STORE_IN_USE',
      },
    );
    await things(live as Database).insertOne({ _id: 'y', n: 2 });
    await close();
    await expect(restore({ dataDir: dir('a'), file: dir('copy'), now })).rejects.toMatchObject({
      code: 'STORE_EXISTS',
    });
    const { setAside } = await restore({ dataDir: dir('a'), file: dir('copy'), replace: true, now });
    expect(await readdir(dir('a'))).toContain(setAside?.split('/').at(-1));
    expect(await things(await openIn('a')).countDocuments({})).toBe(1);
  }, 60_000);

  it('that were damaged, cut off, or lost their manifest are refused by name, and nothing is put in their place', async () => {
    await things(await openIn('a')).insertMany(Array.from({ length: 500 }, (_, n) => ({ _id: `${n}`, n })));
    await close();
    await copy('a', 'copy');
    expect((await verifyBackup(dir('copy'))).collections['voltbay.things']).toBe(500);
    const whole = await readFile(dir('copy'));
    const manifest = await readFile(dir('copy.json'), 'utf8');
    const refused = async (why: RegExp) => {
      await expect(restore({ dataDir: dir('z'), file: dir('copy'), now })).rejects.toThrow(why);
      await expect(readdir(dir('z')).catch(() => [])).resolves.not.toContain('hub.db');
    };
    const handle = await open(dir('copy'), 'r+');
    await handle.write(Buffer.from([whole[5_000] === 7 ? 8 : 7]), 0, 1, 5_000);
    await handle.close();
    await refused(/checksum/);
    await writeFile(dir('copy'), whole.subarray(0, whole.length - 4_096));
    await refused(/bytes/);
    await writeFile(dir('copy'), whole);
    await appendFile(dir('copy.json'), 'x');
    await refused(/manifest/);
    await rm(dir('copy.json'));
    await refused(/no manifest/);
    await writeFile(dir('copy.json'), manifest);
    await restore({ dataDir: dir('z'), file: dir('copy'), now });
    await expect(copy('nowhere', 'other')).rejects.toMatchObject({ code: 'NO_STORE' });
  }, 60_000);

  it('migrate says what is missing, builds it, runs each step once and in order', async () => {
    const database = await openIn('a');
    const ran: number[] = [];
    let broken = true;
    const steps = [1, 2, 3].map((version) => ({
      version,
      name: `step ${version}`,
      async run() {
        if (version === 3 && broken) throw new Error('killed');
        ran.push(version);
      },
    }));
    const empty = await planMigration(database, allCollections, steps);
    expect(empty).toMatchObject({ from: 0, to: 3, steps: [{ version: 1 }, { version: 2 }, { version: 3 }] });
    expect(empty.collections).toHaveLength(allCollections.length);
    // A dry run leaves nothing behind.
    expect(await database.db.listCollections().toArray()).toEqual([]);

    await ensureCollections(database, allCollections);
    await database.db.collection('orders').dropIndex('tenant-state');
    await database.db.collection('orders').dropIndex('command');
    await database.db.collection('orders').createIndex({ reason: 1 }, { name: 'command' });
    await database.db.collection('orders').createIndex({ packClass: 1 }, { name: 'by-hand' });
    expect(
      (await planMigration(database, allCollections, steps)).indexes.sort((a, b) =>
        a.index < b.index ? -1 : 1,
      ),
    ).toEqual([
      { collection: 'orders', index: 'by-hand', work: 'unknown' },
      { collection: 'orders', index: 'command', work: 'differs' },
      { collection: 'orders', index: 'tenant-state', work: 'create' },
    ]);
    await expect(migrate(database, allCollections, steps, () => undefined)).rejects.toThrow('killed');
    expect([ran, await schemaVersion(database)]).toEqual([[1, 2], 2]);
    broken = false;
    await migrate(database, allCollections, steps, () => undefined);
    expect([ran, await schemaVersion(database)]).toEqual([[1, 2, 3], 3]);
    expect(await planMigration(database, allCollections, steps)).toMatchObject({
      from: 3,
      steps: [],
      collections: [],
      indexes: [{ index: 'by-hand', work: 'unknown' }],
    });
  }, 60_000);
});

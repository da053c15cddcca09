import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type FileLockedError, startDocumentServer } from '../../src/document-server/index.js';
import { buildWorker, COMPILED_ENTRY } from './build-worker.js';

describe('document server in its worker thread', { timeout: 60_000 }, () => {
  let directory: string;
  beforeAll(buildWorker, 120_000);
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'docs-test-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  for (const listen of ['unix', 'tcp'] as const) {
    it(`serves the unmodified driver over ${listen} and keeps documents across restarts`, async () => {
      const file = join(directory, 'hub.db');
      for (const round of [1, 2]) {
        const server = await startDocumentServer({ file, listen });
        const client = await new MongoClient(server.uri).connect();
        const orders = client.db('hub').collection('orders');
        await orders.insertOne({ round, at: new Date(0) });
        expect(await orders.countDocuments({})).toBe(round);
        await client.close();
        await server.close();
      }
    });
  }

  it('listens in a directory that only its user may enter, and removes it', async () => {
    const server = await startDocumentServer({ file: ':memory:' });
    const socket = decodeURIComponent(server.uri.slice('mongodb://'.length, server.uri.indexOf('/?')));
    expect(statSync(dirname(socket)).mode & 0o777).toBe(0o700);
    await server.close();
    expect(existsSync(dirname(socket))).toBe(false);
  });

  it('refuses a file that another server holds, naming the file and the process', async () => {
    const file = join(directory, 'hub.db');
    const first = await startDocumentServer({ file });
    const refused = await startDocumentServer({ file }).catch((error: FileLockedError) => error);
    expect(refused).toMatchObject({ code: 'DOCUMENT_FILE_LOCKED', file, holderPid: process.pid });
    expect((refused as Error).message).toContain(`${process.pid}`);
    await first.close();
    const second = await startDocumentServer({ file });
    await second.close();
  });

  it('falls back to a loopback port where a Unix socket has no place', async () => {
    vi.stubEnv('TMPDIR', join(directory, 'missing'));
    const server = await startDocumentServer({ file: ':memory:' });
    vi.unstubAllEnvs();
    expect(server.uri).toMatch(/^mongodb:\/\/127\.0\.0\.1:\d+\//);
    const client = await new MongoClient(server.uri).connect();
    await client.close();
    await server.close();
  });

  it('lets go of the file when it cannot listen', async () => {
    const file = join(directory, 'hub.db');
    const listen = { path: join(directory, 'missing', 'server.sock') };
    await expect(startDocumentServer({ file, listen })).rejects.toMatchObject({ code: 'DOCUMENT_SERVER' });
    const server = await startDocumentServer({ file });
    await server.close();
  });

  it('takes over the lock of a killed process', async () => {
    const file = join(directory, 'hub.db');
    const child = serveInChild(file, 'await new Promise(() => setInterval(() => {}, 1000));');
    await child.said('ready');
    await expect(startDocumentServer({ file })).rejects.toMatchObject({
      code: 'DOCUMENT_FILE_LOCKED',
      holderPid: child.pid,
    });
    await child.kill();
    const server = await startDocumentServer({ file });
    await server.close();
  });

  it('has every acknowledged insert after SIGKILL', async () => {
    for (let round = 0; round < 3; round++) {
      const file = join(directory, `kill-${round}.db`);
      const child = serveInChild(
        file,
        `const rows = client.db('hub').collection('rows');
         await rows.createIndex({ n: 1 }, { unique: true });
         let n = 0;
         await Promise.all(Array.from({ length: 8 }, async () => {
           for (;;) { const mine = n++; await rows.insertOne({ n: mine }); console.log('ack ' + mine); }
         }));`,
      );
      await child.said(`ack ${100 + round * 150}`);
      await child.kill();
      const acknowledged = child.lines().filter((line) => /^ack \d+$/.test(line));
      const server = await startDocumentServer({ file });
      const client = await new MongoClient(server.uri).connect();
      const stored = await client.db('hub').collection('rows').distinct('n');
      await client.close();
      await server.close();
      const missing = acknowledged.map((line) => Number(line.slice(4))).filter((n) => !stored.includes(n));
      expect(missing).toEqual([]);
      expect(acknowledged.length).toBeGreaterThan(100);
    }
  });

  it('reports a damaged file instead of serving it', async () => {
    const file = join(directory, 'hub.db');
    writeFileSync(file, Buffer.alloc(8192, 0x41));
    await expect(startDocumentServer({ file })).rejects.toThrow(/SQLITE_NOTADB/);
  });

  it('stops and reports when the file turns out damaged while serving', async () => {
    const file = join(directory, 'hub.db');
    const first = await startDocumentServer({ file });
    const filling = await new MongoClient(first.uri).connect();
    const pad = 'p'.repeat(300);
    await filling
      .db('hub')
      .collection('rows')
      .insertMany(Array.from({ length: 2000 }, (_, n) => ({ n, pad })));
    await filling.close();
    await first.close();
    const size = statSync(file).size;
    const handle = openSync(file, 'r+');
    writeSync(handle, Buffer.alloc(Math.floor(size / 2), 0xee), 0, Math.floor(size / 2), 16_384);
    closeSync(handle);

    let report: (error: Error) => void = () => {};
    const reported = new Promise<Error>((resolve) => {
      report = resolve;
    });
    const server = await startDocumentServer({ file, onFatal: (error) => report(error) });
    const client = await new MongoClient(server.uri, { serverSelectionTimeoutMS: 2000 }).connect();
    await expect(client.db('hub').collection('rows').find({ n: -1 }).toArray()).rejects.toThrow();
    expect((await reported).message).toMatch(/SQLITE_CORRUPT/);
    await client.close();
    await server.close();
  });

  it('lets many clients race for a unique value: one wins, the others get 11000', async () => {
    const server = await startDocumentServer({ file: join(directory, 'hub.db') });
    const clients = await Promise.all(Array.from({ length: 6 }, () => new MongoClient(server.uri).connect()));
    const [first] = clients;
    await first?.db('hub').collection('users').createIndex({ phone: 1 }, { unique: true });
    for (let round = 0; round < 20; round++) {
      const phone = `+86${round}`;
      const results = await Promise.allSettled(
        clients.flatMap((client, i) => {
          const users = client.db('hub').collection('users');
          return [
            users.insertOne({ phone, by: i }),
            users.updateOne({ phone }, { $setOnInsert: { by: i } }, { upsert: true }).then((r) => {
              if (r.upsertedCount === 0) throw Object.assign(new Error('found'), { code: 'found' });
            }),
          ];
        }),
      );
      expect(results.filter(({ status }) => status === 'fulfilled').length).toBe(1);
      const codes = results.flatMap((r) => (r.status === 'rejected' ? [r.reason.code] : []));
      for (const code of codes) expect([11000, 'found']).toContain(code);
      const duplicate = results.find((r) => r.status === 'rejected' && r.reason.code === 11000);
      expect(duplicate).toMatchObject({ reason: { keyPattern: { phone: 1 }, keyValue: { phone } } });
    }
    await Promise.all(clients.map((client) => client.close()));
    await server.close();
  });
});

interface ServingChild {
  readonly pid: number | undefined;
  lines(): string[];
  said(line: string): Promise<void>;
  kill(): Promise<void>;
}

/** A process that serves `file`, prints ready, then runs `body` with a connected `client`. */
function serveInChild(file: string, body: string): ServingChild {
  const program = `
    import { createRequire } from 'node:module';
    const { MongoClient } = createRequire(${JSON.stringify(COMPILED_ENTRY)})('mongodb');
    const { startDocumentServer } = await import(${JSON.stringify(COMPILED_ENTRY)});
    const server = await startDocumentServer({ file: ${JSON.stringify(file)} });
    const client = await new MongoClient(server.uri).connect();
    console.log('ready');
    ${body}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  const exited = new Promise<void>((done) => child.once('close', () => done()));
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
  // The last line may be cut by the kill, so only ended lines count.
  const lines = () => output.slice(0, output.lastIndexOf('\n') + 1).split('\n');
  return {
    pid: child.pid,
    lines,
    async said(line) {
      while (!lines().includes(line)) {
        if (child.exitCode !== null) throw new Error(`the child exited with ${child.exitCode}`);
        await new Promise((again) => setTimeout(again, 5));
      }
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

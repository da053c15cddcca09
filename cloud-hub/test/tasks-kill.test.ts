import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../src/clock.js';
import { type Database, ensureCollections, openDatabase } from '../src/db/index.js';
import { type DocumentServer, startDocumentServer } from '../src/document-server/index.js';
import { createTaskStore, defineTask, schedulesCollection, tasksCollection } from '../src/tasks/index.js';
import { buildWorker } from './document-server/build-worker.js';
import { eventually } from './support/hub-fixture.js';
import { silent } from './support/store.js';

const WORKER = fileURLToPath(new URL('./support/task-worker.mjs', import.meta.url));
const TASKS = 150;
const KILLS = 10;

/** Three processes on one embedded document server, killed with SIGKILL at random moments and started again. */
describe('tasks with three processes that are being killed', () => {
  let folder: string;
  let server: DocumentServer;
  let database: Database;
  const children: (ChildProcess | null)[] = [null, null, null];

  beforeAll(() => buildWorker(), 120_000);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'voltbay-tasks-'));
    server = await startDocumentServer({ file: join(folder, 'hub.db'), listen: 'tcp' });
    database = await openDatabase({ uri: server.uri, dbName: 'tasks', logger: silent });
    await ensureCollections(database, [tasksCollection, schedulesCollection]);
  }, 60_000);
  afterEach(async () => {
    for (const child of children) {
      if (child?.exitCode !== null || child.signalCode !== null) continue;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    await database?.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  const start = async (index: number) => {
    const child = spawn(process.execPath, [WORKER], {
      env: { ...process.env, STORE_URI: server.uri },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children[index] = child;
    if (!child.stdout) throw new Error('no stdout');
    await once(child.stdout, 'data');
  };
  const kill = async (index: number) => {
    const child = children[index];
    if (!child) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };

  it('runs each task once in effect, loses none, fires each due time of a schedule once', async () => {
    const store = createTaskStore({ database, clock: systemClock });
    const spec = defineTask({
      kind: 'test.count',
      summary: 'Count',
      input: z.object({ n: z.number() }),
      retry: { maxAttempts: 100 },
    });
    await database.db
      .collection<{ _id: string; sum: number; applied: string[] }>('counter')
      .insertOne({ _id: 'sum', sum: 0, applied: [] });
    await Promise.all([start(0), start(1), start(2)]);
    const made: string[] = [];
    const enqueue = async (from: number, to: number) => {
      for (let n = from; n <= to; n += 1) {
        const request = { tenantId: 't1', input: { n }, key: `count:${n}`, by: 'test' };
        const [first, second] = [await store.enqueue(spec, request), await store.enqueue(spec, request)];
        expect([first.created, second.created, second.id]).toEqual([true, false, first.id]);
        made.push(first.id);
      }
    };
    for (let round = 0; round < KILLS; round += 1) {
      await enqueue((TASKS / KILLS) * round + 1, (TASKS / KILLS) * (round + 1));
      await new Promise((resolve) => setTimeout(resolve, 30 + Math.random() * 250));
      const victim = Math.floor(Math.random() * 3);
      await kill(victim);
      await start(victim);
    }
    const tasks = database.collection(tasksCollection);
    await eventually(
      async () => (await tasks.countDocuments({ _id: { $in: made }, state: 'done' })) === TASKS,
      'all tasks done',
      90_000,
    );
    for (const index of [0, 1, 2]) await kill(index);

    const counter = await database.db
      .collection<{ _id: string; sum: number; applied: string[] }>('counter')
      .findOne({ _id: 'sum' });
    expect(counter?.sum).toBe((TASKS * (TASKS + 1)) / 2);
    const applied = counter?.applied ?? [];
    expect(new Set(applied).size).toBe(applied.length);
    expect(made.filter((id) => !applied.includes(id))).toEqual([]);

    // The kills were felt: tasks were taken over, each lease under a higher fencing token.
    const executions = await database.db
      .collection<{ taskId: string; fence: number; pid: number }>('executions')
      .find({ taskId: { $in: made } })
      .toArray();
    expect(executions.length).toBeGreaterThan(TASKS);
    expect(new Set(executions.map(({ taskId, fence }) => `${taskId}/${fence}`)).size).toBe(executions.length);
    expect(new Set(executions.map(({ pid }) => pid)).size).toBeGreaterThan(3);

    const scheduled = await tasks.find({ key: { $regex: '^t1/schedule:' } }).toArray();
    const dueTimes = scheduled.map(({ key }) => key.split('every-second:')[1]);
    expect(dueTimes.length).toBeGreaterThan(3);
    expect(new Set(dueTimes).size).toBe(dueTimes.length);
    expect(dueTimes.every((due) => due?.endsWith('.000Z'))).toBe(true);
  }, 180_000);
});

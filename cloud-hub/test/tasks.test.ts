import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Database } from '../src/db/index.js';
import {
  createSchedules,
  createTaskRunner,
  createTaskStore,
  defineSchedule,
  defineTask,
  handleTask,
  PermanentTaskError,
  type TaskRunner,
  type TaskStore,
  type TaskWork,
  TryLaterError,
  tasksCollection,
} from '../src/tasks/index.js';
import { eventually } from './support/hub-fixture.js';
import { openTestStore, silent } from './support/store.js';

const spec = defineTask({
  kind: 'test.work',
  summary: 'Work',
  input: z.object({ n: z.number().int() }),
  retry: { maxAttempts: 3, baseMs: 10, capMs: 40 },
  leaseMs: 600,
});

describe('tasks', () => {
  let database: Database;
  let store: TaskStore;
  let nowMs: number;
  const clock = { now: () => nowMs };
  const runners: TaskRunner[] = [];

  beforeEach(async () => {
    database = await openTestStore();
    nowMs = Date.parse('2026-11-22T08:00:00.000Z');
    store = createTaskStore({ database, clock });
  });
  afterEach(async () => {
    for (const runner of runners.splice(0)) await runner.stop();
    await database.close();
  });

  const run = (
    work: TaskWork<{ n: number }>,
    options: { clock?: { now(): number }; onDead?: () => Promise<void> } = {},
  ) => {
    const runner = createTaskRunner({
      store,
      clock,
      logger: silent,
      owner: `runner-${runners.length}`,
      pollMs: 20,
      handlers: [handleTask(spec, work, options.onDead ? { onDead: options.onDead } : {})],
    });
    runners.push(runner);
    runner.start();
    return runner;
  };
  const enqueue = (n = 1, more: { key?: string; runAt?: number } = {}) =>
    store.enqueue(spec, { tenantId: 't1', input: { n }, by: 'test', ...more });
  const reaches = (id: string, state: string) =>
    eventually(async () => {
      const task = await store.find(id);
      return task?.state === state && task;
    }, `task ${state}`);

  it('refuses an input that is not of its kind', async () => {
    await expect(
      store.enqueue(spec, { tenantId: 't1', input: { n: 'one' } as unknown as { n: number }, by: 'test' }),
    ).rejects.toMatchObject({ code: 'BAD_TASK' });
  });

  it('waits for its time, then keeps result and progress', async () => {
    const { id } = await enqueue(4, { runAt: nowMs + 60_000 });
    run(async ({ input, progress }) => {
      await progress(50, 'half');
      return { twice: input.n * 2 };
    });
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect((await store.find(id))?.state).toBe('queued');
    nowMs += 60_000;
    const done = await reaches(id, 'done');
    expect(done).toMatchObject({ result: { twice: 8 }, attempts: 1, dueAt: null });
    expect(done.progress).toMatchObject({ percent: 100, text: 'half' });
  });

  it('tries again later and gives up into the dead letters; a replay starts afresh', async () => {
    let fails = true;
    let deadCalls = 0;
    const { id } = await enqueue();
    run(
      async () => {
        if (fails) throw new Error('no luck');
      },
      {
        onDead: async () => {
          deadCalls += 1;
        },
      },
    );
    await eventually(async () => {
      nowMs += 50;
      return (await store.find(id))?.state === 'dead';
    }, 'dead');
    expect(await store.find(id)).toMatchObject({
      attempts: 3,
      error: { code: 'FAILED', message: 'no luck' },
      expireAt: null,
    });
    expect(deadCalls).toBe(1);
    fails = false;
    expect(await store.replay(id, 'another-tenant', 'op')).toBeNull();
    expect(await store.replay(id, 't1', 'op')).toMatchObject({ state: 'queued', attempts: 0 });
    expect((await reaches(id, 'done')).history.map(({ what }) => what)).toContain('replayed');
    expect(await store.replay(id, 't1', 'op')).toBeNull();
  });

  it('a permanent error is not tried again; one that names its time waits until then', async () => {
    const first = await enqueue(1);
    const second = await enqueue(2);
    run(async ({ input }) => {
      if (input.n === 1) throw new PermanentTaskError('GONE', 'never again');
      throw new TryLaterError('QUIET', 'at night', { delayMs: 5_000, counts: false });
    });
    expect(await reaches(first.id, 'dead')).toMatchObject({ attempts: 1, error: { code: 'GONE' } });
    const waiting = await eventually(async () => {
      const task = await store.find(second.id);
      return task?.error?.code === 'QUIET' && task;
    }, 'put off');
    expect(waiting).toMatchObject({ state: 'queued', attempts: 0 });
    expect(Date.parse(waiting.dueAt ?? '')).toBe(nowMs + 5_000);
  });

  it('an expired lease is taken over, and the first holder can neither finish nor write', async () => {
    const { id } = await enqueue();
    const specs = new Map([[spec.kind, spec]]);
    const first = await store.claim('a', specs, 1_000);
    if (!first) throw new Error('nothing claimed');
    expect(await store.claim('b', specs, 1_000)).toBeNull();
    nowMs += 1_001;
    const second = await store.claim('b', specs, 1_000);
    expect(second).toMatchObject({ _id: id, fence: first.fence + 1, owner: 'b', attempts: 2 });
    expect(await store.renew(first, 1_000)).toBeNull();
    expect(await store.progress(first, 90, 'stale')).toBeNull();
    expect(await store.settle(first, { state: 'done', result: null })).toBe(false);
    expect(second && (await store.settle(second, { state: 'done', result: { by: 'b' } }))).toBe(true);
    expect(await store.find(id)).toMatchObject({
      state: 'done',
      result: { by: 'b' },
      progress: { percent: 100 },
    });
  });

  it('a task that kills its process every time ends in the dead letters', async () => {
    const { id } = await enqueue();
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect(await store.claim(`killed-${attempt}`, new Map([[spec.kind, spec]]), 1_000)).not.toBeNull();
      nowMs += 1_001;
    }
    let ran = false;
    run(async () => {
      ran = true;
    });
    expect(await reaches(id, 'dead')).toMatchObject({ error: { code: 'LEASE_LOST' } });
    expect(ran).toBe(false);
  });

  it('keeps its lease while it works longer than the lease', async () => {
    const { id } = await enqueue();
    let runs = 0;
    const slow: TaskWork<{ n: number }> = async () => {
      runs += 1;
      for (let step = 0; step < 30; step += 1) {
        nowMs += 60;
        await new Promise((resolve) => setTimeout(resolve, 60));
      }
    };
    run(slow);
    run(slow);
    expect((await reaches(id, 'done')).attempts).toBe(1);
    expect(runs).toBe(1);
  }, 30_000);

  it('cancels what waits at once, and what runs through its signal', async () => {
    const waiting = await enqueue(1, { runAt: nowMs + 60_000 });
    expect(await store.cancel(waiting.id, 't1', 'op')).toMatchObject({ state: 'cancelled' });
    const running = await enqueue(2);
    run(
      ({ signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    );
    await reaches(running.id, 'running');
    expect(await store.cancel(running.id, 't1', 'op')).toMatchObject({ cancelRequested: true });
    await reaches(running.id, 'cancelled');
    expect(await store.cancel(running.id, 't1', 'op')).toBeNull();
  });

  it('a stopping process hands its work back without counting the attempt', async () => {
    const { id } = await enqueue();
    const runner = run(
      ({ signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    );
    await reaches(id, 'running');
    await runner.stop();
    expect(await store.find(id)).toMatchObject({ state: 'queued', attempts: 0, owner: null });
  });

  it('a schedule fires each due time once, and after an outage only the newest one', async () => {
    const hourly = () =>
      createSchedules({
        store,
        clock,
        tenants: async () => ['t1', 't2'],
        schedules: [
          defineSchedule({
            id: 'hourly',
            cron: '0 * * * *',
            timeZone: 'Asia/Shanghai',
            spec,
            input: () => ({ n: 1 }),
          }),
        ],
      });
    const [one, two] = [hourly(), hourly()];
    expect(await one.tick()).toBe(0);
    nowMs += 3_600_000;
    const fired = await Promise.all([one.tick(), two.tick(), one.tick()]);
    expect(fired.reduce((sum, count) => sum + count, 0)).toBe(2);
    nowMs += 40 * 3_600_000;
    await Promise.all([one.tick(), two.tick()]);
    const keys = (await database.collection(tasksCollection).find({}).toArray()).map(({ key }) => key).sort();
    expect(keys).toEqual([
      't1/schedule:hourly:2026-11-22T09:00:00.000Z',
      't1/schedule:hourly:2026-11-24T01:00:00.000Z',
      't2/schedule:hourly:2026-11-22T09:00:00.000Z',
      't2/schedule:hourly:2026-11-24T01:00:00.000Z',
    ]);
    expect((await two.list('t1'))[0]).toMatchObject({ nextDueAt: '2026-11-24T02:00:00.000Z' });
  });
});

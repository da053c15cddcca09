// One hub-like process of the task test: plain Node on the compiled hub, one store shared with the others.
import { z } from 'zod';
import { openDatabase } from '../../dist/db/index.js';
import { createLogger } from '../../dist/logger.js';
import { createMaintenance } from '../../dist/maintenance.js';
import {
  createSchedules,
  createTaskRunner,
  createTaskStore,
  defineSchedule,
  defineTask,
  handleTask,
} from '../../dist/tasks/index.js';

const clock = { now: () => Date.now() };
const logger = createLogger({ level: 'error' });
const database = await openDatabase({ uri: process.env.STORE_URI, dbName: 'tasks', logger });
const executions = database.db.collection('executions');
const counter = database.db.collection('counter');
const store = createTaskStore({ database, clock });

const count = defineTask({
  kind: 'test.count',
  summary: 'Counts itself once, in two steps with time to die between them',
  input: z.object({ n: z.number() }),
  leaseMs: 3_000,
  retry: { maxAttempts: 100, baseMs: 50, capMs: 500 },
});
const handlers = [
  handleTask(count, async (run) => {
    await executions.insertOne({ taskId: run.id, fence: run.fence, pid: process.pid });
    await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 40));
    // Every seventh fails at first: retries are part of the storm.
    if (run.input.n % 7 === 0 && run.attempt === 1) throw new Error('first try fails');
    await counter.updateOne(
      { _id: 'sum', applied: { $ne: run.id } },
      { $inc: { sum: run.input.n }, $push: { applied: run.id } },
    );
    await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 20));
    return { n: run.input.n };
  }),
];
const runner = createTaskRunner({
  store,
  handlers,
  clock,
  logger,
  owner: `worker:${process.pid}`,
  concurrency: 3,
  pollMs: 100,
});
const schedules = createSchedules({
  store,
  clock,
  tenants: async () => ['t1'],
  schedules: [
    defineSchedule({
      id: 'every-second',
      cron: '* * * * * *',
      timeZone: 'UTC',
      spec: count,
      input: () => ({ n: 0 }),
    }),
  ],
});
runner.start();
createMaintenance({
  logger,
  chores: [{ name: 'schedules', everyMs: 100, run: () => schedules.tick() }],
}).start();
process.stdout.write('ready\n');
// The chores' timers do not keep a process alive.
setInterval(() => undefined, 60_000);

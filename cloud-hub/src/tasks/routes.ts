import { idSchema, isoTimeSchema } from '@voltbay/protocol';
import { z } from 'zod';
import type { Database } from '../db/index.js';
import {
  defineRoute,
  type HttpRoute,
  type ListSpec,
  listQuery,
  listReply,
  listRequest,
  needs,
  ok,
  problem,
  scopeFilter,
  versioned,
} from '../http/index.js';
import type { Schedules } from './schedules.js';
import { TASK_STATES, taskSchema, tasksCollection, taskView } from './task-document.js';
import type { TaskStore } from './task-store.js';

const LIST: ListSpec = {
  fields: {
    state: { kind: 'enum', values: TASK_STATES },
    kind: { kind: 'id' },
    createdAt: { kind: 'time' },
    updatedAt: { kind: 'time' },
  },
  sort: ['createdAt', 'updatedAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
};

const scheduleSchema = z.object({
  id: z.string(),
  cron: z.string(),
  timeZone: z.string(),
  kind: z.string(),
  summary: z.string(),
  lastDueAt: isoTimeSchema.nullable(),
  nextDueAt: isoTimeSchema.nullable(),
});

/** The task monitor: what runs, what failed for good, and the hand to try it again. */
export function createTaskRoutes(deps: {
  database: Database;
  store: TaskStore;
  schedules: Schedules;
}): HttpRoute[] {
  const { store } = deps;
  const tasks = deps.database.collection(tasksCollection);
  const params = z.strictObject({ id: idSchema });
  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/tasks',
      operationId: 'listTasks',
      summary: 'Background tasks, newest first; state=dead lists the dead letters',
      tags: ['tasks'],
      access: needs('tasks:read'),
      query: listQuery(LIST),
      responses: { 200: { description: 'Tasks', schema: z.array(taskSchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply({
          request,
          list: listRequest(LIST, query),
          scope: scopeFilter(principal, grant, {}),
          source: tasks,
          toResource: taskView,
        }),
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/tasks/{id}',
      operationId: 'getTask',
      summary: 'One task with its progress and history',
      tags: ['tasks'],
      access: needs('tasks:read'),
      params,
      responses: { 200: { description: 'The task', schema: taskSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal, grant, request }) {
        const task = await tasks.findOne({ ...scopeFilter(principal, grant, {}), _id: id });
        if (!task) throw problem('NOT_FOUND', `no task ${id}`);
        return versioned(request, taskView(task));
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/tasks/{id}/replay',
      operationId: 'replayTask',
      summary: 'Try a dead or cancelled task again, with fresh attempts',
      tags: ['tasks'],
      access: needs('tasks:write'),
      params,
      responses: { 200: { description: 'The task, queued', schema: taskSchema } },
      problems: ['NOT_FOUND', 'CONFLICT'],
      async handler({ params: { id }, principal }) {
        const task = await store.replay(id, principal.tenantId, principal.sub);
        if (task) return ok(taskView(task));
        const known = await tasks.findOne({ _id: id, tenantId: principal.tenantId });
        if (!known) throw problem('NOT_FOUND', `no task ${id}`);
        throw problem('CONFLICT', `the task is ${known.state}; only dead and cancelled ones are replayed`);
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/tasks/{id}/cancel',
      operationId: 'cancelTask',
      summary: 'Cancel a waiting task, or tell a running one to stop',
      tags: ['tasks'],
      access: needs('tasks:write'),
      params,
      responses: { 200: { description: 'The task', schema: taskSchema } },
      problems: ['NOT_FOUND', 'CONFLICT'],
      async handler({ params: { id }, principal }) {
        const task = await store.cancel(id, principal.tenantId, principal.sub);
        if (task) return ok(taskView(task));
        const known = await tasks.findOne({ _id: id, tenantId: principal.tenantId });
        if (!known) throw problem('NOT_FOUND', `no task ${id}`);
        throw problem('CONFLICT', `the task is ${known.state} already`);
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/task-schedules',
      operationId: 'listTaskSchedules',
      summary: 'What runs by the clock, with last and next due times',
      tags: ['tasks'],
      access: needs('tasks:read'),
      responses: { 200: { description: 'Schedules', schema: z.array(scheduleSchema) } },
      handler: async ({ principal }) => ok(await deps.schedules.list(principal.tenantId)),
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/task-schedules/{id}/run',
      operationId: 'runTaskSchedule',
      summary: 'Run a schedule now, beside its due times',
      tags: ['tasks'],
      access: needs('tasks:write'),
      params,
      responses: { 202: { description: 'The task that was made', schema: taskSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal }) {
        const taskId = await deps.schedules.runNow(id, principal.tenantId, principal.sub);
        const task = taskId ? await store.find(taskId) : null;
        if (!task) throw problem('NOT_FOUND', `no schedule ${id}`);
        return { status: 202, body: taskView(task) };
      },
    }),
  ];
}

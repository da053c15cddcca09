import { deviceSchema, idSchema, isoTimeSchema } from '@voltbay/protocol';
import { uuidv7 } from 'uuidv7';
import { z } from 'zod';
import { isoAt, isoNow } from '../clock.js';
import type { Database } from '../db/index.js';
import {
  created,
  defineRoute,
  etagOf,
  type HttpRoute,
  type ListSpec,
  listQuery,
  listReply,
  listRequest,
  missedUpdate,
  needs,
  ok,
  problem,
  scopeFilter,
  versioned,
} from '../http/index.js';
import type { Clock } from '../ports.js';
import { operatorsCollection } from '../stargate/collections.js';
import {
  alarmsCollection,
  stationsCollection,
  WORK_ORDER_STATES,
  type WorkOrderDocument,
  type WorkOrderState,
  workOrdersCollection,
} from './station-documents.js';

const PRIORITIES = ['low', 'normal', 'urgent'] as const;
/** What a work order may become next; what is closed stays closed. */
const NEXT: Readonly<Record<WorkOrderState, readonly WorkOrderState[]>> = {
  open: ['assigned', 'in-progress', 'done', 'cancelled'],
  assigned: ['open', 'in-progress', 'done', 'cancelled'],
  'in-progress': ['assigned', 'done', 'cancelled'],
  done: [],
  cancelled: [],
};
const alarmId = z.string().min(1).max(260);
const note = z.string().trim().min(1).max(1_000);
const workOrderSchema = z.object({
  id: z.string(),
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
  stationId: deviceSchema,
  title: z.string(),
  detail: z.string().nullable(),
  priority: z.enum(PRIORITIES),
  state: z.enum(WORK_ORDER_STATES),
  assignee: z.string().nullable(),
  alarmIds: z.array(z.string()),
  createdBy: z.string(),
  dueAt: isoTimeSchema.nullable(),
  closedAt: isoTimeSchema.nullable(),
  log: z.array(
    z.object({
      at: isoTimeSchema,
      by: z.string(),
      state: z.enum(WORK_ORDER_STATES),
      note: z.string().nullable(),
    }),
  ),
});
const LIST: ListSpec = {
  fields: {
    stationId: { kind: 'id' },
    state: { kind: 'enum', values: WORK_ORDER_STATES },
    priority: { kind: 'enum', values: PRIORITIES },
    assignee: { kind: 'id' },
    createdAt: { kind: 'time' },
  },
  sort: ['createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
  search: ['title'],
};
const MAX_LOG = 200;
const params = z.strictObject({ id: idSchema });
const tags: [string] = ['work-orders'];

/** Work at stations, linked with the alarms that it is about. */
export function createWorkOrderRoutes(deps: { database: Database; clock: Clock }): HttpRoute[] {
  const orders = deps.database.collection(workOrdersCollection);
  const alarms = deps.database.collection(alarmsCollection);
  const checkAssignee = async (tenantId: string, assignee: string) => {
    const operators = deps.database.collection(operatorsCollection);
    if (!(await operators.findOne({ _id: assignee, tenantId, status: 'active' }, { projection: { _id: 1 } })))
      throw problem('VALIDATION', `body.assignee: no active operator ${assignee}`);
  };
  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/work-orders',
      operationId: 'listWorkOrders',
      summary: 'Work at stations, newest first',
      tags,
      access: needs('work-orders:read'),
      query: listQuery(LIST),
      responses: { 200: { description: 'Work orders', schema: z.array(workOrderSchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply({
          request,
          list: listRequest(LIST, query),
          scope: scopeFilter(principal, grant, { station: 'stationId' }),
          source: orders,
          toResource: workOrderView,
        }),
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/work-orders',
      operationId: 'createWorkOrder',
      summary: 'Work to be done at a station, with the alarms that it is about',
      tags,
      access: needs('work-orders:write'),
      body: z.strictObject({
        stationId: deviceSchema,
        title: z.string().trim().min(1).max(200),
        detail: z.string().max(4_000).optional(),
        priority: z.enum(PRIORITIES).optional(),
        assignee: idSchema.optional(),
        alarmIds: z.array(alarmId).max(50).optional(),
        dueAt: isoTimeSchema.optional(),
      }),
      idempotency: 'required',
      responses: { 201: { description: 'The work order', schema: workOrderSchema } },
      problems: ['NOT_FOUND'],
      async handler({ body, principal, grant }) {
        const station = await deps.database
          .collection(stationsCollection)
          .findOne({ $and: [scopeFilter(principal, grant, { station: '_id' }), { _id: body.stationId }] });
        if (!station) throw problem('NOT_FOUND', `no station ${body.stationId}`);
        const alarmIds = [...new Set(body.alarmIds ?? [])];
        const about = { tenantId: principal.tenantId, stationId: body.stationId };
        for (const id of alarmIds)
          if (!(await alarms.findOne({ _id: id, ...about }, { projection: { _id: 1 } })))
            throw problem('VALIDATION', `body.alarmIds: no alarm ${id} at station ${body.stationId}`);
        if (body.assignee !== undefined) await checkAssignee(principal.tenantId, body.assignee);
        const now = isoNow(deps.clock);
        const state: WorkOrderState = body.assignee === undefined ? 'open' : 'assigned';
        const order: WorkOrderDocument = {
          _id: `w-${uuidv7()}`,
          tenantId: principal.tenantId,
          version: 1,
          createdAt: now,
          updatedAt: now,
          stationId: body.stationId,
          title: body.title,
          detail: body.detail ?? null,
          priority: body.priority ?? 'normal',
          state,
          assignee: body.assignee ?? null,
          alarmIds,
          createdBy: principal.sub,
          dueAt: body.dueAt === undefined ? null : isoAt(Date.parse(body.dueAt)),
          closedAt: null,
          log: [{ at: now, by: principal.sub, state, note: null }],
        };
        await orders.insertOne(order);
        for (const id of alarmIds)
          await alarms.updateOne(
            { _id: id, ...about },
            { $set: { workOrderId: order._id }, $inc: { version: 1 } },
          );
        return created(workOrderView(order), {
          Location: `/core/v0/work-orders/${order._id}`,
          ETag: etagOf(1),
        });
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/work-orders/{id}',
      operationId: 'getWorkOrder',
      summary: 'One work order with its log',
      tags,
      access: needs('work-orders:read'),
      params,
      responses: { 200: { description: 'The work order', schema: workOrderSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal, grant, request }) {
        const order = await orders.findOne({
          ...scopeFilter(principal, grant, { station: 'stationId' }),
          _id: id,
        });
        if (!order) throw problem('NOT_FOUND', `no work order ${id}`);
        return versioned(request, order, workOrderView(order));
      },
    }),
    defineRoute({
      method: 'patch',
      path: '/core/v0/work-orders/{id}',
      operationId: 'updateWorkOrder',
      summary: 'Assigns, moves on or closes a work order; every change goes to its log',
      tags,
      access: needs('work-orders:write'),
      params,
      body: z.strictObject({
        state: z.enum(WORK_ORDER_STATES).optional(),
        assignee: idSchema.optional(),
        priority: z.enum(PRIORITIES).optional(),
        note: note.optional(),
      }),
      ifMatch: 'required',
      responses: { 200: { description: 'The work order', schema: workOrderSchema } },
      problems: ['NOT_FOUND', 'CONFLICT'],
      async handler({ params: { id }, body, principal, grant, request }) {
        const scope = { ...scopeFilter(principal, grant, { station: 'stationId' }), _id: id };
        const current = await orders.findOne(scope);
        if (!current) throw problem('NOT_FOUND', `no work order ${id}`);
        if (request.ifMatch !== null && request.ifMatch !== current.version)
          throw missedUpdate(current, 'work order');
        const assigned = body.assignee !== undefined && current.state === 'open' ? 'assigned' : current.state;
        const state = body.state ?? assigned;
        const isClosed = NEXT[current.state].length === 0;
        if (isClosed || (state !== current.state && !NEXT[current.state].includes(state)))
          throw problem('CONFLICT', `a work order that is ${current.state} cannot become ${state}`);
        if (body.assignee !== undefined) await checkAssignee(principal.tenantId, body.assignee);
        const assignee = body.assignee ?? current.assignee;
        if (state === 'assigned' && assignee === null)
          throw problem('VALIDATION', 'body.assignee: say who does it');
        const now = isoNow(deps.clock);
        const updated = await orders.findOneAndUpdate(
          { ...scope, version: current.version },
          {
            $set: {
              state,
              assignee: state === 'open' ? null : assignee,
              priority: body.priority ?? current.priority,
              closedAt: NEXT[state].length === 0 ? now : null,
              updatedAt: now,
            },
            $push: {
              log: {
                $each: [{ at: now, by: principal.sub, state, note: body.note ?? null }],
                $slice: -MAX_LOG,
              },
            },
            $inc: { version: 1 },
          },
          { returnDocument: 'after' },
        );
        if (!updated) throw missedUpdate(await orders.findOne(scope), 'work order');
        return ok(workOrderView(updated), { ETag: etagOf(updated.version) });
      },
    }),
  ];
}

function workOrderView({ _id, ...rest }: WorkOrderDocument): z.infer<typeof workOrderSchema> {
  return { id: _id, ...rest };
}

import { deviceSchema, isoTimeSchema } from '@voltbay/protocol';
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
} from '../http/index.js';
import type { Alarms } from './alarms.js';
import { type AlarmDocument, alarmsCollection } from './station-documents.js';

/** GET /core/v0/alarms */
export const alarmSchema = z.object({
  id: z.string(),
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
  stationId: deviceSchema,
  code: z.string(),
  state: z.enum(['raised', 'cleared']),
  severity: z.enum(['info', 'warning', 'critical']),
  slot: z.number().int().nullable(),
  packId: z.string().nullable(),
  detail: z.string().nullable(),
  raisedAt: isoTimeSchema.nullable(),
  clearedAt: isoTimeSchema.nullable(),
  count: z.number().int(),
  acknowledgedBy: z.string().nullable(),
  acknowledgedAt: isoTimeSchema.nullable(),
  escalatedAt: isoTimeSchema.nullable(),
  escalatedBy: z.string().nullable(),
  workOrderId: z.string().nullable(),
});
export type Alarm = z.infer<typeof alarmSchema>;

const LIST: ListSpec = {
  fields: {
    stationId: { kind: 'id' },
    state: { kind: 'enum', values: ['raised', 'cleared'] },
    severity: { kind: 'enum', values: ['info', 'warning', 'critical'] },
    code: { kind: 'text' },
    updatedAt: { kind: 'time' },
  },
  sort: ['updatedAt'],
  defaultSort: { field: 'updatedAt', order: 'desc' },
};

export function createAlarmRoutes(deps: { database: Database; alarms: Alarms }): HttpRoute[] {
  const collection = deps.database.collection(alarmsCollection);
  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/alarms',
      operationId: 'listAlarms',
      summary: 'Alarms of stations, newest change first',
      tags: ['alarms'],
      access: needs('alarms:read'),
      query: listQuery(LIST),
      responses: { 200: { description: 'Alarms', schema: z.array(alarmSchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply({
          request,
          list: listRequest(LIST, query),
          scope: scopeFilter(principal, grant, { station: 'stationId' }),
          source: collection,
          toResource: alarmView,
        }),
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/alarms/{id}/acknowledge',
      operationId: 'acknowledgeAlarm',
      summary: 'Somebody looks after it',
      tags: ['alarms'],
      access: needs('alarms:write'),
      params: z.strictObject({ id: z.string().min(1).max(260) }),
      responses: { 200: { description: 'The alarm', schema: alarmSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal, grant }) {
        const scope = scopeFilter(principal, grant, { station: 'stationId' });
        const known = await collection.findOne({ ...scope, _id: id }, { projection: { _id: 1 } });
        const alarm = known && (await deps.alarms.acknowledge(id, principal.tenantId, principal.sub));
        if (!alarm) throw problem('NOT_FOUND', `no alarm ${id}`);
        return ok(alarmView(alarm));
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/alarms/{id}/escalate',
      operationId: 'escalateAlarm',
      summary: 'Passes a raised alarm on; the hub does it by itself when nobody acknowledges a critical one',
      tags: ['alarms'],
      access: needs('alarms:write'),
      params: z.strictObject({ id: z.string().min(1).max(260) }),
      responses: { 200: { description: 'The alarm', schema: alarmSchema } },
      problems: ['NOT_FOUND', 'CONFLICT'],
      async handler({ params: { id }, principal, grant }) {
        const scope = scopeFilter(principal, grant, { station: 'stationId' });
        const known = await collection.findOne({ ...scope, _id: id });
        if (!known) throw problem('NOT_FOUND', `no alarm ${id}`);
        const alarm = await deps.alarms.escalate(id, principal.tenantId, principal.sub);
        if (!alarm)
          throw problem('CONFLICT', known.state === 'raised' ? 'it is escalated already' : 'it is cleared');
        return ok(alarmView(alarm));
      },
    }),
  ];
}

function alarmView(document: AlarmDocument): Alarm {
  const { _id, order: _order, ...rest } = document;
  return { escalatedAt: null, escalatedBy: null, workOrderId: null, id: _id, ...rest };
}

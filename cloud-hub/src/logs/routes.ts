import { isoTimeSchema } from '@voltbay/protocol';
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
  scopeFilter,
} from '../http/index.js';
import { LOG_LEVELS_KEPT, type LogLineDocument, logLinesCollection } from './log-documents.js';

const lineSchema = z.object({
  id: z.string(),
  time: isoTimeSchema,
  level: z.enum(LOG_LEVELS_KEPT),
  source: z.enum(['hub', 'station']),
  device: z.string().nullable(),
  requestId: z.string().nullable(),
  orderId: z.string().nullable(),
  commandId: z.string().nullable(),
  msg: z.string(),
  fields: z.record(z.string(), z.unknown()),
});
const LIST: ListSpec = {
  fields: {
    time: { kind: 'time', path: 'at' },
    level: { kind: 'enum', values: LOG_LEVELS_KEPT },
    source: { kind: 'enum', values: ['hub', 'station'] },
    device: { kind: 'id' },
    requestId: { kind: 'id' },
    orderId: { kind: 'id' },
    commandId: { kind: 'id' },
  },
  sort: ['time'],
  defaultSort: { field: 'time', order: 'desc' },
  search: ['msg'],
};

/** Log search. */
export function createLogRoutes(deps: { database: Database }): HttpRoute[] {
  const lines = deps.database.collection(logLinesCollection);
  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/logs',
      operationId: 'listLogs',
      summary: 'Log lines of the hub and of stations, newest first',
      description:
        'Kept are warnings and worse, changes that people and keys asked for, what names an order or a command, and what stations sent. `requestId` leads from the caller over the hub to the station. Whoever is limited to some stations sees the lines of those.',
      tags: ['logs'],
      access: needs('logs:read'),
      query: listQuery(LIST),
      responses: { 200: { description: 'Lines', schema: z.array(lineSchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply({
          request,
          list: listRequest(LIST, query),
          scope: scopeFilter(principal, grant, { station: 'device' }),
          source: lines,
          toResource: lineView,
        }),
    }),
  ];
}

function lineView({ _id, tenantId: _tenant, at, ...rest }: LogLineDocument): z.infer<typeof lineSchema> {
  return { id: _id, time: at, ...rest };
}

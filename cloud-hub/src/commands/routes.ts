import {
  type Command,
  commandCreateSchema,
  commandSchema,
  deviceSchema,
  idSchema,
  MSG_TYPE,
} from '@voltbay/protocol';
import { z } from 'zod';
import type { Database } from '../db/index.js';
import {
  created,
  defineRoute,
  type HttpRoute,
  type ListSpec,
  listQuery,
  listReply,
  listRequest,
  needs,
  problem,
  scopeFilter,
  seesStation,
  versioned,
} from '../http/index.js';
import type { CommandDispatcher, DispatchRequest, StationDirectory } from '../ports.js';
import { type CommandDocument, commandsCollection, commandView } from './command-documents.js';
import { outcomeOf, outcomeProblem } from './command-outcome.js';
import type { Commands } from './commands.js';

const LIST: ListSpec = {
  fields: {
    stationId: { kind: 'id' },
    orderId: { kind: 'id' },
    name: { kind: 'text' },
    state: {
      kind: 'enum',
      values: ['queued', 'sent', 'received', 'started', 'done', 'failed', 'rejected', 'expired', 'unknown'],
    },
    createdAt: { kind: 'time' },
  },
  sort: ['createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
};
const MAX_WAIT_MS = 15_000;

export function createCommandRoutes(deps: {
  database: Database;
  commands: CommandDispatcher & Pick<Commands, 'newest'>;
  stations: StationDirectory;
}): HttpRoute[] {
  const { commands, stations } = deps;
  const collection = deps.database.collection(commandsCollection);
  return [
    defineRoute({
      method: 'post',
      path: '/core/v0/stations/{id}/commands',
      operationId: 'sendCommand',
      summary: 'Sends a command to a station',
      description:
        'Answers 201 as soon as it is sent. With `waitMs` it waits for the station: 201 when the state `until` is reached, ' +
        '409 with the station’s reason when it refuses, 504 when nothing is known in time. 503 when the station is offline.',
      tags: ['commands'],
      access: needs('stations:command'),
      params: z.strictObject({ id: deviceSchema }),
      query: z.strictObject({
        waitMs: z.coerce.number().int().min(0).max(MAX_WAIT_MS).optional(),
        until: z.enum(['received', 'started', 'done']).optional(),
      }),
      body: commandCreateSchema,
      idempotency: 'optional',
      responses: { 201: { description: 'The command', schema: commandSchema } },
      problems: ['NOT_FOUND', 'STATION_OFFLINE', 'STATION_REFUSED', 'OUTCOME_UNKNOWN'],
      async handler({ params: { id }, query, body, principal, grant, request }) {
        const scope = scopeFilter(principal, grant, { station: '_id' });
        const station = await stations.get(id);
        if (!station || station.tenantId !== scope.tenantId || !seesStation(principal, grant, id))
          throw problem('NOT_FOUND', `no station ${id}`);
        const sending = commands.send({
          device: id,
          tenantId: station.tenantId,
          by: principal.sub,
          ...requestOf(body, principal.sub),
        });
        request.acting();
        const sent = await sending;
        const location = { Location: `/core/v0/commands/${sent.id}` };
        if (!query.waitMs) return created(sent, location);
        const until = query.until ?? 'done';
        const states: readonly Command['state'][] =
          until === 'received' ? ['received', 'started', 'unknown'] : [until, 'unknown'];
        const command = await commands.waitFor(sent.id, {
          states,
          timeoutMs: query.waitMs,
          early: true,
        });
        if (states.includes(command.state) || command.state === 'done')
          if (command.state !== 'unknown') return created(command, location);
        const outcome = outcomeOf(command);
        throw outcomeProblem(outcome.kind === 'accepted' ? { kind: 'pending' } : outcome, command.id);
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/commands/{id}',
      operationId: 'getCommand',
      summary: 'One command and what became of it',
      tags: ['commands'],
      access: needs('commands:read'),
      params: z.strictObject({ id: idSchema }),
      responses: { 200: { description: 'The command', schema: commandSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal, grant, request }) {
        const visible = await collection.findOne(
          { ...scopeFilter(principal, grant, { station: 'stationId' }), _id: id },
          { projection: { _id: 1 } },
        );
        const command = visible && (await commands.get(id));
        if (!command) throw problem('NOT_FOUND', `no command ${id}`);
        return versioned(request, command);
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/commands',
      operationId: 'listCommands',
      summary: 'Commands, newest first',
      tags: ['commands'],
      access: needs('commands:read'),
      query: listQuery(LIST),
      responses: { 200: { description: 'Commands', schema: z.array(commandSchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply({
          request,
          list: listRequest(LIST, query),
          scope: scopeFilter(principal, grant, { station: 'stationId' }),
          source: collection,
          toResource: (document: CommandDocument) => commands.newest(commandView(document)),
        }),
    }),
  ];
}

type CommandBody = z.infer<typeof commandCreateSchema>;

function requestOf(body: CommandBody, by: string): Pick<DispatchRequest, 'type' | 'data'> {
  switch (body.name) {
    case 'SERVER_OPEN_SLOT':
      return { type: MSG_TYPE.SERVER_OPEN_SLOT, data: { slot: body.slot, by, reason: body.reason } };
    case 'SERVER_ASK_RESTART':
      return {
        type: MSG_TYPE.SERVER_ASK_RESTART,
        data: body.force === undefined ? undefined : { force: body.force },
      };
    case 'SERVER_ASK_DISCONNECT':
      return {
        type: MSG_TYPE.SERVER_ASK_DISCONNECT,
        data: body.reconnectAfterS === undefined ? undefined : { reconnectAfterS: body.reconnectAfterS },
      };
    default:
      return { type: MSG_TYPE[body.name] };
  }
}

import { MSG_TYPE } from '@voltbay/protocol';
import { type CommandStartedEvent, type Document, MongoClient } from 'mongodb';
import { describe, expect, it } from 'vitest';
import type { Database } from '../src/db/index.js';
import { createDocumentServer, createEngine } from '../src/document-server/index.js';
import { connectStation, until } from './station-traffic.js';
import { DEMO_SECRET, startHub } from './support/hub-fixture.js';

/** Read whole on purpose: a handful of documents, all of them needed. */
const SMALL = new Set(['signing_keys']);
const READS = new Set(['find', 'aggregate', 'count', 'distinct', 'findAndModify']);

/** Explainable statements of a command; those of a bulk one by one. */
function statementsOf({ commandName, command }: CommandStartedEvent): Document[] {
  const { lsid: _lsid, $db: _db, $clusterTime: _time, writeConcern: _concern, ...plain } = command;
  if (READS.has(commandName)) return [plain];
  const list = commandName === 'update' ? 'updates' : commandName === 'delete' ? 'deletes' : null;
  if (!list) return [];
  return (plain[list] as Document[]).map((statement) => ({
    [commandName]: plain[commandName],
    [list]: [statement],
  }));
}

/** The statement without its values: statements of one shape have one plan. */
function shapeOf(value: unknown): unknown {
  // The driver keeps a sort as a Map; its fields and directions decide the plan.
  if (value instanceof Map) return [...value];
  if (Array.isArray(value)) return value.slice(0, 4).map(shapeOf);
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]));
  return typeof value;
}

function stagesOf(plan: Document): string[] {
  const below = plan.inputStage ? [plan.inputStage as Document] : ((plan.inputStages as Document[]) ?? []);
  return [String(plan.stage), ...below.flatMap(stagesOf)];
}

describe('queries of the hub', () => {
  it('are each served by an index, for every list with every sort and filter', async () => {
    const server = await createDocumentServer(createEngine({ file: ':memory:' }), {
      listen: { host: '127.0.0.1', port: 0 },
      onFatal: () => undefined,
    });
    const client = new MongoClient(server.uri, { monitorCommands: true, ignoreUndefined: true });
    const statements = new Map<string, Document>();
    client.on('commandStarted', (event) => {
      for (const statement of statementsOf(event))
        statements.set(
          JSON.stringify([event.commandName, statement[event.commandName], shapeOf(statement)]),
          statement,
        );
    });
    const db = client.db('plans');
    const database: Database = {
      client,
      db,
      collection: (spec) => db.collection(spec.name),
      close: async () => undefined,
    };
    const hub = await startHub({ overrides: { database, validateResponses: false } });
    try {
      const token = await hub.operator();
      const agent = await connectStation(hub.mqttUrl, '1231', { mqtt: { password: DEMO_SECRET } });
      const at = new Date().toISOString();
      const uplinks: [number, unknown][] = [
        [MSG_TYPE.STATION_INFO, { battery: [{ slot: 1, serial: 'P1' }], slots: [{ slot: 1 }] }],
        [MSG_TYPE.STATION_EVENT, { kind: 'pack', slot: 1, state: 'out', packId: 'P1', expected: false, at }],
        [MSG_TYPE.STATION_EVENT, { kind: 'door', slot: 1, state: 'open', expected: false, at }],
        [MSG_TYPE.STATION_EVENT, { kind: 'swap', step: 'accepted', swapId: 'w', at }],
        [MSG_TYPE.COMMAND_RESULT, { commandId: 'none', state: 'done' }],
        [999, {}],
      ];
      for (const [seq, [type, data]] of uplinks.entries()) await agent.send(type, data, seq);
      await until('acknowledged', () => agent.isAcked(5));
      const answered = hub.call('POST', '/core/v0/stations/1231/commands?waitMs=2000', {
        token,
        body: { name: 'SERVER_ASK_INFO' },
      });
      await until('command', () => agent.commands().length > 0);
      await agent.send(MSG_TYPE.COMMAND_RESULT, { commandId: agent.commands()[0]?.id, state: 'done' }, 6);
      expect((await answered).status).toBe(201);

      const document = (await hub.call<Document>('GET', '/openapi.json')).body;
      for (const [path, methods] of Object.entries(document.paths as Record<string, Document>)) {
        if (!methods.get || path.includes('events')) continue;
        const address = path.replaceAll(/\{[^}]+\}/g, '1231');
        await hub.call('GET', address, { token });
        for (const { name, in: where, schema } of (methods.get.parameters ?? []) as Document[]) {
          if (where !== 'query' || name === '_cursor') continue;
          const values: unknown[] = schema.enum ?? [
            schema.type === 'boolean' ? 'true' : schema.format === 'date-time' ? at : '1',
          ];
          for (const value of values) {
            await hub.call('GET', `${address}?${name}=${encodeURIComponent(String(value))}`, { token });
            if (name === '_sort') await hub.call('GET', `${address}?_sort=${value}&_order=desc`, { token });
          }
        }
      }
      // The chores look at what is due.
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      await agent.close();
    } finally {
      await hub.stop();
    }
    expect(statements.size).toBeGreaterThan(60);
    const scans: string[] = [];
    for (const [shape, statement] of [...statements]) {
      const [, collection] = JSON.parse(shape) as [string, string];
      if (SMALL.has(collection)) continue;
      const { queryPlanner } = await db.command({ explain: statement, verbosity: 'queryPlanner' });
      const stages = stagesOf(queryPlanner.winningPlan as Document);
      if (stages.includes('COLLSCAN')) scans.push(shape);
      // Readings of a pack or station are many: they must come in order.
      if (collection === 'readings' && stages.includes('SORT')) scans.push(shape);
    }
    await client.close();
    await server.close();
    expect(scans).toEqual([]);
  }, 240_000);
});

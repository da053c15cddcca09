import type { CommandStartedEvent } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allCollections } from '../src/collections.js';
import type { Database } from '../src/db/index.js';
import { type HubFixture, startHub } from './support/hub-fixture.js';
import { openTestStore } from './support/store.js';

type Seen = { collection: string; filter: Record<string, unknown>; sort: Record<string, unknown> };

/** Fields that a filter ties down at its top level, also inside `$and`. */
function tiedFields(filter: Record<string, unknown>): Set<string> {
  const fields = new Set<string>();
  for (const [key, value] of Object.entries(filter)) {
    if (key === '$and')
      for (const part of value as Record<string, unknown>[])
        for (const field of tiedFields(part)) fields.add(field);
    else if (!key.startsWith('$') && !isUnselective(value)) fields.add(key);
  }
  return fields;
}
const isUnselective = (value: unknown): boolean =>
  value !== null &&
  typeof value === 'object' &&
  Object.keys(value).length > 0 &&
  Object.keys(value).every((operator) =>
    ['$ne', '$nin', '$regex', '$options', '$exists', '$not'].includes(operator),
  );

/** An index starts with a field that the filter ties down, or gives the order that is asked for. */
function isServed(seen: Seen): boolean {
  const spec = allCollections.find((candidate) => candidate.name === seen.collection);
  if (!spec) return false;
  const tied = tiedFields(seen.filter);
  const keys = [['_id'], ...spec.indexes.map((index) => Object.keys(index.key as Record<string, 1>))];
  return keys.some((key) => tied.has(key[0] ?? ''));
}

/** And no sort is done in memory over a whole tenant: some index holds the tied fields and then the sort. */
function sortIsServed(seen: Seen): boolean {
  const [by] = Object.keys(seen.sort);
  if (by === undefined) return true;
  const spec = allCollections.find((candidate) => candidate.name === seen.collection);
  const tied = tiedFields(seen.filter);
  const keys = [
    ['_id'],
    ...(spec?.indexes ?? []).map((index) => Object.keys(index.key as Record<string, 1>)),
  ];
  return keys.some((key) => {
    const at = key.indexOf(by);
    return at >= 0 && key.slice(0, at).every((field) => tied.has(field));
  });
}

describe('indexes', () => {
  let hub: HubFixture;
  let database: Database;
  const seen: Seen[] = [];
  beforeAll(async () => {
    database = await openTestStore();
    const client = database.client;
    expect(client.options.monitorCommands).toBe(true);
    client.on('commandStarted', ({ commandName, command }: CommandStartedEvent) => {
      const note = (collection: string, filter: unknown, sort: unknown) =>
        seen.push({
          collection,
          filter: (filter ?? {}) as Seen['filter'],
          sort: (sort ?? {}) as Seen['sort'],
        });
      if (commandName === 'find') note(command.find, command.filter, command.sort);
      if (commandName === 'findAndModify') note(command.findAndModify, command.query, command.sort);
      if (commandName === 'update') for (const one of command.updates) note(command.update, one.q, {});
      if (commandName === 'delete') for (const one of command.deletes) note(command.delete, one.q, {});
      if (commandName === 'aggregate' && typeof command.aggregate === 'string')
        note(command.aggregate, command.pipeline[0]?.$match, {});
    });
    hub = await startHub({ overrides: { database } });
  }, 120_000);
  afterAll(async () => {
    await hub?.stop();
    await database?.close();
  });

  it('serve every query of every list, in every order, and of the whole life of a swap', async () => {
    const admin = await hub.operator();
    const rider = await hub.rider();
    const station = await hub.station();
    const lists = hub.hub.routes.filter(
      (route) => route.method === 'get' && route.operationId.startsWith('list'),
    );
    expect(lists.length).toBeGreaterThanOrEqual(8);
    let sorted = 0;
    for (const route of lists) {
      const path = route.path.replace('{id}', '1231');
      const plain = await hub.call('GET', path, { token: admin });
      await hub.call('GET', path, { token: rider });
      const refused = await hub.call<{ errors?: { message: string }[] }>('GET', `${path}?_sort=%00`, {
        token: admin,
      });
      // The refusal names the sortable fields: each is tried.
      const names = [...(refused.body.errors?.[0]?.message ?? '').matchAll(/"([A-Za-z]+)"/g)].map(
        ([, name]) => name,
      );
      sorted += names.length;
      for (const name of names)
        for (const order of ['asc', 'desc'])
          expect(
            (await hub.call('GET', `${path}?_sort=${name}&_order=${order}`, { token: admin })).status,
            // Only a list below another resource, which may not be there, can answer otherwise.
          ).toBe(route.path.includes('{id}') ? plain.status : 200);
    }
    expect(sorted).toBeGreaterThanOrEqual(12);
    const order = await hub.call<{ id: string }>('POST', '/core/v0/order', {
      token: station,
      body: { user: 'u-demo', vehicle: 'v-demo', requestId: 'r-1' },
    });
    await hub.call('PUT', `/core/v0/order/${order.body.id}`, {
      token: station,
      body: { state: 'completed' },
    });
    // Sweeps and polls of the background come round as well.
    await new Promise((resolve) => setTimeout(resolve, 3_000));

    expect(seen.length).toBeGreaterThan(60);
    const small = new Set(['signing_keys', 'settings']);
    const unserved = seen.filter((query) => !small.has(query.collection) && !isServed(query));
    expect([...new Set(unserved.map((query) => JSON.stringify(query)))]).toEqual([]);
    const unsorted = seen.filter((query) => !small.has(query.collection) && !sortIsServed(query));
    expect([...new Set(unsorted.map((query) => JSON.stringify(query)))]).toEqual([]);
  }, 180_000);

  it('notices a query that none serves', () => {
    expect(isServed({ collection: 'orders', filter: { packClass: 'A' }, sort: {} })).toBe(false);
    expect(isServed({ collection: 'orders', filter: {}, sort: {} })).toBe(false);
    expect(isServed({ collection: 'orders', filter: { tenantId: { $ne: 'x' } }, sort: {} })).toBe(false);
    expect(sortIsServed({ collection: 'orders', filter: { tenantId: 't' }, sort: { reason: 1 } })).toBe(
      false,
    );
  });
});

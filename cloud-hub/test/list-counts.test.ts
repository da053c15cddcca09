import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, tenantsOf } from '../src/db/index.js';
import { type ListSpec, listReply, listRequest } from '../src/http/list.js';
import type { RequestFacts } from '../src/http/route.js';
import { usersCollection } from '../src/users/users.js';
import { openTestStore } from './support/store.js';

describe('large lists', () => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestStore();
  }, 60_000);
  afterAll(() => database?.close());

  it('a range that nearly everything lies in is read in the order that is wanted; a narrow one is sorted; both give the same page', async () => {
    const things = database.db.collection<{ _id: string; t: string; a: number; b: number }>('things');
    await things.createIndexes([
      { name: 'ta', key: { t: 1, a: 1, _id: 1 } },
      { name: 'tb', key: { t: 1, b: 1, _id: 1 } },
    ]);
    const all = Array.from({ length: 2_000 }, (_, n) => ({
      _id: `x${String(n).padStart(5, '0')}`,
      t: 't',
      a: (n * 7_919) % 2_000,
      b: n,
    }));
    await things.insertMany(all);
    for (const [least, most, sorts] of [
      [0, 1_990, false],
      [5, 9, true],
      [3_000, 4_000, true],
    ] as const) {
      const filter = { t: 't', a: { $gte: least, $lte: most } };
      const cursor = () => things.find(filter, { sort: { b: -1, _id: -1 }, limit: 21 });
      const wanted = all
        .filter(({ a }) => a >= least && a <= most)
        .sort((x, y) => y.b - x.b)
        .slice(0, 21);
      expect(await cursor().toArray()).toEqual(wanted);
      const plan = JSON.stringify((await cursor().explain('queryPlanner')).queryPlanner.winningPlan);
      expect(plan.includes('"SORT"')).toBe(sorts);
    }
  });

  it('what is searched for is looked up by index first, within the scope, and read through only where a list allows it', async () => {
    const name = 'searched';
    const things = database.db.collection<{ _id: string; t: string; who: string; note: string }>(name);
    await things.createIndexes([{ name: 'tw', key: { t: 1, who: 1, _id: 1 } }]);
    await things.insertMany([
      { _id: '019ab000-1', t: 't', who: 'u1', note: 'first' },
      { _id: '019ab000-2', t: 't', who: 'u2', note: 'second' },
      { _id: '019ab111-3', t: 'other', who: 'u1', note: 'foreign' },
    ]);
    const spec: ListSpec = {
      fields: { note: { kind: 'text' } },
      sort: ['note'],
      defaultSort: { field: 'note', order: 'asc' },
      lookup: ['_id', 'who'],
    };
    const found = async (q: string, scope: Record<string, unknown> = {}, search?: readonly string[]) => {
      const use = search ? { ...spec, search } : spec;
      const reply = await listReply<{ _id: string }>({
        request: { url: '/x' } as RequestFacts,
        list: listRequest(use, { q }),
        scope: { t: 't', ...scope },
        source: things,
      });
      if (reply instanceof Response) throw new Error('no list');
      const ids = (reply.body as { id: string }[]).map(({ id }) => id);
      expect(reply.headers?.['X-Total-Count']).toBe(String(ids.length));
      return ids;
    };
    expect(await found('u1')).toEqual(['019ab000-1']);
    expect(await found('019ab000')).toEqual(['019ab000-1', '019ab000-2']);
    expect(await found('019ab000-2')).toEqual(['019ab000-2']);
    expect(await found('019ab111')).toEqual([]);
    // A rider's own list stays the rider's own, also when another one is asked for.
    expect(await found('u2', { who: 'u1' })).toEqual([]);
    expect(await found('019ab000', { who: 'u1' })).toEqual(['019ab000-1']);
    expect(await found('econ')).toEqual([]);
    expect(await found('ECON', {}, ['note'])).toEqual(['019ab000-2']);
  });

  it('tenants are found one look each, in order', async () => {
    const users = database.collection(usersCollection);
    expect(await tenantsOf(users)).toEqual([]);
    const now = '2026-11-22T08:00:00.000Z';
    await users.insertMany(
      ['b', 'a', 'b', 'c', 'a'].map((tenantId, index) => ({
        _id: `u${index}`,
        tenantId,
        version: 1,
        createdAt: now,
        updatedAt: now,
        phone: `1${index}`,
        name: 'n',
        status: 'active' as const,
        realName: 'none' as const,
        locale: 'en' as const,
      })),
    );
    expect(await tenantsOf(users)).toEqual(['a', 'b', 'c']);
  });
});

import type { PublicStation } from '@voltbay/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stationCredentialsCollection } from '../src/stargate/collections.js';
import { alarmId, createAlarms } from '../src/stations/alarms.js';
import { checklist, mayFollow } from '../src/stations/lifecycle.js';
import { availability } from '../src/stations/public-availability.js';
import { stationLiveCollection } from '../src/stations/station-documents.js';
import { type HubFixture, problemOf, startHub } from './support/hub-fixture.js';
import { openTestStore } from './support/store.js';

type Versioned = { id: string; version: number };

describe('looking after stations', () => {
  let hub: HubFixture;
  let store: Awaited<ReturnType<typeof openTestStore>>;
  let admin: string;
  let alarms: ReturnType<typeof createAlarms>;
  const published: string[] = [];
  let now = Date.now();
  let serial = 0;
  beforeAll(async () => {
    store = await openTestStore();
    hub = await startHub({ overrides: { database: store } });
    admin = await hub.operator();
    const live = {
      publish: (event: { type: string; state?: unknown }) =>
        void published.push(`${event.type}:${event.state}`),
      async *subscribe() {},
    };
    alarms = createAlarms({ database: store, live, clock: { now: () => now } });
  }, 60_000);
  afterAll(async () => {
    await hub?.stop();
    await store?.close();
  });

  const post = <T>(path: string, body?: unknown, token = admin) =>
    hub.call<T>('POST', path, { token, body, headers: { 'Idempotency-Key': `care-${++serial}` } });
  const patch = <T>(path: string, version: number, body: unknown) =>
    hub.call<T>('PATCH', path, { token: admin, body, headers: { 'If-Match': `"${version}"` } });
  const raise = async (code: string, severity: 'warning' | 'critical' = 'critical', device = '1231') => {
    const at = new Date(now).toISOString();
    const change = { device, tenantId: 'demo', code, severity, at, order: `o${++serial}` };
    await alarms.apply([{ ...change, state: 'raised' }]);
    return alarmId(change);
  };

  it('escalates a critical alarm that nobody acknowledged, once, and no other', async () => {
    const [left, seen, minor] = [await raise('smoke'), await raise('heat'), await raise('dust', 'warning')];
    expect((await post(`/core/v0/alarms/${seen}/acknowledge`)).status).toBe(200);
    expect(await alarms.escalateOverdue('demo', 900)).toBe(0);
    now += 901_000;
    expect(await alarms.escalateOverdue('other', 900)).toBe(0);
    const counts = await Promise.all([
      alarms.escalateOverdue('demo', 900),
      alarms.escalateOverdue('demo', 900),
    ]);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(published.filter((text) => text === 'alarm:escalated')).toHaveLength(1);
    const list = await hub.call<{ id: string; escalatedBy: string | null }[]>('GET', '/core/v0/alarms', {
      token: admin,
    });
    const by = Object.fromEntries(list.body.map((alarm) => [alarm.id, alarm.escalatedBy]));
    expect([by[left], by[seen], by[minor]]).toEqual(['hub', null, null]);
    expect((await post(`/core/v0/alarms/${left}/escalate`)).status).toBe(409);
    expect((await post(`/core/v0/alarms/${minor}/escalate`)).status).toBe(200);
    expect((await post('/core/v0/alarms/none/escalate')).status).toBe(404);
    await raise('smoke');
    expect((await post(`/core/v0/alarms/${left}/escalate`)).status).toBe(200);
  });

  it('work orders: linked to their alarms, moved on by rule, closed for good, logged', async () => {
    const alarm = await raise('door-jam');
    const foreign = await raise('door-jam', 'critical', '1232');
    const body = { stationId: '1231', title: 'Slot 3 jams', priority: 'urgent', alarmIds: [alarm] };
    expect((await post('/core/v0/work-orders', { ...body, alarmIds: [foreign] })).status).toBe(400);
    expect((await post('/core/v0/work-orders', { ...body, stationId: '9' })).status).toBe(404);
    expect((await post('/core/v0/work-orders', { ...body, assignee: 'nobody' })).status).toBe(400);
    const made = await post<Versioned>('/core/v0/work-orders', body);
    expect(made.status).toBe(201);
    const path = `/core/v0/work-orders/${made.body.id}`;
    const list = await hub.call<{ id: string; workOrderId: string | null }[]>('GET', '/core/v0/alarms', {
      token: admin,
    });
    expect(list.body.find(({ id }) => id === alarm)?.workOrderId).toBe(made.body.id);
    expect((await patch(path, 1, { state: 'assigned' })).status).toBe(400);
    const me = await hub.call<{ sub: string }>('GET', '/auth/v1/me', { token: admin });
    const assigned = await patch<Versioned & { state: string }>(path, 1, {
      assignee: me.body.sub,
      note: 'go',
    });
    expect([assigned.status, assigned.body.state]).toEqual([200, 'assigned']);
    expect((await patch(path, 1, { state: 'done' })).status).toBe(412);
    const done = await patch<{ closedAt: string | null; log: { state: string }[] }>(path, 2, {
      state: 'done',
      note: 'greased',
    });
    expect(done.body.closedAt).not.toBeNull();
    expect(done.body.log.map(({ state }) => state)).toEqual(['open', 'assigned', 'done']);
    expect((await patch(path, 3, { state: 'open' })).status).toBe(409);
    const viewer = await hub.operator('viewer');
    expect((await post('/core/v0/work-orders', body, viewer)).status).toBe(403);
    expect((await hub.call('GET', path, { token: viewer })).status).toBe(200);
  });

  it('a station goes live only with everything on its checklist', async () => {
    const device = 'new-1';
    await post('/core/v0/stations', { device, name: 'New' });
    const path = `/core/v0/stations/${device}`;
    const version = async () => (await hub.call<Versioned>('GET', path, { token: admin })).body.version;
    const move = async (lifecycle: string) => patch<Versioned>(path, await version(), { lifecycle });
    const skipped = await move('live');
    expect([skipped.status, problemOf(skipped).reason]).toEqual([409, 'LIFECYCLE']);
    expect((await move('commissioned')).status).toBe(200);
    const refused = await move('live');
    expect(problemOf(refused).reason).toBe('CHECKLIST');
    const missing = ['location', 'enrolled', 'online', 'slots', 'free-slot'];
    expect(problemOf(refused).errors?.map(({ path }) => path)).toEqual(
      missing.map((id) => `checklist.${id}`),
    );

    await patch(path, await version(), { location: { lat: 31.2, lon: 121.5 } });
    const secret = { id: 's', mac: 'm', createdAt: new Date().toISOString(), validUntil: null };
    await post(`/auth/v1/stations/${device}/enrol-code`);
    await store
      .collection(stationCredentialsCollection)
      .updateOne({ _id: device }, { $set: { secrets: [secret] } });
    await store
      .collection(stationLiveCollection)
      .updateOne({ _id: device }, { $set: { online: true, slots: { '1': { slot: 1, occupied: false } } } });
    const jam = await raise('jam', 'critical', device);
    const list = await hub.call<{ ready: boolean; items: { id: string; ok: boolean }[] }>(
      'GET',
      `${path}/checklist`,
      { token: admin },
    );
    expect(list.body.items.filter((item) => !item.ok).map(({ id }) => id)).toEqual(['critical-alarms']);
    expect((await move('live')).status).toBe(409);
    await store.collection(stationLiveCollection).findOne({ _id: device });
    await alarms.apply([
      {
        device,
        tenantId: 'demo',
        code: 'jam',
        severity: 'critical',
        state: 'cleared',
        at: new Date(now + 1).toISOString(),
        order: 'z',
      },
    ]);
    expect(jam).toContain(device);
    expect((await move('live')).status).toBe(200);
    expect((await move('maintenance')).status).toBe(200);
    expect((await move('live')).status).toBe(200);
  });

  it('public availability is GeoJSON with longitude first, inside a box when one is asked for', async () => {
    type Answer = { features: { id: string; geometry: { coordinates: number[] } }[] };
    const get = (query = '') => hub.call<Answer>('GET', `/core/v0/public/availability${query}`);
    const all = await get();
    expect(all.headers.get('content-type')).toBe('application/geo+json');
    expect(all.headers.get('cache-control')).toBe('public, max-age=5');
    const demo = all.body.features.find(({ id }) => id === '1231');
    expect(demo?.geometry.coordinates).toEqual([116.4074, 39.9042]);
    expect((await get('?bbox=116,39,117,40')).body.features.map(({ id }) => id)).toContain('1231');
    expect((await get('?bbox=0,0,1,1')).body.features).toEqual([]);
    expect((await get('?bbox=0,0,1')).status).toBe(400);
  });
});

describe('pure parts', () => {
  it('a box over the date line holds both sides of it', () => {
    const at = (id: string, lon: number): PublicStation => ({
      id,
      name: id,
      location: { lat: 0, lon },
      timeZone: 'UTC',
      openingHours: null,
      online: true,
      ready: {},
      emptySlots: 0,
      lastSeenAt: null,
      slotCount: 0,
      inService: true,
      readyNow: 0,
      readyBy: [],
    });
    const found = availability([at('a', 179), at('b', -179), at('c', 0)], '170,-10,-170,10');
    expect(found.features.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('a retired station comes back through maintenance alone', () => {
    expect(mayFollow('retired', 'live')).toBe(false);
    expect(mayFollow('retired', 'maintenance')).toBe(true);
    expect(
      checklist({
        station: { location: { lat: 1, lon: 1 }, online: true, slots: [{ slot: 1 }], emptySlots: 1 },
        enrolled: true,
        criticalAlarms: 0,
      }).every((item) => item.ok),
    ).toBe(true);
  });
});

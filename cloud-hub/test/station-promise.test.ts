import { MSG_TYPE, type PublicStation } from '@voltbay/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectStation } from './support/fake-station.js';
import { eventually, type HubFixture, problemOf, startHub } from './support/hub-fixture.js';
import { withStranger } from './support/stranger.js';

type Reservation = { id: string; state: string; from: string | null; until: string };

describe('packs that are still being charged', () => {
  let hub: HubFixture;
  let cabinet: Awaited<ReturnType<typeof connectStation>>;
  let rider: string;
  let stranger: string;
  let serial = 0;
  beforeAll(async () => {
    hub = await startHub({ overrides: await withStranger() });
    rider = await hub.rider();
    const signedIn = await hub.call<{ accessToken: string }>('POST', '/auth/v1/token', {
      body: { grantType: 'password', username: 'stranger', password: 'stranger-password' },
    });
    stranger = signedIn.body.accessToken;
    cabinet = await connectStation(hub.mqttUrl);
    await say('charging', 79);
  }, 60_000);
  afterAll(async () => {
    await cabinet?.close();
    await hub?.stop();
  }, 60_000);

  const say = (use: 'charging' | 'ready', socPct: number) =>
    cabinet.publish(MSG_TYPE.STATION_INFO, {
      battery: [{ slot: 1, serial: 'P1', socPct, capacityMah: 40_000, currentMa: 10_000 }],
      slots: [{ slot: 1, use, occupied: true, packClass: 'A' }],
      station: { mode: 'in-service' },
    });
  const seen = () => hub.call<PublicStation>('GET', '/core/v0/public/stations/1231');
  const post = <T>(path: string, body: unknown, token = rider) =>
    hub.call<T>('POST', path, { token, body, headers: { 'Idempotency-Key': `p-${++serial}` } });
  const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
  const reserve = (from: string) =>
    post<Reservation>('/core/v0/reservations', { stationId: '1231', vehicleId: 'v-demo', from });

  it('are shown with the time at which they will be ready, also on the map', async () => {
    const station = await eventually(async () => {
      const { body } = await seen();
      return body.readyBy?.length ? body : null;
    }, 'a forecast');
    expect(station.readyNow).toBe(0);
    expect(station.readyBy[0]).toMatchObject({ count: 1, ready: { A: 1 } });
    const map = await eventually(async () => {
      const { body } = await hub.call<{ features: { id: string; properties: PublicStation }[] }>(
        'GET',
        '/core/v0/public/availability',
      );
      const found = body.features.find(({ id }) => id === '1231');
      return found?.properties.readyBy?.length ? found : null;
    }, 'a forecast on the map');
    expect(map.properties.readyBy[0]?.count).toBe(1);
  });

  it('are promised when they will be ready in time, once, and kept as soon as they are', async () => {
    const soon = await reserve(inMinutes(-1));
    expect([soon.status, problemOf(soon).reason]).toEqual([409, 'NOT_READY_IN_TIME']);
    expect((await reserve(inMinutes(200))).status).toBe(400);
    const from = inMinutes(60);
    const promised = await reserve(from);
    expect([promised.status, promised.body.state, promised.body.from]).toEqual([201, 'promised', from]);
    expect(Date.parse(promised.body.until)).toBeGreaterThan(Date.parse(from));
    // What is promised is offered to nobody else.
    await eventually(async () => (await seen()).body.readyBy.length === 0, 'a promise that counts');

    await say('ready', 97);
    const asked = await eventually(
      () => cabinet.received.find(({ type }) => type === MSG_TYPE.SERVER_RESERVE),
      'the station asked for the promised pack',
      60_000,
    );
    expect(asked.data).toMatchObject({ orderId: promised.body.id, packClass: 'A' });
    await cabinet.result(asked.id, 'done');
    const state = async () =>
      (await hub.call<Reservation>('GET', `/core/v0/reservations/${promised.body.id}`, { token: rider })).body
        .state;
    await eventually(async () => (await state()) === 'active', 'a kept promise', 60_000);
    const released = await post<Reservation>(`/core/v0/reservations/${promised.body.id}/release`, undefined);
    expect(released.body.state).toBe('released');
  }, 120_000);

  it('a problem that a rider reports is an alarm, once however often, and seen by its own tenant alone', async () => {
    const path = '/core/v0/stations/1231/reports';
    const first = await post<{ id: string; alarmId: string }>(path, {
      kind: 'door-stuck',
      slot: 1,
      note: '卡住了',
    });
    const again = await post<{ alarmId: string }>(path, { kind: 'door-stuck', slot: 1 });
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.body.alarmId).toBe(first.body.alarmId);
    const admin = await hub.operator();
    const alarms = await hub.call<{ id: string; code: string; severity: string; count: number }[]>(
      'GET',
      '/core/v0/alarms?code=reported-door-stuck',
      { token: admin },
    );
    expect(alarms.body).toMatchObject([{ id: first.body.alarmId, severity: 'warning' }]);
    expect((await post(path, { kind: 'door-stuck' }, stranger)).status).toBe(404);
    expect((await post(path, { kind: 'no such' })).status).toBe(400);
    const list = (token: string) => hub.call<{ id: string }[]>('GET', '/core/v0/reports', { token });
    expect((await list(rider)).body).toHaveLength(2);
    expect((await list(admin)).body).toHaveLength(2);
    expect((await list(stranger)).body).toEqual([]);
    expect((await list(await hub.rider('13800000002'))).body).toEqual([]);
    for (let count = 0; count < 8; count++) await post(path, { kind: 'other' });
    expect((await post(path, { kind: 'other' })).status).toBe(429);
  });
});

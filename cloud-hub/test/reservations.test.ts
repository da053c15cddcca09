import { localTime, MSG_TYPE } from '@voltbay/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectStation } from './support/fake-station.js';
import { eventually, type HubFixture, problemOf, startHub } from './support/hub-fixture.js';

type Reservation = { id: string; state: string; until: string; graceUntil: string };

describe('reservations', () => {
  let hub: HubFixture;
  let rider: string;
  let now = 0;
  const closers: (() => Promise<unknown>)[] = [];
  beforeEach(async () => {
    now = Date.now();
    const aheadMs = now;
    hub = await startHub({ overrides: { clock: { now: () => Date.now() + (now - aheadMs) } } });
    rider = await hub.rider();
  }, 60_000);
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
    await hub?.stop();
  }, 60_000);

  const station = async () => {
    const cabinet = await connectStation(hub.mqttUrl);
    closers.push(cabinet.close);
    const admin = await hub.operator();
    const online = async () =>
      (await hub.call<{ online: boolean }>('GET', '/core/v0/stations/1231', { token: admin })).body.online;
    await eventually(online, 'station online');
    return cabinet;
  };
  let serial = 0;
  const reserve = () =>
    hub.call<Reservation>('POST', '/core/v0/reservations', {
      token: rider,
      body: { stationId: '1231', vehicleId: 'v-demo' },
      headers: { 'Idempotency-Key': `keep-${++serial}` },
    });
  const get = async (id: string) =>
    (await hub.call<Reservation>('GET', `/core/v0/reservations/${id}`, { token: rider })).body;
  const kept = async (cabinet: Awaited<ReturnType<typeof connectStation>>) => {
    const asked = reserve();
    const command = await cabinet.command(MSG_TYPE.SERVER_RESERVE);
    await cabinet.result(command.id, 'done');
    const answer = await asked;
    expect(answer.status).toBe(201);
    return { answer, command };
  };

  it('ask the station to keep a pack beyond what the rider is told, one a rider', async () => {
    const cabinet = await station();
    const { answer, command } = await kept(cabinet);
    expect(command.data).toEqual({
      orderId: answer.body.id,
      packClass: 'A',
      until: answer.body.graceUntil,
    });
    expect(Date.parse(answer.body.graceUntil) - Date.parse(answer.body.until)).toBe(120_000);
    const second = await reserve();
    expect([second.status, problemOf(second).resourceId]).toEqual([409, answer.body.id]);
  }, 30_000);

  it('are used by the swap, whose order has their id; a refused one gives the pack back', async () => {
    const cabinet = await station();
    const { answer } = await kept(cabinet);
    const swap = hub.call<{ id: string }>('POST', '/core/v0/orders', {
      token: rider,
      body: { stationId: '1231', vehicleId: 'v-demo' },
      headers: { 'Idempotency-Key': 'swap' },
    });
    const ask = await cabinet.command(MSG_TYPE.SERVER_ASK_CHARGE);
    expect(ask.data?.orderId).toBe(answer.body.id);
    await cabinet.result(ask.id, 'rejected', 'MAINTENANCE');
    expect((await swap).status).toBe(409);
    expect((await get(answer.body.id)).state).toBe('used');
    const release = await cabinet.command(MSG_TYPE.SERVER_RELEASE);
    expect(release.data).toEqual({ orderId: answer.body.id });
    const again = hub.call('POST', `/core/v0/reservations/${answer.body.id}/release`, { token: rider });
    expect((await again).status).toBe(409);
  }, 30_000);

  it('are released by the rider, told to the station, and free the rider for another', async () => {
    const cabinet = await station();
    const { answer } = await kept(cabinet);
    const path = `/core/v0/reservations/${answer.body.id}/release`;
    const stranger = await hub.rider('13800000002');
    expect((await hub.call('POST', path, { token: stranger })).status).toBe(404);
    expect((await hub.call<Reservation>('POST', path, { token: rider })).body.state).toBe('released');
    expect((await hub.call<Reservation>('POST', path, { token: rider })).body.state).toBe('released');
    await cabinet.command(MSG_TYPE.SERVER_RELEASE);
    cabinet.received.length = 0;
    await kept(cabinet);
  }, 30_000);

  it('are refused with the reason of the station, and by an offline one without a trace', async () => {
    const offline = await reserve();
    expect([offline.status, problemOf(offline).code]).toEqual([503, 'STATION_OFFLINE']);
    const cabinet = await station();
    const asked = reserve();
    const command = await cabinet.command(MSG_TYPE.SERVER_RESERVE);
    await cabinet.result(command.id, 'rejected', 'NO_PACK_READY');
    const refused = await asked;
    expect([refused.status, problemOf(refused).reason]).toEqual([409, 'NO_PACK_READY']);
    cabinet.received.length = 0;
    await kept(cabinet);
  }, 30_000);

  it('expire when the grace is over', async () => {
    const cabinet = await station();
    const { answer } = await kept(cabinet);
    now += 901_000;
    rider = await hub.rider();
    expect((await get(answer.body.id)).state).toBe('active');
    now += 121_000;
    await eventually(async () => (await get(answer.body.id)).state === 'expired', 'expired', 20_000);
  }, 40_000);

  it('outside the opening hours riders are told when it opens; nobody is sent there, nothing is kept', async () => {
    const cabinet = await station();
    const admin = await hub.operator();
    const hours = async (openingHours: unknown) => {
      const { headers } = await hub.call('GET', '/core/v0/stations/1231', { token: admin });
      const changed = await hub.call('PATCH', '/core/v0/stations/1231', {
        token: admin,
        body: { openingHours },
        headers: { 'If-Match': headers.get('etag') ?? '' },
      });
      expect(changed.status).toBe(200);
    };
    const swap = () =>
      hub.call('POST', '/core/v0/orders', {
        token: rider,
        body: { stationId: '1231', vehicleId: 'v-demo' },
        headers: { 'Idempotency-Key': `swap-${++serial}` },
      });
    const timeOfDay = (atMs: number) => {
      const { minute } = localTime(atMs, 'Asia/Shanghai');
      const two = (value: number) => String(value).padStart(2, '0');
      return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
    };
    const opensMs = Math.floor(Date.now() / 60_000) * 60_000 + 2 * 3_600_000;
    await hours([{ from: timeOfDay(opensMs), to: timeOfDay(opensMs + 3_600_000) }]);
    for (const refused of [await swap(), await reserve()]) {
      expect(problemOf(refused)).toMatchObject({ status: 409, code: 'STATION_REFUSED', reason: 'CLOSED' });
      expect(problemOf(refused).detail).toContain(new Date(opensMs).toISOString());
      const waitS = Number(refused.headers.get('retry-after'));
      expect(waitS).toBeGreaterThan(3_600);
      expect(waitS).toBeLessThanOrEqual(7_200);
    }
    await hours([]);
    const never = await swap();
    expect(problemOf(never)).toMatchObject({ status: 409, reason: 'CLOSED' });
    expect(never.headers.get('retry-after')).toBeNull();
    for (const list of ['orders', 'reservations'])
      expect((await hub.call('GET', `/core/v0/${list}`, { token: rider })).body).toEqual([]);
    await hours(null);
    await kept(cabinet);
  }, 60_000);
});

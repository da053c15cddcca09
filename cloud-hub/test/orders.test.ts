import type { Order, User, Vehicle } from '@voltbay/protocol';
import { MSG_TYPE } from '@voltbay/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectStation } from './support/fake-station.js';
import {
  type Answer,
  DEMO_SECRET,
  eventually,
  type HubFixture,
  problemOf,
  startHub,
} from './support/hub-fixture.js';

describe('orders', () => {
  let hub: HubFixture;
  let rider: string;
  const closers: (() => Promise<unknown>)[] = [];
  beforeEach(async () => {
    hub = await startHub();
    rider = await hub.rider();
  }, 60_000);
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
    await hub?.stop();
  }, 60_000);

  const station = async (options?: Parameters<typeof connectStation>[1]) => {
    const connected = await connectStation(hub.mqttUrl, options);
    closers.push(connected.close);
    const admin = await hub.operator();
    await eventually(
      async () =>
        (
          await hub.call<{ online: boolean }>('GET', `/core/v0/stations/${connected.device}`, {
            token: admin,
          })
        ).body.online,
      'station online',
    );
    return connected;
  };
  const swap = (key: string, device = '1231') =>
    hub.call<Order>('POST', '/core/v0/orders', {
      token: rider,
      body: { stationId: device, vehicleId: 'v-demo' },
      headers: { 'Idempotency-Key': key },
    });
  const order = async (id: string) =>
    (await hub.call<Order>('GET', `/core/v0/orders/${id}`, { token: rider })).body;
  const reaches = (id: string, state: Order['state']) =>
    eventually(async () => {
      const current = await order(id);
      return current.state === state && current;
    }, `order ${state}`);
  const balance = async () =>
    (await hub.call<User>('GET', '/core/v0/users/u-demo', { token: rider })).body.balanceFen;

  it('a remote swap: 201 when the station starts, steps stamped, one charge, packs change hands', async () => {
    const cabinet = await station();
    const asked = swap('tap-1');
    const command = await cabinet.command();
    expect(command.data).toMatchObject({
      user: 'u-demo',
      vehicle: 'v-demo',
      returns: 1,
      returnSerials: ['VB-A-0900'],
      dispense: { packClass: 'A', count: 1 },
    });
    await cabinet.result(command.id, 'received');
    await cabinet.result(command.id, 'started');
    const answer = await asked;
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`/core/v0/orders/${answer.body.id}`);
    expect(await balance()).toBe(9_400);
    const id = answer.body.id;
    expect(command.data?.orderId).toBe(id);

    for (const name of [
      'return-door-released',
      'return-door-opened',
      'pack-inserted',
      'return-door-closed',
    ] as const)
      await cabinet.step(id, name, { slot: 3 });
    await cabinet.step(id, 'returned', { slot: 3, packId: 'VB-A-0900' });
    await cabinet.step(id, 'dispense-door-released', { slot: 5 });
    await cabinet.step(id, 'pack-taken', { slot: 5, packId: 'VB-A-0105' });
    await cabinet.step(id, 'dispensed', { slot: 5, packId: 'VB-A-0105' });
    await cabinet.step(id, 'completed');
    await cabinet.step(id, 'completed');
    await cabinet.result(command.id, 'done');
    const done = await reaches(id, 'completed');
    const final = await eventually(async () => {
      const current = await order(id);
      return current.payment.state === 'captured' && current;
    }, 'captured');
    expect(final.payment).toEqual({ state: 'captured', amountFen: 600, chargeId: `ch-${id}` });
    expect(done.returned).toMatchObject({ packId: 'VB-A-0900', slot: 3 });
    expect(done.dispensed).toMatchObject({ packId: 'VB-A-0105', slot: 5 });
    expect(final.timeline.every((step) => !Number.isNaN(Date.parse(step.at)))).toBe(true);
    expect(final.timeline.map((step) => step.state)).toEqual(
      expect.arrayContaining([
        'created',
        'authorized',
        'dispatched',
        'returning',
        'returned',
        'dispensing',
        'dispensed',
        'completed',
      ]),
    );
    expect(await balance()).toBe(9_400);
    const charges = await hub.call<{ orderId: string }[]>('GET', '/core/v0/charges', { token: rider });
    expect(charges.body.map((charge) => charge.orderId)).toEqual([id]);
    await eventually(async () => {
      const vehicle = await hub.call<Vehicle>('GET', '/core/v0/vehicles/v-demo', { token: rider });
      return vehicle.body.packIds.length === 1 && vehicle.body.packIds[0] === 'VB-A-0105';
    }, 'custody moved');
    // The same tap again is the same order.
    const repeated = await swap('tap-1');
    expect([repeated.status, repeated.body.id]).toEqual([201, id]);
  }, 60_000);

  it('409 with the reason when the station refuses; the money comes back', async () => {
    const cabinet = await station();
    const asked = swap('tap-2');
    const command = await cabinet.command();
    await cabinet.result(command.id, 'rejected', 'NO_PACK_READY');
    const answer = await asked;
    expect(answer.status).toBe(409);
    expect(problemOf(answer as Answer)).toMatchObject({ code: 'STATION_REFUSED', reason: 'NO_PACK_READY' });
    const refused = await reaches(problemOf(answer as Answer).resourceId ?? '', 'refused');
    expect(refused.reason).toBe('NO_PACK_READY');
    await eventually(async () => (await balance()) === 10_000, 'released');
  }, 60_000);

  it('asks for no pack while the last one is in the cabinet, and for it once it was taken home again', async () => {
    const cabinet = await station();
    const attempt = async (key: string) => {
      const before = cabinet.received.length;
      const asked = swap(key);
      const command = await eventually(
        async () => cabinet.received.slice(before).find(({ type }) => type === MSG_TYPE.SERVER_ASK_CHARGE),
        'the command',
      );
      await cabinet.result(command.id, 'started');
      const { id } = (await asked).body;
      return { id, returns: command.data?.returns, returnSerials: command.data?.returnSerials };
    };
    const holds = (packIds: string[]) =>
      eventually(
        async () => {
          const { body } = await hub.call<Vehicle>('GET', '/core/v0/vehicles/v-demo', { token: rider });
          return body.packIds.join() === packIds.join();
        },
        `the vehicle holds ${packIds.join() || 'nothing'}`,
      );
    const depositOf = ({ timeline }: Order) =>
      timeline.find(({ state }) => state === 'dispatched')?.depositFen;
    const first = await attempt('kept-1');
    expect(first).toMatchObject({ returns: 1, returnSerials: ['VB-A-0900'] });
    await cabinet.step(first.id, 'returned', { slot: 3, packId: 'VB-A-0900' });
    await cabinet.step(first.id, 'failed', { reason: 'NOT_COLLECTED' });
    await reaches(first.id, 'failed');
    await holds([]);
    const second = await attempt('kept-2');
    expect(second).toMatchObject({ returns: 0, returnSerials: undefined });
    await cabinet.step(second.id, 'dispensed', { slot: 5, packId: 'VB-A-0105' });
    await cabinet.step(second.id, 'completed');
    // Nothing secures the pack that went out for none, and the order says so; the others need not.
    expect(depositOf(await reaches(second.id, 'completed'))).toBe(0);
    expect(depositOf(await order(first.id))).toBeUndefined();
    await holds(['VB-A-0105']);
    const third = await attempt('kept-3');
    expect(third).toMatchObject({ returns: 1, returnSerials: ['VB-A-0105'] });
    await cabinet.step(third.id, 'returned', { slot: 5, packId: 'VB-A-0105' });
    await cabinet.step(third.id, 'failed', { reason: 'DOOR_JAM', givenBack: [5] });
    expect((await reaches(third.id, 'failed')).returned).toHaveProperty('givenBackAt');
    await holds(['VB-A-0105']);
  }, 60_000);

  it('503 when the station is offline: nothing was made', async () => {
    const answer = await swap('tap-3');
    expect([answer.status, problemOf(answer as Answer).code]).toEqual([503, 'STATION_OFFLINE']);
    expect((await hub.call<Order[]>('GET', '/core/v0/orders', { token: rider })).body).toEqual([]);
    expect(await balance()).toBe(10_000);
  }, 60_000);

  it('504 when the station says nothing; evidence settles the order later', async () => {
    const cabinet = await station();
    const answer = await swap('tap-4');
    expect([answer.status, problemOf(answer as Answer).code]).toEqual([504, 'OUTCOME_UNKNOWN']);
    const id = problemOf(answer as Answer).resourceId ?? '';
    const blocked = await swap('tap-5');
    expect([blocked.status, problemOf(blocked as Answer).code]).toEqual([409, 'OPEN_ORDER_EXISTS']);
    expect(problemOf(blocked as Answer).resourceId).toBe(id);
    await cabinet.step(id, 'dispensed', { slot: 5, packId: 'VB-A-0105' });
    await cabinet.step(id, 'completed');
    await reaches(id, 'completed');
    // The same tap now has its answer.
    const repeated = await swap('tap-4');
    expect([repeated.status, repeated.body.state]).toEqual([201, 'completed']);
  }, 60_000);

  it('refuses what does not fit before any money moves', async () => {
    await station();
    const post = (body: unknown, key: string) =>
      hub.call('POST', '/core/v0/orders', { token: rider, body, headers: { 'Idempotency-Key': key } });
    const cases: [unknown, number, string][] = [
      [{ vehicleId: 'v-demo' }, 400, 'VALIDATION'],
      [{ stationId: '1231' }, 400, 'VALIDATION'],
      [{ stationId: '9999', vehicleId: 'v-demo' }, 404, 'NOT_FOUND'],
      [{ stationId: '1231', vehicleId: 'v-none' }, 404, 'NOT_FOUND'],
      [{ stationId: '1231', vehicleId: 'v-demo2' }, 403, 'FORBIDDEN'],
      [{ stationId: '1231', vehicleId: 'v-demo', userId: 'u-demo2' }, 403, 'FORBIDDEN'],
      [{ stationId: '1231', vehicleId: 'v-demo', price: 1 }, 400, 'UNKNOWN_FIELD'],
      [{ stationId: '+/#', vehicleId: 'v-demo' }, 400, 'VALIDATION'],
    ];
    for (const [body, status, code] of cases) {
      const answer = await post(body, crypto.randomUUID());
      expect([answer.status, problemOf(answer).code], JSON.stringify(body)).toEqual([status, code]);
    }
    const noKey = await hub.call('POST', '/core/v0/orders', {
      token: rider,
      body: { stationId: '1231', vehicleId: 'v-demo' },
    });
    expect(problemOf(noKey).code).toBe('IDEMPOTENCY_KEY_REQUIRED');
    const admin = await hub.operator();
    const current = await hub.call('GET', '/core/v0/stations/1231', { token: admin });
    const patched = await hub.call('PATCH', '/core/v0/stations/1231', {
      token: admin,
      body: { lifecycle: 'maintenance' },
      headers: { 'If-Match': current.headers.get('etag') ?? '' },
    });
    expect(patched.status).toBe(200);
    const closed = await post({ stationId: '1231', vehicleId: 'v-demo' }, 'in-maintenance');
    expect(problemOf(closed)).toMatchObject({ code: 'STATION_REFUSED', reason: 'MAINTENANCE' });
    expect(await balance()).toBe(10_000);
    expect((await hub.call<Order[]>('GET', '/core/v0/orders', { token: rider })).body).toEqual([]);
  }, 60_000);

  it("a station written to the 2021 plan alone: dispatched on the bare topic, swap by the plan's four calls, Basic or Bearer", async () => {
    const cabinet = await station({ device: '1232', topics: 'shared' });
    const basic = `1232:${DEMO_SECRET}`;
    const asked = swap('tap-6', '1232');
    const command = await cabinet.command();
    expect(command).toMatchObject({
      device: '1232',
      type: MSG_TYPE.SERVER_ASK_CHARGE,
      data: { user: 'u-demo', vehicle: 'v-demo' },
    });
    expect((await hub.call<User>('GET', '/core/v0/users/u-demo', { basic })).body).toMatchObject({
      id: 'u-demo',
    });
    expect((await hub.call<Vehicle>('GET', '/core/v0/vehicles/v-demo', { basic })).status).toBe(200);
    const begun = await hub.call<Order>('POST', '/core/v0/order', {
      basic,
      body: { user: 'u-demo', vehicle: 'v-demo' },
    });
    expect(begun.status).toBe(200);
    const answer = await asked;
    expect([answer.status, answer.body.id]).toEqual([201, begun.body.id]);
    const completed = await hub.call<Order>('PUT', `/core/v0/order/${begun.body.id}`, { basic, body: {} });
    expect([completed.status, completed.body.state, completed.body.payment.state]).toEqual([
      200,
      'completed',
      'captured',
    ]);
    const again = await hub.call<Order>('PUT', `/core/v0/order/${begun.body.id}`, { basic });
    expect([again.status, again.body.version]).toEqual([200, completed.body.version]);
    const illegal = await hub.call('PUT', `/core/v0/order/${begun.body.id}`, {
      basic,
      body: { state: 'failed' },
    });
    expect([illegal.status, problemOf(illegal).code]).toEqual([409, 'ILLEGAL_TRANSITION']);
    expect(await balance()).toBe(9_400);
  }, 60_000);

  it('a swap that the station starts itself: one order a request, whatever is repeated', async () => {
    const token = await hub.station();
    const begin = (body: unknown) => hub.call<Order>('POST', '/core/v0/order', { token, body });
    const request = { userId: 'u-demo', vehicleId: 'v-demo', requestId: 'local-1' };
    const answers = await Promise.all(Array.from({ length: 5 }, () => begin(request)));
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1);
    const elsewhere = await hub.call('POST', '/core/v0/order', {
      token: await hub.station('1232'),
      body: { user: 'u-demo', vehicle: 'v-demo' },
    });
    expect(problemOf(elsewhere).code).toBe('OPEN_ORDER_EXISTS');
    const id = answers[0]?.body.id ?? '';
    const finished = await hub.call<Order>('PUT', `/core/v0/order/${id}`, {
      token,
      body: {
        state: 'completed',
        returnedPackId: 'VB-A-0900',
        returnedSlot: 2,
        dispensedPackId: 'VB-A-0107',
        dispensedSlot: 7,
      },
    });
    expect(finished.body).toMatchObject({ state: 'completed', payment: { state: 'captured' } });
    expect((await begin(request)).body.id).toBe(id);
    expect((await begin({ ...request, requestId: 'local-2' })).status).toBe(201);
  }, 60_000);

  it('refuses a swap that the wallet cannot pay', async () => {
    const token = await hub.station();
    for (let count = 0; ; count += 1) {
      const answer = await hub.call<Order>('POST', '/core/v0/order', {
        token,
        body: { user: 'u-demo', vehicle: 'v-demo' },
      });
      if (answer.status === 409) {
        expect(problemOf(answer as Answer).code).toBe('INSUFFICIENT_BALANCE');
        expect(count).toBe(16);
        break;
      }
      await hub.call('PUT', `/core/v0/order/${answer.body.id}`, { token, body: {} });
    }
    expect(await balance()).toBe(400);
  }, 60_000);

  it('operators resolve an unknown order by hand, riders cannot', async () => {
    const cabinet = await station();
    const answer = await swap('tap-7');
    const id = problemOf(answer as Answer).resourceId ?? '';
    await cabinet.step(id, 'unknown', { reason: 'INTERRUPTED' });
    await reaches(id, 'unknown');
    const resolve = (token: string, key: string) =>
      hub.call<Order>('POST', `/core/v0/orders/${id}/resolve`, {
        token,
        body: { note: 'looked at the cabinet: nothing left' },
        headers: { 'Idempotency-Key': key },
      });
    expect((await resolve(rider, 'r1')).status).toBe(403);
    expect((await resolve(await hub.operator('viewer'), 'r2')).status).toBe(403);
    const resolved = await resolve(await hub.operator(), 'r3');
    expect(resolved.body).toMatchObject({ state: 'resolved', payment: { state: 'released' } });
    expect(await balance()).toBe(10_000);
  }, 60_000);
});

import { randomUUID } from 'node:crypto';
import type { Order, Problem } from '@voltbay/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Plan } from '../src/plans/plan-document.js';
import type { Subscription } from '../src/plans/subscriptions.js';
import { connectStation } from './support/fake-station.js';
import { eventually, type HubFixture, startHub } from './support/hub-fixture.js';

describe('plans, from the price that is shown to the money that is taken', () => {
  let hub: HubFixture;
  let admin = '';
  let rider = '';
  let other = '';
  let station = '';
  beforeAll(async () => {
    hub = await startHub();
    [admin, rider, other, station] = await Promise.all([
      hub.operator(),
      hub.rider(),
      hub.rider('13800000002'),
      hub.station(),
    ]);
  }, 60_000);
  afterAll(() => hub?.stop());

  const post = async <T>(path: string, token: string, body?: unknown, key: string = randomUUID()) => {
    const answer = await hub.call<T>('POST', path, { token, body, headers: { 'Idempotency-Key': key } });
    return answer;
  };
  const publish = async (body: unknown): Promise<Plan> => {
    const answer = await post<Plan>('/core/v0/plans', admin, body);
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    return answer.body;
  };
  const quote = async (token = rider) =>
    (await hub.call<Order['price']>('GET', '/core/v0/quotes/swap?stationId=1231', { token })).body;
  const balance = async (user = 'u-demo') =>
    (await hub.call<{ balanceFen: number }>('GET', `/core/v0/users/${user}`, { token: admin })).body
      .balanceFen;
  /** A whole swap by the station's own calls. */
  const swap = async (user = 'u-demo', vehicle = 'v-demo', end = 'completed'): Promise<Order> => {
    const begun = await hub.call<Order>('POST', '/core/v0/order', {
      token: station,
      body: { user, vehicle },
    });
    expect(begun.status, JSON.stringify(begun.body)).toBe(201);
    const done = await hub.call<Order>('PUT', `/core/v0/order/${begun.body.id}`, {
      token: station,
      body: { state: end },
    });
    expect(done.status, JSON.stringify(done.body)).toBe(200);
    return done.body;
  };
  const verify = async () =>
    (await post<{ ok: boolean; differences: unknown[] }>('/core/v0/ledger/verify', admin)).body;

  it('what is quoted is what the order costs, and an open order keeps the version that it was priced by', async () => {
    const shown = await quote();
    expect(shown).toMatchObject({ planVersion: 'per-swap@1', totalFen: 600, taxFen: 34 });
    const begun = await hub.call<Order>('POST', '/core/v0/order', {
      token: station,
      body: { user: 'u-demo', vehicle: 'v-demo' },
    });
    expect(begun.body.price).toEqual(shown);
    expect(await publish({ name: '单次换电', nameEn: 'One swap', amountFen: 700 })).toMatchObject({
      id: 'per-swap@2',
    });
    const before = await balance();
    const done = await hub.call<Order>('PUT', `/core/v0/order/${begun.body.id}`, {
      token: station,
      body: { state: 'completed' },
    });
    expect(done.body).toMatchObject({ price: { planVersion: 'per-swap@1' }, payment: { amountFen: 600 } });
    expect(await balance()).toBe(before);
    expect((await quote()).totalFen).toBe(700);
  });

  it('refuses a plan whose terms do not fit its kind, and the second of two who publish from the same version', async () => {
    for (const [body, field] of [
      [{ plan: 'b', kind: 'bundle', name: 'x', amountFen: 1 }, 'terms.swaps'],
      [
        { plan: 'p', kind: 'period', name: 'x', amountFen: 1, terms: { length: { days: 1 }, holdFen: 1 } },
        'terms.holdFen',
      ],
      [
        { plan: 'per-swap', kind: 'bundle', name: 'x', amountFen: 1, terms: { swaps: 1, validDays: 1 } },
        'per-swap',
      ],
      [{ plan: 'k', kind: 'per-kwh', name: 'x', amountFen: 1.5 }, 'amountFen'],
    ] as const) {
      const answer = await post<Problem>('/core/v0/plans', admin, body);
      expect(answer.status).toBe(400);
      expect(answer.body.detail).toContain(field);
    }
  });

  it('the hour of the station makes a price dearer or cheaper, and shows it', async () => {
    const bands = [{ name: '全天', nameEn: 'All day', from: '00:00', to: '24:00', changeBp: -1_000 }];
    expect((await post('/core/v0/tariffs', admin, { stationId: '1231', bands })).status).toBe(201);
    const price = await quote();
    expect(price.totalFen).toBe(630);
    expect(price.lines.map(({ code, amountFen }) => [code, amountFen])).toEqual([
      ['base', 700],
      ['tariff', -70],
    ]);
    const meeting = await post<Problem>('/core/v0/tariffs', admin, {
      stationId: '1231',
      bands: [...bands, { name: 'x', from: '12:00', to: '13:00', changeBp: 1 }],
    });
    expect(meeting.status).toBe(400);
    expect((await post('/core/v0/tariffs', admin, { stationId: '1231', bands: [] })).status).toBe(201);
    expect((await quote()).totalFen).toBe(700);
  });

  it('a coupon is claimed once, used by itself, given back with a refused swap and gone after a good one', async () => {
    const coupon = {
      code: 'WELCOME',
      name: '新人券',
      nameEn: 'Welcome',
      off: { amountFen: 250 },
      validFrom: '2020-01-01T00:00:00.000Z',
      validTo: '2099-01-01T00:00:00.000Z',
      maxClaims: 1,
    };
    expect((await post('/core/v0/coupons', admin, coupon)).status).toBe(201);
    expect((await post('/core/v0/coupons', admin, coupon)).status).toBe(409);
    const claims = await Promise.all(
      [1, 2, 3].map(() => post('/core/v0/rider-coupons', rider, { code: 'WELCOME' })),
    );
    expect(claims.map(({ status }) => status)).toContain(201);
    expect((await post('/core/v0/rider-coupons', rider, { code: 'WELCOME' })).status).toBe(201);
    expect((await post('/core/v0/rider-coupons', other, { code: 'WELCOME' })).status).toBe(409);
    expect((await post('/core/v0/rider-coupons', other, { code: 'NOSUCH' })).status).toBe(404);
    const mine = () =>
      hub
        .call<{ state: string }[]>('GET', '/core/v0/rider-coupons', { token: rider })
        .then(({ body }) => body);
    expect(await mine()).toMatchObject([{ state: 'available' }]);
    expect((await quote()).totalFen).toBe(450);
    const before = await balance();
    expect((await swap('u-demo', 'v-demo', 'failed')).payment.state).toBe('released');
    expect(await balance()).toBe(before);
    expect(await mine()).toMatchObject([{ state: 'available' }]);
    expect((await swap()).price.totalFen).toBe(450);
    expect(await balance()).toBe(before - 450);
    expect(await mine()).toMatchObject([{ state: 'used' }]);
    expect((await quote()).totalFen).toBe(700);
  });

  it('a bundle is paid once, covers its swaps, gets back those that failed, and pays back the rest when it ends', async () => {
    const plan = await publish({
      plan: 'bundle-3',
      kind: 'bundle',
      name: '三次卡',
      nameEn: 'Three swaps',
      amountFen: 1_500,
      terms: { swaps: 3, validDays: 30 },
    });
    const before = await balance();
    const key = randomUUID();
    const bought = await Promise.all(
      [1, 2].map(() => post<Subscription>('/core/v0/subscriptions', rider, { planVersion: plan.id }, key)),
    );
    const first = bought.find(({ status }) => status === 201)?.body;
    expect(first).toMatchObject({ state: 'active', swapsLeft: 3 });
    expect(await balance()).toBe(before - 1_500);
    expect(await quote()).toMatchObject({ totalFen: 0, benefits: [{ kind: 'subscription' }] });
    expect((await swap()).payment).toMatchObject({ state: 'captured', amountFen: 0 });
    await swap('u-demo', 'v-demo', 'failed');
    const left = await hub.call<Subscription[]>('GET', '/core/v0/subscriptions', { token: rider });
    expect(left.body).toMatchObject([{ swapsLeft: 2 }]);
    const cancel = () => post<Subscription>(`/core/v0/subscriptions/${first?.id}/cancel`, rider);
    expect((await cancel()).body).toMatchObject({ state: 'cancelled', refundedFen: 1_000 });
    expect((await cancel()).body).toMatchObject({ state: 'cancelled', refundedFen: 1_000 });
    expect(await balance()).toBe(before - 500);
    expect((await quote()).totalFen).toBe(700);
    expect((await post(`/core/v0/subscriptions/${first?.id}/cancel`, other)).status).toBe(404);
  });

  it('a plan is not bought at an old price, nor with money that is not there', async () => {
    const old = await publish({
      plan: 'month',
      kind: 'period',
      name: '月卡',
      amountFen: 9_900,
      terms: { length: { months: 1 } },
    });
    await publish({
      plan: 'month',
      kind: 'period',
      name: '月卡',
      amountFen: 990_000,
      terms: { length: { months: 1 } },
    });
    expect(
      (await post<Problem>('/core/v0/subscriptions', rider, { planVersion: old.id })).body,
    ).toMatchObject({
      code: 'CONFLICT',
      reason: 'PRICE_CHANGED',
    });
    expect((await post<Problem>('/core/v0/subscriptions', rider, { planVersion: 'month@2' })).body.code).toBe(
      'INSUFFICIENT_BALANCE',
    );
    expect((await verify()).differences).toEqual([]);
  });

  it('an energy swap holds the most and takes no more than what is due', async () => {
    const plan = await publish({
      plan: 'energy',
      kind: 'per-kwh',
      name: '按电量',
      nameEn: 'By energy',
      amountFen: 120,
      terms: { holdFen: 900, withoutReadingFen: 500 },
    });
    const joined = await post<Subscription>('/core/v0/subscriptions', other, { planVersion: plan.id });
    expect(joined.body).toMatchObject({ state: 'active', amountFen: 0 });
    expect(await quote(other)).toMatchObject({ totalFen: 900, estimate: true });
    const before = await balance('u-demo2');
    const order = await swap('u-demo2', 'v-demo2');
    expect(order.price).toMatchObject({ totalFen: 500, lines: [{ code: 'energy' }] });
    expect(order.price.estimate).toBeUndefined();
    expect(order.payment).toMatchObject({ state: 'captured', amountFen: 500 });
    expect(await balance('u-demo2')).toBe(before - 500);
    await post(`/core/v0/subscriptions/${joined.body.id}/cancel`, other);
  });

  it('an enterprise pays for its members', async () => {
    const plan = await publish({
      plan: 'fleet',
      kind: 'enterprise',
      name: '企业',
      nameEn: 'Fleet',
      amountFen: 480,
    });
    const body = { planVersion: plan.id, userId: 'u-demo', memberIds: ['u-demo2'] };
    expect((await post('/core/v0/subscriptions', rider, body)).status).toBe(403);
    expect((await post('/core/v0/subscriptions', admin, { ...body, memberIds: ['nobody'] })).status).toBe(
      404,
    );
    expect((await post('/core/v0/subscriptions', admin, body)).status).toBe(201);
    const [payer, member] = [await balance('u-demo'), await balance('u-demo2')];
    const order = await swap('u-demo2', 'v-demo2');
    expect(order.price).toMatchObject({ totalFen: 480, payerUserId: 'u-demo' });
    expect(await balance('u-demo')).toBe(payer - 480);
    expect(await balance('u-demo2')).toBe(member);
    await swap('u-demo2', 'v-demo2', 'failed');
    expect(await balance('u-demo')).toBe(payer - 480);
  });

  it('the rider chooses what pays: one of their plans, or this swap alone', async () => {
    const bought = await post<Subscription>('/core/v0/subscriptions', rider, { planVersion: 'bundle-3@1' });
    expect(bought.status, JSON.stringify(bought.body)).toBe(201);
    const plan = bought.body.id;
    const path = '/core/v0/quotes/swap';
    const options = await hub.call<{ payBy: string }[]>('GET', `${path}/options?stationId=1231`, {
      token: rider,
    });
    expect(options.body).toMatchObject([
      { payBy: plan, kind: 'subscription', nameEn: 'Three swaps', swapsLeft: 3, isDefault: true },
      { payBy: 'swap', kind: 'swap', isDefault: false, price: { totalFen: 700 } },
    ]);
    const quoted = (payBy: string) =>
      hub.call<Order['price'] & Problem>('GET', `${path}?stationId=1231&payBy=${payBy}`, { token: rider });
    expect((await quoted('swap')).body.totalFen).toBe(700);
    expect((await quoted(plan)).body.totalFen).toBe(0);
    expect((await quoted('sub-of-nobody')).body).toMatchObject({
      code: 'CONFLICT',
      reason: 'PLAN_NOT_USABLE',
    });

    const cabinet = await connectStation(hub.mqttUrl);
    try {
      await eventually(
        async () =>
          (await hub.call<{ online: boolean }>('GET', '/core/v0/stations/1231', { token: admin })).body
            .online,
        'station online',
      );
      for (const [payBy, totalFen, benefits] of [
        ['swap', 700, undefined],
        [plan, 0, [{ kind: 'subscription', id: plan }]],
      ] as const) {
        cabinet.received.splice(0);
        const asked = post<Order>('/core/v0/orders', rider, {
          stationId: '1231',
          vehicleId: 'v-demo',
          payBy,
        });
        const command = await cabinet.command();
        await cabinet.result(command.id, 'started');
        const order = (await asked).body;
        expect(order.price).toMatchObject({ totalFen, ...(benefits ? { benefits } : {}) });
        expect(order.price.benefits).toEqual(benefits);
        const failed = { token: station, body: { state: 'failed' } };
        expect((await hub.call('PUT', `/core/v0/order/${order.id}`, failed)).status).toBe(200);
      }
      const byStation = { token: station, body: { user: 'u-demo', vehicle: 'v-demo', payBy: plan } };
      expect((await hub.call('POST', '/core/v0/order', byStation)).status).toBe(403);
    } finally {
      await cabinet.close();
    }
  }, 60_000);

  it('leaves books that agree to the fen', async () => {
    expect(await verify()).toMatchObject({ ok: true, differences: [] });
  });
});

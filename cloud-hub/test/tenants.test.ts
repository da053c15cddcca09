import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HubFixture, startHub } from './support/hub-fixture.js';
import { withStranger } from './support/stranger.js';

/** Another tenant's operator, made beside the running hub through the same store. */
describe('tenants', () => {
  let hub: HubFixture;
  let stranger: string;
  beforeAll(async () => {
    hub = await startHub({ overrides: await withStranger() });
    const answer = await hub.call<{ accessToken: string }>('POST', '/auth/v1/token', {
      body: { grantType: 'password', username: 'stranger', password: 'stranger-password' },
    });
    expect(answer.status).toBe(200);
    stranger = answer.body.accessToken;
  }, 60_000);
  afterAll(() => hub?.stop());

  it("another tenant's things do not exist, whatever is asked", async () => {
    const rider = await hub.rider();
    const station = await hub.station();
    const order = await hub.call<{ id: string }>('POST', '/core/v0/order', {
      token: station,
      body: { user: 'u-demo', vehicle: 'v-demo' },
    });
    expect(order.status).toBe(201);
    expect((await hub.call('GET', `/core/v0/orders/${order.body.id}`, { token: rider })).status).toBe(200);

    const paths = [
      '/core/v0/users/u-demo',
      '/auth/v1/users/u-demo',
      '/core/v0/vehicles/v-demo',
      '/core/v0/stations/1231',
      '/core/v0/batteries/VB-A-0900',
      `/core/v0/orders/${order.body.id}`,
      `/core/v0/order/${order.body.id}`,
      '/core/v0/plans/per-swap@1',
    ];
    for (const path of paths)
      expect((await hub.call('GET', path, { token: stranger })).status, path).toBe(404);
    const writes: [string, string, unknown][] = [
      ['PATCH', '/core/v0/users/u-demo', { name: 'Mine' }],
      ['PATCH', '/core/v0/vehicles/v-demo', { model: 'Mine' }],
      ['PATCH', '/core/v0/stations/1231', { name: 'Mine' }],
      ['PUT', `/core/v0/orders/${order.body.id}`, { state: 'failed' }],
      ['POST', `/core/v0/orders/${order.body.id}/cancel`, {}],
      ['POST', `/core/v0/orders/${order.body.id}/resolve`, { note: 'mine now' }],
      ['POST', '/auth/v1/stations/1231/rotate', undefined],
      ['POST', '/auth/v1/stations/1231/enrol-code', undefined],
      ['DELETE', '/auth/v1/stations/1231/credentials', undefined],
      ['POST', '/core/v0/stations/1231/commands', { name: 'SERVER_ASK_INFO' }],
    ];
    for (const [method, path, body] of writes) {
      const answer = await hub.call(method, path, {
        token: stranger,
        body,
        headers: { 'If-Match': '"1"', 'Idempotency-Key': `${method}${path}` },
      });
      expect(answer.status, `${method} ${path}`).toBe(404);
    }
    for (const path of [
      'users',
      'vehicles',
      'stations',
      'batteries',
      'orders',
      'plans',
      'charges',
      'commands',
      'alarms',
    ]) {
      const answer = await hub.call<unknown[]>('GET', `/core/v0/${path}`, { token: stranger });
      expect([answer.status, answer.body], path).toEqual([200, []]);
      expect(answer.headers.get('x-total-count'), path).toBe('0');
    }
  });

  it('an order at another tenant’s station is refused as not found', async () => {
    const answer = await hub.call('POST', '/core/v0/orders', {
      token: stranger,
      body: { userId: 'u-demo', vehicleId: 'v-demo', stationId: '1231' },
      headers: { 'Idempotency-Key': 'foreign' },
    });
    expect(answer.status).toBe(404);
  });

  it('riders see their own things only', async () => {
    const other = await hub.rider('13800000002');
    for (const path of ['/core/v0/users/u-demo', '/core/v0/vehicles/v-demo'])
      expect((await hub.call('GET', path, { token: other })).status, path).toBe(404);
    const orders = await hub.call<unknown[]>('GET', '/core/v0/orders', { token: other });
    expect(orders.body).toEqual([]);
    const users = await hub.call<{ id: string }[]>('GET', '/core/v0/users', { token: other });
    expect(users.body.map((user) => user.id)).toEqual(['u-demo2']);
    const mine = await hub.call('POST', '/core/v0/orders', {
      token: other,
      body: { userId: 'u-demo', vehicleId: 'v-demo', stationId: '1231' },
      headers: { 'Idempotency-Key': 'for-another' },
    });
    expect(mine.status).toBe(403);
  });

  it('a station sees only orders at itself', async () => {
    const order = await hub.call<{ id: string }[]>('GET', '/core/v0/orders', {
      token: await hub.station('1231'),
    });
    expect(order.body).toHaveLength(1);
    const elsewhere = await hub.station('1232');
    expect((await hub.call('GET', `/core/v0/order/${order.body[0]?.id}`, { token: elsewhere })).status).toBe(
      404,
    );
    expect(
      (await hub.call('PUT', `/core/v0/order/${order.body[0]?.id}`, { token: elsewhere, body: {} })).status,
    ).toBe(404);
  });

  it("another tenant's tasks, webhooks, exports and audit do not exist either", async () => {
    const admin = await hub.operator();
    const made = await hub.call<{ id: string; version: number }>('POST', '/core/v0/webhooks', {
      token: admin,
      body: { name: 'ours', url: 'https://example.com/hook', events: ['*'] },
    });
    expect(made.status).toBe(201);
    const task = await hub.call<{ id: string }>('POST', '/core/v0/task-schedules/analytics-roll-up/run', {
      token: admin,
    });
    expect(task.status).toBe(202);
    const file = await hub.call<{ id: string }>('POST', '/core/v0/exports', {
      token: admin,
      body: {
        report: 'orders',
        format: 'csv',
        from: '2026-01-01T00:00:00.000Z',
        to: '2026-02-01T00:00:00.000Z',
      },
    });
    expect(file.status).toBe(202);
    const hook = `/core/v0/webhooks/${made.body.id}`;
    const asked: [string, string, unknown?][] = [
      ['GET', hook],
      ['GET', `${hook}/deliveries`],
      ['PATCH', hook, { active: false }],
      ['POST', `${hook}/ping`],
      ['POST', `${hook}/rotate-secret`, {}],
      ['POST', `${hook}/deliveries/msg_x/replay`],
      ['DELETE', hook],
      ['GET', `/core/v0/tasks/${task.body.id}`],
      ['POST', `/core/v0/tasks/${task.body.id}/replay`],
      ['POST', `/core/v0/tasks/${task.body.id}/cancel`],
      ['GET', `/core/v0/exports/${file.body.id}`],
      ['GET', `/core/v0/exports/${file.body.id}/download`],
    ];
    for (const [method, path, body] of asked) {
      const answer = await hub.call(method, path, { token: stranger, body, headers: { 'If-Match': '"1"' } });
      expect(answer.status, `${method} ${path}`).toBe(404);
    }
    for (const path of [
      'webhooks',
      'tasks?kind=exports.make',
      'exports',
      'notification-log',
      'audit?action=createWebhook',
    ])
      expect((await hub.call('GET', `/core/v0/${path}`, { token: stranger })).body, path).toEqual([]);
    expect((await hub.call('GET', hook, { token: admin })).status).toBe(200);
  });
});

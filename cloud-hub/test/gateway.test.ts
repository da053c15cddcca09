import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAddressCheck, parseNetwork } from '../src/http/address-rules.js';
import { type HubFixture, problemOf, startHub } from './support/hub-fixture.js';

type Key = { id: string; key: string; version: number };

describe('the gateway', () => {
  let hub: HubFixture;
  let admin: string;
  let now = Date.now();
  beforeAll(async () => {
    hub = await startHub({ overrides: { clock: { now: () => now } } });
    admin = await hub.operator();
  }, 60_000);
  afterAll(() => hub?.stop());

  const makeKey = async (body: Record<string, unknown> = {}): Promise<Key> => {
    const made = await hub.call<Key>('POST', '/core/v0/api-keys', {
      token: admin,
      body: { name: 'partner', permissions: ['stations:read'], ...body },
    });
    expect(made.status).toBe(201);
    return made.body;
  };

  it('says on every answer what is left of the budget, also on refusals', async () => {
    for (const [method, path, token] of [
      ['GET', '/core/v0/stations', admin],
      ['GET', '/core/v0/stations/none', admin],
      ['GET', '/core/v0/stations?nonsense=1', admin],
      ['GET', '/core/v0/public/stations', undefined],
      ['GET', '/core/v0/stations', undefined],
      ['GET', '/nowhere', undefined],
      ['DELETE', '/core/v0/stations', undefined],
    ] as const) {
      const answer = await hub.call(method, path, { token });
      const left = Number(answer.headers.get('ratelimit-remaining') ?? Number.NaN);
      expect(left, `${method} ${path} ${answer.status}`).toBeLessThan(
        Number(answer.headers.get('ratelimit-limit')),
      );
    }
  });

  it('names the problem in the access log under a field that is not hidden', async () => {
    await hub.call('GET', '/core/v0/stations/none', { token: admin, headers: { 'X-Request-Id': 'log-1' } });
    const line = hub.log.map((text) => JSON.parse(text)).find((entry) => entry.requestId === 'log-1');
    expect(line).toMatchObject({
      problemCode: 'NOT_FOUND',
      status: 404,
      route: 'getStation',
      audience: 'operator',
      tenantId: 'demo',
      ip: expect.stringContaining('127.0.0.1'),
    });
  });

  it('gives public answers again with an ETag, 304 to who has them, and anew after their time', async () => {
    const path = '/core/v0/public/stations';
    const first = await hub.call('GET', path);
    const etag = first.headers.get('etag') ?? '';
    expect(first.headers.get('cache-control')).toBe('public, max-age=2');
    expect((await hub.call('GET', path, { headers: { 'If-None-Match': etag } })).status).toBe(304);
    const station = await hub.call<{ version: number }>('GET', '/core/v0/stations/1231', { token: admin });
    const renamed = await hub.call('PATCH', '/core/v0/stations/1231', {
      token: admin,
      body: { name: 'Renamed' },
      headers: { 'If-Match': `"${station.body.version}"` },
    });
    expect(renamed.status).toBe(200);
    expect((await hub.call('GET', path)).headers.get('etag')).toBe(etag);
    now += 5_000;
    const later = await hub.call('GET', path, { headers: { 'If-None-Match': etag } });
    expect(later.status).toBe(200);
    expect(JSON.stringify(later.body)).toContain('Renamed');
  });

  it('shows Prometheus its figures only with metrics:read', async () => {
    expect((await hub.call('GET', '/metrics')).status).toBe(401);
    const other = await makeKey();
    expect((await hub.call('GET', '/metrics', { token: other.key })).status).toBe(403);
    const { key } = await makeKey({ permissions: ['metrics:read'] });
    const answer = await hub.call<string>('GET', '/metrics', { token: key });
    expect(answer.status).toBe(200);
    for (const line of [
      /^voltbay_http_request_duration_seconds_count\{route="\/core\/v0\/stations\/\{id\}",method="get",status="404"\} [1-9]/m,
      /^voltbay_orders_open\{state="created"\} 0$/m,
      /^voltbay_part_value\{part="ingest",name="queued"\} 0$/m,
      /^voltbay_event_loop_lag_seconds\{quantile="0.99"\} \d/m,
      /^voltbay_http_requests_total\{audience="operator",status="200"\} [1-9]/m,
    ])
      expect(answer.body).toMatch(line);
  });

  describe("integrators' keys", () => {
    it('open what they name and nothing else, and only people make them', async () => {
      const { key } = await makeKey();
      expect((await hub.call('GET', '/core/v0/stations', { token: key })).status).toBe(200);
      expect((await hub.call('GET', '/core/v0/orders', { token: key })).status).toBe(403);
      const me = await hub.call<{ audience: string; permissions: string[] }>('GET', '/auth/v1/me', {
        token: key,
      });
      expect(me.body).toMatchObject({ audience: 'api-key', permissions: ['stations:read'] });
      for (const permission of ['api-keys:write', 'operators:write', 'system:write']) {
        const refused = await hub.call('POST', '/core/v0/api-keys', {
          token: admin,
          body: { name: 'x', permissions: [permission] },
        });
        expect(refused.status, permission).toBe(400);
      }
      const viewer = await hub.operator('viewer');
      const byViewer = await hub.call('POST', '/core/v0/api-keys', {
        token: viewer,
        body: { name: 'x', permissions: ['stations:read'] },
      });
      expect(byViewer.status).toBe(403);
    });

    it('limited to stations, see those alone', async () => {
      const { key } = await makeKey({ stationIds: ['1232'] });
      const list = await hub.call<{ id: string }[]>('GET', '/core/v0/stations', { token: key });
      expect(list.body.map((station) => station.id)).toEqual(['1232']);
      expect((await hub.call('GET', '/core/v0/stations/1231', { token: key })).status).toBe(404);
    });

    it('are stored and listed without their secret', async () => {
      const { key, id } = await makeKey();
      const secret = key.split('.')[1] ?? '';
      const list = await hub.call('GET', '/core/v0/api-keys', { token: admin });
      const one = await hub.call('GET', `/core/v0/api-keys/${id}`, { token: admin });
      expect(JSON.stringify([list.body, one.body])).not.toMatch(new RegExp(`${secret}|"mac"|"secrets"`));
      expect(hub.log.join('')).not.toContain(secret);
    });

    it('end when revoked, when their time is over, and are never guessed', async () => {
      const get = (token: string) => hub.call('GET', '/core/v0/stations', { token });
      const revoked = await makeKey();
      expect((await get(revoked.key)).status).toBe(200);
      expect((await hub.call('DELETE', `/core/v0/api-keys/${revoked.id}`, { token: admin })).status).toBe(
        204,
      );
      const refused = await get(revoked.key);
      expect([refused.status, problemOf(refused).code]).toEqual([401, 'BAD_CREDENTIALS']);
      const brief = await makeKey({ expiresAt: new Date(now + 60_000).toISOString() });
      expect((await get(brief.key)).status).toBe(200);
      now += 61_000;
      expect((await get(brief.key)).status).toBe(401);
      const { key } = await makeKey();
      const last = key.endsWith('A') ? 'B' : 'A';
      expect((await get(`${key.slice(0, -1)}${last}`)).status).toBe(401);
      expect((await get('vbk_nonsense')).status).toBe(401);
      expect((await get(key)).status).toBe(200);
    });

    it('rotate with an overlap of a day', async () => {
      const get = (token: string) => hub.call('GET', '/core/v0/stations', { token });
      const old = await makeKey();
      const rotated = await hub.call<Key>('POST', `/core/v0/api-keys/${old.id}/rotate`, { token: admin });
      expect(rotated.status).toBe(201);
      expect((await get(old.key)).status).toBe(200);
      expect((await get(rotated.body.key)).status).toBe(200);
      now += 25 * 3_600_000;
      admin = await hub.operator();
      expect((await get(old.key)).status).toBe(401);
      expect((await get(rotated.body.key)).status).toBe(200);
    });

    it('count every request, stop at the quota of the day, and come to a bill', async () => {
      const { key, id } = await makeKey({ perDay: 5, pricePerThousandFen: 1_000 });
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => hub.call('GET', '/core/v0/stations', { token: key })),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
      const beyond = answers.find(({ status }) => status === 429);
      expect(beyond && problemOf(beyond)).toMatchObject({ code: 'RATE_LIMITED', reason: 'QUOTA' });
      expect(Number(beyond?.headers.get('retry-after'))).toBeGreaterThan(0);
      const usage = await hub.call('GET', `/core/v0/api-keys/${id}/usage`, { token: admin });
      expect(usage.body).toMatchObject({ requests: 8, amountFen: 8, currency: 'CNY' });
      now += 24 * 3_600_000;
      admin = await hub.operator();
      expect((await hub.call('GET', '/core/v0/stations', { token: key })).status).toBe(200);
    });
  });
});

describe('callers by address', () => {
  it('are let in by network, refused by network first, in both families', () => {
    const check = createAddressCheck({ allow: ['10.0.0.0/8', '::1'], deny: ['10.9.0.0/16'] });
    expect(['10.1.2.3', '::ffff:10.1.2.3', '::1'].map(check)).toEqual([true, true, true]);
    expect(['10.9.2.3', '::ffff:10.9.2.3', '192.168.0.1', '::2', 'no address'].map(check)).toEqual(
      Array(5).fill(false),
    );
    for (const text of ['10.0.0.0/33', '10.0.0', 'x/8', '::1/129', '10.0.0.0/8/8', '10.0.0.0/-1'])
      expect(parseNetwork(text), text).toBeNull();
  });

  it('outside the allowed networks are answered 403 before anything else, and draining shows in /readyz first', async () => {
    const hub = await startHub({
      env: { VOLTBAY_IP_ALLOW: '10.0.0.0/8', VOLTBAY_TRUSTED_PROXIES: '1', VOLTBAY_DRAIN_MS: '4000' },
    });
    const from = (address: string, path = '/healthz') =>
      hub.call('GET', path, { headers: { 'X-Forwarded-For': address } });
    expect((await from('10.2.3.4')).status).toBe(200);
    const refused = await from('11.2.3.4', '/core/v0/stations');
    expect([refused.status, problemOf(refused).code]).toEqual([403, 'FORBIDDEN']);
    expect((await from('10.2.3.4', '/readyz')).status).toBe(200);
    const stopped = hub.stop();
    await expect.poll(async () => (await from('10.2.3.4', '/readyz')).status, { timeout: 3_900 }).toBe(503);
    expect((await from('10.2.3.4', '/healthz')).status).toBe(200);
    await stopped;
  }, 60_000);
});

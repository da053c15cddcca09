import { TOTP, URI } from 'otpauth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HubFixture, problemOf, startHub } from './support/hub-fixture.js';

type Operator = { id: string; version: number; roles: string[]; totp: boolean };

describe('operators and what they set', () => {
  let hub: HubFixture;
  let admin: string;
  let serial = 0;
  let now = Date.now();
  beforeAll(async () => {
    hub = await startHub({ overrides: { clock: { now: () => now } } });
    admin = await hub.operator();
  }, 60_000);
  afterAll(() => hub?.stop());

  const PASSWORD = 'a long password';
  const post = <T>(path: string, body: unknown, token = admin) =>
    hub.call<T>('POST', path, { token, body, headers: { 'Idempotency-Key': `op-${++serial}` } });
  const patch = (operator: Operator, body: unknown, token = admin) =>
    hub.call<Operator>('PATCH', `/core/v0/operators/${operator.id}`, {
      token,
      body,
      headers: { 'If-Match': `"${operator.version}"` },
    });
  const make = async (username: string, rest: Record<string, unknown> = {}, token = admin) => {
    const body = { username, name: username, password: PASSWORD, roles: ['operator'], ...rest };
    return post<Operator>('/core/v0/operators', body, token);
  };
  const signIn = (username: string, totp?: string, password = PASSWORD) =>
    hub.call<{ accessToken: string }>('POST', '/auth/v1/token', {
      body: { grantType: 'password', username, password, ...(totp ? { totp } : {}) },
    });
  const tokenOf = async (username: string) => (await signIn(username)).body.accessToken;

  it('are made, listed and changed; a change of rights ends their sessions at once', async () => {
    const made = await make('li');
    expect(made.status).toBe(201);
    expect(JSON.stringify(made.body)).not.toMatch(/passwordHash|sealedTotp|lastTotpStep/);
    expect((await make('li')).status).toBe(409);
    const token = await tokenOf('li');
    expect((await hub.call('GET', '/core/v0/orders', { token })).status).toBe(200);
    expect((await patch(made.body, { roles: ['viewer'] })).body.roles).toEqual(['viewer']);
    expect((await hub.call('GET', '/core/v0/orders', { token })).status).toBe(401);
    expect((await patch(made.body, { name: 'stale' })).status).toBe(412);
  });

  it('never shut themselves out and never hand out more than they have', async () => {
    const list = await hub.call<(Operator & { username: string })[]>('GET', '/core/v0/operators', {
      token: admin,
    });
    const me = list.body.find(({ username }) => username === 'admin');
    expect(me && (await patch(me, { status: 'disabled' })).status).toBe(409);
    await make('limited-admin', { roles: ['admin'], stationIds: ['1232'] });
    const limited = await tokenOf('limited-admin');
    expect((await make('wide', {}, limited)).status).toBe(403);
    expect((await make('other', { stationIds: ['1231'] }, limited)).status).toBe(403);
    const inside = await make('inside', { stationIds: ['1232'] }, limited);
    expect(inside.status).toBe(201);
    expect((await patch(inside.body, { stationIds: null }, limited)).status).toBe(403);
    expect((await make('x', { roles: ['root'] })).status).toBe(400);
  });

  it('limited to a region see its stations alone, and nothing once it is empty', async () => {
    const region = await post<{ id: string; version: number }>('/core/v0/regions', {
      name: '东区',
      stationIds: ['1232'],
    });
    expect(region.status).toBe(201);
    expect((await make('nobody', { regionIds: ['r-none'] })).status).toBe(400);
    await make('east', { regionIds: [region.body.id] });
    const seen = async () => {
      const stations = await hub.call<{ id: string }[]>('GET', '/core/v0/stations', {
        token: await tokenOf('east'),
      });
      return stations.body.map(({ id }) => id);
    };
    expect(await seen()).toEqual(['1232']);
    const emptied = await hub.call('PUT', `/core/v0/regions/${region.body.id}`, {
      token: admin,
      body: { name: '东区', stationIds: [] },
      headers: { 'If-Match': '"1"' },
    });
    expect(emptied.status).toBe(200);
    expect(await seen()).toEqual([]);
  });

  it('turn on a second factor that is then needed, works once a code, and can be taken off', async () => {
    const made = await make('wang');
    const token = await tokenOf('wang');
    expect((await post('/auth/v1/me/totp', { password: 'wrong' }, token)).status).toBe(401);
    const begun = await post<{ uri: string }>('/auth/v1/me/totp', { password: PASSWORD }, token);
    const totp = URI.parse(begun.body.uri);
    if (!(totp instanceof TOTP)) throw new Error('no TOTP');
    const code = () => totp.generate({ timestamp: now });
    const wrong = code() === '000000' ? '000001' : '000000';
    expect((await post('/auth/v1/me/totp/confirm', { code: wrong }, token)).status).toBe(401);
    expect((await signIn('wang')).status).toBe(200);
    expect((await post('/auth/v1/me/totp/confirm', { code: code() }, token)).status).toBe(204);
    expect((await signIn('wang')).status).toBe(401);
    expect((await signIn('wang', code())).status).toBe(401);
    now += 30_000;
    expect((await signIn('wang', code())).status).toBe(200);
    expect(
      (await hub.call('DELETE', `/core/v0/operators/${made.body.id}/totp`, { token: admin })).status,
    ).toBe(204);
    expect((await signIn('wang')).status).toBe(200);
    expect((await hub.call('GET', '/auth/v1/me', { token })).status).toBe(401);
    expect(hub.log.join('')).not.toContain(totp.secret.base32);
  });

  it('change their password with the old one; other sessions end', async () => {
    await make('zhao');
    const [mine, other] = [await tokenOf('zhao'), await tokenOf('zhao')];
    const next = 'quite another password';
    expect((await post('/auth/v1/me/password', { current: 'no', next }, mine)).status).toBe(401);
    expect((await post('/auth/v1/me/password', { current: PASSWORD, next }, mine)).status).toBe(204);
    expect((await hub.call('GET', '/auth/v1/me', { token: mine })).status).toBe(200);
    expect((await hub.call('GET', '/auth/v1/me', { token: other })).status).toBe(401);
    expect((await signIn('zhao')).status).toBe(401);
    expect((await signIn('zhao', undefined, next)).status).toBe(200);
    const rider = await hub.rider();
    expect((await post('/auth/v1/me/password', { current: 'x', next }, rider)).status).toBe(403);
  });

  it('see which role may do what', async () => {
    const { body } = await hub.call<{ permissions: string[]; roles: { name: string; grants: object }[] }>(
      'GET',
      '/core/v0/roles',
      { token: admin },
    );
    const grants = Object.fromEntries(body.roles.map((role) => [role.name, Object.keys(role.grants)]));
    expect(grants.admin?.sort()).toEqual([...body.permissions].sort());
    expect(grants.viewer).not.toContain('orders:create');
  });

  it('settings: checked, versioned, with who changed what', async () => {
    const path = '/core/v0/settings/orders.reservationTtlS';
    const put = (value: unknown, etag: string, note?: string) =>
      hub.call('PUT', path, {
        token: admin,
        body: { value, ...(note ? { note } : {}) },
        headers: { 'If-Match': etag },
      });
    const before = await hub.call('GET', path, { token: admin });
    expect([before.headers.get('etag'), before.body]).toEqual([
      '"0"',
      expect.objectContaining({ value: 900 }),
    ]);
    expect((await put(5, '"0"')).status).toBe(400);
    expect((await put('long', '"0"')).status).toBe(400);
    const outcomes = await Promise.all([600, 700, 800].map((value) => put(value, '"0"', 'spring')));
    expect(outcomes.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
    expect((await put(300, '"1"')).status).toBe(200);
    const history = await hub.call<{ version: number; to: number; by: string; note: string | null }[]>(
      'GET',
      `${path}/history`,
      { token: admin },
    );
    expect(history.body.map(({ version, note }) => [version, note])).toEqual([
      [2, null],
      [1, 'spring'],
    ]);
    expect((await hub.call('GET', '/core/v0/settings/nonsense', { token: admin })).status).toBe(400);
  });

  it('dictionaries: one code once, made once, readable by every signed-in client of the tenant', async () => {
    const path = '/core/v0/dictionaries/refund-reasons';
    const entry = { code: 'late', labels: { zh: '太迟', en: 'Too late' } };
    const put = (entries: unknown[], etag: string) =>
      hub.call('PUT', path, { token: admin, body: { entries }, headers: { 'If-Match': etag } });
    expect((await put([entry, entry], '"0"')).status).toBe(400);
    expect((await put([entry], '"3"')).status).toBe(412);
    expect((await put([entry], '"0"')).status).toBe(200);
    expect((await put([entry], '"0"')).status).toBe(412);
    expect((await put([], '"1"')).status).toBe(200);
    const rider = await hub.rider();
    expect((await hub.call('GET', path, { token: rider })).body).toMatchObject({ entries: [], version: 2 });
    expect((await hub.call('PUT', path, { token: rider, body: { entries: [] } })).status).toBe(403);
  });

  it('tenants: registered by the home tenant with their own administrator, who sees nothing of others', async () => {
    const made = await post('/core/v0/tenants', {
      id: 'south',
      name: 'South',
      admin: { username: 'south-admin', name: 'South', password: PASSWORD },
    });
    expect(made.status).toBe(201);
    const south = await tokenOf('south-admin');
    expect((await hub.call('GET', '/core/v0/stations', { token: south })).body).toEqual([]);
    expect((await hub.call<unknown[]>('GET', '/core/v0/tenants', { token: south })).body).toHaveLength(1);
    const refused = await post(
      '/core/v0/tenants',
      { id: 'west', name: 'W', admin: { username: 'w', name: 'W', password: PASSWORD } },
      south,
    );
    expect([refused.status, problemOf(refused).code]).toEqual([403, 'FORBIDDEN']);
    expect((await hub.call('GET', '/core/v0/dictionaries/refund-reasons', { token: south })).status).toBe(
      404,
    );
  });
});

import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, type HubFixture, problemOf, startHub } from './support/hub-fixture.js';

type Role = { id: string; version: number; grants: Record<string, string>; custom: boolean };
const PASSWORD = 'long enough password';

describe('rights', () => {
  let hub: HubFixture;
  let admin: string;
  let serial = 0;
  beforeAll(async () => {
    hub = await startHub();
    admin = await hub.operator();
  }, 60_000);
  afterAll(() => hub?.stop());

  const send = <T>(method: string, path: string, body?: unknown, token = admin, version?: number) =>
    hub.call<T>(method, path, {
      token,
      ...(body === undefined ? {} : { body }),
      headers: {
        'Idempotency-Key': `r-${++serial}`,
        ...(version === undefined ? {} : { 'If-Match': `"${version}"` }),
      },
    });
  const signIn = (username: string, password = PASSWORD) =>
    hub.call<{ accessToken: string }>('POST', '/auth/v1/token', {
      body: { grantType: 'password', username, password },
    });
  const tokenOf = async (username: string) => (await signIn(username)).body.accessToken;
  const make = (username: string, more: object) =>
    send<{ id: string }>('POST', '/core/v0/operators', {
      username,
      name: username,
      password: PASSWORD,
      roles: ['viewer'],
      ...more,
    });

  it('a role of the tenant grants what it lists, follows a change, and goes when nobody has it', async () => {
    const made = await send<Role>('POST', '/core/v0/roles', {
      name: 'night-shift',
      description: 'looks at alarms',
      permissions: ['alarms:read', 'stations:read'],
    });
    expect([made.status, made.body.custom]).toEqual([201, true]);
    expect(
      (await send('POST', '/core/v0/roles', { name: 'night-shift', permissions: ['alarms:read'] })).status,
    ).toBe(409);
    expect(
      (await send('POST', '/core/v0/roles', { name: 'admin', permissions: ['alarms:read'] })).status,
    ).toBe(409);
    expect((await send('POST', '/core/v0/roles', { name: 'odd', permissions: ['money:print'] })).status).toBe(
      400,
    );
    expect((await make('nobody', { roles: ['no-such-role'] })).status).toBe(400);
    expect((await make('owl', { roles: ['night-shift'] })).status).toBe(201);
    const owl = await tokenOf('owl');
    expect((await send('GET', '/core/v0/alarms', undefined, owl)).status).toBe(200);
    expect((await send('GET', '/core/v0/orders', undefined, owl)).status).toBe(403);

    const body = { permissions: ['alarms:read', 'stations:read', 'orders:read'] };
    expect((await send('PATCH', '/core/v0/roles/night-shift', body, admin, 9)).status).toBe(412);
    expect((await send('PATCH', '/core/v0/roles/night-shift', body, admin, 1)).status).toBe(200);
    await eventually(
      async () => (await send('GET', '/core/v0/orders', undefined, owl)).status === 200,
      'the changed role',
      60_000,
    );
    const others = await send<{ id: string }[]>('GET', '/core/v0/operators?username=owl');
    const sessions = `/core/v0/operators/${others.body[0]?.id}/sessions`;
    expect((await send<unknown[]>('GET', sessions)).body).toHaveLength(1);
    expect((await send('DELETE', sessions)).status).toBe(204);
    expect((await send('GET', '/core/v0/alarms', undefined, owl)).status).toBe(401);
    expect((await send('DELETE', '/core/v0/roles/night-shift')).status).toBe(409);
    expect((await send('DELETE', '/core/v0/roles/viewer')).status).toBe(409);
    const matrix = await send<{ roles: Role[] }>('GET', '/core/v0/roles');
    expect(matrix.body.roles.find(({ id }) => id === 'night-shift')?.grants).toHaveProperty('orders:read');
    expect((await send('GET', '/core/v0/permissions')).status).toBe(200);
  });

  it('nobody makes, changes or gives a role that may do more than they may', async () => {
    await send('POST', '/core/v0/roles', {
      name: 'clerk',
      permissions: ['operators:read', 'operators:write', 'alarms:read'],
    });
    await send('POST', '/core/v0/roles', { name: 'boss', permissions: ['finance:manage'] });
    await make('clerk-1', { roles: ['clerk'] });
    const clerk = await tokenOf('clerk-1');
    const own = { name: 'own', permissions: ['alarms:read'] };
    expect((await send('POST', '/core/v0/roles', own, clerk)).status).toBe(201);
    const more = { permissions: ['finance:manage'] };
    expect((await send('POST', '/core/v0/roles', { name: 'more', ...more }, clerk)).status).toBe(403);
    expect((await send('PATCH', '/core/v0/roles/own', more, clerk, 1)).status).toBe(403);
    expect(
      (await send('PATCH', '/core/v0/roles/boss', { permissions: ['alarms:read'] }, clerk, 1)).status,
    ).toBe(403);
    expect((await send('DELETE', '/core/v0/roles/boss', undefined, clerk)).status).toBe(403);
    const given = { username: 'x', name: 'x', password: PASSWORD, roles: ['boss'] };
    expect((await send('POST', '/core/v0/operators', given, clerk)).status).toBe(403);
  });

  it('a region reaches as far as its stations, and no further, on every family of calls', async () => {
    const region = await send<{ id: string }>('POST', '/core/v0/regions', {
      name: '南区',
      stationIds: ['1232'],
    });
    expect(region.status).toBe(201);
    expect((await send('POST', '/core/v0/regions', { name: '远', stationIds: ['nowhere'] })).status).toBe(
      400,
    );
    await make('south', { roles: ['admin'], regionIds: [region.body.id] });
    const south = await tokenOf('south');
    const status = async (method: string, path: string, body?: unknown) =>
      (await send(method, path, body, south)).status;
    const own = await send<{ regionId: string }>('GET', '/core/v0/stations/1232', undefined, south);
    expect([own.status, own.body.regionId]).toEqual([200, region.body.id]);
    expect(await status('GET', '/core/v0/stations/1231')).toBe(404);
    expect(await status('POST', '/core/v0/stations/1231/commands', { name: 'SERVER_ASK_INFO' })).toBe(404);
    expect(await status('POST', '/auth/v1/stations/1231/rotate')).toBe(404);
    expect(await status('POST', '/auth/v1/stations/1231/enrol-code')).toBe(404);
    expect(await status('DELETE', '/auth/v1/stations/1231/credentials')).toBe(404);
    expect(await status('POST', '/core/v0/stations/1231/reports', { kind: 'other' })).toBe(404);
    // The other station joins the region: the same token reaches it within seconds.
    const version = (await send<{ version: number }>('GET', '/core/v0/stations/1231')).body.version;
    const moved = await send('PATCH', '/core/v0/stations/1231', { regionId: region.body.id }, admin, version);
    expect(moved.status).toBe(200);
    await eventually(
      async () => (await status('GET', '/core/v0/stations/1231')) === 200,
      'the region',
      60_000,
    );
    const filtered = await send<{ id: string }[]>('GET', `/core/v0/stations?regionId=${region.body.id}`);
    expect(filtered.body.map(({ id }) => id)).toEqual(['1231', '1232']);
    expect((await send('DELETE', `/core/v0/regions/${region.body.id}`)).status).toBe(204);
    await eventually(
      async () => (await status('GET', '/core/v0/stations/1231')) === 404,
      'no region',
      60_000,
    );
  });

  it('a suspended tenant is refused at every door, its stations are kicked, and it comes back whole', async () => {
    const created = await send('POST', '/core/v0/tenants', {
      id: 'acme',
      name: 'Acme',
      admin: { username: 'acme-admin', name: 'Acme', password: PASSWORD },
    });
    expect(created.status).toBe(201);
    const acme = await tokenOf('acme-admin');
    await send('POST', '/core/v0/stations', { device: 'acme-1', name: 'One' }, acme);
    const code = await send<{ code: string }>('POST', '/auth/v1/stations/acme-1/enrol-code', undefined, acme);
    const enrolled = await send<{ secret: string }>('POST', '/auth/v1/stations/enroll', {
      device: 'acme-1',
      code: code.body.code,
    });
    const key = await send<{ key: string }>(
      'POST',
      '/core/v0/api-keys',
      { name: 'integration', permissions: ['stations:read'] },
      acme,
    );
    expect(key.status).toBe(201);
    // What one tenant has does not exist for another.
    await send('POST', '/core/v0/roles', { name: 'ours', permissions: ['alarms:read'] });
    const matrix = await send<{ roles: Role[] }>('GET', '/core/v0/roles', undefined, acme);
    expect(matrix.body.roles.some(({ id }) => id === 'ours')).toBe(false);
    const change = { permissions: ['orders:read'] };
    expect((await send('PATCH', '/core/v0/roles/ours', change, acme, 1)).status).toBe(404);
    expect((await send('DELETE', '/core/v0/roles/ours', undefined, acme)).status).toBe(404);
    const ours = await send<{ id: string }>('POST', '/core/v0/regions', { name: '本', stationIds: ['1231'] });
    const foreign = { name: 'x', stationIds: ['1231'] };
    expect((await send('POST', '/core/v0/regions', foreign, acme)).status).toBe(400);
    for (const [method, body] of [['GET'], ['PUT', { name: 'x', stationIds: [] }], ['DELETE']] as const)
      expect((await send(method, `/core/v0/regions/${ours.body.id}`, body, acme, 1)).status, method).toBe(
        404,
      );
    const options = { username: 'acme-1', password: enrolled.body.secret, reconnectPeriod: 0 };
    const session = await mqtt.connectAsync(hub.mqttUrl, options);
    let closed = false;
    session.on('close', () => {
      closed = true;
    });

    const patch = (id: string, body: unknown, token = admin) =>
      send('PATCH', `/core/v0/tenants/${id}`, body, token);
    expect((await patch('acme', { state: 'suspended' })).status).toBe(400);
    expect((await patch('demo', { state: 'suspended', reason: 'never' })).status).toBe(409);
    expect((await patch('none', { state: 'suspended', reason: 'unpaid' })).status).toBe(404);
    expect((await patch('acme', { state: 'active' }, acme)).status).toBe(403);
    expect((await patch('acme', { state: 'suspended', reason: 'unpaid' })).status).toBe(200);
    await eventually(() => closed, 'the station kicked', 60_000);
    const stations = (token: string) => send('GET', '/core/v0/stations', undefined, token);
    await eventually(async () => (await stations(acme)).status === 401, 'the operator refused', 60_000);
    await eventually(async () => (await stations(key.body.key)).status === 401, 'the key refused', 60_000);
    expect((await signIn('acme-admin')).status).toBe(401);
    await expect(mqtt.connectAsync(hub.mqttUrl, options)).rejects.toThrow();
    expect((await stations(admin)).status).toBe(200);

    expect((await patch('acme', { state: 'active' })).status).toBe(200);
    await eventually(async () => (await stations(key.body.key)).status === 200, 'the key again', 60_000);
    expect((await signIn('acme-admin')).status).toBe(200);
    await (await mqtt.connectAsync(hub.mqttUrl, options)).endAsync(true);
    expect(problemOf(await stations('nonsense')).code).toBe('UNAUTHENTICATED');
  }, 120_000);
});

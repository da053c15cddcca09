import { randomUUID } from 'node:crypto';
import type { Order, User, Vehicle } from '@voltbay/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batteriesCollection } from '../src/batteries/battery-documents.js';
import type { Database } from '../src/db/index.js';
import type { Fleet } from '../src/fleets/fleet-document.js';
import { identitiesCollection } from '../src/users/identities.js';
import { walletsCollection } from '../src/wallets/wallets.js';
import { type HubFixture, problemOf, startHub } from './support/hub-fixture.js';
import { openTestStore } from './support/store.js';

describe('accounts', () => {
  let hub: HubFixture;
  let database: Database;
  let admin: string;
  let rider: string;
  let second: string;
  let station: string;
  beforeAll(async () => {
    database = await openTestStore();
    hub = await startHub({ overrides: { database } });
    [admin, rider, second, station] = [
      await hub.operator(),
      await hub.rider(),
      await hub.rider('13800000002'),
      await hub.station(),
    ];
  }, 60_000);
  afterAll(async () => {
    await hub?.stop();
    await database?.close();
  });
  const post = <T = unknown>(path: string, token: string, body: unknown = {}, key: string = randomUUID()) =>
    hub.call<T>('POST', path, { token, body, headers: { 'Idempotency-Key': key } });
  const get = async <T>(path: string, token = admin) => (await hub.call<T>('GET', path, { token })).body;
  const swap = async (user: string, vehicle: string) => {
    const begun = await hub.call<Order>('POST', '/core/v0/order', {
      token: station,
      body: { user, vehicle, requestId: randomUUID() },
    });
    expect(begun.status, JSON.stringify(begun.body)).toBe(201);
    const path = `/core/v0/order/${begun.body.id}`;
    return (await hub.call<Order>('PUT', path, { token: station, body: { state: 'completed' } })).body;
  };
  const balance = async (user: string) =>
    (await database.collection(walletsCollection).findOne({ _id: user }))?.balanceFen;

  it('a real name is checked, sealed, shown masked, and belongs to one account', async () => {
    const said = { name: '李雷雷', number: '11010519491231002X' };
    const wrong = await post('/core/v0/me/real-name', rider, { ...said, number: '110105194912310021' });
    expect([wrong.status, problemOf(wrong).errors?.[0]?.path]).toEqual([400, 'body.number']);
    const sent = await post<Record<string, string>>('/core/v0/me/real-name', rider, said);
    expect(sent.body).toMatchObject({ name: '李**', number: '1101**********002X', state: 'pending' });
    expect((await get<User>('/core/v0/users/u-demo', rider)).realName).toBe('pending');
    const stored = JSON.stringify(await database.collection(identitiesCollection).find({}).toArray());
    expect(stored).not.toContain('李雷雷');
    expect(stored).not.toContain(said.number);
    const logged = await hub.call<unknown[]>('GET', '/core/v0/audit?action=submitRealName', { token: admin });
    expect(logged.body.length).toBeGreaterThan(0);
    expect(JSON.stringify(logged.body)).not.toContain(said.number);
    expect((await post('/core/v0/me/real-name', second, said)).status).toBe(409);
    expect((await post('/core/v0/users/u-demo/real-name/verify', rider)).status).toBe(403);
    expect((await post('/core/v0/users/u-demo/real-name/reject', admin)).status).toBe(400);
    expect((await post('/core/v0/users/u-demo/real-name/verify', admin)).status).toBe(200);
    expect((await get<User>('/core/v0/users/u-demo')).realName).toBe('verified');
    expect((await post('/core/v0/users/u-demo/real-name/reject', admin, { reason: 'too late' })).status).toBe(
      409,
    );
    expect((await post('/core/v0/me/real-name', rider, said)).status).toBe(409);
  });

  it('phones are covered to operators; uncovering one stands in the audit log with its reason', async () => {
    expect((await get<User>('/core/v0/users/u-demo')).phone).toBe('138****0001');
    expect((await get<User>('/core/v0/users/u-demo', rider)).phone).toBe('13800000001');
    expect((await post('/core/v0/users/u-demo/reveal', admin)).status).toBe(400);
    const shown = await post('/core/v0/users/u-demo/reveal', admin, { reason: 'asked for a call back' });
    expect(shown.body).toEqual({ id: 'u-demo', phone: '13800000001' });
    expect(
      (await post('/core/v0/users/u-demo/reveal', await hub.operator('viewer'), { reason: 'curious' }))
        .status,
    ).toBe(403);
    const log = await get<{ action: string; target: string; detail: { sent?: { reason?: string } } }[]>(
      '/core/v0/audit?action=revealPhone',
    );
    expect(
      log.some(
        ({ target, detail }) => target === 'users/u-demo' && detail.sent?.reason === 'asked for a call back',
      ),
    ).toBe(true);
  });

  it('a vehicle is checked, handed on by its owner, and only the receiver accepts it', async () => {
    const add = (body: unknown) => post<Vehicle>('/core/v0/vehicles', admin, body);
    const vin = await add({ packClass: 'A', vin: 'LSVAM4189E2184840' });
    expect([vin.status, problemOf(vin).errors?.[0]?.path]).toEqual([400, 'body.vin']);
    expect((await add({ packClass: 'A', plate: '??' })).status).toBe(400);
    expect((await add({ packClass: 'A', plate: '京a d0001' })).status).toBe(409);
    const made = await add({ packClass: 'A', plate: '京B·12345', ownerUserId: 'u-demo' });
    const path = `/core/v0/vehicles/${made.body.id}`;
    expect((await post(`${path}/transfer`, second, { toUserId: 'u-demo2' })).status).toBe(404);
    const offered = await post<Vehicle>(`${path}/transfer`, rider, { toPhone: '13800000002' });
    expect(offered.body).toMatchObject({
      ownerUserId: 'u-demo',
      pendingTransfer: { toUserId: 'u-demo2', by: 'rider:u-demo' },
    });
    expect((await post(`${path}/accept`, rider)).status).toBe(404);
    expect((await post<Vehicle>(`${path}/accept`, second)).body).toMatchObject({
      ownerUserId: 'u-demo2',
      pendingTransfer: null,
    });
    expect((await post<Vehicle>(`${path}/transfer`, admin, { toUserId: null })).body.ownerUserId).toBeNull();
    const bindings = await get<{ toUserId: string | null; by: string }[]>(`${path}/bindings`);
    expect(bindings.map(({ toUserId }) => toUserId)).toEqual([null, 'u-demo2']);
  });

  it('a fleet’s payer pays its members’ swaps, once each and up to their limit', async () => {
    const made = await post<Fleet>('/core/v0/fleets', admin, {
      name: '快送',
      payerUserId: 'u-demo',
      dayLimitFen: 1_200,
    });
    const path = `/core/v0/fleets/${made.body.id}`;
    const join = (body: unknown = {}, to = path) =>
      hub.call('PUT', `${to}/members/u-demo2`, { token: admin, body });
    expect((await join()).status).toBe(200);
    expect((await hub.call('PUT', `${path}/members/u-demo`, { token: admin, body: {} })).status).toBe(409);
    const other = await post<Fleet>('/core/v0/fleets', admin, { name: '另一队', payerUserId: 'u-demo' });
    expect((await join({}, `/core/v0/fleets/${other.body.id}`)).status).toBe(409);
    const before = { payer: (await balance('u-demo')) ?? 0, member: (await balance('u-demo2')) ?? 0 };
    const first = await swap('u-demo2', 'v-demo2');
    expect(first).toMatchObject({ userId: 'u-demo2', price: { payerUserId: 'u-demo', totalFen: 600 } });
    await swap('u-demo2', 'v-demo2');
    expect(await balance('u-demo')).toBe(before.payer - 1_200);
    // Beyond the limit the rider pays.
    expect((await swap('u-demo2', 'v-demo2')).price.payerUserId).toBeUndefined();
    expect(await balance('u-demo2')).toBe(before.member - 600);
    expect(await balance('u-demo')).toBe(before.payer - 1_200);
    expect(await get<unknown[]>('/core/v0/fleets', second)).toEqual([]);
    expect((await get<Fleet[]>('/core/v0/fleets', rider)).map(({ name }) => name).sort()).toEqual([
      '另一队',
      '快送',
    ]);
    expect((await hub.call('DELETE', `${path}/members/u-demo2`, { token: admin })).status).toBe(204);
    expect(await get<unknown[]>(`${path}/members`)).toEqual([]);
    expect((await post<{ ok: boolean }>('/core/v0/ledger/verify', admin)).body.ok).toBe(true);
  });

  it('a rider gets everything that is kept, and is forgotten once nothing is open', async () => {
    const data = await get<Record<string, unknown[]>>('/core/v0/me/data', second);
    expect(data).toMatchObject({ user: { phone: '13800000002' }, wallet: { heldFen: 0 } });
    expect(data.orders).toHaveLength(3);
    expect(data.vehicles).toHaveLength(1);
    expect(JSON.stringify(data)).not.toContain('13800000001');
    expect((await hub.call('GET', '/core/v0/me/data', { token: admin })).status).toBe(403);

    const refused = await hub.call('DELETE', '/core/v0/me', { token: second });
    expect(refused.status).toBe(409);
    expect(problemOf(refused).errors?.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['BALANCE', 'HELD_PACK']),
    );
    expect((await get<User>('/core/v0/users/u-demo2')).status).toBe('active');
    await database.collection(walletsCollection).updateOne({ _id: 'u-demo2' }, { $set: { balanceFen: 0 } });
    await database
      .collection(batteriesCollection)
      .updateMany({ 'custodian.id': 'v-demo2', tenantId: 'demo' }, { $set: { 'custodian.kind': 'depot' } });
    expect((await hub.call('DELETE', '/core/v0/me', { token: second })).status).toBe(204);
    const closed = await get<User>('/core/v0/users/u-demo2');
    expect(closed).toMatchObject({ status: 'closed', name: '已注销', vehicleIds: [] });
    expect(closed.phone).toBeUndefined();
    // The books stay.
    expect((await get<Order[]>('/core/v0/orders?userId=u-demo2')).length).toBe(3);
    // The number signs in as somebody new, who has nothing.
    const again = await hub.rider('13800000002');
    expect((await get<Record<string, unknown[]>>('/core/v0/me/data', again)).orders).toEqual([]);
  });
});

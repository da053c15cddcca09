import type { IssuedPass, Order, Pass } from '@voltbay/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDebts } from '../src/passes/debts.js';
import { debtsCollection } from '../src/passes/pass-document.js';
import { chargesCollection, createWallets, walletsCollection } from '../src/wallets/wallets.js';
import { eventually, type HubFixture, problemOf, startHub } from './support/hub-fixture.js';
import { openTestStore } from './support/store.js';

type Wallet = { balanceFen: number };

describe('swap passes', () => {
  let hub: HubFixture;
  let database: Awaited<ReturnType<typeof openTestStore>>;
  let rider: string;
  let station: string;
  let operator: string;
  beforeAll(async () => {
    database = await openTestStore();
    hub = await startHub({ overrides: { database } });
    [rider, station, operator] = await Promise.all([hub.rider(), hub.station(), hub.operator()]);
  });
  afterAll(async () => {
    await hub.stop();
    await database.close();
  });

  const startedAt = new Date().toISOString();
  const issue = () =>
    hub.call<IssuedPass>('POST', '/core/v0/passes', { token: rider, body: { vehicleId: 'v-demo' } });
  const issued = async (): Promise<IssuedPass> => {
    const answer = await issue();
    expect(answer.status).toBe(201);
    return answer.body;
  };
  const tell = (pass: string, requestId: string, over: Record<string, unknown> = {}) =>
    hub.call<Order>('POST', '/core/v0/order', {
      token: station,
      headers: { 'Idempotency-Key': requestId },
      body: {
        user: 'u-demo',
        vehicle: 'v-demo',
        requestId,
        startedAt,
        pass,
        ...over,
      },
    });
  const complete = (id: string, dispensedPackId: string) =>
    hub.call<Order>('PUT', `/core/v0/order/${id}`, {
      token: station,
      body: { state: 'completed', dispensedPackId, dispensedSlot: 2 },
    });
  const revocations = async (): Promise<string[]> =>
    (await hub.call<{ revoked: string[] }>('GET', '/core/v0/pass-revocations', { token: station })).body
      .revoked;
  const stateOf = async (id: string): Promise<string | undefined> =>
    (await hub.call<Pass[]>('GET', '/core/v0/passes', { token: rider })).body.find((pass) => pass.id === id)
      ?.state;
  const balance = async (): Promise<number> =>
    (await hub.call<Wallet>('GET', '/core/v0/users/u-demo', { token: rider })).body.balanceFen;

  it('become one order with one charge, however often the station tells', async () => {
    const { id, pass, code } = await issued();
    expect(code).toBe(`voltbay:pass:${pass}`);
    expect(code.length).toBeLessThan(900);
    const before = await balance();
    const first = await tell(pass, 'swap-1');
    expect([first.status, first.body.origin, first.body.payment.state]).toEqual([201, 'offline', 'none']);
    expect((await tell(pass, 'swap-1')).body.id).toBe(first.body.id);
    await complete(first.body.id, 'VB-A-0101');
    const again = await complete(first.body.id, 'VB-A-0101');
    expect([again.body.state, again.body.payment.state]).toEqual(['completed', 'captured']);
    expect(await balance()).toBe(before - again.body.price.totalFen);
    expect(JSON.stringify(again.body.timeline)).toContain(`pass ${id}`);
    expect(await stateOf(id)).toBe('spent');
  });

  it('spent at two stations that were offline are two orders; the second says so', async () => {
    const { pass } = await issued();
    const [first, second] = [await tell(pass, 'swap-2'), await tell(pass, 'swap-3')];
    expect(second.body.id).not.toBe(first.body.id);
    expect(JSON.stringify(second.body.timeline)).toContain('spent at station 1231 before');
    for (const { body } of [first, second]) await complete(body.id, 'VB-A-0102');
  });

  it('that this hub never issued, or that name another rider, are refused', async () => {
    const { id, pass } = await issued();
    const forged = await tell(`${pass.slice(0, -4)}AAAA`, 'swap-4');
    expect([forged.status, problemOf(forged).reason]).toEqual([403, 'PASS_FORGED']);
    expect((await tell('no.such.pass', 'swap-5')).status).toBe(403);
    expect((await tell(pass, 'swap-6', { user: 'u-demo2', vehicle: 'v-demo2' })).status).toBe(403);
    await hub.call('POST', `/core/v0/passes/${id}/revoke`, { token: rider });
  });

  it('taken back are on the list that stations fetch, and off it once they have expired or were spent', async () => {
    const { id } = await issued();
    expect(await revocations()).not.toContain(id);
    const stranger = await hub.rider('13800000002');
    expect((await hub.call('POST', `/core/v0/passes/${id}/revoke`, { token: stranger })).status).toBe(404);
    expect((await hub.call('POST', `/core/v0/passes/${id}/revoke`, { token: rider })).status).toBe(200);
    expect(await revocations()).toContain(id);
    expect(await stateOf(id)).toBe('revoked');
  });

  it('are two at once at most', async () => {
    const open = [await issued(), await issued()];
    expect((await issue()).status).toBe(409);
    for (const { id } of open) await hub.call('POST', `/core/v0/passes/${id}/revoke`, { token: operator });
  });

  it('become one debt when the wallet is short, block new passes, and are collected when it is not', async () => {
    const { pass } = await issued();
    const clock = { now: () => Date.now() };
    const wallets = createWallets({ database, clock });
    const before = await balance();
    // All but one fen is tied up elsewhere.
    expect(
      await wallets.hold({ tenantId: 'demo', userId: 'u-demo', orderId: 'o-other', amountFen: before - 1 }),
    ).toBe('held');
    const { body: told } = await tell(pass, 'swap-debt');
    const { body: owed } = await complete(told.id, 'VB-A-0103');
    expect(owed).toMatchObject({ state: 'completed', payment: { state: 'owed', chargeId: null } });
    await complete(told.id, 'VB-A-0103');
    const debts = database.collection(debtsCollection);
    expect(await debts.countDocuments({ userId: 'u-demo', paidAt: null })).toBe(1);
    expect(problemOf(await issue()).code).toBe('INSUFFICIENT_BALANCE');

    await wallets.release({ tenantId: 'demo', userId: 'u-demo', orderId: 'o-other' });
    const collector = createDebts({ database, clock, wallets });
    expect(await collector.collect()).toBe(1);
    await collector.collect();
    await eventually(async () => (await debts.countDocuments({ paidAt: null })) === 0, 'a paid debt');
    expect(await database.collection(chargesCollection).countDocuments({ orderId: told.id })).toBe(1);
    expect(await balance()).toBe(before - owed.price.totalFen);
    expect((await database.collection(walletsCollection).findOne({ _id: 'u-demo' }))?.holds).toEqual([]);
    const paid = await hub.call<Order>('GET', `/core/v0/orders/${told.id}`, { token: rider });
    expect(paid.body.payment.state).toBe('captured');
  }, 40_000);
});

import { createHash, randomUUID } from 'node:crypto';
import type { Charge, Order } from '@voltbay/protocol';
import { compactVerify, createLocalJWKSet, type JSONWebKeySet } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Approval } from '../src/approvals/approval-document.js';
import type { Dispute } from '../src/disputes/dispute-document.js';
import type { ChargeRefundDocument } from '../src/finance/charge-refunds.js';
import { connectStation } from './support/fake-station.js';
import { eventually, type HubFixture, problemOf, startHub } from './support/hub-fixture.js';

describe('what goes wrong with orders', () => {
  let hub: HubFixture;
  let admin: string;
  let finance: string;
  let rider: string;
  let station: string;
  beforeAll(async () => {
    hub = await startHub();
    [admin, finance, rider, station] = [
      await hub.operator(),
      await hub.operator('finance'),
      await hub.rider(),
      await hub.station(),
    ];
  }, 60_000);
  afterAll(() => hub?.stop());

  const post = <T = unknown>(path: string, token: string, body: unknown = {}, key: string = randomUUID()) =>
    hub.call<T>('POST', path, { token, body, headers: { 'Idempotency-Key': key } });
  const limit = async (value: number) => {
    const path = '/core/v0/settings/finance.twoPersonLimitFen';
    const { headers } = await hub.call('GET', path, { token: admin });
    const answer = await hub.call('PUT', path, {
      token: admin,
      body: { value },
      headers: { 'If-Match': headers.get('etag') ?? '*' },
    });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  };
  const swap = async (): Promise<Order> => {
    const begun = await hub.call<Order>('POST', '/core/v0/order', {
      token: station,
      body: { user: 'u-demo', vehicle: 'v-demo', requestId: randomUUID() },
    });
    expect(begun.status, JSON.stringify(begun.body)).toBe(201);
    const path = `/core/v0/order/${begun.body.id}`;
    return (await hub.call<Order>('PUT', path, { token: station, body: { state: 'completed' } })).body;
  };
  const balance = async () =>
    (await hub.call<{ balanceFen: number }>('GET', '/core/v0/users/u-demo', { token: rider })).body
      .balanceFen;
  const charge = async (orderId: string) =>
    (await hub.call<Charge[]>('GET', `/core/v0/charges?orderId=${orderId}`, { token: admin })).body[0];
  const patch = <T = Dispute>(id: string, token: string, body: unknown) =>
    hub.call<T>('PATCH', `/core/v0/disputes/${id}`, { token, body });

  it('a refund above the limit waits for another person, is made once, and cannot be got round in parts', async () => {
    await limit(300);
    const order = await swap();
    const path = `/core/v0/charges/${order.payment.chargeId}/refunds`;
    const before = await balance();
    expect((await post(path, admin, { amountFen: 300, reason: 'queue' })).status).toBe(201);
    const key = randomUUID();
    const waits = await post<Approval>(path, admin, { amountFen: 1, reason: 'one more' }, key);
    expect([waits.status, waits.body.state, waits.body.kind]).toEqual([202, 'pending', 'charge-refund']);
    expect((await post<Approval>(path, admin, { amountFen: 1, reason: 'one more' }, key)).body.id).toBe(
      waits.body.id,
    );
    expect(await balance()).toBe(before + 300);
    const approve = `/core/v0/approvals/${waits.body.id}/approve`;
    expect((await post(approve, admin)).status).toBe(403);
    expect((await post(approve, rider)).status).toBe(403);
    const done = await post<Approval>(approve, finance, { note: 'seen' });
    expect([done.status, done.body.state, done.body.note]).toEqual([200, 'done', 'seen']);
    expect((await post<Approval>(approve, finance)).body.resultId).toBe(done.body.resultId);
    expect(await balance()).toBe(before + 301);
    expect((await post(`/core/v0/approvals/${waits.body.id}/reject`, finance)).status).toBe(409);
    const refunds = await hub.call<ChargeRefundDocument[]>(
      'GET',
      `/core/v0/charge-refunds?orderId=${order.id}`,
      { token: admin },
    );
    expect(refunds.body).toHaveLength(2);
    const listed = await hub.call<Approval[]>('GET', '/core/v0/approvals?state=done', { token: finance });
    expect(listed.body.map(({ id }) => id)).toEqual([waits.body.id]);

    const refused = await post<Approval>(path, finance, { amountFen: 10, reason: 'no reason' });
    expect((await post<Approval>(`/core/v0/approvals/${refused.body.id}/reject`, admin)).body.state).toBe(
      'rejected',
    );
    expect(await balance()).toBe(before + 301);
    await limit(5_000);
  });

  it('an unknown order above the limit is resolved by two persons', async () => {
    const begun = await hub.call<Order>('POST', '/core/v0/order', {
      token: station,
      body: { user: 'u-demo', vehicle: 'v-demo', requestId: randomUUID() },
    });
    const { id } = begun.body;
    await limit(300);
    const cabinet = await connectStation(hub.mqttUrl);
    await cabinet.step(id, 'unknown');
    const state = async () =>
      (await hub.call<Order>('GET', `/core/v0/orders/${id}`, { token: admin })).body.state;
    await eventually(async () => (await state()) === 'unknown', 'unknown', 30_000);
    await cabinet.close();
    expect(
      (await hub.call('PUT', `/core/v0/orders/${id}`, { token: admin, body: { state: 'failed' } })).status,
    ).toBe(403);
    const note = 'seen on the camera';
    const asked = await post<Approval>(`/core/v0/orders/${id}/resolve`, admin, {
      note,
      dispensedPackId: 'VB-A-0777',
    });
    expect([asked.status, asked.body.amountFen]).toEqual([202, 600]);
    expect(await state()).toBe('unknown');
    const done = await post<Approval>(`/core/v0/approvals/${asked.body.id}/approve`, finance);
    expect(done.body.state).toBe('done');
    expect(await state()).toBe('resolved');
    expect((await charge(id))?.amountFen).toBe(600);
    await limit(5_000);
  }, 60_000);

  it('a dispute keeps the evidence as it was, gives money back once, and is one an order', async () => {
    const order = await swap();
    const path = `/core/v0/orders/${order.id}/disputes`;
    const wish = { kind: 'not-received', note: 'the door stayed shut' };
    expect((await post(path, await hub.rider('13800000002'), wish)).status).toBe(404);
    const opened = await post<Dispute>(path, rider, wish);
    expect([opened.status, opened.body.state, opened.body.userId]).toEqual([201, 'open', 'u-demo']);
    expect(problemOf(await post(path, admin, wish))).toMatchObject({
      code: 'CONFLICT',
      resourceId: opened.body.id,
    });
    const { id } = opened.body;
    // What happens later is not in the frozen file.
    expect(
      (
        await post(`/core/v0/charges/${order.payment.chargeId}/refunds`, admin, {
          amountFen: 1,
          reason: 'part',
        })
      ).status,
    ).toBe(201);
    const file = await hub.call<string>('GET', `/core/v0/disputes/${id}/evidence`, { token: admin });
    expect(createHash('sha256').update(file.body).digest('hex')).toBe(opened.body.evidence?.sha256);
    const keys = await hub.call<JSONWebKeySet>('GET', '/auth/v1/.well-known/jwks.json');
    const { payload } = await compactVerify(file.body, createLocalJWKSet(keys.body));
    const bundle = JSON.parse(new TextDecoder().decode(payload));
    expect(bundle).toMatchObject({ order: { id: order.id }, refunds: [], debt: null });
    for (const part of ['acknowledgements', 'doorEdges', 'clock', 'commands', 'messages', 'ledgerEntries'])
      expect(Array.isArray(bundle[part]), part).toBe(true);
    expect((await hub.call('GET', `/core/v0/disputes/${id}/evidence`, { token: rider })).status).toBe(403);

    expect((await patch(id, rider, { state: 'accepted', resolution: 'mine' })).status).toBe(403);
    expect(problemOf(await patch(id, admin, { state: 'accepted' })).errors?.[0]?.path).toBe(
      'body.resolution',
    );
    expect((await patch(id, admin, { state: 'investigating' })).body.state).toBe('investigating');
    const tooMuch = { state: 'accepted', resolution: 'the log shows it', refundFen: 600 };
    expect((await patch(id, admin, tooMuch)).status).toBe(409);
    const before = await balance();
    const accepted = await patch(id, admin, { ...tooMuch, refundFen: 599 });
    expect([accepted.status, accepted.body.state]).toEqual([200, 'accepted']);
    expect(accepted.body.refundId).toMatch(/^cr-/);
    expect(await balance()).toBe(before + 599);
    expect((await patch(id, admin, { state: 'rejected', resolution: 'after all' })).status).toBe(409);
    const told = await eventually(
      async () =>
        (
          await hub.call<{ template: string; body: string }[]>('GET', '/core/v0/notifications', {
            token: rider,
          })
        ).body.find(({ template }) => template === 'dispute.accepted'),
      'the rider is told',
      60_000,
    );
    expect(told.body).toContain('¥5.99');
  }, 90_000);

  it('a dispute whose refund is above the limit waits for the second person; a rider may withdraw an own one', async () => {
    await limit(100);
    const order = await swap();
    const opened = await post<Dispute>(`/core/v0/orders/${order.id}/disputes`, rider, {
      kind: 'bad-pack',
      note: 'empty after a kilometre',
    });
    const before = await balance();
    const accepted = await patch(opened.body.id, admin, {
      state: 'accepted',
      resolution: 'the reading shows it',
      refundFen: 600,
    });
    expect(accepted.body).toMatchObject({ refundId: null, refundFen: 600 });
    expect(await balance()).toBe(before);
    const path = `/core/v0/approvals/${accepted.body.approvalId}/approve`;
    expect((await post<Approval>(path, finance)).body).toMatchObject({
      state: 'done',
      disputeId: opened.body.id,
    });
    expect(await balance()).toBe(before + 600);
    await limit(5_000);

    const second = await swap();
    const mine = await post<Dispute>(`/core/v0/orders/${second.id}/disputes`, rider, {
      kind: 'other',
      note: 'never mind',
    });
    expect((await patch(mine.body.id, rider, { state: 'withdrawn' })).body.state).toBe('withdrawn');
    // Decided: another one may be opened.
    expect(
      (await post(`/core/v0/orders/${second.id}/disputes`, rider, { kind: 'other', note: 'after all' }))
        .status,
    ).toBe(201);
  });
});

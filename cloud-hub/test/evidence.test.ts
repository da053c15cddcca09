import type { Order } from '@voltbay/protocol';
import { compactVerify, createLocalJWKSet, type JSONWebKeySet } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectStation } from './support/fake-station.js';
import { eventually, type HubFixture, startHub } from './support/hub-fixture.js';

describe("an order's evidence", () => {
  let hub: HubFixture;
  beforeAll(async () => {
    hub = await startHub();
  }, 60_000);
  afterAll(() => hub?.stop());

  it('is one file that the published keys verify, holds what was said and paid, and is for operators', async () => {
    const [admin, viewer, rider] = [await hub.operator(), await hub.operator('viewer'), await hub.rider()];
    const cabinet = await connectStation(hub.mqttUrl);
    const online = async () =>
      (await hub.call<{ online: boolean }>('GET', '/core/v0/stations/1231', { token: admin })).body.online;
    await eventually(online, 'station online');
    const asked = hub.call<Order>('POST', '/core/v0/orders', {
      token: rider,
      body: { stationId: '1231', vehicleId: 'v-demo' },
      headers: { 'Idempotency-Key': 'evidence' },
    });
    const command = await cabinet.command();
    await cabinet.result(command.id, 'started');
    const { id } = (await asked).body;
    await cabinet.step(id, 'completed');
    const state = async () => (await hub.call<Order>('GET', `/core/v0/orders/${id}`, { token: rider })).body;
    await eventually(async () => (await state()).payment.state === 'captured', 'paid');

    const path = `/core/v0/orders/${id}/evidence`;
    expect((await hub.call('GET', path, { token: rider })).status).toBe(403);
    expect((await hub.call('GET', path, { token: viewer })).status).toBe(403);
    const answer = await hub.call<string>('GET', path, { token: admin });
    expect(answer.headers.get('content-type')).toBe('application/jose');
    const keys = await hub.call<JSONWebKeySet>('GET', '/auth/v1/.well-known/jwks.json');
    const { payload } = await compactVerify(answer.body, createLocalJWKSet(keys.body));
    const bundle = JSON.parse(new TextDecoder().decode(payload));
    expect(bundle.order.id).toBe(id);
    expect(bundle.commands.map((each: { id: string }) => each.id)).toEqual([command.id]);
    expect(
      bundle.messages.some((each: { data?: { step?: string } }) => each.data?.step === 'completed'),
    ).toBe(true);
    expect(bundle.charges).toHaveLength(1);
    expect(bundle.ledgerEntries.length).toBeGreaterThan(0);

    const [head = '', body = '', signature = ''] = answer.body.split('.');
    const forged = Buffer.from(JSON.stringify({ ...bundle, charges: [] })).toString('base64url');
    expect(forged).not.toBe(body);
    await expect(
      compactVerify(`${head}.${forged}.${signature}`, createLocalJWKSet(keys.body)),
    ).rejects.toThrow();
    await cabinet.close();
  }, 30_000);
});

import type { SwapStep } from '@voltbay/protocol';
import { MSG_TYPE } from '@voltbay/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectStation, type StationClient } from './station-traffic.js';
import { DEMO_SECRET, eventually, type HubFixture, startHub } from './support/hub-fixture.js';

type Seen = {
  state: string;
  price: { totalFen: number; estimate?: boolean; lines: { labelEn?: string; amountFen: number }[] };
};

describe('a swap that is billed by energy', () => {
  let hub: HubFixture;
  let agent: StationClient;
  let admin = '';
  let rider = '';
  beforeAll(async () => {
    hub = await startHub();
    [admin, rider] = await Promise.all([hub.operator(), hub.rider()]);
    agent = await connectStation(hub.mqttUrl, '1231', { mqtt: { password: DEMO_SECRET } });
  }, 60_000);
  afterAll(async () => {
    await agent?.close();
    await hub?.stop();
  });

  it('takes the price of what the two packs really held, as the station read them, and gives the rest of the hold back', async () => {
    const post = (path: string, token: string, body: unknown) =>
      hub.call<{ id: string }>('POST', path, {
        token,
        body,
        headers: { 'Idempotency-Key': crypto.randomUUID() },
      });
    const terms = { holdFen: 900, withoutReadingFen: 500 };
    await post('/core/v0/plans', admin, {
      plan: 'energy',
      kind: 'per-kwh',
      name: '按电量',
      nameEn: 'Energy',
      amountFen: 120,
      terms,
    });
    expect((await post('/core/v0/subscriptions', rider, { planVersion: 'energy@1' })).status).toBe(201);
    const balance = async () =>
      (await hub.call<{ balanceFen: number }>('GET', '/core/v0/users/u-demo', { token: admin })).body
        .balanceFen;
    const before = await balance();
    const begun = await hub.call<{ id: string } & Seen>('POST', '/core/v0/order', {
      token: await hub.station(),
      body: { user: 'u-demo', vehicle: 'v-demo' },
    });
    expect(begun.body.price).toMatchObject({ totalFen: 900, estimate: true });
    expect(await balance()).toBe(before - 900);
    const orderId = begun.body.id;
    const at = new Date().toISOString();
    let seq = 0;
    const step = (name: SwapStep, more: object = {}) =>
      agent.send(
        MSG_TYPE.STATION_EVENT,
        { kind: 'swap', step: name, swapId: 'swap-energy-1', orderId, at, ...more },
        seq++,
      );
    await step('returned', {
      slot: 5,
      packId: 'VB-A-0900',
      reading: { slot: 5, voltageMv: 49_500, remainingMah: 8_000 },
    });
    // Stations tell that the pack is gone before its door is shut, and what it read with the latter.
    await step('pack-taken', { slot: 1, packId: 'VB-A-0101' });
    await step('dispensed', {
      slot: 1,
      packId: 'VB-A-0101',
      reading: { slot: 1, voltageMv: 53_000, remainingMah: 30_000 },
    });
    await step('completed');
    const order = await eventually(async () => {
      const { body } = await hub.call<Seen & { payment: { state: string } }>(
        'GET',
        `/core/v0/orders/${orderId}`,
        { token: rider },
      );
      return body.payment.state === 'captured' ? body : null;
    }, 'the order is paid');
    // 30 Ah × 53.0 V − 8 Ah × 49.5 V = 1194 Wh at 1.20 a kWh.
    expect(order.price).toMatchObject({
      totalFen: 143,
      lines: [{ labelEn: 'Energy 1.194 kWh', amountFen: 143 }],
    });
    expect(order.price.estimate).toBeUndefined();
    expect(await balance()).toBe(before - 143);
  }, 60_000);
});

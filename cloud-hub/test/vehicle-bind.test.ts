import type { Vehicle } from '@voltbay/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HubFixture, problemOf, startHub } from './support/hub-fixture.js';

describe('binding a vehicle', () => {
  let hub: HubFixture;
  let rider: string;
  let other: string;
  let operator: string;
  beforeAll(async () => {
    hub = await startHub();
    [rider, other, operator] = await Promise.all([
      hub.rider(),
      hub.rider('13800000002'),
      hub.operator('admin'),
    ]);
  });
  afterAll(() => hub?.stop());

  const VINS = ['LVBTEST0X00000001', 'LVBTEST0100000002', 'LVBTEST0300000003'] as const;
  const register = async (vin: string, plate: string): Promise<Vehicle> =>
    (
      await hub.call<Vehicle>('POST', '/core/v0/vehicles', {
        token: operator,
        headers: { 'Idempotency-Key': `register-${vin}` },
        body: { vin, plate, packClass: 'A' },
      })
    ).body;
  const bind = (token: string, body: object) =>
    hub.call<Vehicle>('POST', '/core/v0/vehicles/bind', { token, body });

  it('a code, a VIN, or a plate with the end of the VIN make it the rider’s own', async () => {
    const [first, , third] = [
      await register(VINS[0], '京B·00001'),
      await register(VINS[1], '京B·00002'),
      await register(VINS[2], '京B·00003'),
    ];
    const answers = [
      await bind(rider, { code: `voltbay://v/${first.id}` }),
      await bind(rider, { vin: VINS[1] }),
      await bind(rider, { plate: third.plate, vinTail: VINS[2].slice(-6) }),
    ];
    expect(answers.map(({ status, body }) => [status, body.ownerUserId])).toEqual([
      [200, 'u-demo'],
      [200, 'u-demo'],
      [200, 'u-demo'],
    ]);
    const again = await bind(rider, { vin: VINS[1] });
    expect([again.status, again.body.version]).toEqual([200, answers[1]?.body.version]);
    const history = await hub.call('GET', `/core/v0/vehicles/${first.id}/bindings`, { token: operator });
    expect(history.body).toMatchObject([{ fromUserId: null, toUserId: 'u-demo', by: 'u-demo' }]);
  });

  it('a vehicle that somebody owns stays with them', async () => {
    const answer = await bind(other, { vin: VINS[1] });
    expect([answer.status, problemOf(answer).reason]).toEqual([409, 'VEHICLE_TAKEN']);
  });

  it('of two who take it at once one gets it, and the history names that one', async () => {
    const vin = 'LVBTEST0500000004';
    const { id } = await register(vin, '京B·00004');
    const answers = await Promise.all([bind(rider, { vin }), bind(other, { vin })]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    const owner = answers.find(({ status }) => status === 200)?.body.ownerUserId;
    const history = await hub.call('GET', `/core/v0/vehicles/${id}/bindings`, { token: operator });
    expect(history.body).toMatchObject([{ fromUserId: null, toUserId: owner, by: owner }]);
  });

  it('a plate alone, a wrong end of the VIN and an unknown VIN bind nothing', async () => {
    expect((await bind(other, { plate: '京B·00003' })).status).toBe(400);
    expect((await bind(other, { plate: '京B·00003', vinTail: 'AAAAAA' })).status).toBe(404);
    expect((await bind(other, { vin: 'LVBTEST0400000009' })).status).toBe(404);
  });

  it('an operator binds nothing by this way', async () => {
    expect((await bind(operator, { vin: VINS[0] })).status).toBe(403);
  });
});

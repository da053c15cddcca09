import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Agent } from '../src/agent.js';
import { aPack, type CabinetModel, createCabinetModel } from './support/cabinet-model.js';
import { createRestHub, type RestHub } from './support/rest-hub.js';
import { startTestAgent, tempDir, testConfig } from './support/test-agent.js';

const CODE = 'voltbay:v1:user=u-demo;vehicle=v-demo';
let dir: ReturnType<typeof tempDir>;
let rest: RestHub;
let model: CabinetModel;
let agent: Agent;
const start = async (over: Parameters<typeof startTestAgent>[2] = {}, raw: Record<string, unknown> = {}) => {
  agent = await startTestAgent(testConfig(dir.path, { apiUrl: rest.url, slots: 3, raw }), model, {
    rules: { returnTimeoutMs: 1_500, collectTimeoutMs: 1_500, settleMs: 200 },
    ...over,
  });
};
const eventually = (look: () => unknown, timeout = 45_000) => expect.poll(look, { timeout, interval: 20 });

/** Brings the own pack and takes the charged one. */
async function swap(): Promise<void> {
  await eventually(() => model.releases.length).toBe(1);
  const back = model.releases[0]?.slot ?? 0;
  model.pull(back);
  model.putIn(back, aPack('VB-A-900', { socPct: 9 }));
  model.push(back);
  await eventually(() => model.releases.length).toBe(2);
  const out = model.releases[1]?.slot ?? 0;
  model.pull(out);
  model.takeOut(out);
  model.push(out);
}

beforeEach(async () => {
  dir = tempDir();
  rest = await createRestHub();
  model = createCabinetModel({ slots: 3, packs: { 1: aPack('VB-A-1') } });
});
afterEach(async () => {
  await agent.stop();
  await rest.close();
  dir.remove();
});

describe('a swap that starts at the reader', () => {
  it('makes the plan’s four calls and completes the order with what happened', async () => {
    await start();
    model.emit({ kind: 'code', reader: 'qr', payload: CODE });
    await swap();
    await eventually(() => [...rest.orders.values()][0]?.state).toBe('completed');
    expect(
      rest.calls
        .filter(({ path }) => path.startsWith('/core'))
        .map(({ method, path }) => `${method} ${path}`),
    ).toEqual([
      'GET /core/v0/users/u-demo',
      'GET /core/v0/vehicles/v-demo',
      'POST /core/v0/order',
      'PUT /core/v0/order/o-1',
    ]);
    expect(rest.seen('POST', '/core')[0]?.body).toMatchObject({
      user: 'u-demo',
      vehicle: 'v-demo',
      requestId: expect.any(String),
    });
    expect([...rest.orders.values()][0]?.updates).toMatchObject([
      {
        state: 'completed',
        returnedPackId: 'VB-A-900',
        returnedSlot: 2,
        dispensedPackId: 'VB-A-1',
        dispensedSlot: 1,
      },
    ]);
    // The token is fetched once and reused.
    expect(rest.seen('POST', '/auth/v1/token')).toHaveLength(1);
  });

  it('completes the order after a restart when the hub was away at the end, with one key', async () => {
    await start();
    model.emit({ kind: 'code', reader: 'qr', payload: CODE });
    await eventually(() => model.releases.length).toBe(1);
    const { port } = rest;
    await rest.close();
    await swap();
    await eventually(() => agent.storage.rest.waiting()).toBe(1);
    await agent.stop();
    rest = await createRestHub({ port });
    rest.orders.set('given-before', { id: 'o-1', state: 'dispensed', key: 'given-before', updates: [] });
    await start();
    await eventually(() => rest.orders.get('given-before')?.state, 40_000).toBe('completed');
    expect(new Set(rest.seen('PUT', '/core').map(({ key }) => key)).size).toBe(1);
    await eventually(() => agent.storage.rest.waiting()).toBe(0);
  });

  it('fails the order with the reason when nobody returns a pack', async () => {
    await start();
    model.emit({ kind: 'code', reader: 'rfid', payload: CODE });
    await eventually(() => [...rest.orders.values()][0]?.updates).toMatchObject([
      { state: 'failed', reason: 'NOT_RETURNED' },
    ]);
  });

  it('refuses the order when the station cannot swap', async () => {
    model.slot(1).pack = aPack('VB-A-1', { socPct: 20 });
    await start();
    model.emit({ kind: 'code', reader: 'qr', payload: CODE });
    await eventually(() => [...rest.orders.values()][0]?.updates).toMatchObject([
      { state: 'refused', reason: 'NO_PACK_READY' },
    ]);
    expect(model.releases).toEqual([]);
  });

  it.each<[string, () => unknown, string]>([
    [
      'a suspended account',
      () => Object.assign(rest.behaviour.user, { status: 'suspended' }),
      'NOT_PERMITTED',
    ],
    [
      'somebody else’s vehicle',
      () => Object.assign(rest.behaviour.vehicle, { ownerUserId: 'u-other' }),
      'NOT_PERMITTED',
    ],
    [
      'a hub that refuses the order',
      () => {
        rest.behaviour.intercept = ({ method, path }) =>
          method === 'POST' && path.startsWith('/core')
            ? { status: 409, body: { code: 'INSUFFICIENT_BALANCE' } }
            : null;
      },
      'REFUSED',
    ],
  ])('moves nothing for %s', async (_name, prepare, code) => {
    prepare();
    await start();
    expect(await agent.localStart.handle('qr', CODE)).toMatchObject({ ok: false, code });
    expect(model.releases).toEqual([]);
  });

  it('counts a code that is read again at once as one wish', async () => {
    await start();
    const [first, second] = await Promise.all([
      agent.localStart.handle('qr', CODE),
      agent.localStart.handle('qr', CODE),
    ]);
    expect([first?.ok, second]).toEqual([true, null]);
    expect(rest.orders.size).toBe(1);
  });

  it('finds a registered card and refuses an unknown one', async () => {
    writeFileSync(
      join(dir.path, 'cards.json'),
      JSON.stringify({ '04:a1:b2:c3': { user: 'u-demo', vehicle: 'v-demo' } }),
    );
    await start();
    expect(await agent.localStart.handle('rfid', '04FFFFFF')).toMatchObject({
      ok: false,
      code: 'UNKNOWN_CARD',
    });
    expect(await agent.localStart.handle('rfid', '04A1B2C3')).toMatchObject({ ok: true });
  });

  it('cancels an order whose creation was never answered', async () => {
    let posts = 0;
    rest.behaviour.intercept = (call) => {
      if (call.method !== 'POST' || !call.path.startsWith('/core')) return null;
      posts += 1;
      if (posts > 3) return null;
      // Stored, but the answer is lost.
      rest.route(call);
      return { status: 503, body: { code: 'UNAVAILABLE' } };
    };
    await start();
    expect(await agent.localStart.handle('qr', CODE)).toMatchObject({ ok: false, code: 'HUB_UNREACHABLE' });
    await eventually(() => [...rest.orders.values()].map(({ state }) => state)).toEqual(['cancelled']);
    expect(model.releases).toEqual([]);
  });
});

describe('credentials', () => {
  it('spends the enrolment code once and keeps the secret for the owner alone', async () => {
    await start({ secret: undefined }, { enrolCode: 'DEMO-1231' });
    await eventually(() => rest.seen('POST', '/auth/v1/stations/enroll').length).toBe(1);
    await eventually(() => agent.session.state()).not.toBe('stopped');
    expect(statSync(join(dir.path, 'credentials.json')).mode & 0o777).toBe(0o600);
    await agent.stop();
    await start({ secret: undefined }, { enrolCode: 'DEMO-1231' });
    await eventually(() => agent.session.state()).not.toBe('stopped');
    expect(rest.seen('POST', '/auth/v1/stations/enroll')).toHaveLength(1);
  });

  it('works locally and raises an alarm when the code is refused', async () => {
    await start({ secret: undefined }, { enrolCode: 'WRONG-CODE' });
    await eventually(() => agent.storage.outbox.stats().byLane.alarm).toBeGreaterThan(0);
    expect(agent.session.state()).toBe('stopped');
  });

  it('signs in again when its token is not taken any more', async () => {
    await start();
    let refused = false;
    rest.behaviour.intercept = ({ path }) => {
      if (refused || !path.startsWith('/core')) return null;
      refused = true;
      return { status: 401, body: { code: 'TOKEN_EXPIRED' } };
    };
    expect(await agent.localStart.handle('qr', CODE)).toMatchObject({ ok: true });
    expect(rest.seen('POST', '/auth/v1/token').length).toBeGreaterThanOrEqual(2);
  });
});

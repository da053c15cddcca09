import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSystemClock } from '../src/clock.js';
import { createLightCabinet } from '../src/fleet/light-cabinet.js';
import { createLightStation, type LightStation } from '../src/fleet/light-station.js';
import type { Child } from '../src/network/child.js';
import { eventually } from '../src/network/eventually.js';
import type { HubReady } from '../src/network/network.js';
import { type PushService, startPushService } from '../src/push/push-service.js';
import { createRandom } from '../src/random.js';
import { startHub, temporaryFolder } from './support/hub.js';
import { call, DEMO_OPERATOR, riderToken, token } from './support/rest.js';

const TOKEN = 'ExponentPushToken[phone-of-the-demo-rider]';

const STATION_SECRET = 'secret-of-the-demo-station';

/** Without a single pack: every swap is refused. */
function emptyStation(mqttUrl: string): LightStation {
  const random = createRandom(1);
  const nobody = () => {
    throw new Error('nobody swaps here');
  };
  return createLightStation({
    mqttUrl,
    credentials: { device: '1231', secret: STATION_SECRET },
    cabinet: createLightCabinet({ slots: 2, packs: [], random }),
    visitor: { brings: nobody, takes: nobody },
    clock: createSystemClock(),
    epoch: 1,
    random,
    events: { born() {}, lost() {}, refused() {}, acknowledged() {}, setAside() {} },
  });
}

describe('push service on its own', () => {
  let service: PushService;
  beforeAll(async () => {
    service = await startPushService();
  });
  afterAll(() => service?.close());

  const post = (path: string, body: object) => call<Body>(`${service.url}${path}`, { method: 'POST', body });
  type Body = { data: { status: string; id: string; details?: { error: string } }[] };
  const send = (...to: string[]) =>
    post(
      '/--/api/v2/push/send',
      to.map((one) => ({ to: one, title: 't', body: 'b' })),
    );
  const receipts = async (...ids: string[]) =>
    (
      await call<{ data: Record<string, { status: string; details?: { error: string } }> }>(
        `${service.url}/--/api/v2/push/getReceipts`,
        { method: 'POST', body: { ids } },
      )
    ).body.data;

  it('answers a ticket for each message in order, and receipts for the tickets', async () => {
    const { body } = await send(TOKEN, 'no token at all');
    expect(body.data.map(({ status }) => status)).toEqual(['ok', 'error']);
    const id = body.data[0]?.id ?? '';
    expect(await receipts(id, 'unheard-of')).toEqual({ [id]: { status: 'ok' } });
    expect(service.messages().map(({ to }) => to)).toEqual([TOKEN]);
  });

  it('tells of a device that is gone in the ticket, or only in the receipt', async () => {
    service.control({ gone: [TOKEN] });
    expect((await send(TOKEN)).body.data[0]?.details?.error).toBe('DeviceNotRegistered');
    service.control({ late: true });
    const ticket = (await send(TOKEN)).body.data[0];
    expect(ticket?.status).toBe('ok');
    expect((await receipts(ticket?.id ?? ''))[ticket?.id ?? '']?.details?.error).toBe('DeviceNotRegistered');
    service.control({ gone: [], late: false });
  });

  it('is down, holds receipts, asks for an access token, and refuses nonsense', async () => {
    await post('/control', { outage: 503 });
    expect((await send(TOKEN)).status).toBe(503);
    await post('/control', { outage: 0, holdReceipts: true });
    const id = (await send(TOKEN)).body.data[0]?.id ?? '';
    expect(await receipts(id)).toEqual({});
    await post('/control', { holdReceipts: false, accessToken: 'secret-token' });
    expect((await send(TOKEN)).status).toBe(401);
    await post('/control', { accessToken: '' });
    expect((await send(...Array.from({ length: 101 }, () => TOKEN))).status).toBe(400);
    expect((await post('/control', { outrage: 1 })).status).toBe(400);
  });
});

describe('the hub against the push service', () => {
  const folder = temporaryFolder();
  let service: PushService;
  let hub: Child<HubReady>;
  let station: LightStation;
  beforeAll(async () => {
    service = await startPushService();
    const env = {
      VOLTBAY_EXPO_URL: service.url,
      VOLTBAY_DEMO_STATION_SECRET: STATION_SECRET,
      LOG_LEVEL: 'warn',
    };
    hub = await startHub(folder.dir, { env });
    station = emptyStation(hub.ready.mqttUrl);
    station.connect();
    await eventually('the station born', 60_000, async () => (station.connected() ? true : null));
  }, 150_000);
  afterAll(async () => {
    await station?.stop();
    await hub?.stop();
    await service?.close();
    folder.remove();
  });

  it('tells a rider’s phone of an order, through an outage, and forgets a device that is gone', async () => {
    const { apiUrl } = hub.ready;
    const rider = await riderToken(apiUrl, '13800000001');
    const operator = await token(apiUrl, DEMO_OPERATOR);
    const register = await call(`${apiUrl}/core/v0/push-tokens`, {
      method: 'POST',
      token: rider,
      body: { provider: 'expo', token: TOKEN },
    });
    expect(register.status).toBe(201);
    service.control({ outage: 503 });
    // The station has no pack: the order ends and the rider is told why.
    const order = async (key: string) =>
      call(`${apiUrl}/core/v0/orders`, {
        method: 'POST',
        token: rider,
        headers: { 'idempotency-key': key },
        body: { stationId: '1231', vehicleId: 'v-demo' },
      });
    expect((await order('push-1')).status).toBe(409);
    const log = async () =>
      (
        await call<{ state: string; channels?: unknown }[]>(`${apiUrl}/core/v0/notification-log?_limit=20`, {
          token: operator,
        })
      ).body;
    await eventually('the hub to have something to tell', 60_000, async () =>
      (await log()).length > 0 ? true : null,
    );
    expect(service.messages()).toEqual([]);
    service.control({ outage: 0 });
    const [first] = await eventually('the phone to be told', 90_000, async () =>
      service.messages().length > 0 ? service.messages() : null,
    );
    expect(first).toMatchObject({ to: TOKEN });
    expect(first?.title).toBeTruthy();

    service.control({ gone: [TOKEN] });
    const before = service.messages().length;
    expect((await order('push-2')).status).toBe(409);
    await eventually('the device to be forgotten', 60_000, async () =>
      JSON.stringify(await log()).includes('DeviceNotRegistered') ? true : null,
    );
    expect(service.messages().length).toBe(before);
  }, 240_000);
});

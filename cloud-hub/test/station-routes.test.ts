import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command, Order, PublicStationDetail, Station } from '@voltbay/protocol';
import { MSG_TYPE } from '@voltbay/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../src/config/config.js';
import { createHub, type Hub, type HubAddresses } from '../src/hub.js';
import { connectStation, logger, until } from './station-traffic.js';

/** The whole hub in this process: its routes over HTTP, a station over MQTT. Every answer is checked against its schema. */
const SECRET = 'a-secret-of-the-route-test-0123456789abcdef';
let directory: string;
let hub: Hub;
let at: HubAddresses;
let admin: string;
const open: { close(): Promise<unknown> }[] = [];

async function token(body: object): Promise<string> {
  const response = await call('POST', '/auth/v1/token', { body });
  expect(response.status).toBe(200);
  return ((await response.json()) as { accessToken: string }).accessToken;
}
function call(
  method: string,
  path: string,
  options: { body?: unknown; as?: string; headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<Response> {
  return fetch(at.apiUrl + path, {
    method,
    ...(options.signal ? { signal: options.signal } : {}),
    headers: {
      ...(options.body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(options.as ? { Authorization: `Bearer ${options.as}` } : {}),
      ...options.headers,
    },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  });
}
async function json<T>(method: string, path: string, options: Parameters<typeof call>[2] = {}): Promise<T> {
  const response = await call(method, path, { as: admin, ...options });
  const body = (await response.json()) as T;
  expect(response.status, `${method} ${path}: ${JSON.stringify(body)}`).toBeLessThan(300);
  return body;
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'voltbay-routes-'));
  const config = readConfig(
    {
      PORT: '0',
      MQTT_PORT: '0',
      VOLTBAY_DATA: directory,
      VOLTBAY_DEMO: '1',
      VOLTBAY_DEMO_STATION_SECRET: SECRET,
    },
    { cwd: directory, repoRoot: null },
  );
  hub = createHub(config, { logger, validateResponses: true });
  at = await hub.start();
  admin = await token({ grantType: 'password', username: 'admin', password: 'voltbay-demo' });
}, 30_000);
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});
afterAll(async () => {
  await hub.stop();
  await rm(directory, { recursive: true, force: true });
});

/** Ever rising epochs, as an agent's starts. */
let epoch = 1;
async function agentOf(device: string) {
  const agent = await connectStation(at.mqttUrl, device, { epoch: epoch++, mqtt: { password: SECRET } });
  open.push(agent);
  let seq = 0;
  const send = async (type: number, data: unknown) => {
    const mine = seq++;
    await agent.send(type, data, mine);
    await until(`acknowledged ${mine}`, () => agent.isAcked(mine));
  };
  /** Answers each command with these states, as soon as it arrives. */
  const answer = (...states: [string, string?][]) =>
    agent.client.on('message', (_topic, payload) => {
      const message = JSON.parse(payload.toString()) as { type: number; id: string };
      if (message.type === MSG_TYPE.SERVER_ACK) return;
      for (const [state, reason] of states)
        void agent.send(
          MSG_TYPE.COMMAND_RESULT,
          { commandId: message.id, state, ...(reason ? { reason } : {}) },
          seq++,
        );
    });
  return { ...agent, send, answer };
}

describe('stations', () => {
  it('show what they last reported', async () => {
    const agent = await agentOf('1231');
    await agent.send(MSG_TYPE.STATION_INFO, {
      battery: [{ slot: 1, serial: 'VB-R-1', packClass: 'A', socPct: 97, maxVol: 3_600 }],
      slots: [
        { slot: 1, occupied: true, use: 'ready', packClass: 'A', door: 'closed' },
        { slot: 2, occupied: false, use: 'empty', door: 'closed' },
      ],
      station: { mainsOn: true, mode: 'in-service' },
    });
    await until(
      'shown',
      async () => (await json<Station>('GET', '/core/v0/stations/1231')).slots.length === 2,
    );
    const station = await json<Station>('GET', '/core/v0/stations/1231');
    expect(station).toMatchObject({ online: true, ready: { A: 1 }, emptySlots: 1, info: { mainsOn: true } });
    expect(station.slots[0]).toMatchObject({ slot: 1, reading: { socPct: 97, serial: 'VB-R-1' } });

    await agent.send(MSG_TYPE.STATION_EVENT, {
      kind: 'door',
      slot: 2,
      state: 'open',
      expected: false,
      at: new Date().toISOString(),
    });
    await until('door shown', async () => {
      const { slots } = await json<Station>('GET', '/core/v0/stations/1231');
      return slots[1]?.door === 'open' && slots[1].use === 'empty';
    });
    const alarms = await json<{ id: string; code: string }[]>(
      'GET',
      '/core/v0/alarms?stationId=1231&state=raised',
    );
    expect(alarms).toMatchObject([{ code: 'door-unexpected', slot: 2, severity: 'critical' }]);
    const acknowledged = await json('POST', `/core/v0/alarms/${alarms[0]?.id}/acknowledge`);
    expect(acknowledged).toMatchObject({ acknowledgedBy: expect.any(String) });
  });

  it('are listed with filters, registered, changed under If-Match, and refused twice', async () => {
    const online = await json<Station[]>(
      'GET',
      '/core/v0/stations?online=false&_sort=name&_order=desc&_limit=5',
    );
    expect(online.every((station) => !station.online)).toBe(true);
    const created = await call('POST', '/core/v0/stations', {
      as: admin,
      body: { device: 'r-1', name: '新站' },
    });
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe('/core/v0/stations/r-1');
    const again = await call('POST', '/core/v0/stations', { as: admin, body: { device: 'r-1', name: 'x' } });
    expect(again.status).toBe(409);
    const patch = (etag: string) =>
      call('PATCH', '/core/v0/stations/r-1', {
        as: admin,
        body: { lifecycle: 'commissioned' },
        headers: { 'If-Match': etag },
      });
    expect((await patch(created.headers.get('etag') ?? '')).status).toBe(200);
    expect((await patch(created.headers.get('etag') ?? '')).status).toBe(412);
    expect((await call('GET', '/core/v0/stations/none', { as: admin })).status).toBe(404);
    expect((await call('GET', '/core/v0/stations/1231')).status).toBe(401);
  });

  it('are shown to riders without a sign-in, and without what is the operator’s', async () => {
    const response = await call('GET', '/core/v0/public/stations');
    expect(response.headers.get('cache-control')).toContain('public');
    const list = (await response.json()) as Record<string, unknown>[];
    expect(list.map(({ id }) => id)).toContain('1231');
    expect(Object.keys(list[0] ?? {})).not.toContain('slots');
  });

  it('tell riders when their place is open, and what stands in which slot', async () => {
    const agent = await agentOf('1231');
    await agent.send(MSG_TYPE.STATION_INFO, {
      battery: [{ slot: 1, serial: 'VB-R-1', packClass: 'A', socPct: 97, maxVol: 3_600 }],
      slots: [
        { slot: 1, occupied: true, use: 'ready', packClass: 'A', door: 'closed' },
        { slot: 2, occupied: false, use: 'empty', packClass: 'A', door: 'closed' },
      ],
      station: { mainsOn: true, mode: 'in-service' },
    });
    const openingHours = [{ from: '07:00', to: '22:00', weekdays: [1, 2, 3, 4, 5] }];
    const known = await call('GET', '/core/v0/stations/1231', { as: admin });
    const patch = (body: object) =>
      call('PATCH', '/core/v0/stations/1231', {
        as: admin,
        body,
        headers: { 'If-Match': known.headers.get('etag') ?? '' },
      });
    for (const wrong of [
      { openingHours: [{ from: '7', to: '22:00' }] },
      { openingHours: [{ from: '24:00', to: '08:00' }] },
      { timeZone: 'Mars/Olympus' },
    ])
      expect((await patch(wrong)).status, JSON.stringify(wrong)).toBe(400);
    expect((await patch({ openingHours })).status).toBe(200);
    const shown = async () =>
      (await (await call('GET', '/core/v0/public/stations/1231')).json()) as PublicStationDetail;
    await until('shown', async () => {
      const { openingHours: hours, slots } = await shown();
      return hours !== null && slots.some(({ state }) => state === 'ready');
    });
    const station = await shown();
    expect(station).toMatchObject({ openingHours, timeZone: 'Asia/Shanghai' });
    expect(station.slots).toMatchObject([
      { slot: 1, state: 'ready', packClass: 'A', socPct: 97 },
      { slot: 2, state: 'empty', packClass: 'A', socPct: null },
    ]);
    expect(JSON.stringify(station)).not.toContain('VB-R-1');
    const { headers } = await call('GET', '/core/v0/stations/1231', { as: admin });
    const always = await call('PATCH', '/core/v0/stations/1231', {
      as: admin,
      body: { openingHours: null },
      headers: { 'If-Match': headers.get('etag') ?? '' },
    });
    expect(always.status).toBe(200);
  });

  it('a retired station’s session ends and it cannot come back', async () => {
    const agent = await agentOf('1232');
    const ended = new Promise<void>((resolve) => agent.client.once('close', () => resolve()));
    const station = await call('GET', '/core/v0/stations/1232', { as: admin });
    const setLifecycle = (lifecycle: string, etag: string | null) =>
      call('PATCH', '/core/v0/stations/1232', {
        as: admin,
        body: { lifecycle },
        headers: { 'If-Match': etag ?? '' },
      });
    const retired = await setLifecycle('retired', station.headers.get('etag'));
    expect(retired.status).toBe(200);
    await ended;
    await expect(agentOf('1232')).rejects.toMatchObject({ code: 5 });
    expect((await setLifecycle('live', retired.headers.get('etag'))).status).toBe(409);
    const revived = await setLifecycle('maintenance', retired.headers.get('etag'));
    expect((await setLifecycle('live', revived.headers.get('etag'))).status).toBe(200);
    await agentOf('1232');
  });
});

describe('commands over REST', () => {
  const path = '/core/v0/stations/1231/commands';
  const ask = { body: { name: 'SERVER_ASK_INFO' } };

  it('503 while the station is offline, 404 for an unknown one', async () => {
    await until('offline', async () => !(await json<Station>('GET', '/core/v0/stations/1231')).online);
    const offline = await call('POST', path, { as: admin, ...ask });
    expect(offline.status).toBe(503);
    expect(await offline.json()).toMatchObject({ code: 'STATION_OFFLINE' });
    expect((await call('POST', '/core/v0/stations/none/commands', { as: admin, ...ask })).status).toBe(404);
  });

  it('201 when sent, 201 when done in time, 409 with the reason when refused, 504 when nobody answers', async () => {
    const agent = await agentOf('1231');
    const sent = await json<Command>('POST', path, ask);
    expect(sent).toMatchObject({ state: 'sent', stationId: '1231', by: expect.any(String) });
    const silent = await call('POST', `${path}?waitMs=200`, { as: admin, ...ask });
    expect(silent.status).toBe(504);
    agent.answer(['received'], ['started'], ['done']);
    const done = await json<Command>('POST', `${path}?waitMs=10000`, ask);
    expect(done.state).toBe('done');
    expect(await json<Command>('GET', `/core/v0/commands/${done.id}`)).toMatchObject({ state: 'done' });
    agent.client.removeAllListeners('message');
    agent.answer(['rejected', 'SLOT_UNSAFE']);
    const refused = await call('POST', `${path}?waitMs=10000`, {
      as: admin,
      body: { name: 'SERVER_OPEN_SLOT', slot: 3, reason: 'Test of a slot' },
    });
    expect(refused.status).toBe(409);
    expect(await refused.json()).toMatchObject({ code: 'STATION_REFUSED', reason: 'SLOT_UNSAFE' });
    const commands = await json<Command[]>('GET', '/core/v0/commands?stationId=1231&name=SERVER_OPEN_SLOT');
    expect(commands).toMatchObject([{ data: { slot: 3, reason: 'Test of a slot' }, state: 'rejected' }]);
  });
});

describe('packs and readings', () => {
  it('a pack is registered when seen, its readings are found by pack and by station, page by page', async () => {
    const agent = await agentOf('1231');
    for (let soc = 1; soc <= 5; soc++)
      await agent.send(MSG_TYPE.TELEMETRY, {
        readings: [
          { slot: 5, serial: 'VB-R-5', packClass: 'A', socPct: soc },
          { slot: 6, serial: 'VB-R-6', packClass: 'B', socPct: 90 },
        ],
      });
    await until('registered', async () => (await call('GET', '/core/v0/batteries/VB-R-5', { as: admin })).ok);
    expect(await json('GET', '/core/v0/batteries/VB-R-5')).toMatchObject({
      packClass: 'A',
      custodian: { kind: 'station', id: '1231', slot: 5 },
    });
    type Sample = { at: string; readings: { socPct: number; serial: string }[] };
    await until('last reading shown', async () => {
      const [newest] = await json<Sample[]>('GET', '/core/v0/batteries/VB-R-5/readings?_limit=1');
      return newest?.readings[0]?.socPct === 5;
    });
    const seen: number[] = [];
    let next: string | null = '/core/v0/batteries/VB-R-5/readings?_limit=2';
    while (next) {
      const response: Response = await call('GET', next, { as: admin });
      const samples = (await response.json()) as Sample[];
      for (const { readings } of samples) {
        expect(readings).toHaveLength(1);
        seen.push(readings[0]?.socPct ?? -1);
      }
      next = /<([^>]+)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1] ?? null;
    }
    expect(seen).toEqual([5, 4, 3, 2, 1]);
    const future = encodeURIComponent(new Date(Date.now() + 60_000).toISOString());
    expect(await json('GET', `/core/v0/stations/1231/readings?from=${future}`)).toEqual([]);
    const recent = await json<Sample[]>('GET', '/core/v0/stations/1231/readings?_limit=5');
    expect(recent[0]?.readings.map(({ serial }) => serial)).toEqual(['VB-R-5', 'VB-R-6']);
    const listed = await json<{ id: string }[]>(
      'GET',
      '/core/v0/batteries?custodianKind=station&packClass=B',
    );
    expect(listed.map(({ id }) => id)).toEqual(['VB-R-6']);
  });
});

describe('live events', () => {
  it('reach an operator as server-sent events; a rider gets no commands and only public station data', async () => {
    const rider = await token({ grantType: 'otp', phone: '13800000001', code: '246810' }).catch(async () => {
      await call('POST', '/auth/v1/otp', { body: { phone: '13800000001' } });
      return token({ grantType: 'otp', phone: '13800000001', code: '246810' });
    });
    const stop = new AbortController();
    const listen = async (as: string) => {
      const response = await call('GET', '/core/v0/events?stationId=1231', { as, signal: stop.signal });
      expect(response.headers.get('content-type')).toContain('text/event-stream');
      const lines: string[] = [];
      const reading = (async () => {
        const decoder = new TextDecoder();
        for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>)
          lines.push(...decoder.decode(chunk, { stream: true }).split('\n'));
      })().catch(() => undefined);
      return { lines, reading };
    };
    const [operator, riding] = [await listen(admin), await listen(rider)];
    const agent = await agentOf('1231');
    await agent.send(MSG_TYPE.STATION_INFO, { station: { mainsOn: false } });
    await json('POST', '/core/v0/stations/1231/commands', { body: { name: 'SERVER_ASK_INFO' } });
    await until('events', () => {
      const kinds = operator.lines.filter((line) => line.startsWith('event:'));
      return kinds.includes('event: station') && kinds.includes('event: command');
    });
    await until('rider’s event', () => riding.lines.some((line) => line.startsWith('event: station')));
    expect(riding.lines.join('\n')).not.toContain('"slots"');
    expect(riding.lines).not.toContain('event: command');
    stop.abort();
    await Promise.all([operator.reading, riding.reading]);
  });
});

describe('one swap through the whole hub', () => {
  it('rider’s order → command → station’s events → completed, packs handed over', async () => {
    await call('POST', '/auth/v1/otp', { body: { phone: '13800000001' } });
    const rider = await token({ grantType: 'otp', phone: '13800000001', code: '246810' });
    const agent = await agentOf('1231');
    agent.answer(['received'], ['started']);
    const response = await call('POST', '/core/v0/orders', {
      as: rider,
      body: { stationId: '1231', vehicleId: 'v-demo' },
      headers: { 'Idempotency-Key': `swap-${epoch}` },
    });
    const order = (await response.json()) as Order;
    expect(response.status, JSON.stringify(order)).toBe(201);
    agent.client.removeAllListeners('message');
    const follow = await connectStation(at.mqttUrl, '1231', { epoch: epoch++, mqtt: { password: SECRET } });
    open.push(follow);
    const steps: [string, object][] = [
      ['accepted', {}],
      ['return-door-released', { slot: 2 }],
      ['returned', { slot: 2, packId: 'VB-A-0900' }],
      ['dispense-door-released', { slot: 1 }],
      ['dispensed', { slot: 1, packId: 'VB-R-1' }],
      ['completed', {}],
    ];
    for (const [seq, [step, extra]] of steps.entries()) {
      const event = {
        kind: 'swap',
        step,
        swapId: 'w-1',
        orderId: order.id,
        user: 'u-demo',
        vehicle: 'v-demo',
        at: new Date().toISOString(),
        ...extra,
      };
      await follow.send(MSG_TYPE.STATION_EVENT, event, seq);
      await follow.send(MSG_TYPE.STATION_EVENT, event, seq);
    }
    await until('completed', async () => {
      const now = await json<Order>('GET', `/core/v0/orders/${order.id}`, { as: rider });
      return now.state === 'completed' && now.payment.state === 'captured';
    });
    expect(await json('GET', '/core/v0/batteries/VB-R-1')).toMatchObject({
      custodian: { kind: 'vehicle', id: 'v-demo' },
    });
    expect(await json('GET', '/core/v0/batteries/VB-A-0900')).toMatchObject({
      custodian: { kind: 'station', id: '1231', slot: 2 },
    });
  });
});

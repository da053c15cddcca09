import { createServer, type Server } from 'node:http';
import { gunzipSync } from 'node:zlib';
import type { Order } from '@voltbay/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../src/db/index.js';
import { pushTokensCollection } from '../src/notifications/notification-document.js';
import { TEMPLATES, unknownFields } from '../src/notifications/templates.js';
import { tasksCollection } from '../src/tasks/index.js';
import { connectStation } from './support/fake-station.js';
import { eventually, type HubFixture, problemOf, startHub } from './support/hub-fixture.js';
import { openTestStore } from './support/store.js';

type Note = {
  id: string;
  template: string;
  title: string;
  body: string;
  unread: boolean;
  data: Record<string, string>;
};
type LogEntry = Note & {
  owner: string;
  channels: { channel: string; state: string; detail: string | null }[];
};
type Pushed = { to: string; title: string; body: string; data: Record<string, string> };
type Preferences = {
  quietHours: { from: string; to: string; timeZone: string } | null;
  channels: Record<string, Record<string, boolean>>;
};

/** A push service that answers as Expo's documentation says. */
async function startPushService() {
  const pushed: Pushed[] = [];
  const gone = new Set<string>();
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks);
      const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString();
      const sent = JSON.parse(text);
      const answer = request.url?.endsWith('/send')
        ? (sent as Pushed[]).map((message) => {
            pushed.push(message);
            return gone.has(message.to)
              ? { status: 'error', message: 'not registered', details: { error: 'DeviceNotRegistered' } }
              : { status: 'ok', id: `receipt-${pushed.length}` };
          })
        : Object.fromEntries((sent.ids as string[]).map((id) => [id, { status: 'ok' }]));
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ data: answer }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return { server, pushed, gone, url: `http://127.0.0.1:${port}` };
}

describe('notifications', () => {
  let hub: HubFixture;
  let database: Database;
  let service: Awaited<ReturnType<typeof startPushService>>;
  let rider: string;
  let admin: string;
  let texts: { phone: string; text: string }[];
  beforeEach(async () => {
    texts = [];
    // One service for all tests of this file: the SDK keeps the address it was loaded with.
    service ??= await startPushService();
    service.pushed.length = 0;
    service.gone.clear();
    database = await openTestStore();
    hub = await startHub({
      env: { VOLTBAY_EXPO_URL: service.url },
      overrides: {
        database,
        sms: {
          async send(message) {
            // Sign-in codes go the same way.
            if (!message.text.includes('246810')) texts.push(message);
          },
        },
      },
    });
    rider = await hub.rider();
    admin = await hub.operator();
  }, 60_000);
  afterEach(async () => {
    await hub?.stop();
    await database?.close();
  }, 60_000);

  const inbox = async (token = rider) =>
    (await hub.call<Note[]>('GET', '/core/v0/notifications', { token })).body;
  const log = async (query = '') =>
    (await hub.call<LogEntry[]>('GET', `/core/v0/notification-log?${query}`, { token: admin })).body;
  const channel = async (template: string, name: string) =>
    (await log(`template=${template}`))[0]?.channels.find((status) => status.channel === name);
  const preferences = async (change: (current: Preferences) => Preferences) => {
    const current = (
      await hub.call<Preferences>('GET', '/core/v0/notification-preferences', { token: rider })
    ).body;
    const answer = await hub.call('PUT', '/core/v0/notification-preferences', {
      token: rider,
      body: change(current),
    });
    expect(answer.status).toBe(200);
  };
  /** From an hour ago until in an hour. */
  const quietNow = () => {
    const hhmm = (ms: number) => new Date(ms).toISOString().slice(11, 16);
    return { from: hhmm(Date.now() - 3_600_000), to: hhmm(Date.now() + 3_600_000), timeZone: 'UTC' };
  };
  const swap = async () => {
    const order = await hub.call<Order>('POST', '/core/v0/order', {
      token: await hub.station(),
      body: { user: 'u-demo', vehicle: 'v-demo' },
    });
    expect(order.status).toBe(201);
    const done = await hub.call<Order>('PUT', `/core/v0/order/${order.body.id}`, {
      token: await hub.station(),
      body: { state: 'completed' },
    });
    expect(done.status).toBe(200);
    return order.body.id;
  };
  const device = 'ExponentPushToken[xxxxxxxxxxxxxxxxxxxxxx]';
  const register = (token = device) =>
    hub.call<{ id: string }>('POST', '/core/v0/push-tokens', {
      token: rider,
      body: { provider: 'expo', token, platform: 'android' },
    });

  it('a finished swap reaches inbox and phone once; money waits for the morning; receipts are read', async () => {
    expect((await register()).status).toBe(201);
    await preferences((current) => ({ ...current, quietHours: quietNow() }));
    const orderId = await swap();
    await eventually(async () => (await inbox()).length === 2, 'both messages', 30_000);
    await eventually(
      async () => (await channel('order.completed', 'push'))?.state === 'sent',
      'push',
      30_000,
    );
    const done = (await inbox()).find(({ template }) => template === 'order.completed');
    expect(done).toMatchObject({ title: '换电完成', unread: true, data: { orderId, stationId: '1231' } });
    expect(done?.body).toContain('示范站');
    expect(done?.body).toContain('¥6.00');
    expect(service.pushed).toMatchObject([{ to: device, title: '换电完成', data: { orderId } }]);

    // Quiet now: the payment's push waits, and knows until when.
    const waiting = await eventually(
      async () => {
        const task = await database.collection(tasksCollection).findOne({ 'error.code': 'QUIET_HOURS' });
        return task;
      },
      'put off',
      30_000,
    );
    expect(waiting).toMatchObject({ kind: 'notifications.send', attempts: 0, state: 'queued' });
    expect(Date.parse(waiting.dueAt ?? '') - Date.now()).toBeGreaterThan(50 * 60_000);
    expect((await channel('payment.captured', 'push'))?.state).toBe('pending');

    await database
      .collection(tasksCollection)
      .updateMany({ kind: 'notifications.receipts' }, { $set: { dueAt: new Date().toISOString() } });
    await eventually(
      async () => (await channel('order.completed', 'push'))?.state === 'delivered',
      'receipt',
      30_000,
    );

    const read = await hub.call<Note>('POST', `/core/v0/notifications/${done?.id}/read`, { token: rider });
    expect(read.body.unread).toBe(false);
    expect((await hub.call('POST', `/core/v0/notifications/${done?.id}/read`, { token: admin })).status).toBe(
      404,
    );
    expect((await hub.call('POST', '/core/v0/notifications/read-all', { token: rider })).body).toEqual({
      read: 1,
    });
    expect(await inbox(await hub.rider('13800000002'))).toEqual([]);
  }, 90_000);

  it('a device that is gone is not written to again; SMS goes to who wants it; own words are used', async () => {
    const words = { title: '好了', body: '{station} {amount}' };
    expect(
      (
        await hub.call('PUT', '/core/v0/notification-templates/order.completed/zh-CN', {
          token: admin,
          body: words,
        })
      ).status,
    ).toBe(204);
    const unknown = await hub.call('PUT', '/core/v0/notification-templates/order.completed/en', {
      token: admin,
      body: { title: 'x', body: '{password}' },
    });
    expect([unknown.status, problemOf(unknown).errors?.[0]?.path]).toEqual([400, 'body.body']);
    service.gone.add(device);
    await register();
    await preferences((current) => ({
      quietHours: null,
      channels: {
        ...current.channels,
        order: { 'in-app': true, push: true, sms: true },
        payment: { 'in-app': false, push: false, sms: false },
      },
    }));
    await swap();
    await eventually(
      async () => (await channel('order.completed', 'push'))?.state === 'failed',
      'refused',
      30_000,
    );
    await eventually(() => texts.length === 1, 'the text', 30_000);
    expect(texts[0]).toEqual({ phone: '13800000001', text: expect.stringMatching(/^好了 示范站.*¥6\.00$/) });
    expect(await database.collection(pushTokensCollection).findOne({})).toMatchObject({
      goneReason: expect.stringContaining('DeviceNotRegistered'),
    });
    await eventually(
      async () => (await log('template=payment.captured')).length === 1,
      'payment logged',
      30_000,
    );
    expect((await inbox()).map(({ template }) => template)).toEqual(['order.completed']);
  }, 90_000);

  it('operators hear of grave alarms', async () => {
    const station = await connectStation(hub.mqttUrl);
    const alarm = (code: string, severity: string) =>
      station.publish(10, {
        kind: 'alarm',
        code,
        state: 'raised',
        severity,
        slot: 2,
        at: new Date().toISOString(),
      });
    await alarm('fan-slow', 'info');
    await alarm('smoke', 'critical');
    const heard = await eventually(
      async () => {
        const all = await inbox(admin);
        return all.length > 0 && all;
      },
      'the alarm',
      30_000,
    );
    await station.close();
    expect(heard).toHaveLength(1);
    expect(heard[0]?.title).toContain('smoke');
    expect(await inbox(await hub.operator('viewer'))).toEqual([]);
  }, 60_000);

  it('refuses what is no time zone, no push token and no channel', async () => {
    const current = (
      await hub.call<Preferences>('GET', '/core/v0/notification-preferences', { token: rider })
    ).body;
    for (const body of [
      { ...current, quietHours: { from: '22:00', to: '07:00', timeZone: 'Mars/Olympus' } },
      { ...current, quietHours: { from: '25:00', to: '07:00', timeZone: 'UTC' } },
      { ...current, channels: { ...current.channels, pigeon: {} } },
    ])
      expect(
        (await hub.call('PUT', '/core/v0/notification-preferences', { token: rider, body })).status,
      ).toBe(400);
    expect(problemOf(await register('not-a-token')).code).toBe('VALIDATION');
  });
});

describe('built-in words', () => {
  it('name only fields that their template has, in every language', () => {
    for (const [name, template] of Object.entries(TEMPLATES))
      for (const [locale, words] of Object.entries(template.wording))
        expect(unknownFields(`${words.title}${words.body}`, template), `${name} ${locale}`).toEqual([]);
  });
});

import { once } from 'node:events';
import { createServer } from 'node:net';
import { Aedes } from 'aedes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stationCredentialsCollection } from '../src/stargate/collections.js';
import { DEMO_SECRET, type HubFixture, startHub } from './support/hub-fixture.js';
import { openTestStore } from './support/store.js';

const SECRET = 'a-secret-shared-with-the-broker';

describe('an external broker that asks the hub', () => {
  let hub: HubFixture;
  let store: Awaited<ReturnType<typeof openTestStore>>;
  beforeAll(async () => {
    store = await openTestStore();
    hub = await startHub({ env: { VOLTBAY_BROKER_SECRET: SECRET }, overrides: { database: store } });
  }, 60_000);
  afterAll(async () => {
    await hub?.stop();
    await store?.close();
  });

  const ask = (path: string, body: unknown, secret: string | null = SECRET) =>
    hub.call<{ result?: string; ok?: boolean }>('POST', `/auth/v1/broker/${path}`, {
      body,
      headers: secret === null ? {} : { 'X-Broker-Secret': secret },
    });
  const emqx = async (path: string, body: unknown) => {
    const answer = await ask(`emqx/${path}`, body);
    expect(answer.status).toBe(200);
    return answer.body.result;
  };

  it('EMQX: lets a station in with its secret and nobody else', async () => {
    const more = { clientid: 'c', peerhost: '10.0.0.9' };
    expect(await emqx('sign-in', { username: '1231', password: DEMO_SECRET, ...more })).toBe('allow');
    for (const [username, password] of [
      ['1231', 'wrong'],
      ['1231', ''],
      ['9999', DEMO_SECRET],
      ['', DEMO_SECRET],
      ['#', DEMO_SECRET],
      ['hub', ''],
    ])
      expect(await emqx('sign-in', { username, password }), `${username}`).toBe('deny');
  });

  it.each([
    ['publish', 'info/1231', 'allow'],
    ['publish', 'state/1231', 'allow'],
    ['publish', 'info', 'allow'],
    ['subscribe', 'control/1231', 'allow'],
    ['subscribe', 'control', 'allow'],
    ['publish', 'info/1232', 'deny'],
    ['publish', 'control/1231', 'deny'],
    ['publish', 'control', 'deny'],
    ['publish', '$SYS/x', 'deny'],
    ['subscribe', 'control/+', 'deny'],
    ['subscribe', '#', 'deny'],
    ['subscribe', 'info/1231', 'deny'],
    ['subscribe', '$share/hub/control/1231', 'deny'],
  ])('both brokers: station 1231 %ss %s: %s', async (action, topic, expected) => {
    expect(await emqx('topic', { username: '1231', action, topic, qos: 1, retain: 'false' })).toBe(expected);
    const acc = action === 'publish' ? 2 : 4;
    const { status } = await ask('mosquitto/acl', { username: '1231', clientid: 'x', topic, acc });
    expect(status).toBe(expected === 'allow' ? 200 : 403);
  });

  it('Mosquitto: reads its own control topic, is never a superuser, and a retained info is refused where it is known', async () => {
    const acl = (topic: string, acc: number) => ask('mosquitto/acl', { username: '1231', topic, acc });
    expect((await acl('control/1231', 1)).status).toBe(200);
    expect((await acl('control/1232', 1)).status).toBe(403);
    expect((await acl('state/1231', 3)).status).toBe(200);
    expect((await acl('info/1231', 3)).status).toBe(403);
    expect((await acl('info/1231', 9)).status).toBe(400);
    expect((await ask('mosquitto/superuser', { username: '1231' })).status).toBe(403);
    expect((await ask('mosquitto/user', { username: '1231', password: DEMO_SECRET })).body.ok).toBe(true);
    expect((await ask('mosquitto/user', { username: '1231', password: 'no' })).status).toBe(403);
    expect(
      await emqx('topic', { username: '1231', action: 'publish', topic: 'info/1231', retain: true }),
    ).toBe('deny');
  });

  it('answers nobody without the secret, counts the wrong ones, and keeps it out of the log', async () => {
    const body = { username: '1231', password: DEMO_SECRET };
    expect((await ask('emqx/sign-in', body, null)).status).toBe(403);
    expect((await ask('emqx/sign-in', body, 'wrong')).status).toBe(403);
    expect((await hub.call('POST', `/auth/v1/broker/mosquitto/user?secret=${SECRET}`, { body })).status).toBe(
      200,
    );
    const guesses = await Promise.all(Array.from({ length: 40 }, () => ask('emqx/sign-in', body, 'guess')));
    expect(guesses.map(({ status }) => status)).toContain(429);
    expect(await emqx('sign-in', body)).toBe('allow');
    expect(hub.log.join('')).not.toContain(SECRET);
    expect(hub.log.join('')).not.toContain(DEMO_SECRET);
  });

  it('denies a revoked and a retired station', async () => {
    const admin = await hub.operator();
    const station = await hub.call<{ version: number }>('GET', '/core/v0/stations/1232', { token: admin });
    const topic = { username: '1232', action: 'publish', topic: 'info/1232' };
    expect(await emqx('topic', topic)).toBe('allow');
    await hub.call('PATCH', '/core/v0/stations/1232', {
      token: admin,
      body: { lifecycle: 'retired' },
      headers: { 'If-Match': `"${station.body.version}"` },
    });
    expect(await emqx('topic', topic)).toBe('deny');
    expect(await emqx('sign-in', { username: '1232', password: DEMO_SECRET })).toBe('deny');
    await store
      .collection(stationCredentialsCollection)
      .updateOne({ _id: '1231' }, { $set: { secrets: [] } });
    expect(await emqx('sign-in', { username: '1231', password: DEMO_SECRET })).toBe('deny');
  });

  it('without a configured secret says no to everything', async () => {
    const bare = await startHub();
    const answer = await bare.call('POST', '/auth/v1/broker/emqx/sign-in', {
      body: { username: '1231', password: DEMO_SECRET },
      headers: { 'X-Broker-Secret': '' },
    });
    expect(answer.status).toBe(403);
    await bare.stop();
  }, 30_000);
});

/** A broker that lets nobody in, and nobody use a topic, without asking the hub at `port`. */
async function brokerThatAsks(port: number) {
  const ask = async (path: string, body: object): Promise<boolean> => {
    const url = `http://127.0.0.1:${port}/auth/v1/broker/emqx/${path}`;
    const headers = { 'content-type': 'application/json', 'x-broker-secret': SECRET };
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    return ((await answer.json()) as { result: string }).result === 'allow';
  };
  const names = new WeakMap<object, string>();
  const subscribed: string[] = [];
  const broker = await Aedes.createBroker({
    authenticate(client, username = '', password, done) {
      names.set(client, username);
      ask('sign-in', { username, password: String(password ?? '') }).then(
        (allowed) => done(null, allowed),
        () => done(null, false),
      );
    },
    authorizeSubscribe(client, subscription, done) {
      const { topic } = subscription;
      ask('topic', { username: names.get(client) ?? '', action: 'subscribe', topic }).then(
        (allowed) => {
          if (allowed) subscribed.push(topic);
          done(null, allowed ? subscription : null);
        },
        () => done(null, null),
      );
    },
  });
  const server = createServer((socket) => broker.handle(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    subscribed,
    async close() {
      await new Promise<void>((resolve) => broker.close(() => resolve()));
      server.close();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

it('the first hub of all can start with a broker that asks it whether it may', async () => {
  const port = await freePort();
  const broker = await brokerThatAsks(port);
  const store = await openTestStore();
  const env = {
    VOLTBAY_BROKER_SECRET: SECRET,
    PORT: String(port),
    MQTT_URL: `mqtt://voltbay-hub:its-password@127.0.0.1:${broker.port}`,
  };
  const hub = await startHub({ env, overrides: { database: store } });
  try {
    expect(broker.subscribed).toContain('state/+');
    expect(broker.subscribed.some((topic) => topic.endsWith('info/+'))).toBe(true);
  } finally {
    await hub.stop();
    await broker.close();
    await store.close();
  }
}, 60_000);

import { createServer } from 'node:net';
import { MSG_TYPE, stateTopic } from '@voltbay/protocol';
import { Aedes } from 'aedes';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { messagesCollection } from '../src/ingest/message-document.js';
import { stationLiveCollection } from '../src/stations/station-documents.js';
import {
  connectStation,
  openTestDatabase,
  startTraffic,
  TENANT,
  type Traffic,
  until,
} from './station-traffic.js';

/**
 * The hub as a client of a broker that is not its own: a bare aedes here (MQTT 3.1.1, no rules of its own), or the one of
 * TEST_MQTT_URL (Mosquitto, EMQX), which must let anonymous clients in.
 */
let store: Awaited<ReturnType<typeof openTestDatabase>>;
let broker: { url: string; close(): Promise<void>; drop(): void };
let hub: Traffic | null = null;
const open: { close(): Promise<unknown> }[] = [];

async function openBroker(): Promise<typeof broker> {
  const external = process.env.TEST_MQTT_URL;
  if (external) return { url: external, close: async () => undefined, drop: () => undefined };
  const aedes = await Aedes.createBroker();
  const sockets = new Set<import('node:net').Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    aedes.handle(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `mqtt://127.0.0.1:${port}`,
    drop: () => {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

beforeEach(async () => {
  store = await openTestDatabase();
  broker = await openBroker();
});
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
  await hub?.stop();
  hub = null;
  await broker.close();
  await store.close();
});

const device = `x-${process.pid}`;
async function start(options: { acceptBareInfo?: boolean } = {}): Promise<Traffic> {
  hub = await startTraffic({ database: store.database, mqttUrl: broker.url, devices: [device], ...options });
  return hub;
}
async function connect(mqttOptions: Parameters<typeof connectStation>[2] = {}) {
  const agent = await connectStation(broker.url, device, {
    ...mqttOptions,
    mqtt: { username: undefined, password: undefined },
  });
  open.push(agent);
  return agent;
}
const live = () => store.database.collection(stationLiveCollection).findOne({ _id: device });

describe('an external broker', () => {
  it('carries births, messages, acknowledgements, commands and wills', async () => {
    const running = await start();
    const agent = await connect();
    await until('online', async () => (await live())?.online === true);
    for (const seq of [0, 1, 2]) await agent.send(MSG_TYPE.STATION_INFO, { station: { mainsOn: true } }, seq);
    await until('acknowledged', () => agent.isAcked(2));
    const sent = await running.commands.send({
      device,
      tenantId: TENANT,
      type: MSG_TYPE.SERVER_ASK_INFO,
      by: 'tester',
    });
    await until('command', () => agent.commands().some(({ id }) => id === sent.id));
    const done = running.commands.waitFor(sent.id, { states: [], timeoutMs: 10_000 });
    await agent.send(MSG_TYPE.COMMAND_RESULT, { commandId: sent.id, state: 'done' }, 3);
    expect((await done).state).toBe('done');
    agent.client.stream.destroy();
    await until('will', async () => (await live())?.online === false);
    await expect(
      running.commands.send({ device, tenantId: TENANT, type: MSG_TYPE.SERVER_ASK_INFO, by: 'tester' }),
    ).rejects.toMatchObject({ code: 'STATION_OFFLINE' });
  });

  it('bare topics are off unless configured', async () => {
    const running = await start();
    const agent = await connect();
    const bare = JSON.stringify({ device, type: 0, data: {}, time: '2016-2-1' });
    await agent.client.publishAsync('info', bare, { qos: 1 });
    await agent.send(MSG_TYPE.STATION_INFO, {}, 0);
    await until('own topic acknowledged', () => agent.isAcked(0));
    expect(await store.database.collection(messagesCollection).countDocuments({ device })).toBe(1);
    await running.stop();
    hub = await startTraffic({ database: store.database, mqttUrl: broker.url, acceptBareInfo: true });
    await agent.client.publishAsync('info', bare, { qos: 1 });
    await until(
      'bare message stored',
      async () => (await store.database.collection(messagesCollection).countDocuments({ device })) === 2,
    );
  });

  it('refuses a message on one station’s topic that names another, and stations nobody registered', async () => {
    const running = await start();
    const agent = await connect();
    const forged = JSON.stringify({ device: 'other', type: 0, data: {}, time: '2016-2-1' });
    await agent.client.publishAsync(`info/${device}`, forged, { qos: 1 });
    await agent.client.publishAsync(
      'info/nobody',
      JSON.stringify({ device: 'nobody', type: 0, time: '2016-2-1' }),
      {
        qos: 1,
      },
    );
    await until('both refused', () => {
      const stats = running.ingest.stats();
      return stats.refused_SPOOFED_DEVICE === 1 && stats.refused_UNKNOWN_STATION === 1;
    });
  });

  it.skipIf(process.env.TEST_MQTT_URL !== undefined)(
    'comes back by itself after the broker dropped every connection',
    async () => {
      const running = await start();
      const first = await connect();
      await first.send(MSG_TYPE.STATION_INFO, {}, 0);
      await until('acknowledged', () => first.isAcked(0));
      broker.drop();
      const agent = await connect({ epoch: 2 });
      await until('hub is back', () => (running.link.stats().connects ?? 0) >= 2, 20_000);
      await until('acknowledged again', async () => {
        await agent.send(MSG_TYPE.STATION_INFO, {}, 0);
        return agent.isAcked(0);
      });
    },
    40_000,
  );

  it('a birth that was retained before the hub started makes the station online', async () => {
    const agent = await connectStation(broker.url, device, {
      epoch: 3,
      mqtt: { username: undefined, password: undefined },
    });
    open.push(agent);
    await start();
    await until('online', async () => (await live())?.online === true);
    await agent.client.publishAsync(stateTopic(device), '', { qos: 1, retain: true });
  });
});

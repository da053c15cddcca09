import { controlTopic, infoTopic, MSG_TYPE, stateTopic } from '@voltbay/protocol';
import { connectAsync } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { messagesCollection } from '../src/ingest/message-document.js';
import { alarmId } from '../src/stations/alarms.js';
import { alarmsCollection, stationLiveCollection } from '../src/stations/station-documents.js';
import {
  closing,
  connectStation,
  openTestDatabase,
  startTraffic,
  type Traffic,
  until,
} from './station-traffic.js';

let store: Awaited<ReturnType<typeof openTestDatabase>>;
let hub: Traffic;
const open: { close(): Promise<unknown> }[] = [];
let nextDevice = 1;

beforeAll(async () => {
  store = await openTestDatabase();
  hub = await startTraffic({ database: store.database });
});
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});
afterAll(async () => {
  await hub.stop();
  await store.close();
});

async function station(options: Parameters<typeof connectStation>[2] & { topics?: 'own' | 'shared' } = {}) {
  const device = `st-${nextDevice++}`;
  await hub.addStation(device, options.topics ? { topics: options.topics } : {});
  const client = await connectStation(hub.url, device, options);
  open.push(client);
  return client;
}
const stored = (device: string) =>
  store.database.collection(messagesCollection).find({ device }).sort({ _id: 1 }).toArray();
const view = async (device: string) => {
  const document = await store.database.collection(stationLiveCollection).findOne({ _id: device });
  if (!document) throw new Error(`no live state of ${device}`);
  return document;
};
const alarmed = (device: string, code: string) =>
  until(`the alarm ${code}`, async () => {
    const _id = alarmId({ device, code });
    return (await store.database.collection(alarmsCollection).findOne({ _id }))?.state === 'raised';
  });
const reading = (slot: number, socPct: number) => ({
  slot,
  bluetooth: false,
  charge: true,
  maxVol: 3_600,
  serial: `VB-${slot}`,
  voltageMv: 52_000,
  currentMa: 1_000,
  socPct,
});

describe('stations and the embedded broker', () => {
  it('a birth makes the station online, its messages its live state', async () => {
    const agent = await station();
    await agent.send(
      MSG_TYPE.STATION_INFO,
      {
        battery: [reading(1, 95)],
        slots: [
          { slot: 1, occupied: true, use: 'ready', packClass: 'A' },
          { slot: 2, occupied: false, use: 'empty' },
        ],
        station: { mainsOn: true, mode: 'in-service' },
      },
      0,
    );
    await until('acknowledged', () => agent.isAcked(0));
    await until('online with slots', async () => {
      const live = await view(agent.device);
      return live.online && Object.keys(live.slots).length === 2;
    });
    const facts = await hub.stations.get(agent.device);
    expect(facts).toMatchObject({ online: true, lifecycle: 'live' });
    expect((await view(agent.device)).info).toMatchObject({ mainsOn: true });
    await until('goodbye', async () => {
      if (agent.client.connected) agent.client.stream.destroy();
      return !(await view(agent.device)).online;
    });
  });

  it('a station written to the seed alone is seen, and gets commands on the bare topic when marked shared', async () => {
    const seed = await station({ birth: false, subscribe: false, topics: 'shared' });
    await seed.client.subscribeAsync('control', { qos: 1 });
    await seed.client.publishAsync(
      'info',
      JSON.stringify({
        device: seed.device,
        type: 0,
        data: { battery: { bluetooth: true, charge: true, maxVol: 3_650 } },
        time: '2016-2-1',
      }),
      { qos: 1 },
    );
    await until('seen', async () => {
      const live = await view(seed.device);
      return live.online && live.readings['1']?.maxVol === 3_650;
    });
    const [message] = await stored(seed.device);
    expect(message).toMatchObject({ epoch: null, seq: null, type: 0 });
    expect(Math.abs(Date.now() - Date.parse(message?.at ?? ''))).toBeLessThan(60_000);
    const sent = await hub.commands.send({
      device: seed.device,
      tenantId: 'demo',
      type: MSG_TYPE.SERVER_ASK_CHARGE,
      data: { user: '1234', vehicle: '1234' },
      by: 'test',
    });
    await until('command', () => seed.commands().length === 1);
    expect(seed.commands()[0]).toMatchObject({
      topic: 'control',
      device: seed.device,
      type: 1,
      data: { user: '1234', vehicle: '1234' },
      id: sent.id,
      retain: false,
    });
    expect(seed.acks()).toEqual([]);
  });

  it('a station of two plain clients, one that publishes and one that listens, works as one', async () => {
    const listener = await station({ birth: false, subscribe: false, topics: 'shared' });
    await listener.client.subscribeAsync('control', { qos: 1 });
    const info = JSON.stringify({ device: listener.device, type: 0, data: {}, time: '2016-2-1' });
    for (let times = 0; times < 3; times++) {
      const publisher = await connectStation(hub.url, listener.device, { birth: false, subscribe: false });
      await publisher.client.publishAsync('info', info, { qos: 1 });
      await publisher.client.endAsync();
    }
    await until('stored', async () => (await stored(listener.device)).length === 3);
    await hub.ingest.settled();
    expect((await view(listener.device)).online).toBe(true);
    await hub.commands.send({
      device: listener.device,
      tenantId: 'demo',
      type: MSG_TYPE.SERVER_ASK_INFO,
      by: 'test',
    });
    await until('command', () => listener.commands().length === 1);
    expect(listener.commands()[0]).toMatchObject({ topic: 'control', type: 2 });
    await listener.close();
    await until('offline', async () => !(await view(listener.device)).online);
  });

  it('refuses a message that names another device, on the bare and on its own topic', async () => {
    const victim = await station();
    const liar = await station();
    const forged = JSON.stringify({ device: victim.device, type: 0, data: {}, time: '2016-2-1' });
    await liar.client.publishAsync('info', forged, { qos: 1 });
    await liar.client.publishAsync(infoTopic(liar.device), forged, { qos: 1 });
    await liar.client.publishAsync(infoTopic(victim.device), forged, { qos: 1 });
    await liar.send(MSG_TYPE.STATION_INFO, {}, 0);
    await until('own message acknowledged', () => liar.isAcked(0));
    expect(await stored(victim.device)).toEqual([]);
    expect(hub.ingest.stats()).toMatchObject({ refused_SPOOFED_DEVICE: 2, refused_FOREIGN_TOPIC: 1 });
  });

  it('refuses wrong passwords, unknown stations and anonymous clients', async () => {
    const known = await station();
    for (const login of [
      { username: known.device, password: 'wrong' },
      { username: 'nobody', password: 'secret-nobody' },
      {},
    ])
      await expect(
        connectAsync(hub.url, { ...login, protocolVersion: 4, reconnectPeriod: 0 }, false),
      ).rejects.toMatchObject({ code: 5 });
  });

  it('keeps foreign topics, wildcards, $share and $SYS closed', async () => {
    const agent = await station();
    const other = await station();
    for (const filter of [
      'info/+',
      '#',
      '+/+',
      controlTopic(other.device),
      `$share/hub/${controlTopic(agent.device)}`,
      '$SYS/#',
    ]) {
      const [grant] = await agent.client.subscribeAsync(filter, { qos: 1 }).catch(() => [{ qos: 128 }]);
      expect(grant?.qos, filter).toBe(128);
    }
    await agent.client.publishAsync(controlTopic(other.device), '{"device":"x"}', { qos: 1, retain: true });
    await agent.client.publishAsync(stateTopic(other.device), '{"device":"x"}', { qos: 1, retain: true });
    await agent.client.publishAsync('$SYS/x', 'x', { qos: 1 });
    const later = await station({ birth: false, subscribe: false });
    const heard: string[] = [];
    later.client.on('message', (topic) => heard.push(topic));
    await later.client.subscribeAsync([controlTopic(later.device), stateTopic(later.device)], { qos: 1 });
    await agent.send(MSG_TYPE.STATION_INFO, {}, 0);
    await until('session kept', () => agent.isAcked(0));
    expect(heard).toEqual([]);
    expect(other.downlinks).toEqual([]);
  });

  it('a retained control message planted by a station reaches nobody', async () => {
    const agent = await station();
    await agent.client.publishAsync(controlTopic(agent.device), '{"planted":true}', { qos: 1, retain: true });
    const again = await connectStation(hub.url, agent.device, { birth: false });
    open.push(again);
    await again.send(MSG_TYPE.STATION_INFO, {}, 5);
    await until('acknowledged', () => agent.isAcked(5) || again.isAcked(5));
    expect([...agent.downlinks, ...again.downlinks].filter((each) => 'planted' in each)).toEqual([]);
  });

  it('keeps the birth retained for its owner', async () => {
    const agent = await station();
    const heard: string[] = [];
    agent.client.on('message', (topic) => heard.push(topic));
    await agent.client.subscribeAsync(stateTopic(agent.device), { qos: 1 });
    await until('retained birth', () => heard.includes(stateTopic(agent.device)));
  });

  it('refuses malformed, oversized, deep and __proto__ payloads and keeps the session', async () => {
    const agent = await station();
    const before = hub.ingest.stats();
    const topic = infoTopic(agent.device);
    const deep = `${'['.repeat(40)}${']'.repeat(40)}`;
    for (const payload of [
      '{"device":',
      'not json',
      Buffer.from([0xff, 0xfe, 0x00]),
      `{"device":"${agent.device}","type":0,"data":${deep},"time":"2016-2-1"}`,
      `{"__proto__":{"device":"${agent.device}"},"type":0,"time":"2016-2-1"}`,
      Buffer.alloc(10_000_000, 0x61),
    ])
      await agent.client.publishAsync(topic, payload, { qos: 1 });
    await agent.send(MSG_TYPE.STATION_INFO, {}, 0);
    await until('session kept', () => agent.isAcked(0));
    const after = hub.ingest.stats();
    expect((after.refused ?? 0) - (before.refused ?? 0)).toBe(6);
    expect(after.refused_TOO_LARGE).toBe(1);
    expect(agent.client.connected).toBe(true);
    expect(await stored(agent.device)).toHaveLength(1);
    expect(({} as Record<string, unknown>).device).toBeUndefined();
  });

  it('answers refused rows by number, so that the station can set them aside', async () => {
    const agent = await station();
    await agent.send(MSG_TYPE.STATION_INFO, {}, 0);
    await agent.send(999, {}, 1);
    await agent.send(MSG_TYPE.STATION_EVENT, { kind: 'nonsense' }, 2);
    await agent.send(MSG_TYPE.STATION_INFO, {}, 3, { time: 'yesterday' });
    await agent.send(MSG_TYPE.STATION_INFO, {}, 4);
    await until('all answered', () => agent.isAcked(4));
    const refused = agent.acks().flatMap((ack) => ack.refused ?? []);
    expect(refused).toEqual([
      { seq: 1, code: 'UNSUPPORTED' },
      { seq: 2, code: 'BAD_DATA' },
      { seq: 3, code: 'BAD_DATA' },
    ]);
    expect(agent.acks().at(-1)?.upTo).toBe(4);
  });

  it('revoking the credential ends the session at once', async () => {
    const agent = await station();
    const ended = closing(agent.client);
    const startedAt = Date.now();
    hub.secrets.revoke(agent.device);
    await ended;
    // The promise is five seconds; a busy machine gets some slack.
    expect(Date.now() - startedAt).toBeLessThan(15_000);
    await expect(connectStation(hub.url, agent.device)).rejects.toMatchObject({ code: 5 });
    await until('offline', async () => !(await view(agent.device)).online);
  });

  it('a newer session of the same agent takes over; the will of the old one says nothing', async () => {
    const first = await station({ epoch: 7 });
    await until('born', async () => (await view(first.device)).epoch === 7);
    const ended = closing(first.client);
    const second = await connectStation(hub.url, first.device, { epoch: 8 });
    open.push(second);
    await ended;
    await second.send(MSG_TYPE.STATION_INFO, {}, 0);
    await until('acknowledged', () => second.isAcked(0));
    await hub.ingest.settled();
    expect(await view(first.device)).toMatchObject({ online: true, epoch: 8 });
  });

  it('ignores a will of an older epoch', async () => {
    const agent = await station({ epoch: 5 });
    await until('born', async () => (await view(agent.device)).epoch === 5);
    await agent.client.publishAsync(
      stateTopic(agent.device),
      JSON.stringify({ device: agent.device, online: false, epoch: 4, reason: 'stopping' }),
      { qos: 1, retain: true },
    );
    await agent.send(MSG_TYPE.STATION_INFO, {}, 0);
    await until('acknowledged', () => agent.isAcked(0));
    await hub.ingest.settled();
    expect((await view(agent.device)).online).toBe(true);
  });

  it('fences off a second agent with another database while the first is live', async () => {
    const first = await station({ instanceId: 'database-one' });
    await until('born', async () => (await view(first.device)).instanceId === 'database-one');
    const second = await connectStation(hub.url, first.device, { instanceId: 'database-two', birth: false });
    const ended = closing(second.client);
    second.client.publish(
      stateTopic(first.device),
      JSON.stringify({ device: first.device, online: true, epoch: 1, instanceId: 'database-two' }),
      { qos: 1, retain: true },
    );
    await ended;
    await first.send(MSG_TYPE.STATION_INFO, {}, 0);
    await until('the first goes on', () => first.isAcked(0));
    expect((await view(first.device)).instanceId).toBe('database-one');
    await alarmed(first.device, 'duplicate-identity');
  });

  it('lets a live agent stay when another comes under its very client id; the same agent replaces itself', async () => {
    const mqtt = { clientId: 'vb-same' };
    const first = await station({ instanceId: 'database-one', mqtt });
    await until('born', async () => (await view(first.device)).instanceId === 'database-one');
    const second = await connectStation(hub.url, first.device, {
      instanceId: 'database-two',
      birth: false,
      mqtt,
    });
    const ended = closing(second.client);
    const birth = { device: first.device, online: true, epoch: 1, instanceId: 'database-two' };
    second.client.publish(stateTopic(first.device), JSON.stringify(birth), { qos: 1, retain: true });
    await ended;
    await first.send(MSG_TYPE.STATION_INFO, {}, 0);
    await until('the first goes on', () => first.isAcked(0));
    expect((await view(first.device)).instanceId).toBe('database-one');
    // After a half-open connection the broker still holds the old session of the agent that comes back.
    const replaced = closing(first.client);
    const again = await connectStation(hub.url, first.device, { instanceId: 'database-one', mqtt });
    open.push(again);
    await replaced;
    await again.send(MSG_TYPE.STATION_INFO, {}, 1);
    await until('acknowledged', () => again.isAcked(1));
    await hub.ingest.settled();
    expect((await view(first.device)).online).toBe(true);
  });

  it('refuses an agent on a copy of the database while the other is live, and takes no message of it', async () => {
    const first = await station({ epoch: 7, starts: ['s6', 's7'] });
    await until('born', async () => (await view(first.device)).startId === 's7');
    // Copied before the seventh start: it counts the same epoch.
    const copy = { device: first.device, online: true, epoch: 7, instanceId: `instance-${first.device}` };
    const second = await connectStation(hub.url, first.device, { epoch: 7, birth: false });
    const ended = closing(second.client);
    const birth = JSON.stringify({ ...copy, starts: ['s6', 'copy-7'] });
    second.client.publish(stateTopic(first.device), birth, { qos: 1, retain: true });
    await ended;
    await first.send(MSG_TYPE.STATION_INFO, {}, 0);
    await until('the first goes on', () => first.isAcked(0));
    expect(await view(first.device)).toMatchObject({ startId: 's7', incarnation: 0 });
    await alarmed(first.device, 'cloned-database');
    // Its own next start is no copy: it replaces what is left of the session before.
    const replaced = closing(first.client);
    const next = await connectStation(hub.url, first.device, { epoch: 8, starts: ['s6', 's7', 's8'] });
    open.push(next);
    await replaced;
    await next.send(MSG_TYPE.STATION_INFO, {}, 0);
    await until('acknowledged', () => next.isAcked(0));
    expect(await view(first.device)).toMatchObject({ startId: 's8', incarnation: 0 });
    // A copy that comes when nobody is there works, with numbers of its own.
    await next.close();
    await until('gone', async () => !(await view(first.device)).online);
    const restored = await connectStation(hub.url, first.device, {
      epoch: 8,
      starts: ['s6', 'copy-7', 'copy-8'],
    });
    open.push(restored);
    await restored.send(MSG_TYPE.STATION_INFO, {}, 0);
    await until('acknowledged', () => restored.isAcked(0));
    expect(await view(first.device)).toMatchObject({ startId: 'copy-8', incarnation: 1 });
  });

  it('a replaced database starts its numbers anew and loses nothing', async () => {
    const first = await station({ instanceId: 'database-one' });
    await first.send(MSG_TYPE.STATION_INFO, { station: { mainsOn: true } }, 0);
    await until('stored', () => first.isAcked(0));
    await first.close();
    await until('gone', async () => !(await view(first.device)).online);
    const second = await connectStation(hub.url, first.device, { instanceId: 'database-two' });
    open.push(second);
    await second.send(MSG_TYPE.STATION_INFO, { station: { mainsOn: false } }, 0);
    await until('stored', () => second.isAcked(0));
    expect((await stored(first.device)).map(({ json }) => JSON.parse(json))).toEqual([
      { station: { mainsOn: true } },
      { station: { mainsOn: false } },
    ]);
  });

  it('two devices with one client id do not close each other', async () => {
    const one = await station({ mqtt: { clientId: 'same' } });
    const two = await station({ mqtt: { clientId: 'same' } });
    await one.send(MSG_TYPE.STATION_INFO, {}, 0);
    await two.send(MSG_TYPE.STATION_INFO, {}, 0);
    await until('both live', () => one.isAcked(0) && two.isAcked(0));
  });
});

import { controlTopic, infoTopic, MSG_TYPE, stateTopic } from '@voltbay/protocol';
import { connectAsync } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { closing, connectStation, until } from './station-traffic.js';
import { openTrafficSite, type TrafficSite } from './support/traffic-site.js';

let site: TrafficSite;
beforeAll(async () => {
  site = await openTrafficSite();
});
afterEach(() => site.leave());
afterAll(() => site.close());

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
    const agent = await site.station();
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
      const live = await site.view(agent.device);
      return live.online && Object.keys(live.slots).length === 2;
    });
    const facts = await site.hub.stations.get(agent.device);
    expect(facts).toMatchObject({ online: true, lifecycle: 'live' });
    expect((await site.view(agent.device)).info).toMatchObject({ mainsOn: true });
    await until('goodbye', async () => {
      if (agent.client.connected) agent.client.stream.destroy();
      return !(await site.view(agent.device)).online;
    });
  });

  it('a station written to the seed alone is seen, and gets commands on the bare topic when marked shared', async () => {
    const seed = await site.station({ birth: false, subscribe: false, topics: 'shared' });
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
      const live = await site.view(seed.device);
      return live.online && live.readings['1']?.maxVol === 3_650;
    });
    const [message] = await site.stored(seed.device);
    expect(message).toMatchObject({ epoch: null, seq: null, type: 0 });
    expect(Math.abs(Date.now() - Date.parse(message?.at ?? ''))).toBeLessThan(60_000);
    const sent = await site.hub.commands.send({
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
    const listener = await site.station({ birth: false, subscribe: false, topics: 'shared' });
    await listener.client.subscribeAsync('control', { qos: 1 });
    const info = JSON.stringify({ device: listener.device, type: 0, data: {}, time: '2016-2-1' });
    for (let times = 0; times < 3; times++) {
      const publisher = await connectStation(site.hub.url, listener.device, {
        birth: false,
        subscribe: false,
      });
      await publisher.client.publishAsync('info', info, { qos: 1 });
      await publisher.client.endAsync();
    }
    await until('stored', async () => (await site.stored(listener.device)).length === 3);
    await site.hub.ingest.settled();
    expect((await site.view(listener.device)).online).toBe(true);
    await site.hub.commands.send({
      device: listener.device,
      tenantId: 'demo',
      type: MSG_TYPE.SERVER_ASK_INFO,
      by: 'test',
    });
    await until('command', () => listener.commands().length === 1);
    expect(listener.commands()[0]).toMatchObject({ topic: 'control', type: 2 });
    await listener.close();
    await until('offline', async () => !(await site.view(listener.device)).online);
  });

  it('refuses a message that names another device, on the bare and on its own topic', async () => {
    const victim = await site.station();
    const liar = await site.station();
    const forged = JSON.stringify({ device: victim.device, type: 0, data: {}, time: '2016-2-1' });
    await liar.client.publishAsync('info', forged, { qos: 1 });
    await liar.client.publishAsync(infoTopic(liar.device), forged, { qos: 1 });
    await liar.client.publishAsync(infoTopic(victim.device), forged, { qos: 1 });
    await liar.send(MSG_TYPE.STATION_INFO, {}, 0);
    await until('own message acknowledged', () => liar.isAcked(0));
    expect(await site.stored(victim.device)).toEqual([]);
    expect(site.hub.ingest.stats()).toMatchObject({ refused_SPOOFED_DEVICE: 2, refused_FOREIGN_TOPIC: 1 });
  });

  it('refuses wrong passwords, unknown stations and anonymous clients', async () => {
    const known = await site.station();
    for (const login of [
      { username: known.device, password: 'wrong' },
      { username: 'nobody', password: 'secret-nobody' },
      {},
    ])
      await expect(
        connectAsync(site.hub.url, { ...login, protocolVersion: 4, reconnectPeriod: 0 }, false),
      ).rejects.toMatchObject({ code: 5 });
  });

  it('keeps foreign topics, wildcards, $share and $SYS closed', async () => {
    const agent = await site.station();
    const other = await site.station();
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
    const later = await site.station({ birth: false, subscribe: false });
    const heard: string[] = [];
    later.client.on('message', (topic) => heard.push(topic));
    await later.client.subscribeAsync([controlTopic(later.device), stateTopic(later.device)], { qos: 1 });
    await agent.send(MSG_TYPE.STATION_INFO, {}, 0);
    await until('session kept', () => agent.isAcked(0));
    expect(heard).toEqual([]);
    expect(other.downlinks).toEqual([]);
  });

  it('a retained control message planted by a station reaches nobody', async () => {
    const agent = await site.station();
    await agent.client.publishAsync(controlTopic(agent.device), '{"planted":true}', { qos: 1, retain: true });
    const again = await connectStation(site.hub.url, agent.device, { birth: false });
    site.join(again);
    await again.send(MSG_TYPE.STATION_INFO, {}, 5);
    await until('acknowledged', () => agent.isAcked(5) || again.isAcked(5));
    expect([...agent.downlinks, ...again.downlinks].filter((each) => 'planted' in each)).toEqual([]);
  });

  it('keeps the birth retained for its owner', async () => {
    const agent = await site.station();
    const heard: string[] = [];
    agent.client.on('message', (topic) => heard.push(topic));
    await agent.client.subscribeAsync(stateTopic(agent.device), { qos: 1 });
    await until('retained birth', () => heard.includes(stateTopic(agent.device)));
  });

  it('refuses malformed, oversized, deep and __proto__ payloads and keeps the session', async () => {
    const agent = await site.station();
    const before = site.hub.ingest.stats();
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
    const after = site.hub.ingest.stats();
    expect((after.refused ?? 0) - (before.refused ?? 0)).toBe(6);
    expect(after.refused_TOO_LARGE).toBe(1);
    expect(agent.client.connected).toBe(true);
    expect(await site.stored(agent.device)).toHaveLength(1);
    expect(({} as Record<string, unknown>).device).toBeUndefined();
  });

  it('answers refused rows by number, so that the station can set them aside', async () => {
    const agent = await site.station();
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
    const agent = await site.station();
    const ended = closing(agent.client);
    const startedAt = Date.now();
    site.hub.secrets.revoke(agent.device);
    await ended;
    // The promise is five seconds; a busy machine gets some slack.
    expect(Date.now() - startedAt).toBeLessThan(15_000);
    await expect(connectStation(site.hub.url, agent.device)).rejects.toMatchObject({ code: 5 });
    await until('offline', async () => !(await site.view(agent.device)).online);
  });
});

import { MSG_TYPE, stateTopic } from '@voltbay/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { closing, connectStation, until } from './station-traffic.js';
import { openTrafficSite, type TrafficSite } from './support/traffic-site.js';

let site: TrafficSite;
beforeAll(async () => {
  site = await openTrafficSite();
});
afterEach(() => site.leave());
afterAll(() => site.close());

describe('who a station is', () => {
  it('a newer session of the same agent takes over; the will of the old one says nothing', async () => {
    const first = await site.station({ epoch: 7 });
    await until('born', async () => (await site.view(first.device)).epoch === 7);
    const ended = closing(first.client);
    const second = await connectStation(site.hub.url, first.device, { epoch: 8 });
    site.join(second);
    await ended;
    await second.send(MSG_TYPE.STATION_INFO, {}, 0);
    await until('acknowledged', () => second.isAcked(0));
    await site.hub.ingest.settled();
    expect(await site.view(first.device)).toMatchObject({ online: true, epoch: 8 });
  });

  it('ignores a will of an older epoch', async () => {
    const agent = await site.station({ epoch: 5 });
    await until('born', async () => (await site.view(agent.device)).epoch === 5);
    await agent.client.publishAsync(
      stateTopic(agent.device),
      JSON.stringify({ device: agent.device, online: false, epoch: 4, reason: 'stopping' }),
      { qos: 1, retain: true },
    );
    await agent.send(MSG_TYPE.STATION_INFO, {}, 0);
    await until('acknowledged', () => agent.isAcked(0));
    await site.hub.ingest.settled();
    expect((await site.view(agent.device)).online).toBe(true);
  });

  it('fences off a second agent with another database while the first is live', async () => {
    const first = await site.station({ instanceId: 'database-one' });
    await until('born', async () => (await site.view(first.device)).instanceId === 'database-one');
    const second = await connectStation(site.hub.url, first.device, {
      instanceId: 'database-two',
      birth: false,
    });
    const ended = closing(second.client);
    second.client.publish(
      stateTopic(first.device),
      JSON.stringify({ device: first.device, online: true, epoch: 1, instanceId: 'database-two' }),
      { qos: 1, retain: true },
    );
    await ended;
    await first.send(MSG_TYPE.STATION_INFO, {}, 0);
    await until('the first goes on', () => first.isAcked(0));
    expect((await site.view(first.device)).instanceId).toBe('database-one');
    await site.alarmed(first.device, 'duplicate-identity');
  });

  it('lets a live agent stay when another comes under its very client id; the same agent replaces itself', async () => {
    const mqtt = { clientId: 'vb-same' };
    const first = await site.station({ instanceId: 'database-one', mqtt });
    await until('born', async () => (await site.view(first.device)).instanceId === 'database-one');
    const second = await connectStation(site.hub.url, first.device, {
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
    expect((await site.view(first.device)).instanceId).toBe('database-one');
    // After a half-open connection the broker still holds the old session of the agent that comes back.
    const replaced = closing(first.client);
    const again = await connectStation(site.hub.url, first.device, { instanceId: 'database-one', mqtt });
    site.join(again);
    await replaced;
    await again.send(MSG_TYPE.STATION_INFO, {}, 1);
    await until('acknowledged', () => again.isAcked(1));
    await site.hub.ingest.settled();
    expect((await site.view(first.device)).online).toBe(true);
  });

  it('refuses an agent on a copy of the database while the other is live, and takes no message of it', async () => {
    const first = await site.station({ epoch: 7, starts: ['s6', 's7'] });
    await until('born', async () => (await site.view(first.device)).startId === 's7');
    // Copied before the seventh start: it counts the same epoch.
    const copy = { device: first.device, online: true, epoch: 7, instanceId: `instance-${first.device}` };
    const second = await connectStation(site.hub.url, first.device, { epoch: 7, birth: false });
    const ended = closing(second.client);
    const birth = JSON.stringify({ ...copy, starts: ['s6', 'copy-7'] });
    second.client.publish(stateTopic(first.device), birth, { qos: 1, retain: true });
    await ended;
    await first.send(MSG_TYPE.STATION_INFO, {}, 0);
    await until('the first goes on', () => first.isAcked(0));
    expect(await site.view(first.device)).toMatchObject({ startId: 's7', incarnation: 0 });
    await site.alarmed(first.device, 'cloned-database');
    // Its own next start is no copy: it replaces what is left of the session before.
    const replaced = closing(first.client);
    const next = await connectStation(site.hub.url, first.device, { epoch: 8, starts: ['s6', 's7', 's8'] });
    site.join(next);
    await replaced;
    await next.send(MSG_TYPE.STATION_INFO, {}, 0);
    await until('acknowledged', () => next.isAcked(0));
    expect(await site.view(first.device)).toMatchObject({ startId: 's8', incarnation: 0 });
    // A copy that comes when nobody is there works, with numbers of its own.
    await next.close();
    await until('gone', async () => !(await site.view(first.device)).online);
    const restored = await connectStation(site.hub.url, first.device, {
      epoch: 8,
      starts: ['s6', 'copy-7', 'copy-8'],
    });
    site.join(restored);
    await restored.send(MSG_TYPE.STATION_INFO, {}, 0);
    await until('acknowledged', () => restored.isAcked(0));
    expect(await site.view(first.device)).toMatchObject({ startId: 'copy-8', incarnation: 1 });
  });

  it('a replaced database starts its numbers anew and loses nothing', async () => {
    const first = await site.station({ instanceId: 'database-one' });
    await first.send(MSG_TYPE.STATION_INFO, { station: { mainsOn: true } }, 0);
    await until('stored', () => first.isAcked(0));
    await first.close();
    await until('gone', async () => !(await site.view(first.device)).online);
    const second = await connectStation(site.hub.url, first.device, { instanceId: 'database-two' });
    site.join(second);
    await second.send(MSG_TYPE.STATION_INFO, { station: { mainsOn: false } }, 0);
    await until('stored', () => second.isAcked(0));
    expect((await site.stored(first.device)).map(({ json }) => JSON.parse(json))).toEqual([
      { station: { mainsOn: true } },
      { station: { mainsOn: false } },
    ]);
  });

  it('two devices with one client id do not close each other', async () => {
    const one = await site.station({ mqtt: { clientId: 'same' } });
    const two = await site.station({ mqtt: { clientId: 'same' } });
    await one.send(MSG_TYPE.STATION_INFO, {}, 0);
    await two.send(MSG_TYPE.STATION_INFO, {}, 0);
    await until('both live', () => one.isAcked(0) && two.isAcked(0));
  });
});

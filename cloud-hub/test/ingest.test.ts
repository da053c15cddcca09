import { MSG_TYPE } from '@voltbay/protocol';
import { MongoNetworkError } from 'mongodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  deadLettersCollection,
  ingestRunsCollection,
  messagesCollection,
} from '../src/ingest/message-document.js';
import type { OrderProgress } from '../src/ports.js';
import { alarmId } from '../src/stations/alarms.js';
import { alarmsCollection, stationLiveCollection } from '../src/stations/station-documents.js';
import {
  connectStation,
  createOrderRecorder,
  createSecretBook,
  openTestDatabase,
  startTraffic,
  type Traffic,
  until,
} from './station-traffic.js';

let store: Awaited<ReturnType<typeof openTestDatabase>>;
const hubs: Traffic[] = [];
const open: { close(): Promise<unknown> }[] = [];

beforeEach(async () => {
  store = await openTestDatabase();
});
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
  for (const hub of hubs.splice(0)) await hub.stop();
  await store.close();
});

async function start(options: Partial<Parameters<typeof startTraffic>[0]> = {}): Promise<Traffic> {
  const hub = await startTraffic({ database: store.database, ...options });
  hubs.push(hub);
  await hub.addStation('s1');
  return hub;
}
async function connect(hub: Traffic, options: Parameters<typeof connectStation>[2] = {}, device = 's1') {
  const client = await connectStation(hub.url, device, options);
  open.push(client);
  return client;
}
const messages = () => store.database.collection(messagesCollection);
const swap = (step: string, extra: Record<string, unknown> = {}) => ({
  kind: 'swap',
  step,
  swapId: 'w-1',
  orderId: 'o-1',
  at: new Date().toISOString(),
  ...extra,
});

/** The database with inserts of messages held back or failing until released. */
function gateInserts() {
  let release: () => void = () => undefined;
  let held = 0;
  let failures = 0;
  let gate: Promise<void> = Promise.resolve();
  const database = {
    ...store.database,
    collection: ((spec: { name: string }) => {
      const collection = store.database.db.collection(spec.name);
      if (spec.name !== 'messages') return collection;
      return new Proxy(collection, {
        get(target, name) {
          if (name !== 'insertMany')
            return Reflect.get(target, name).bind?.(target) ?? Reflect.get(target, name);
          return async (...args: Parameters<typeof target.insertMany>) => {
            held++;
            await gate;
            const result = await target.insertMany(...args);
            // The write happened and its answer got lost: the worst kind of failure.
            if (failures-- > 0) throw new MongoNetworkError('connection reset');
            return result;
          };
        },
      });
    }) as typeof store.database.collection,
  };
  return {
    database,
    held: () => held,
    fail(times: number) {
      failures = times;
    },
    hold() {
      gate = new Promise((resolve) => {
        release = resolve;
      });
    },
    release: () => release(),
  };
}

describe('ingest', () => {
  it('stores a message once however often it is sent, and acknowledges every time', async () => {
    const hub = await start();
    const agent = await connect(hub);
    for (let round = 0; round < 5; round++) {
      const acksBefore = agent.acks().length;
      await agent.send(MSG_TYPE.STATION_EVENT, swap('accepted'), 0);
      await until(`acknowledged again (${round})`, () => agent.acks().length > acksBefore);
    }
    const again = await connect(hub, { epoch: 1 });
    await again.send(MSG_TYPE.STATION_EVENT, swap('accepted'), 0);
    await until('acknowledged to another session', () => again.isAcked(0));
    expect(await messages().countDocuments({ device: 's1' })).toBe(1);
    await hub.ingest.settled();
    expect(hub.orders.swaps).toHaveLength(1);
  });

  it('knows what is stored after a restart, from the database alone', async () => {
    const first = await start();
    const agent = await connect(first);
    for (const seq of [0, 1, 2, 4]) await agent.send(MSG_TYPE.STATION_INFO, {}, seq);
    await until('stored', () => agent.isAcked(4));
    await agent.close();
    await first.stop();
    const second = await start({ secrets: first.secrets });
    const again = await connect(second);
    await again.send(MSG_TYPE.STATION_INFO, {}, 1);
    await until('acknowledged', () => again.isAcked(1));
    expect(again.acks()[0]).toMatchObject({ epoch: 1, upTo: 2 });
    await again.send(MSG_TYPE.STATION_INFO, {}, 3);
    await until('gap filled', () => again.acks().at(-1)?.upTo === 4);
    expect(await messages().countDocuments({ device: 's1' })).toBe(5);
  });

  it('acknowledges out of order with `also`, and moves on when the gap is filled', async () => {
    const hub = await start();
    const agent = await connect(hub);
    await agent.send(MSG_TYPE.STATION_INFO, {}, 0);
    await agent.send(MSG_TYPE.STATION_INFO, {}, 3);
    await until('both', () => agent.isAcked(0) && agent.isAcked(3));
    const last = agent.acks().at(-1);
    expect(last).toMatchObject({ upTo: 0, also: [3] });
    expect(agent.isAcked(1)).toBe(false);
    expect(hub.ingest.stats().gaps).toBe(1);
    await agent.send(MSG_TYPE.STATION_INFO, {}, 2);
    await agent.send(MSG_TYPE.STATION_INFO, {}, 1);
    await until('no gap', () => agent.acks().at(-1)?.upTo === 3);
    expect(hub.ingest.stats().gaps).toBe(0);
  });

  it('takes thinned ranges for filled', async () => {
    const hub = await start();
    const agent = await connect(hub);
    await agent.send(MSG_TYPE.STATION_INFO, {}, 0);
    await agent.send(
      MSG_TYPE.STATION_EVENT,
      { kind: 'thinned', epoch: 1, ranges: [[1, 40]], count: 40, at: new Date().toISOString() },
      41,
    );
    await until('over the thinned rows', () => agent.acks().at(-1)?.upTo === 41);
  });

  it('does not acknowledge before the write, and a lost connection loses nothing', async () => {
    const gate = gateInserts();
    const hub = await start({ database: gate.database });
    const agent = await connect(hub);
    gate.hold();
    await agent.send(MSG_TYPE.STATION_EVENT, swap('accepted'), 0);
    await until('write begun', () => gate.held() === 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(agent.acks()).toEqual([]);
    await agent.close();
    gate.release();
    const again = await connect(hub);
    await again.send(MSG_TYPE.STATION_EVENT, swap('accepted'), 0);
    await until('acknowledged', () => again.isAcked(0));
    expect(await messages().countDocuments({ device: 's1' })).toBe(1);
  });

  it('holds publishers back while the store is slow: memory stays bounded, nothing is lost', async () => {
    const gate = gateInserts();
    const hub = await start({
      database: gate.database,
      limits: { maxQueued: 50, maxBatch: 50, maxQueuedBytes: 1_000_000 },
    });
    const agent = await connect(hub);
    gate.hold();
    const total = 2_000;
    const filler = 'x'.repeat(2_000);
    for (let seq = 0; seq < total; seq++)
      agent
        .send(
          MSG_TYPE.STATION_LOG,
          { lines: [{ at: new Date().toISOString(), level: 'info', msg: filler }] },
          seq,
        )
        .catch(() => undefined);
    await until('queue full', () => (hub.ingest.stats().held ?? 0) > 0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { queued = 0, queuedBytes = 0 } = hub.ingest.stats();
    // At most the limit and what one socket read brought.
    expect(queued).toBeLessThan(150);
    expect(queuedBytes).toBeLessThan(400_000);
    gate.release();
    await until('all acknowledged', () => agent.acks().at(-1)?.upTo === total - 1, 60_000);
    expect(await messages().countDocuments({ device: 's1' })).toBe(total);
  }, 90_000);

  it('acknowledges a burst of 2 000 messages in coalesced batches', async () => {
    const hub = await start();
    const agent = await connect(hub);
    const total = 2_000;
    for (let seq = 0; seq < total; seq++)
      agent
        .send(MSG_TYPE.TELEMETRY, { readings: [{ slot: 1, serial: 'VB-1', socPct: seq % 100 }] }, seq)
        .catch(() => undefined);
    await until(
      'all acknowledged',
      () => agent.isAcked(total - 1) && agent.acks().at(-1)?.upTo === total - 1,
      60_000,
    );
    const stats = hub.ingest.stats();
    expect(stats).toMatchObject({ stored: total, duplicates: 0 });
    expect(stats.acks).toBeLessThan(total / 4);
    expect(await messages().countDocuments({ device: 's1' })).toBe(total);
    await hub.ingest.settled();
    const live = await store.database.collection(stationLiveCollection).findOne({ _id: 's1' });
    expect(live).toMatchObject({ seq: total - 1, readings: { '1': { socPct: (total - 1) % 100 } } });
  }, 90_000);

  it('tries again while the store fails, and still stores and projects once', async () => {
    const flaky = gateInserts();
    const hub = await start({ database: flaky.database });
    const agent = await connect(hub);
    flaky.fail(1);
    await agent.send(MSG_TYPE.STATION_EVENT, swap('accepted'), 0);
    await until('acknowledged', () => agent.isAcked(0), 30_000);
    expect(hub.ingest.stats().storeRetries).toBeGreaterThan(0);
    expect(await messages().countDocuments({ device: 's1' })).toBe(1);
    await hub.ingest.settled();
    expect(hub.orders.swaps).toHaveLength(1);
  }, 40_000);

  it('a killed hub’s stored but unprojected messages are finished at the next start', async () => {
    const secrets = createSecretBook();
    let reached = 0;
    const stuck: OrderProgress = {
      onSwapEvent: () => {
        reached++;
        return new Promise(() => undefined);
      },
      onCommandSettled: async () => undefined,
    };
    const first = await startTraffic({ database: store.database, secrets, orders: stuck });
    await first.addStation('s1');
    const agent = await connectStation(first.url, 's1');
    await agent.send(MSG_TYPE.STATION_EVENT, swap('dispensed', { packId: 'VB-9', slot: 3 }), 0);
    await agent.send(
      MSG_TYPE.STATION_EVENT,
      { kind: 'alarm', code: 'smoke', state: 'raised', severity: 'critical', at: new Date().toISOString() },
      1,
    );
    await until('acknowledged, not projected', () => agent.isAcked(0) && agent.isAcked(1) && reached === 1);
    await agent.close();
    // As after a kill: the run's document stays open, nothing more is projected.
    await first.link.stop();
    const recorder = createOrderRecorder();
    const second = await startTraffic({ database: store.database, secrets, orders: recorder });
    hubs.push(second);
    expect(recorder.swaps).toMatchObject([
      { device: 's1', seq: 0, event: { step: 'dispensed', packId: 'VB-9' } },
    ]);
    const alarm = await store.database
      .collection(alarmsCollection)
      .findOne({ _id: alarmId({ device: 's1', code: 'smoke' }) });
    expect(alarm).toMatchObject({ state: 'raised', severity: 'critical', count: 1 });
    const runs = await store.database.collection(ingestRunsCollection).find({}).toArray();
    expect(runs.filter(({ closed }) => closed)).toHaveLength(1);
    await second.stop();
    const third = await startTraffic({ database: store.database, secrets });
    hubs.push(third);
    expect(third.orders.swaps).toEqual([]);
  });

  it('hands swap events on in the station’s order, and sets a poisoned one aside so that later ones flow', async () => {
    const steps: string[] = [];
    const orders: OrderProgress = {
      async onSwapEvent(_source, event) {
        if (event.step === 'returned') throw new Error('poisoned');
        steps.push(event.step);
      },
      onCommandSettled: async () => undefined,
    };
    const hub = await start({ orders });
    const agent = await connect(hub);
    for (const [seq, step] of [
      'accepted',
      'return-door-released',
      'returned',
      'dispensed',
      'completed',
    ].entries())
      await agent.send(MSG_TYPE.STATION_EVENT, swap(step), seq);
    await until('last step', () => steps.includes('completed'), 30_000);
    expect([...new Set(steps)]).toEqual(['accepted', 'return-door-released', 'dispensed', 'completed']);
    await hub.ingest.settled();
    const dead = await store.database.collection(deadLettersCollection).find({}).toArray();
    expect(dead).toMatchObject([{ projection: 'orders', device: 's1', error: 'poisoned' }]);
  }, 40_000);

  it('historical and late messages do not overwrite the newer live state', async () => {
    const hub = await start();
    const agent = await connect(hub);
    const info = (mainsOn: boolean) => ({ station: { mainsOn } });
    await agent.send(MSG_TYPE.STATION_INFO, info(true), 10);
    await agent.send(MSG_TYPE.STATION_INFO, info(false), 3);
    await agent.send(MSG_TYPE.STATION_INFO, info(false), 11, { historical: true });
    await until('stored', () => agent.isAcked(11) && agent.isAcked(3));
    await hub.ingest.settled();
    const live = await store.database.collection(stationLiveCollection).findOne({ _id: 's1' });
    expect(live?.info).toEqual({ mainsOn: true });
  });

  it('raises an alarm once, clears it, and ignores a late repeat', async () => {
    const hub = await start();
    const agent = await connect(hub);
    const alarm = (state: string, at: string) => ({
      kind: 'alarm',
      code: 'pack-over-temperature',
      state,
      severity: 'critical',
      slot: 2,
      at,
    });
    const times = ['2026-11-22T08:00:00.000Z', '2026-11-22T08:00:05.000Z', '2026-11-22T08:00:09.000Z'];
    await agent.send(MSG_TYPE.STATION_EVENT, alarm('raised', times[0] ?? ''), 0, { time: times[0] });
    await agent.send(MSG_TYPE.STATION_EVENT, alarm('cleared', times[2] ?? ''), 1, { time: times[2] });
    await agent.send(MSG_TYPE.STATION_EVENT, alarm('raised', times[1] ?? ''), 2, { time: times[1] });
    await until('stored', () => agent.isAcked(2));
    await hub.ingest.settled();
    const found = await store.database.collection(alarmsCollection).find({ stationId: 's1' }).toArray();
    expect(found).toMatchObject([
      { state: 'cleared', count: 1, slot: 2, raisedAt: times[0], clearedAt: times[2] },
    ]);
  });

  it('two hub processes on one database store a message once and both acknowledge it', async () => {
    const secrets = createSecretBook();
    const one = await start({ secrets });
    const two = await startTraffic({ database: store.database, secrets });
    hubs.push(two);
    const a = await connect(one);
    const b = await connectStation(two.url, 's1');
    open.push(b);
    await Promise.all(
      Array.from({ length: 50 }, (_, seq) =>
        Promise.all([
          a.send(MSG_TYPE.STATION_EVENT, swap('accepted'), seq),
          b.send(MSG_TYPE.STATION_EVENT, swap('accepted'), seq),
        ]),
      ),
    );
    await until('both acknowledged', () => a.isAcked(49) && b.isAcked(49));
    expect(await messages().countDocuments({ device: 's1' })).toBe(50);
    await one.ingest.settled();
    await two.ingest.settled();
    expect(one.orders.swaps.length + two.orders.swaps.length).toBe(50);
  });
});

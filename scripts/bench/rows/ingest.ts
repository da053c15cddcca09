import { MongoClient } from 'mongodb';
import { uuidv7 } from 'uuidv7';
import { enrolFleet } from '../../../simulators/dist/fleet/enrol-fleet.js';
import { needsMosquitto, startHub, startMosquitto, startPeer, startStore } from '../processes.js';
import type { Row, RowContext, Sample, Side, Sides } from '../row.js';
import { openUplinkLine } from '../uplink-line.js';
import { connectStations } from '../uplink-load.js';
import { measured, untilIdle } from '../usage.js';

const STATIONS = 20;
const PER_STATION = { short: 50, normal: 300, long: 1_500 };
/** As many messages in one insert as the hub's own batches hold. */
const MAX_BATCH = 1_000;
const DB = 'bench';

export const ingest: Row = {
  name: 'ingest',
  title: 'MQTT in → durable → SERVER_ACK, against a bare subscriber with bulk inserts of the same durability',
  unit: 'messages/s',
  target: { atLeast: 0.8 },
  rounds: 5,
  warmUps: 4,
  unavailable: needsMosquitto,
  prepare: (context) =>
    againstStoringPeer(context, (root, dir, settings) =>
      startPeer(root, dir, 'bare-ingest.mjs', { ...settings, maxBatch: MAX_BATCH }),
    ),
};

export interface StoringPeerSettings {
  storeUri: string;
  mqttUrl: string;
  /** What it subscribes to. */
  topic: string;
  /** Where it says how many messages it has stored so far. */
  doneTopic: string;
}

/**
 * One broker (Mosquitto) and one document server for both sides; the hub and the peer are processes of their own. A round sends the same
 * number of messages over the same number of connections, and ends when the last one is known to be stored.
 */
export async function againstStoringPeer(
  context: RowContext,
  startOther: (
    root: string,
    dir: string,
    settings: StoringPeerSettings,
  ) => Promise<{ pid: number; stop(): Promise<void> }>,
): Promise<Sides> {
  const { root, dir } = context;
  const closers: (() => Promise<unknown>)[] = [];
  const broker = await startMosquitto(dir);
  closers.push(broker.stop);
  const store = await startStore(root, dir);
  closers.push(() => store.stop());
  const hub = await startHub(root, dir, {
    MQTT_URL: broker.url,
    MONGODB_URI: store.ready.uri,
    VOLTBAY_DB: DB,
  });
  closers.push(() => hub.stop());
  const settings = {
    storeUri: store.ready.uri,
    mqttUrl: broker.url,
    topic: 'peer/info/+',
    doneTopic: 'peer/done',
  };
  const other = await startOther(root, dir, settings);
  closers.push(() => other.stop());
  const client = await new MongoClient(store.ready.uri).connect();
  closers.push(() => client.close());

  const operator = { username: 'admin', password: 'voltbay-demo' };
  const enrolled = await enrolFleet({
    apiUrl: hub.ready.apiUrl,
    operator,
    count: STATIONS,
    prefix: 'bench-',
  });
  const devices = enrolled.map(({ device }) => device);
  const toHub = await connectStations({ mqttUrl: broker.url, devices });
  closers.push(toHub.close);
  const toPeer = await connectStations({
    mqttUrl: broker.url,
    devices: devices.map((device) => `peer-${device}`),
    topicOf: (device) => `peer/info/${device}`,
  });
  closers.push(toPeer.close);
  const stored = await watchStored(broker.url, settings.doneTopic);
  closers.push(stored.close);

  const perStation = PER_STATION[context.size];
  const count = STATIONS * perStation;
  const messagesOf = (name: string) => client.db(name).collection('messages');
  const ours: Side = {
    async round() {
      await untilIdle([hub.pid, other.pid, store.pid]);
      const before = await messagesOf(DB).countDocuments({ device: { $in: devices } });
      const messages = toHub.make(perStation);
      const run = await measured([hub.pid, store.pid], async () => {
        await toHub.send(messages);
        await toHub.acknowledged();
      });
      const after = await messagesOf(DB).countDocuments({ device: { $in: devices } });
      return sample(run, count, after - before - toHub.refused());
    },
  };
  let expected = 0;
  const peer: Side = {
    async round() {
      // What the hub still projects of its own round is not the peer's burden.
      await untilIdle([hub.pid, other.pid, store.pid]);
      const before = await messagesOf('bare').countDocuments({});
      const messages = toPeer.make(perStation);
      expected += count;
      const run = await measured([other.pid, store.pid], async () => {
        await toPeer.send(messages);
        await stored.reached(expected);
      });
      const after = await messagesOf('bare').countDocuments({});
      return sample(run, count, after - before);
    },
  };
  return {
    ours,
    peer,
    note: `${STATIONS} stations, ${count} messages a round, Mosquitto, one document server for both`,
    async close() {
      for (const close of closers.reverse()) await close();
    },
  };
}

function sample(
  run: { elapsedMs: number; cpuUs: number; rssMiB: number },
  count: number,
  storedCount: number,
): Sample {
  return {
    value: (count * 1000) / run.elapsedMs,
    cpuUsPerOperation: run.cpuUs / count,
    rssMiB: run.rssMiB,
    lost: Math.max(0, count - storedCount),
    duplicated: Math.max(0, storedCount - count),
  };
}

async function watchStored(url: string, topic: string) {
  let stored = 0;
  let notify = (): void => {};
  const line = await openUplinkLine({
    url,
    clientId: `bench-watch-${uuidv7()}`,
    onMessage(payload) {
      stored = Math.max(stored, Number(payload.toString('utf8')));
      notify();
    },
  });
  await line.subscribe(topic);
  return {
    reached: (count: number) =>
      new Promise<void>((resolve) => {
        notify = () => {
          if (stored >= count) resolve();
        };
        notify();
      }),
    close: line.close,
  };
}

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { enrolFleet } from '../../../simulators/dist/fleet/enrol-fleet.js';
import type { Child } from '../../../simulators/dist/network/child.js';
import { DEMO } from '../../../simulators/dist/network/demo-accounts.js';
import type { HubReady } from '../../../simulators/dist/network/network.js';
import { needsMosquitto, startHub, startMosquitto, startStore } from '../processes.js';
import type { Row, RowContext, Sample, Sides } from '../row.js';
import { connectStations } from '../uplink-load.js';
import { untilIdle, usageOf } from '../usage.js';

const HUBS = 3;
const STATIONS = 30;
const PER_STATION = { short: 50, normal: 400, long: 2_000 };
/** A process is killed so long after the start of a round, and the next one so long after it is back. */
const KILL_EVERY_MS = 1_000;
/** What was not acknowledged for so long is sent again: the agent's own time is longer, and kills are rarer. */
const SEND_AGAIN_MS = 2_000;
const DB = 'bench';

const scaleOutRow = (row: Pick<Row, 'name' | 'title' | 'target'>, options: { kills: boolean }): Row => ({
  ...row,
  unit: 'messages/s',
  rounds: 5,
  onlyByName: true,
  unavailable: needsMosquitto,
  async prepare(context): Promise<Sides> {
    const many = await startHubs(context, join(context.dir, 'many'), HUBS);
    const one = await startHubs(context, join(context.dir, 'one'), 1);
    let killed = 0;
    return {
      ours: {
        async round() {
          const { sample, kills } = await many.run(options.kills);
          killed += kills;
          return sample;
        },
      },
      peer: { round: async () => (await one.run(false)).sample },
      get note() {
        const load = `${STATIONS} stations, ${STATIONS * PER_STATION[context.size]} messages a round`;
        return `${load}, Mosquitto with $share, one document server; ${killed} processes killed with SIGKILL`;
      },
      fails: () =>
        options.kills && killed === 0 ? 'no process was killed before the messages were through' : null,
      async close() {
        await many.close();
        await one.close();
      },
    };
  },
});

/** Several hub processes on one broker and one document server. */
export const scaleOut: Row = scaleOutRow(
  {
    name: 'scale-out',
    title: `${HUBS} hub processes on one broker ($share) and one document server, against one process`,
    // Two processors carry stations, broker, store and hubs: more processes can only cost there. More show on a larger machine.
    target: { atLeast: 0.6 },
  },
  { kills: false },
);

/** The same, and one process after the other dies under way and comes back. */
export const scaleOutKill: Row = scaleOutRow(
  {
    name: 'scale-out-kill',
    title: `${HUBS} hub processes that are killed in turn, against one that is left alone: nothing lost or doubled`,
    target: { atLeast: 0.2 },
  },
  { kills: true },
);

async function startHubs(context: RowContext, dir: string, count: number) {
  const { root } = context;
  const broker = await startMosquitto(dir);
  const store = await startStore(root, dir);
  const env = {
    MQTT_URL: broker.url,
    MONGODB_URI: store.ready.uri,
    VOLTBAY_DB: DB,
    // The same in every process on one store.
    VOLTBAY_SECRET: randomBytes(32).toString('hex'),
  };
  const start = (index: number): Promise<Child<HubReady>> => startHub(root, join(dir, `hub-${index}`), env);
  const hubs: Child<HubReady>[] = [];
  for (let index = 0; index < count; index++) hubs.push(await start(index));
  const client = await new MongoClient(store.ready.uri).connect();
  const messages = client
    .db(DB)
    .collection<{ _id: string; device: string; epoch: number; seq: number }>('messages');
  const first = hubs[0];
  if (!first) throw new Error('at least one hub');
  const enrolled = await enrolFleet({
    apiUrl: first.ready.apiUrl,
    operator: DEMO.operator,
    count: STATIONS,
    prefix: 'bench-',
  });
  const devices = enrolled.map(({ device }) => device);
  const load = await connectStations({ mqttUrl: broker.url, devices });
  const perStation = PER_STATION[context.size];
  let made = 0;

  /** Kills one process after the other until `over`; each is back before the next goes. */
  async function killInTurn(over: () => boolean): Promise<number> {
    let kills = 0;
    for (let index = 0; ; index = (index + 1) % count) {
      await sleep(KILL_EVERY_MS);
      if (over()) return kills;
      await hubs[index]?.kill();
      kills++;
      context.progress(`killed hub ${index + 1}`);
      hubs[index] = await start(index);
    }
  }

  /** Numbers of this run's messages, and how many documents carry them. */
  async function countStored(): Promise<{ documents: number; distinct: number }> {
    const seen = new Set<string>();
    let documents = 0;
    const projection = { _id: 0, device: 1, epoch: 1, seq: 1 };
    for await (const { device, epoch, seq } of messages.find({ device: { $in: devices } }, { projection })) {
      documents++;
      seen.add(`${device}/${epoch}/${seq}`);
    }
    return { documents, distinct: seen.size };
  }

  return {
    async run(kill: boolean): Promise<{ sample: Sample; kills: number }> {
      await untilIdle([...hubs.map(({ pid }) => pid), store.pid]);
      const batch = load.make(perStation);
      made += STATIONS * perStation;
      let over = false;
      const cpuBefore = kill ? null : usageOf([...hubs.map(({ pid }) => pid), store.pid]).cpuUs;
      const startedMs = performance.now();
      const killing = kill ? killInTurn(() => over) : Promise.resolve(0);
      const again = setInterval(() => void load.sendAgain().catch(() => undefined), SEND_AGAIN_MS);
      await load.send(batch);
      await load.acknowledged();
      const elapsedMs = performance.now() - startedMs;
      over = true;
      clearInterval(again);
      const kills = await killing;
      const usage = usageOf([...hubs.map(({ pid }) => pid), store.pid]);
      const { documents, distinct } = await countStored();
      const messagesSent = STATIONS * perStation;
      return {
        kills,
        sample: {
          value: (messagesSent * 1_000) / elapsedMs,
          // A killed process takes its count with it.
          cpuUsPerOperation: cpuBefore === null ? null : (usage.cpuUs - cpuBefore) / messagesSent,
          rssMiB: usage.rssMiB,
          lost: Math.max(0, made - distinct - load.refused()),
          duplicated: documents - distinct,
        },
      };
    },
    async close() {
      await load.close();
      await client.close();
      for (const hub of hubs) await hub.stop();
      await store.stop();
      await broker.stop();
    },
  };
}

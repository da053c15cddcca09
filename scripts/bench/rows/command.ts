import { Agent, request as httpRequest } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, controlTopic, type TokenResponse } from '@voltbay/protocol';
import Database from 'better-sqlite3';
import mqtt from 'mqtt';
import { DEMO } from '../../../simulators/dist/network/demo-accounts.js';
import { startNetwork } from '../../../simulators/dist/network/network.js';
import { operatorApi, request } from '../../../simulators/dist/rider/api.js';
import { until } from '../fleet-hub.js';
import { needsMosquitto, startMosquitto, startPeer } from '../processes.js';
import type { Row, Sample, Side, Sides } from '../row.js';
import { median } from '../run-row.js';
import { usageOf } from '../usage.js';

const COMMANDS = 60;
/** A command's time is asked for, not how many a second: what the one before leaves to do is over by then. */
const PAUSE_MS = 50;
const SETTLE_MS = 20_000;

/**
 * An operator's command by REST until its result is in the answer: hub, its store, the broker, the agent with its journal on disk, and all
 * the way back. The peer is one QoS 1 message there and one back over the same broker, with one durable row between them.
 */
export const command: Row = {
  name: 'command',
  title: 'REST → MQTT → agent journal → result → REST (p50), against a raw QoS 1 echo with one fsync',
  unit: 'ms',
  target: { atMost: 2 },
  rounds: 5,
  unavailable: needsMosquitto,
  async prepare({ root, dir }): Promise<Sides> {
    const broker = await startMosquitto(dir);
    const network = await startNetwork({
      root,
      dir: join(dir, 'network'),
      httpPort: 0,
      mqttPort: 0,
      env: { MQTT_URL: broker.url, LOG_LEVEL: 'warn' },
    });
    const operator = operatorApi(network.apiUrl, DEMO.operator);
    const path = `/core/v0/stations/${network.device}/commands?waitMs=10000&until=done`;
    const peer = await startPeer(root, dir, 'qos1-echo.mjs', {
      mqttUrl: broker.url,
      file: join(dir, 'echo.db'),
      askTopic: controlTopic('echo'),
      answerTopic: 'echo/answer',
    });
    const echo = await echoClient(broker.url);
    const { accessToken: token } = await request<TokenResponse>(network.apiUrl, '/auth/v1/token', {
      method: 'POST',
      body: JSON.stringify({ grantType: 'password', ...DEMO.operator }),
    });
    const body = JSON.stringify({ name: 'SERVER_ASK_INFO' });
    const caller = restCaller(network.apiUrl, token);
    const ask = async () => {
      const { id, state } = await caller.post<Command>(path, body);
      return state === 'done' ? id : null;
    };
    const journal = new Database(join(dir, 'network', `agent-${network.device}`, 'agent.db'), {
      readonly: true,
    });
    const journalled = journal.prepare<[], { n: number }>(
      "SELECT count(*) AS n FROM commands WHERE state = 'done'",
    );
    const recorded = async () => ({
      hub: await operator.count(`/core/v0/commands?stationId=${network.device}&state=done&_limit=1`),
      agent: journalled.get()?.n ?? 0,
    });
    const answered = echoed(join(dir, 'echo.db'));
    return {
      ours: sequence([network.hub.pid, network.agent.pid], ask, async () => {
        const { hub, agent } = await recorded();
        return agent === hub ? hub : Number.NaN;
      }),
      peer: sequence([peer.pid], echo.ask, async () => answered()),
      note: `${COMMANDS} commands a round, one after another, over Mosquitto`,
      async close() {
        journal.close();
        caller.close();
        await echo.close();
        await peer.stop();
        await network.stop();
        await broker.stop();
      },
    };
  },
};

/**
 * Asks one after another. `ask` answers with what names the command, once; `recorded` counts what is in every journal, NaN while they differ.
 * What was answered and is not in the journals is lost; what is there more often is doubled.
 */
function sequence(
  pids: readonly number[],
  ask: (n: number) => Promise<string | null>,
  recorded: () => Promise<number>,
): Side {
  let asked = 0;
  return {
    async round(): Promise<Sample> {
      const recordedBefore = await settledCount(recorded);
      const before = usageOf(pids);
      const times: number[] = [];
      const ids = new Set<string>();
      for (let i = 0; i < COMMANDS; i++) {
        await sleep(PAUSE_MS);
        const startedMs = performance.now();
        const id = await ask(asked++);
        times.push(performance.now() - startedMs);
        if (id !== null) ids.add(id);
      }
      const after = usageOf(pids);
      // The hub writes down a moment later what it has told.
      await until(async () => (await recorded()) - recordedBefore >= COMMANDS, SETTLE_MS);
      const count = (await settledCount(recorded)) - recordedBefore;
      return {
        value: median(times),
        cpuUsPerOperation: (after.cpuUs - before.cpuUs) / COMMANDS,
        rssMiB: after.rssMiB,
        lost: Math.max(0, COMMANDS - Math.min(count, ids.size)),
        duplicated: Math.max(0, count - COMMANDS),
      };
    },
  };
}

/** An operator's program: one connection, kept, and no more around the call than the other side's client has around its own. */
function restCaller(apiUrl: string, token: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, noDelay: true });
  return {
    post: <T>(path: string, body: string) =>
      new Promise<T>((resolve, reject) => {
        const headers = {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
        };
        const call = httpRequest(`${apiUrl}${path}`, { method: 'POST', agent, headers }, (response) => {
          text(response).then((answer) => {
            if (response.statusCode === 201) resolve(JSON.parse(answer) as T);
            else reject(new Error(`${path}: ${response.statusCode} ${answer}`));
          }, reject);
        });
        call.on('error', reject);
        call.end(body);
      }),
    close: () => agent.destroy(),
  };
}

async function settledCount(recorded: () => Promise<number>): Promise<number> {
  let count = Number.NaN;
  const same = await until(async () => {
    count = await recorded();
    return !Number.isNaN(count);
  }, SETTLE_MS);
  if (!same) throw new Error('hub and agent do not record the same commands');
  return count;
}

async function echoClient(mqttUrl: string) {
  const client = await mqtt.connectAsync(mqttUrl, { keepalive: 60 });
  // Else the peer waits 40 ms for a delayed acknowledgement, and everything looks quick beside it.
  (client.stream as Partial<Socket>).setNoDelay?.(true);
  let onAnswer = (_answer: string): void => {};
  client.on('message', (_topic, payload) => onAnswer(payload.toString('utf8')));
  await client.subscribeAsync('echo/answer', { qos: 1 });
  return {
    ask: (n: number) =>
      new Promise<string>((resolve, reject) => {
        onAnswer = resolve;
        client.publishAsync(controlTopic('echo'), JSON.stringify({ type: 2, n }), { qos: 1 }).catch(reject);
      }),
    close: () => client.endAsync(true),
  };
}

/** Rows that the peer has written. */
function echoed(file: string): () => number {
  return () => {
    const db = new Database(file, { readonly: true });
    try {
      return db.prepare<[], { n: number }>('SELECT count(*) AS n FROM commands').get()?.n ?? 0;
    } finally {
      db.close();
    }
  };
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { MSG_TYPE } from '@voltbay/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectStation, type StationClient, until } from './station-traffic.js';

/** The real hub process, killed with SIGKILL again and again while a station sends. Needs the built hub (`tsc -b`). */
const BIN = resolve(import.meta.dirname, '../bin/voltbay-hub.mjs');
const SECRET = 'a-secret-of-the-kill-test-0123456789abcdef';
const built = await access(resolve(import.meta.dirname, '../dist/main.js')).then(
  () => true,
  () => false,
);

let dataDir: string;
let child: ChildProcess | null = null;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'voltbay-kill-'));
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await rm(dataDir, { recursive: true, force: true });
});

type Ready = { apiUrl: string; mqttUrl: string; pid: number };

async function startHub(): Promise<Ready> {
  const process_ = spawn(process.execPath, [BIN, 'run', '--json', '--port', '0', '--mqtt-port', '0'], {
    env: {
      ...process.env,
      MONGODB_URI: '',
      MQTT_URL: '',
      VOLTBAY_DATA: dataDir,
      VOLTBAY_DEMO: '1',
      VOLTBAY_DEMO_STATION_SECRET: SECRET,
      LOG_LEVEL: 'fatal',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child = process_;
  if (!process_.stdout) throw new Error('no stdout');
  for await (const line of createInterface({ input: process_.stdout })) {
    const ready = JSON.parse(line) as Ready & { ready: boolean };
    if (ready.ready) return ready;
  }
  throw new Error('the hub ended before it was ready');
}

async function kill(): Promise<void> {
  const process_ = child;
  if (!process_) return;
  const ended = once(process_, 'exit');
  process_.kill('SIGKILL');
  await ended;
}

async function get(ready: Ready, path: string): Promise<unknown> {
  const signIn = await fetch(`${ready.apiUrl}/auth/v1/token`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ grantType: 'password', username: 'admin', password: 'voltbay-demo' }),
  });
  const { accessToken } = (await signIn.json()) as { accessToken: string };
  const response = await fetch(ready.apiUrl + path, { headers: { Authorization: `Bearer ${accessToken}` } });
  expect(response.status, path).toBe(200);
  return response.json();
}

/** Message keys of all samples, page by page. */
async function allReadings(ready: Ready): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor = '', more = true; more; ) {
    const path = `/core/v0/stations/1231/readings?_limit=500${cursor && `&_cursor=${cursor}`}`;
    const page = (await get(ready, path)) as { id: string; at: string }[];
    ids.push(...page.map(({ id }) => id));
    const last = page.at(-1);
    more = page.length === 500 && last !== undefined;
    if (last) cursor = Buffer.from(JSON.stringify([last.at, last.id])).toString('base64url');
  }
  return ids;
}

describe.skipIf(!built)('a killed hub', () => {
  it('loses nothing it acknowledged, stores nothing twice, and finishes what it had not projected', async () => {
    const rounds = 4;
    const perRound = 120;
    const total = rounds * perRound;
    const acked = new Set<number>();
    let firstUnacked = 0;

    const note = (agent: StationClient) => {
      for (let seq = firstUnacked; seq < total; seq++) if (agent.isAcked(seq)) acked.add(seq);
      while (acked.has(firstUnacked)) firstUnacked++;
    };
    const sendAll = async (agent: StationClient, to: number) => {
      for (let seq = firstUnacked; seq < to; seq++) {
        if (acked.has(seq)) continue;
        // Telemetry and, every tenth, an alarm of its own: the alarm shows that the projection ran.
        const sending =
          seq % 10 === 0
            ? agent.send(
                MSG_TYPE.STATION_EVENT,
                {
                  kind: 'alarm',
                  code: `kill-${seq}`,
                  state: 'raised',
                  severity: 'info',
                  at: new Date().toISOString(),
                },
                seq,
              )
            : agent.send(MSG_TYPE.TELEMETRY, { readings: [{ slot: 1, serial: 'P1', socPct: 50 }] }, seq);
        sending.catch(() => undefined);
        await new Promise((resolveTurn) => setTimeout(resolveTurn, 1));
      }
    };
    const mqtt = { password: SECRET };
    for (let round = 1; round <= rounds; round++) {
      const ready = await startHub();
      const agent = await connectStation(ready.mqttUrl, '1231', { mqtt });
      const sending = sendAll(agent, round * perRound);
      await until('some acknowledged', () => {
        note(agent);
        return firstUnacked > (round - 1) * perRound + 20;
      });
      await kill();
      await sending;
      note(agent);
      await agent.close();
    }
    const ready = await startHub();
    const agent = await connectStation(ready.mqttUrl, '1231', { mqtt });
    await sendAll(agent, total);
    await until('all acknowledged', () => {
      note(agent);
      return firstUnacked === total;
    });
    const telemetry = Array.from({ length: total }, (_, seq) => seq).filter((seq) => seq % 10 !== 0);
    let stored: string[] = [];
    await until('all readings projected', async () => {
      stored = await allReadings(ready);
      return stored.length >= telemetry.length;
    });
    expect(new Set(stored).size).toBe(stored.length);
    expect(stored.map((id) => Number(id.slice(-16))).sort((a, b) => a - b)).toEqual(telemetry);
    await until('all alarms projected', async () => {
      const alarms: { code: string; count: number }[] = [];
      for (let number = 1; number <= Math.ceil(total / 10 / 100); number++)
        alarms.push(...((await get(ready, `/core/v0/alarms?_limit=100&_page=${number}`)) as typeof alarms));
      expect(alarms.every(({ count }) => count === 1)).toBe(true);
      return alarms.filter(({ code }) => code.startsWith('kill-')).length === total / 10;
    });
    await agent.close();
    const ended = once(child as ChildProcess, 'exit');
    child?.kill('SIGTERM');
    expect((await ended)[0]).toBe(0);
    child = null;
  }, 110_000);
});

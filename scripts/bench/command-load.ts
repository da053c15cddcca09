import { Agent, request as httpRequest } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { controlTopic } from '@voltbay/protocol';
import Database from 'better-sqlite3';
import mqtt from 'mqtt';
import { until } from './fleet-hub.js';
import type { Sample, Side } from './row.js';
import { median } from './run-row.js';
import { usageOf } from './usage.js';

export const COMMANDS = 60;
/** A command's time is asked for, not how many a second: what the one before leaves to do is over by then. */
const PAUSE_MS = 50;
/** Until then compilers take a third of the processor time of a side: a hub runs for weeks. */
const WARM_UP = 500;
const SETTLE_MS = 20_000;

/** Topic and file of the peer that answers each message after one durable row. */
export const ECHO = { askTopic: controlTopic('echo'), answerTopic: 'echo/answer', file: 'echo.db' } as const;

/**
 * Asks one after another. `ask` answers with what names the command, once; `recorded` counts what is in every journal, NaN while they differ.
 * What was answered and is not in the journals is lost; what is there more often is doubled.
 */
export function sequence(
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

/** Asks until programs are compiled, as they are on the second day. */
export async function warmUp(...asks: ((n: number) => Promise<unknown>)[]): Promise<void> {
  for (const ask of asks) for (let i = 0; i < WARM_UP; i++) await ask(i);
}

/** An operator's program: one connection, kept, and no more around the call than the other side's client has around its own. */
export function restCaller(apiUrl: string, token = '') {
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

export async function echoClient(mqttUrl: string) {
  const client = await mqtt.connectAsync(mqttUrl, { keepalive: 60 });
  // Else the peer waits 40 ms for a delayed acknowledgement, and everything looks quick beside it.
  (client.stream as Partial<Socket>).setNoDelay?.(true);
  let onAnswer = (_answer: string): void => {};
  client.on('message', (_topic, payload) => onAnswer(payload.toString('utf8')));
  await client.subscribeAsync(ECHO.answerTopic, { qos: 1 });
  return {
    ask: (n: number) =>
      new Promise<string>((resolve, reject) => {
        onAnswer = resolve;
        client.publishAsync(ECHO.askTopic, JSON.stringify({ type: 2, n }), { qos: 1 }).catch(reject);
      }),
    close: () => client.endAsync(true),
  };
}

/** Rows that the peer has written. */
export function echoed(file: string): () => number {
  return () => {
    const db = new Database(file, { readonly: true });
    try {
      return db.prepare<[], { n: number }>('SELECT count(*) AS n FROM commands').get()?.n ?? 0;
    } finally {
      db.close();
    }
  };
}

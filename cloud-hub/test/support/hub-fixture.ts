import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { Problem } from '@voltbay/protocol';
import { readConfig } from '../../src/config/config.js';
import type { Database } from '../../src/db/index.js';
import { createHub, type Hub, type HubOverrides } from '../../src/hub.js';
import { createLogger } from '../../src/logger.js';

export const DEMO_SECRET = 'demo-station-secret';

export type Answer<T = unknown> = { status: number; headers: Headers; body: T };
export type CallOptions = {
  token?: string;
  basic?: string;
  body?: unknown;
  text?: string;
  headers?: Record<string, string>;
};

export type HubFixture = {
  hub: Hub;
  apiUrl: string;
  mqttUrl: string;
  dataDir: string;
  /** Log lines so far. */
  log: string[];
  call<T = unknown>(method: string, path: string, options?: CallOptions): Promise<Answer<T>>;
  rider(phone?: string): Promise<string>;
  operator(username?: string): Promise<string>;
  station(device?: string): Promise<string>;
  stop(options?: { keepData?: boolean }): Promise<void>;
};

/** A whole hub in this process on a store of its own, with the demo accounts. Every answer is checked against its schema. */
export async function startHub(
  options: {
    env?: Record<string, string>;
    overrides?: HubOverrides;
    dataDir?: string;
    database?: Database;
  } = {},
): Promise<HubFixture> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'voltbay-hub-')));
  const log: string[] = [];
  const logger = createLogger({
    level: 'info',
    destination: new Writable({
      write(chunk, _encoding, done) {
        log.push(String(chunk));
        done();
      },
    }),
  });
  const mongodb = process.env.VOLTBAY_TEST_MONGODB_URI;
  const config = readConfig(
    {
      HOST: '127.0.0.1',
      PORT: '0',
      MQTT_PORT: '0',
      VOLTBAY_DATA: dataDir,
      VOLTBAY_DEMO: '1',
      VOLTBAY_DEMO_STATION_SECRET: DEMO_SECRET,
      ...(mongodb
        ? {
            MONGODB_URI: mongodb,
            // A database of its own for every data folder, so that tests do not meet.
            VOLTBAY_DB: `t_${dataDir.replace(/[^A-Za-z0-9]/g, '').slice(-30)}`,
          }
        : {}),
      ...options.env,
    },
    { cwd: process.cwd(), repoRoot: null },
  );
  const hub = createHub(config, { logger, validateResponses: true, ...options.overrides });
  const { apiUrl, mqttUrl } = await hub.start();

  const call: HubFixture['call'] = async (method, path, sent = {}) => {
    const headers: Record<string, string> = { ...sent.headers };
    if (sent.token !== undefined) headers.Authorization = `Bearer ${sent.token}`;
    if (sent.basic !== undefined)
      headers.Authorization = `Basic ${Buffer.from(sent.basic).toString('base64')}`;
    const body = sent.text ?? (sent.body === undefined ? undefined : JSON.stringify(sent.body));
    if (body !== undefined) headers['Content-Type'] ??= 'application/json';
    const response = await fetch(`${apiUrl}${path}`, { method, headers, body, redirect: 'manual' });
    const text = await response.text();
    const isJson = /\/(\w+\+)?json\b/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      body: (isJson && text !== '' ? JSON.parse(text) : text) as never,
    };
  };
  const token = async (body: unknown): Promise<string> => {
    const answer = await call<{ accessToken: string }>('POST', '/auth/v1/token', { body });
    if (answer.status !== 200) throw new Error(`sign-in: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body.accessToken;
  };
  return {
    hub,
    apiUrl,
    mqttUrl,
    dataDir,
    log,
    call,
    async rider(phone = '13800000001') {
      await call('POST', '/auth/v1/otp', { body: { phone } });
      return token({ grantType: 'otp', phone, code: '246810' });
    },
    operator: (username = 'admin') => token({ grantType: 'password', username, password: 'voltbay-demo' }),
    station: (device = '1231') => token({ grantType: 'station', device, secret: DEMO_SECRET }),
    async stop({ keepData = false } = {}) {
      await hub.stop();
      if (!keepData) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export const problemOf = (answer: Answer): Problem => answer.body as Problem;

/** Waits until `probe` answers something that is not undefined, null or false. */
export async function eventually<T>(
  probe: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  what: string,
  timeoutMs = 45_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== null && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

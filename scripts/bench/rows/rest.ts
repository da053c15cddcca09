import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { enrolFleet } from '../../../simulators/dist/fleet/enrol-fleet.js';
import { measureCityLists } from '../city-lists.js';
import { startHub, startPeer, startStore } from '../processes.js';
import type { Row, RowContext, Sample, Side, Sides } from '../row.js';
import { usageOf } from '../usage.js';

const STATIONS = 40;
const CONNECTIONS = 8;
const DURATION_S = { short: 1, normal: 4, long: 10 };
const DB = 'bench';

/** List and get of stations with token, validation and store, both on one document server; the peer verifies each token as a plain Koa app does. */
export const rest: Row = {
  name: 'rest',
  title: 'list and get routes with auth, validation and store, against Koa 2 + router + jose',
  unit: 'requests/s',
  target: { atLeast: 1.5 },
  rounds: 5,
  async prepare(context): Promise<Sides> {
    const { root, dir } = context;
    // The lists of a whole city have limits of their own; they are asked before the comparison begins.
    const city = context.size === 'short' ? null : await measureCityLists(context);
    const store = await startStore(root, dir);
    const hub = await startHub(root, dir, { MONGODB_URI: store.ready.uri, VOLTBAY_DB: DB });
    const account = { username: 'admin', password: 'voltbay-demo' };
    await enrolFleet({ apiUrl: hub.ready.apiUrl, operator: account, count: STATIONS, prefix: 'bench-' });
    const token = await signIn(hub.ready.apiUrl, account);
    const koa = await startPeer<{ ready: true; url: string }>(root, dir, 'koa-rest.mjs', {
      storeUri: store.ready.uri,
      dbName: DB,
      jwksUrl: `${hub.ready.apiUrl}/auth/v1/.well-known/jwks.json`,
    });
    return {
      ours: side(context, hub.ready.apiUrl, token, [hub.pid, store.pid]),
      peer: side(context, koa.ready.url, token, [koa.pid, store.pid]),
      note: `${CONNECTIONS} connections, ${DURATION_S[context.size]} s a round, a list of 20 of ${STATIONS} stations and one station in turn${city ? `; ${city.note}` : ''}`,
      fails: () => city?.fault ?? null,
      async close() {
        await koa.stop();
        await hub.stop();
        await store.stop();
      },
    };
  },
};

const PATHS = ['/core/v0/stations?_limit=20', '/core/v0/stations/bench-00007'];

function side(
  { root, size, progress }: RowContext,
  url: string,
  token: string,
  pids: readonly number[],
): Side {
  return {
    async round(): Promise<Sample> {
      const before = usageOf(pids);
      const load = await runLoad(root, {
        url,
        paths: PATHS,
        token,
        connections: CONNECTIONS,
        durationS: DURATION_S[size],
      });
      const after = usageOf(pids);
      if (load.failed > 0) progress(`${load.failed} requests failed: ${JSON.stringify(load.how)}`);
      return {
        value: load.perS,
        cpuUsPerOperation: (after.cpuUs - before.cpuUs) / Math.max(1, load.total),
        rssMiB: after.rssMiB,
        lost: load.failed,
        duplicated: 0,
      };
    },
  };
}

interface Load {
  total: number;
  perS: number;
  failed: number;
  /** What became of them, for a person. */
  how: unknown;
}

async function runLoad(root: string, settings: Readonly<Record<string, unknown>>): Promise<Load> {
  const script = join(root, 'scripts', 'bench', 'peers', 'load.mjs');
  const child = spawn(process.execPath, [script, JSON.stringify(settings)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, problem] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  const line = out.trim().split('\n').at(-1);
  if (!line) throw new Error(`the load generator ended without a result: ${problem}`);
  return JSON.parse(line) as Load;
}

async function signIn(apiUrl: string, account: { username: string; password: string }): Promise<string> {
  const response = await fetch(`${apiUrl}/auth/v1/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ grantType: 'password', ...account }),
  });
  const { accessToken } = (await response.json()) as { accessToken?: string };
  if (!accessToken) throw new Error(`sign-in of the demo operator failed with ${response.status}`);
  return accessToken;
}

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const HUB = join(import.meta.dirname, '../../cloud-hub/bin/voltbay-hub.mjs');
/** Seeding is quick on an idle machine; a busy one may take its time. */
const SEED_TIMEOUT_MS = 30 * 60_000;
const START_TIMEOUT_MS = 120_000;
const TENANT = 'city';
const ORDERS = 1200;
const SCALE = 0.2;

export type CityHub = { baseUrl: string; stop: () => Promise<void> };

export type CityOfRun = { orders: number; start: () => Promise<CityHub>; stop: () => Promise<void> };

/** The city hub of a run: started when it is first wanted, ended by `stop` if it was. As large as VOLTBAY_E2E_ORDERS says, or small. */
export function cityHubOnce(): CityOfRun {
  const asked = Number(process.env.VOLTBAY_E2E_ORDERS);
  const orders = asked > 0 ? asked : ORDERS;
  const size = { orders, scale: asked > 0 ? undefined : SCALE, seeded: process.env.VOLTBAY_E2E_CITY };
  let started: Promise<CityHub> | null = null;
  return {
    orders,
    start: () => {
      started ??= startCityHub(size);
      return started;
    },
    // What did not start has been told already.
    stop: async () => void (await started?.then((hub) => hub.stop()).catch(() => undefined)),
  };
}

/**
 * A hub of its own with the seeded city; `stop` ends it and removes its data. `seeded`: a data folder that `voltbay-hub seed` has filled
 * before, used as it is and kept. Operators: see `voltbay-hub seed`.
 */
async function startCityHub(city: { orders: number; scale?: number; seeded?: string }): Promise<CityHub> {
  const data = city.seeded ?? (await mkdtemp(join(tmpdir(), 'voltbay-city-')));
  let child: ChildProcess | null = null;
  const stop = async (): Promise<void> => {
    if (child && child.exitCode === null) {
      const gone = new Promise((resolve) => child?.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
    }
    if (city.seeded === undefined) await rm(data, { recursive: true, force: true });
  };
  try {
    const scale = city.scale === undefined ? [] : ['--scale', String(city.scale)];
    if (city.seeded === undefined)
      await promisify(execFile)(
        process.execPath,
        [
          HUB,
          'seed',
          '--data',
          data,
          '--tenant',
          TENANT,
          '--orders',
          String(city.orders),
          ...scale,
          '--json',
        ],
        { timeout: SEED_TIMEOUT_MS, maxBuffer: 16_000_000 },
      );
    child = spawn(
      process.execPath,
      [HUB, 'run', '--port', '0', '--mqtt-port', '0', '--data', data, '--json'],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
        env: { ...process.env, VOLTBAY_TENANT: TENANT, LOG_LEVEL: 'error' },
      },
    );
    const { stdout } = child;
    if (!stdout) throw new Error('the hub has no output');
    const timer = setTimeout(() => child?.kill('SIGKILL'), START_TIMEOUT_MS);
    for await (const line of createInterface({ input: stdout })) {
      const facts: unknown = JSON.parse(line);
      if (typeof facts === 'object' && facts !== null && 'apiUrl' in facts) {
        clearTimeout(timer);
        stdout.resume();
        return { baseUrl: String(facts.apiUrl), stop };
      }
    }
    throw new Error('the hub with the city did not start');
  } catch (cause) {
    await stop();
    throw cause;
  }
}

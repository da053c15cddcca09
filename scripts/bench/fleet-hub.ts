import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { enrolFleet } from '../../simulators/dist/fleet/enrol-fleet.js';
import { createFleet, type Fleet } from '../../simulators/dist/fleet/fleet.js';
import { DEMO } from '../../simulators/dist/network/demo-accounts.js';
import { operatorApi } from '../../simulators/dist/rider/api.js';
import { startHub, startStore } from './processes.js';
import type { RowContext } from './row.js';

/** A hub with its broker, its store in a process of its own, and registered light stations for it. */
export interface FleetHub {
  /** Processes whose work is the hub's. */
  pids: readonly number[];
  /** The first `stations` of those registered, not yet connected. */
  fleet(options: { stations: number; intervalMs: number }): Fleet;
  /** Resolves when all stations of the fleet were born. @throws when that takes longer than `TIMEOUT_MS` */
  born(fleet: Fleet): Promise<void>;
  /** Stations that the hub shows as offline, after it had some time to show nobody so. */
  falseOffline(connected: number): Promise<number>;
  /** Messages in the store. */
  stored(): Promise<number>;
  close(): Promise<void>;
}

const DB = 'bench';
const PREFIX = 'light-';
const RAMP_PER_S = 500;
const SLOTS = 4;
const LOOK_MS = 200;
export const TIMEOUT_MS = 600_000;
const SETTLE_MS = 90_000;

export async function startFleetHub(context: RowContext, registered: number): Promise<FleetHub> {
  const { root, dir } = context;
  const store = await startStore(root, dir);
  const hub = await startHub(root, dir, { MONGODB_URI: store.ready.uri, VOLTBAY_DB: DB });
  const client = await new MongoClient(store.ready.uri).connect();
  const { apiUrl, mqttUrl } = hub.ready;
  context.progress(`registering ${registered} stations`);
  const credentials = await enrolFleet({
    apiUrl,
    operator: DEMO.operator,
    count: registered,
    prefix: PREFIX,
  });
  const operator = operatorApi(apiUrl, DEMO.operator);
  const online = () => operator.count(`/core/v0/stations?online=true&id_like=${PREFIX}&_limit=1`);
  return {
    pids: [hub.pid, store.pid],
    fleet: ({ stations, ...options }) =>
      createFleet({
        ...options,
        mqttUrl,
        credentials: credentials.slice(0, stations),
        slots: SLOTS,
        rampPerS: RAMP_PER_S,
        seed: 1,
      }),
    async born(fleet) {
      const all = fleet.stations.length;
      const done = await until(() => fleet.stats().births >= all, TIMEOUT_MS);
      const { births, lastRefusal } = fleet.stats();
      if (!done) throw new Error(`${all - births} of ${all} stations were never born: ${lastRefusal}`);
    },
    async falseOffline(connected) {
      let shown = 0;
      await until(async () => {
        shown = await online();
        return shown >= connected;
      }, SETTLE_MS);
      return Math.max(0, connected - shown);
    },
    stored: () => client.db(DB).collection('messages').countDocuments({}),
    async close() {
      await client.close();
      await hub.stop();
      await store.stop();
    },
  };
}

/** False when the time is over first. */
export async function until(holds: () => boolean | Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > end) return false;
    await sleep(LOOK_MS);
  }
  return true;
}

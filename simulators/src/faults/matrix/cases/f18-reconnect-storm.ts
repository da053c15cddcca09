import type { Station } from '@voltbay/protocol';
import { enrolFleet } from '../../../fleet/enrol-fleet.js';
import { createFleet } from '../../../fleet/fleet.js';
import { DEMO } from '../../../network/demo-accounts.js';
import { eventually } from '../../../network/eventually.js';
import { type FaultCase, mustHold } from '../case.js';

const STATIONS = 300;
const LONG_STATIONS = 10_000;
/** Stations wait up to 30 s between attempts, with jitter. */
const REBORN_MS = 60_000;
const PREFIX = 'storm-';

export const reconnectStorm: FaultCase = {
  id: 'F18',
  name: 'all stations reconnect at once',
  alone: true,
  async run({ site, random, long, within }) {
    const count = long ? LONG_STATIONS : STATIONS;
    const credentials = await enrolFleet({
      apiUrl: site.network.apiUrl,
      operator: DEMO.operator,
      count,
      prefix: PREFIX,
    });
    const fleet = createFleet({
      mqttUrl: site.network.hub.ready.mqttUrl,
      credentials,
      slots: 1,
      intervalMs: 60_000,
      rampPerS: 100,
      seed: random.integer(1, 1_000_000),
    });
    fleet.start();
    try {
      const all = async () => (fleet.stats().connected === count ? true : null);
      await eventually(`${count} stations born`, long ? 600_000 : 120_000, all);
      await site.network.hub.kill();
      await eventually('all of them cut off', 30_000, async () =>
        fleet.stats().connected === 0 ? true : null,
      );
      const bornBefore = fleet.stats().births;
      await site.network.startHub();
      const since = performance.now();
      const bornAtMs: number[] = [];
      await eventually(
        `${count} stations born again`,
        long ? 900_000 : 180_000,
        async () => {
          const born = fleet.stats().births - bornBefore;
          while (bornAtMs.length < born) bornAtMs.push(performance.now() - since);
          return fleet.stats().connected === count ? true : null;
        },
        20,
      );
      const at = (share: number) => bornAtMs[Math.ceil(count * share) - 1] ?? Number.POSITIVE_INFINITY;
      // Jitter: no tenth of a second takes a fifth of all of them.
      const perTenth = new Map<number, number>();
      for (const ms of bornAtMs)
        perTenth.set(Math.floor(ms / 100), (perTenth.get(Math.floor(ms / 100)) ?? 0) + 1);
      const peak = Math.max(...perTenth.values());
      mustHold(peak <= count / 5, `${peak} of ${count} came back within 100 ms`);
      const offline = await eventually('all of them online at the hub', 60_000, async () => {
        const missing = await offlineAtHub(site.operator.get, count);
        return missing === 0 ? missing : null;
      });
      const acknowledged = fleet.stats().acknowledged;
      await eventually('their reports stored', 120_000, async () =>
        fleet.stats().acknowledged > acknowledged + count / 10 ? true : null,
      );
      return {
        runs: count,
        note: `${count} stations${long ? '' : ' (10 000 with --long)'}: ${within('p99 born after', at(0.99), REBORN_MS)}, median ${Math.round(at(0.5))} ms, at most ${peak} within 100 ms, ${offline} shown offline`,
      };
    } finally {
      await fleet.stop();
    }
  },
};

async function offlineAtHub(get: <T>(path: string) => Promise<T>, count: number): Promise<number> {
  let online = 0;
  for (let page = 1; (page - 1) * 100 < count + 10; page += 1) {
    const stations = await get<Station[]>(`/core/v0/stations?_limit=100&_page=${page}`);
    online += stations.filter((station) => station.id.startsWith(PREFIX) && station.online).length;
    if (stations.length === 0) break;
  }
  return count - online;
}

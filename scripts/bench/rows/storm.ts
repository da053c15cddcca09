import type { Fleet } from '../../../simulators/dist/fleet/fleet.js';
import { reconnectStorm } from '../../../simulators/dist/fleet/storm.js';
import { type FleetHub, startFleetHub, TIMEOUT_MS } from '../fleet-hub.js';
import type { Row, Sample, Side, Sides } from '../row.js';

const STATIONS = { short: 300, normal: 10_000, long: 10_000 };
const FIXED_RETRY_MS = 1_000;
/** Nobody reports during the storm: births alone are counted. */
const QUIET_MS = 3_600_000;

/** Every connection breaks at once while the hub goes on; the time until the last station is born again. */
export const storm: Row = {
  name: 'storm',
  title:
    'all stations lose the hub at once: until the last is born again, against the same with a fixed 1 s retry',
  unit: 'ms',
  target: { atMost: 0.5 },
  rounds: 5,
  async prepare(context): Promise<Sides> {
    const stations = STATIONS[context.size];
    const hub = await startFleetHub(context, stations);
    const fleet = hub.fleet({ stations, intervalMs: QUIET_MS });
    fleet.start();
    await hub.born(fleet);
    return {
      ours: side(hub, fleet, null),
      peer: side(hub, fleet, FIXED_RETRY_MS),
      note: `${stations} stations, the hub's own broker; lost: not back, or shown offline although connected`,
      async close() {
        await fleet.stop();
        await hub.close();
      },
    };
  },
};

const side = (hub: FleetHub, fleet: Fleet, retryMs: number | null): Side => ({
  async round(): Promise<Sample> {
    fleet.retryEvery(retryMs);
    const result = await reconnectStorm(fleet, { timeoutMs: TIMEOUT_MS });
    const missing = result.cut - result.back;
    return {
      value: result.allBackMs ?? TIMEOUT_MS,
      cpuUsPerOperation: null,
      rssMiB: null,
      lost: Math.max(0, missing) + (await hub.falseOffline(fleet.stations.length)),
      duplicated: 0,
    };
  },
});

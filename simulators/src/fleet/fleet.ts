import { createRandom } from '../random.js';
import { createLatencyHistogram } from './latency-histogram.js';
import { createLightStation, type LightStation, type StationCredentials } from './light-station.js';

export interface FleetOptions {
  mqttUrl: string;
  credentials: readonly StationCredentials[];
  /** Packs that each station reports. */
  slots: number;
  /** Between two reports of one station; stations are spread evenly over it. */
  intervalMs: number;
  /** Stations that start to connect in a second. */
  rampPerS: number;
  seed: number;
}

export interface FleetStats {
  stations: number;
  connected: number;
  births: number;
  reconnects: number;
  refused: number;
  reports: number;
  acknowledged: number;
  setAside: number;
  unacknowledged: number;
  /** From the time a report was due until the hub said that it is stored. */
  ackP50Ms: number | null;
  ackP99Ms: number | null;
  rssBytesPerStation: number;
  lastRefusal: string | null;
}

/** Many light stations in one process: an open loop, which goes on sending on time however slow the hub is. */
export interface Fleet {
  start(): void;
  stats(): FleetStats;
  /** Breaks this share of all connections at once. */
  dropConnections(share: number): void;
  stop(): Promise<void>;
}

const STEP_MS = 20;
const STOP_AT_ONCE = 200;

export function createFleet(options: FleetOptions): Fleet {
  const random = createRandom(options.seed);
  const latencies = createLatencyHistogram();
  const counts = { births: 0, lost: 0, refused: 0, reports: 0, acknowledged: 0, setAside: 0 };
  let lastRefusal: string | null = null;
  const rssBefore = process.memoryUsage.rss();
  // Later than any earlier run with the same devices: an epoch only ever rises.
  const epoch = Math.floor(Date.now() / 1000);

  const stations: LightStation[] = options.credentials.map((credentials) =>
    createLightStation({
      mqttUrl: options.mqttUrl,
      credentials,
      slots: options.slots,
      epoch,
      random: random.fork(credentials.device),
      events: {
        born: () => {
          counts.births += 1;
        },
        lost: () => {
          counts.lost += 1;
        },
        refused: (reason) => {
          counts.refused += 1;
          lastRefusal = reason;
        },
        acknowledged: (latencyMs) => {
          counts.acknowledged += 1;
          latencies.record(latencyMs);
        },
        setAside: () => {
          counts.setAside += 1;
        },
      },
    }),
  );

  let timer: NodeJS.Timeout | undefined;
  let startedMs = 0;
  let connecting = 0;
  let reported = 0;

  /** Does all that has become due since the last step, so that a late timer sends late but never less. */
  function step(): void {
    const elapsedMs = performance.now() - startedMs;
    const shouldConnect = Math.min(stations.length, Math.ceil((elapsedMs * options.rampPerS) / 1000));
    for (; connecting < shouldConnect; connecting += 1) stations[connecting]?.connect();
    const gapMs = options.intervalMs / stations.length;
    for (; (reported + 1) * gapMs <= elapsedMs; reported += 1) {
      const station = stations[reported % stations.length];
      // A station reports only after it was started, and its reports count from then.
      if (!station || reported % stations.length >= connecting) continue;
      station.report(startedMs + (reported + 1) * gapMs);
      counts.reports += 1;
    }
  }

  return {
    start() {
      if (timer || stations.length === 0) return;
      startedMs = performance.now();
      timer = setInterval(step, STEP_MS);
      step();
    },
    stats: () => ({
      stations: stations.length,
      connected: stations.filter((station) => station.connected()).length,
      births: counts.births,
      reconnects: counts.lost,
      refused: counts.refused,
      reports: counts.reports,
      acknowledged: counts.acknowledged,
      setAside: counts.setAside,
      unacknowledged: stations.reduce((sum, station) => sum + station.unacknowledged(), 0),
      ackP50Ms: rounded(latencies.quantile(0.5)),
      ackP99Ms: rounded(latencies.quantile(0.99)),
      rssBytesPerStation: Math.round((process.memoryUsage.rss() - rssBefore) / Math.max(1, stations.length)),
      lastRefusal,
    }),
    dropConnections(share) {
      for (const station of stations) if (random.next() < share) station.drop();
    },
    async stop() {
      clearInterval(timer);
      timer = undefined;
      for (let i = 0; i < stations.length; i += STOP_AT_ONCE) {
        await Promise.all(stations.slice(i, i + STOP_AT_ONCE).map((station) => station.stop()));
      }
    },
  };
}

const rounded = (ms: number | undefined) => (ms === undefined ? null : Math.round(ms * 100) / 100);

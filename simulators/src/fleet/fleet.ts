import { type Clock, createSystemClock } from '../clock.js';
import { createRandom, type Random } from '../random.js';
import { createLatencyHistogram } from './latency-histogram.js';
import { createLightCabinet } from './light-cabinet.js';
import { createLightStation, type LightStation, type StationCredentials } from './light-station.js';
import type { Visitor } from './light-swap.js';

export interface FleetOptions {
  mqttUrl: string;
  credentials: readonly StationCredentials[];
  /** Packs that each station reports; it has one empty slot more. */
  slots: number;
  /** Between two reports of one station; stations are spread evenly over it. */
  intervalMs: number;
  /** Stations that start to connect in a second. */
  rampPerS: number;
  seed: number;
  /** Who comes for swaps. Without it a request is answered with a pack that nobody has seen before. */
  visitor?: Visitor;
  clock?: Clock;
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
  /** From the start of a connection until the birth is with the hub. */
  signInP50Ms: number | null;
  signInP99Ms: number | null;
  /** From a lost connection until the station is born again. */
  awayP50Ms: number | null;
  awayP99Ms: number | null;
  swaps: number;
  swapsRefused: number;
  rssBytesPerStation: number;
  lastRefusal: string | null;
}

/** Many light stations in one process: an open loop, which goes on sending on time however slow the hub is. */
export interface Fleet {
  readonly stations: readonly LightStation[];
  start(): void;
  stats(): FleetStats;
  /** The latencies of what follows are counted anew: a ramp is no steady load. */
  forgetLatencies(): void;
  /** From now on stations come back after this time, always the same, as simple clients do; null = with full jitter, as they begin. */
  retryEvery(ms: number | null): void;
  /** Breaks this share of all connections at once. */
  dropConnections(share: number): void;
  stop(): Promise<void>;
}

const STEP_MS = 20;
const STOP_AT_ONCE = 200;

export function createFleet(options: FleetOptions): Fleet {
  const random = createRandom(options.seed);
  const clock = options.clock ?? createSystemClock();
  let latencies = createLatencyHistogram();
  let signIns = createLatencyHistogram();
  const absences = createLatencyHistogram();
  const counts = { births: 0, lost: 0, refused: 0, reports: 0, acknowledged: 0, setAside: 0 };
  const swaps = { done: 0, refused: 0 };
  let lastRefusal: string | null = null;
  let fixedRetryMs: number | null = null;
  const rssBefore = process.memoryUsage.rss();
  // Later than any earlier run with the same devices: an epoch only ever rises.
  const epoch = Math.floor(Date.now() / 1000);

  const stations: LightStation[] = options.credentials.map((credentials) => {
    const own = random.fork(credentials.device);
    return createLightStation({
      mqttUrl: options.mqttUrl,
      credentials,
      cabinet: stockedCabinet(credentials.device, options.slots, own),
      visitor: options.visitor ?? strangerFor(credentials.device),
      clock,
      epoch,
      random: own,
      fixedRetryMs: () => fixedRetryMs,
      events: {
        born: (signInMs, awayMs) => {
          counts.births += 1;
          signIns.record(signInMs);
          if (awayMs !== null) absences.record(awayMs);
        },
        swapped: (_orderId, refused) => {
          if (refused === null) swaps.done += 1;
          else swaps.refused += 1;
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
    });
  });

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
    stations,
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
      signInP50Ms: rounded(signIns.quantile(0.5)),
      signInP99Ms: rounded(signIns.quantile(0.99)),
      awayP50Ms: rounded(absences.quantile(0.5)),
      awayP99Ms: rounded(absences.quantile(0.99)),
      swaps: swaps.done,
      swapsRefused: swaps.refused,
      rssBytesPerStation: Math.round((process.memoryUsage.rss() - rssBefore) / Math.max(1, stations.length)),
      lastRefusal,
    }),
    forgetLatencies() {
      latencies = createLatencyHistogram();
      signIns = createLatencyHistogram();
    },
    retryEvery(ms) {
      fixedRetryMs = ms;
    },
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

/** One empty slot above the packs, each charged differently. */
function stockedCabinet(device: string, packs: number, random: Random) {
  return createLightCabinet({
    slots: packs + 1,
    packs: Array.from({ length: packs }, (_, i) => ({
      serial: `LS-${device}-${i + 1}`,
      packClass: 'A',
      socPct: random.between(30, 100),
    })),
    random,
  });
}

/** Somebody who brings what the hub expects, and is never seen again. */
function strangerFor(device: string): Visitor {
  let came = 0;
  return {
    brings(ask) {
      came += 1;
      return { serial: ask.returnSerials?.[0] ?? `LR-${device}-${came}`, packClass: 'A', socPct: 20 };
    },
    takes: () => undefined,
  };
}

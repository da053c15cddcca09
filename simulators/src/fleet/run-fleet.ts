import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStation } from '../city/open-station.js';
import { createSystemClock } from '../clock.js';
import { type ComposedHub, startComposedHub } from '../network/composed-hub.js';
import { DEMO } from '../network/demo-accounts.js';
import { startPaymentGateway } from '../payment-gateway/gateway.js';
import { createRandom } from '../random.js';
import { operatorApi } from '../rider/api.js';
import { enrolFleet } from './enrol-fleet.js';
import { createFleet, type Fleet, type FleetStats } from './fleet.js';
import { type FleetRiders, openFleetRiders } from './fleet-riders.js';
import { reconnectStorm, type StormResult } from './storm.js';

export interface OwnHubRunOptions {
  stations: number;
  /** Packs that each station reports. */
  slots: number;
  intervalMs: number;
  rampPerS: number;
  /** Of steady load after all are born. */
  durationMs: number;
  /** Riders who swap without a pause. */
  riders: number;
  /** Share of connections that are broken at once after the steady load; 0 = none. */
  stormShare: number;
  seed: number;
  /** For births, and for the way back after the storm. */
  timeoutMs?: number;
  onStep?: (text: string) => void;
}

export interface OwnHubRun {
  ok: boolean;
  /** What was not as it must be; empty when ok. */
  problems: string[];
  fleet: FleetStats;
  swaps: ReturnType<FleetRiders['stats']>;
  storm: StormResult | null;
  /** Stations that the hub called offline although they were connected, at its worst look. */
  falseOffline: number;
  enrolmentMs: number;
  birthsMs: number | null;
  memory: {
    /** Of the fleet's process. */
    fleetBytesPerStation: number;
    /** Growth of the hub's resident memory from before the first connection; null where the machine does not tell. */
    hubBytesPerStation: number | null;
    hubRssBytes: number | null;
  };
}

const SERVED_PER_RIDER = 4;
const LOOK_MS = 2_000;
/** What the hub shows may be behind what it has stored. */
const SETTLE_MS = 60_000;

/** Starts a hub of its own in a temporary folder, puts it under the load of a fleet, and measures. */
export async function runFleetWithHub(options: OwnHubRunOptions): Promise<OwnHubRun> {
  const { stations, seed, timeoutMs = 300_000 } = options;
  const step = options.onStep ?? (() => {});
  const dir = mkdtempSync(join(tmpdir(), 'voltbay-fleet-'));
  const gateway = await startPaymentGateway({ directory: join(dir, 'payments') });
  let hub: ComposedHub | undefined;
  let fleet: Fleet | undefined;
  let riders: FleetRiders | undefined;
  try {
    hub = await startComposedHub({
      dataDir: join(dir, 'hub'),
      logFile: join(dir, 'hub.log'),
      env: { VOLTBAY_PAYMENTS: gateway.settingsFile },
    });
    const { apiUrl, mqttUrl, textFor } = hub;
    const operator = operatorApi(apiUrl, DEMO.operator);
    step(`hub at ${apiUrl}; enrolling ${stations} stations`);
    const started = performance.now();
    const credentials = await enrolFleet({
      apiUrl,
      operator: DEMO.operator,
      count: stations,
      prefix: 'light-',
    });
    const enrolmentMs = Math.round(performance.now() - started);
    riders = await openFleetRiders({
      apiUrl,
      operator,
      clock: createSystemClock(),
      textFor,
      pay: (tradeNo) => gateway.pay('wechat', tradeNo),
      count: options.riders,
      random: createRandom(seed).fork('riders'),
      keys: `fleet-${seed}`,
    });
    const hubBefore = hub.rssBytes();
    fleet = createFleet({ ...options, mqttUrl, credentials, visitor: riders.visitor });
    const running = fleet;
    const bornFrom = performance.now();
    running.start();
    step('stations connect');
    const born = await until(
      timeoutMs,
      () => running.stats().births >= stations,
      LOOK_MS,
      () => step(line(running.stats())),
    );
    const birthsMs = born ? Math.round(performance.now() - bornFrom) : null;
    // Those that the hub does not show as online yet have some time to appear, then never to vanish.
    const offline = () => operator.count('/core/v0/stations?online=false&id_like=light-&_limit=1');
    const appeared = await until(SETTLE_MS, async () => (await offline()) === 0, LOOK_MS);
    step(`all born after ${birthsMs} ms; steady load`);
    // Riders know some of the stations, and those are in service.
    const served = running.stations.slice(0, SERVED_PER_RIDER * options.riders);
    for (const { device } of served) await openStation(operator, device);
    riders.start(served);
    const ramp = running.stats();
    running.forgetLatencies();
    let falseOffline = appeared ? 0 : await offline();
    await until(
      options.durationMs,
      () => false,
      LOOK_MS,
      async () => {
        const connected = running.stats().connected;
        if (connected === stations) falseOffline = Math.max(falseOffline, await offline());
        step(line(running.stats()));
      },
    );
    const steady = running.stats();
    const hubAfter = hub.rssBytes();
    await riders.stop();
    let storm: StormResult | null = null;
    if (options.stormShare > 0) {
      step(`breaking ${options.stormShare * 100} % of the connections`);
      running.forgetLatencies();
      storm = await reconnectStorm(running, { share: options.stormShare, timeoutMs });
      const back = await until(SETTLE_MS, async () => (await offline()) === 0, LOOK_MS);
      if (!back) falseOffline = Math.max(falseOffline, await offline());
    }
    const stored = await until(SETTLE_MS, () => running.stats().unacknowledged <= stations / 100, LOOK_MS);
    const end = running.stats();
    const swaps = riders.stats();
    const problems = [
      birthsMs === null ? `${stations - end.births} stations were never born: ${end.lastRefusal}` : '',
      falseOffline > 0 ? `${falseOffline} connected stations were shown offline` : '',
      storm && storm.allBackMs === null ? `${storm.cut - storm.back} stations did not come back` : '',
      end.setAside > 0 ? `${end.setAside} messages were refused` : '',
      stored ? '' : `${end.unacknowledged} messages were never acknowledged`,
      swaps.failed > 0 ? `${swaps.failed} swaps failed: ${swaps.lastFailure}` : '',
      options.riders > 0 && swaps.completed === 0 ? `no swap was completed: ${swaps.lastFailure}` : '',
    ].filter(Boolean);
    return {
      ok: problems.length === 0,
      problems,
      // Latency of the steady load; the storm has figures of its own.
      fleet: {
        ...end,
        ackP50Ms: steady.ackP50Ms,
        ackP99Ms: steady.ackP99Ms,
        signInP50Ms: ramp.signInP50Ms,
        signInP99Ms: ramp.signInP99Ms,
      },
      swaps,
      storm,
      falseOffline,
      enrolmentMs,
      birthsMs,
      memory: {
        fleetBytesPerStation: steady.rssBytesPerStation,
        hubBytesPerStation:
          hubBefore === null || hubAfter === null ? null : Math.round((hubAfter - hubBefore) / stations),
        hubRssBytes: hubAfter,
      },
    };
  } finally {
    await riders?.stop();
    await fleet?.stop();
    await hub?.stop();
    await gateway.close();
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** False when the time is over first. */
async function until(
  timeoutMs: number,
  holds: () => boolean | Promise<boolean>,
  everyMs: number,
  onLook?: () => void | Promise<void>,
): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    if (await holds()) return true;
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, Math.min(everyMs, timeoutMs)));
    await onLook?.();
  }
}

export function line(stats: FleetStats): string {
  const { connected, stations, births, reports, acknowledged, unacknowledged, ackP50Ms, ackP99Ms } = stats;
  const memory = `${Math.round(stats.rssBytesPerStation / 1024)} KiB a station`;
  const waiting = `${acknowledged} stored, ${unacknowledged} waiting`;
  return `${connected}/${stations} connected, ${births} births, ${reports} reports, ${waiting}, stored after p50 ${ackP50Ms} ms, p99 ${ackP99Ms} ms, ${memory}, ${stats.swaps} swaps`;
}

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SimulatorError } from '../errors.js';
import { enrolStations } from '../fleet/enrol-fleet.js';
import { createLightCabinet } from '../fleet/light-cabinet.js';
import { createLightStation, type LightStation } from '../fleet/light-station.js';
import { type ComposedHub, startComposedHub } from '../network/composed-hub.js';
import { DEMO } from '../network/demo-accounts.js';
import { type PaymentGateway, startPaymentGateway } from '../payment-gateway/gateway.js';
import { createRandom } from '../random.js';
import { type OperatorApi, operatorApi, PATIENT_MS } from '../rider/api.js';
import { type CityBooks, checkCityBooks } from './city-books.js';
import { type CityPlan, planCity } from './city-plan.js';
import { createCityRiders } from './city-riders.js';
import { createCityTime } from './city-time.js';
import { openStation } from './open-station.js';
import { openRiderAccount, type RiderAccount } from './rider-account.js';

export interface CityRunOptions {
  /** Data and logs; must be empty or new. */
  dir: string;
  stations: number;
  riders: number;
  days: number;
  swapsPerDay: number;
  seed: number;
  /** First day, milliseconds since 1970; local midnight makes the rhythm right. */
  fromMs: number;
  /** Simulated time between two looks at everybody; stations report once in each. */
  stepMs?: number;
  /** Simulated time over real time, at most; 0 = as fast as it goes. */
  maxSpeed?: number;
  onStep?: (text: string) => void;
}

export interface CityRun {
  ok: boolean;
  seed: number;
  simulatedMs: number;
  realMs: number;
  /** Simulated over real time, without building the city up. */
  speed: number;
  /** Processor time of both sides while the city lived. */
  cpuMs: { city: number; hub: number | null };
  swaps: { wished: number; completed: number; refused: number; givenUp: number; lastRefusal: string | null };
  books: CityBooks;
  analytics: { swaps: number; revenueFen: number; attempts: number };
}

const STEP_MS = 900_000;
/** While a swap runs, time moves in steps in which one thing happens. */
const SWAP_STEP_MS = 15_000;
const AT_ONCE = 8;
const ANALYTICS_MS = 600_000;
const HOUR_MS = 3_600_000;

/** A city of stations and riders in simulated time against a real hub, and at the end everybody's books against each other. */
export async function runCity(options: CityRunOptions): Promise<CityRun> {
  const { dir, fromMs, seed, stepMs = STEP_MS } = options;
  const say = options.onStep ?? (() => {});
  const started = performance.now();
  mkdirSync(dir, { recursive: true });
  const random = createRandom(seed);
  const plan = planCity({ ...options, random: random.fork('plan') });
  const stations: LightStation[] = [];
  let hub: ComposedHub | undefined;
  let gateway: PaymentGateway | undefined;
  const time = createCityTime({
    fromMs,
    setHubTime: async (nowMs) => hub?.setTime(nowMs),
    pending: () => pendingOf(stations),
  });
  try {
    // Notifications are signed with the city's time and sent in real time.
    const system = { after: realAfter, every: realAfter };
    gateway = await startPaymentGateway({
      directory: join(dir, 'payments'),
      clock: { nowMs: time.clock.nowMs, ...system },
    });
    const { settingsFile, pay } = gateway;
    hub = await startComposedHub({
      dataDir: join(dir, 'hub'),
      logFile: join(dir, 'hub.log'),
      simulatedFromMs: fromMs,
      env: { VOLTBAY_PAYMENTS: settingsFile, VOLTBAY_TIME_ZONE: 'Asia/Shanghai' },
    });
    const { apiUrl, mqttUrl, textFor } = hub;
    const operator = operatorApi(apiUrl, DEMO.operator, { timeoutMs: PATIENT_MS });
    say(`hub at ${apiUrl}; ${plan.stations.length} stations and ${plan.riders.length} riders move in`);
    const deps = { apiUrl, operator, clock: time.clock, textFor, pay: (no: string) => pay('wechat', no) };
    const accounts: RiderAccount[] = await inGroups(plan.riders, (rider) =>
      openRiderAccount(deps, { ...rider, keys: `city-${seed}` }),
    );
    const riders = createCityRiders({ accounts, time, random: random.fork('riders') });
    await buildStations({ plan, mqttUrl, apiUrl, operator, time, random, stations, riders });

    const cityFrom = performance.now();
    const cpuFrom = { city: process.cpuUsage(), hub: hub.cpuMs() };
    await live({ plan, stations, riders, time, stepMs, options, say });
    const realMs = performance.now() - cityFrom;
    const cpuMs = cpuSince(cpuFrom, hub.cpuMs());
    const simulatedMs = time.clock.nowMs() - fromMs;
    say('the last day is over; everybody’s books are held against each other');
    const analytics = await analyticsOf(operator, fromMs, time.clock.nowMs());
    const custody = physicalTruth(stations, accounts);
    const swaps = riders.stats();
    for (const station of stations) await station.stop();
    await hub.stop();
    const books = await checkCityBooks(join(dir, 'hub'), { custody, swaps: swaps.completed });
    if (analytics.swaps !== books.completed)
      books.differences.push(`analytics count ${analytics.swaps} swaps, the orders ${books.completed}`);
    if (analytics.revenueFen !== books.revenueFen)
      books.differences.push(`analytics count ${analytics.revenueFen} fen, the charges ${books.revenueFen}`);
    if (analytics.attempts !== books.orders)
      books.differences.push(`analytics count ${analytics.attempts} orders made, the hub ${books.orders}`);
    return {
      ok: books.differences.length === 0,
      seed,
      simulatedMs,
      realMs: Math.round(performance.now() - started),
      speed: Math.round(simulatedMs / realMs),
      cpuMs,
      swaps: {
        wished: plan.wishes.filter(({ atMs }) => atMs <= fromMs + simulatedMs).length,
        ...swaps,
      },
      books,
      analytics,
    };
  } finally {
    for (const station of stations) await station.stop();
    await hub?.stop();
    await gateway?.close();
  }
}

function cpuSince(from: { city: NodeJS.CpuUsage; hub: number | null }, hubNow: number | null) {
  const { user, system } = process.cpuUsage(from.city);
  return {
    city: Math.round((user + system) / 1000),
    hub: from.hub === null || hubNow === null ? null : hubNow - from.hub,
  };
}

async function buildStations(city: {
  plan: CityPlan;
  mqttUrl: string;
  apiUrl: string;
  operator: OperatorApi;
  time: ReturnType<typeof createCityTime>;
  random: ReturnType<typeof createRandom>;
  stations: LightStation[];
  riders: ReturnType<typeof createCityRiders>;
}): Promise<void> {
  const { plan, operator, time, stations, riders } = city;
  const enrolled = await enrolStations({
    apiUrl: city.apiUrl,
    operator: DEMO.operator,
    stations: plan.stations.map(({ device, name, lat, lon }) => ({ device, name, location: { lat, lon } })),
  });
  for (const [index, credentials] of enrolled.entries()) {
    const planned = plan.stations[index];
    if (!planned) continue;
    const own = city.random.fork(planned.device);
    const station = createLightStation({
      mqttUrl: city.mqttUrl,
      credentials,
      cabinet: createLightCabinet({ slots: planned.slots, packs: planned.packs, random: own }),
      visitor: riders.visitor,
      clock: time.clock,
      epoch: 1,
      random: own,
      events: {
        born: () => undefined,
        lost: () => undefined,
        refused(reason) {
          throw new SimulatorError('SIM_HUB_REFUSED', `${planned.device}: ${reason}`);
        },
        acknowledged: () => undefined,
        setAside(code) {
          throw new SimulatorError('SIM_HUB_REFUSED', `${planned.device}: a message was refused, ${code}`);
        },
        swapped: riders.ended,
      },
    });
    stations.push(station);
    station.connect();
  }
  await time.quiet();
  await inGroups(stations, ({ device }) => openStation(operator, device));
}

/** Day by day, step by step: stations report, riders whose time has come swap. */
async function live(city: {
  plan: CityPlan;
  stations: readonly LightStation[];
  riders: ReturnType<typeof createCityRiders>;
  time: ReturnType<typeof createCityTime>;
  stepMs: number;
  options: CityRunOptions;
  say(text: string): void;
}): Promise<void> {
  const { plan, stations, riders, time, stepMs, options } = city;
  const endMs = options.fromMs + options.days * 24 * HOUR_MS;
  const from = performance.now();
  let next = 0;
  let saidDay = 0;
  while (time.clock.nowMs() < endMs) {
    await time.moveTo(Math.min(endMs, nextStep(time.clock.nowMs(), stepMs)));
    const now = time.clock.nowMs();
    for (const station of stations) station.report(performance.now());
    for (let wish = plan.wishes[next]; wish && wish.atMs <= now; wish = plan.wishes[next]) {
      riders.swap(wish, stations);
      next += 1;
    }
    await time.quiet();
    while (riders.swapping()) await time.moveTo(time.clock.nowMs() + SWAP_STEP_MS);
    const day = Math.floor((now - options.fromMs) / (24 * HOUR_MS));
    if (day > saidDay) {
      saidDay = day;
      const s = Math.round((performance.now() - from) / 1000);
      city.say(`day ${day} of ${options.days} is over after ${s} s: ${riders.stats().completed} swaps`);
    }
    if (options.maxSpeed) {
      const aheadMs = (now - options.fromMs) / options.maxSpeed - (performance.now() - from);
      if (aheadMs > 0) await new Promise((resolve) => setTimeout(resolve, aheadMs));
    }
  }
}

/** The next whole step, however far swaps have moved the time on. */
const nextStep = (nowMs: number, stepMs: number): number => (Math.floor(nowMs / stepMs) + 1) * stepMs;

function pendingOf(stations: readonly LightStation[]): string {
  const away = stations.filter((station) => !station.connected()).length;
  const unstored = stations.reduce((sum, station) => sum + station.unacknowledged(), 0);
  return [away > 0 ? `${away} stations not born` : '', unstored > 0 ? `${unstored} messages not stored` : '']
    .filter(Boolean)
    .join(', ');
}

function physicalTruth(stations: readonly LightStation[], accounts: readonly RiderAccount[]) {
  const where: CityTruthCustody = new Map();
  for (const { device, cabinet } of stations)
    for (const [slot, pack] of cabinet.packs()) where.set(pack.serial, { kind: 'station', id: device, slot });
  for (const { vehicleId, pack } of accounts) where.set(pack.serial, { kind: 'vehicle', id: vehicleId });
  // The demo's own riders never move.
  for (const { vehicleId, packId } of DEMO.riders) where.set(packId, { kind: 'vehicle', id: vehicleId });
  return where;
}
type CityTruthCustody = Map<
  string,
  { kind: 'station'; id: string; slot: number } | { kind: 'vehicle'; id: string }
>;

type Figures = { swaps: number; revenueFen: number; attempts: number };

/** The hub's own analytics of the whole time, computed from what it has stored. */
async function analyticsOf(operator: OperatorApi, fromMs: number, toMs: number): Promise<Figures> {
  const hour = (ms: number) => new Date(ms).toISOString();
  const from = hour(Math.floor(fromMs / HOUR_MS) * HOUR_MS);
  const to = hour(Math.ceil((toMs + 1) / HOUR_MS) * HOUR_MS);
  const { taskId } = await operator.post<{ taskId: string }>('/core/v0/analytics/rebuild', { from, to });
  const until = performance.now() + ANALYTICS_MS;
  for (;;) {
    const task = await operator.get<{ state: string }>(`/core/v0/tasks/${taskId}`);
    if (task.state === 'done') break;
    if (performance.now() > until)
      throw new SimulatorError('SIM_HUB_REFUSED', `the analytics are ${task.state} and not done in time`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const { swaps, revenueFen, attempts } = await operator.get<Figures>(
    `/core/v0/analytics/summary?from=${from}&to=${to}`,
  );
  return { swaps, revenueFen, attempts };
}

async function inGroups<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE)
    done.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(work))));
  return done;
}

function realAfter(delayMs: number, run: () => void): () => void {
  const timer = setTimeout(run, delayMs);
  timer.unref();
  return () => clearTimeout(timer);
}

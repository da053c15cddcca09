import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { isTerminalOrderState, ORDER_STATES } from '@voltbay/protocol';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Database } from '../db/index.js';
import type { RequestObserver } from '../http/gateway-ports.js';
import { ordersCollection } from '../orders/order-document.js';
import type { Clock } from '../ports.js';

export interface Metrics {
  readonly contentType: string;
  readonly observe: RequestObserver;
  /** The Prometheus text of this process. */
  render(): Promise<string>;
  start(): void;
  stop(): void;
}

/** A part's counters by name, read when the metrics are asked for. */
export type StatsSource = { name: string; stats(): Readonly<Record<string, number>> };

const SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
/** Orders are counted in the store at most this often, however often somebody asks. */
const ORDERS_MAX_AGE_MS = 10_000;
const LIVE_STATES = ORDER_STATES.filter((state) => !isTerminalOrderState(state));

/** What this process does, in the form that Prometheus reads. Every hub process answers for itself. */
export function createMetrics(deps: {
  database: Database;
  clock: Clock;
  sources: readonly StatsSource[];
  tenantIds(): Promise<readonly string[]>;
  version: string;
}): Metrics {
  const { clock } = deps;
  const registry = new Registry();
  const registers = [registry];
  const startedAt = clock.now();
  const orders = deps.database.collection(ordersCollection);
  const durations = new Histogram({
    name: 'voltbay_http_request_duration_seconds',
    help: 'Time from the request to its answer, by route',
    labelNames: ['route', 'method', 'status'],
    buckets: SECONDS,
    registers,
  });
  const requests = new Counter({
    name: 'voltbay_http_requests_total',
    help: 'Answered requests by kind of caller',
    labelNames: ['audience', 'status'],
    registers,
  });
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers });
  const build = gauge('voltbay_build_info', 'Always 1, with the version', ['version']);
  build.set({ version: deps.version }, 1);
  const parts = gauge('voltbay_part_value', 'Counters and levels of the parts of the hub', ['part', 'name']);
  const open = gauge('voltbay_orders_open', 'Orders by state that are not closed', ['state']);
  const lag = gauge('voltbay_event_loop_lag_seconds', 'Delay of the event loop since the last scrape', [
    'quantile',
  ]);
  const memory = gauge('voltbay_memory_bytes', 'Memory of the process', ['kind']);
  const cpu = gauge('voltbay_cpu_seconds_total', 'Processor time of the process', ['kind']);
  const uptime = gauge('voltbay_uptime_seconds', 'Time since the process started');

  let delay: IntervalHistogram | null = null;
  let ordersAt = Number.NEGATIVE_INFINITY;

  const countOrders = async () => {
    if (clock.now() - ordersAt < ORDERS_MAX_AGE_MS) return;
    ordersAt = clock.now();
    const tenants = await deps.tenantIds();
    for (const state of LIVE_STATES) {
      let count = 0;
      for (const tenantId of tenants) count += await orders.countDocuments({ tenantId, state });
      open.set({ state }, count);
    }
  };
  const readProcess = () => {
    if (delay) {
      for (const quantile of [50, 90, 99])
        lag.set({ quantile: String(quantile / 100) }, nanosToSeconds(delay.percentile(quantile)));
      lag.set({ quantile: 'max' }, nanosToSeconds(delay.max));
      delay.reset();
    }
    const { rss, heapUsed, external } = process.memoryUsage();
    for (const [kind, bytes] of Object.entries({ rss, heapUsed, external })) memory.set({ kind }, bytes);
    const { user, system } = process.cpuUsage();
    for (const [kind, micros] of Object.entries({ user, system })) cpu.set({ kind }, micros / 1e6);
    uptime.set((clock.now() - startedAt) / 1_000);
  };

  return {
    contentType: registry.contentType,
    observe({ route, status, durationMs, audience }) {
      durations.observe(
        { route: route.path, method: route.method, status: String(status) },
        durationMs / 1_000,
      );
      requests.inc({ audience, status: String(status) });
    },
    async render() {
      for (const { name: part, stats } of deps.sources)
        for (const [name, value] of Object.entries(stats())) parts.set({ part, name }, value);
      readProcess();
      // A store that is away must not hide the other figures: they say why.
      await countOrders().catch(() => {
        ordersAt = Number.NEGATIVE_INFINITY;
        open.reset();
      });
      return registry.metrics();
    },
    start() {
      delay ??= monitorEventLoopDelay({ resolution: 20 });
      delay.enable();
    },
    stop() {
      delay?.disable();
      delay = null;
      registry.clear();
    },
  };
}

/** An empty histogram has no numbers yet. */
const nanosToSeconds = (nanos: number): number => (Number.isFinite(nanos) ? nanos / 1e9 : 0);

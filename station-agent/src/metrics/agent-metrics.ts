import type { AgentConfig } from '../config/config.js';
import type { CabinetPort, PackSource } from '../hardware/ports.js';
import type { Alarms } from '../station/alarms.js';
import type { PlannedCharge } from '../station/charge-plan.js';
import type { Service } from '../station/service-mode.js';
import type { SlotBoard } from '../station/slot-board.js';
import type { Storage } from '../storage/storage.js';
import type { HubClock } from '../uplink/hub-clock.js';
import type { Metric } from './metrics-text.js';

type Deps = {
  config: AgentConfig;
  version: string;
  storage: Storage;
  board: SlotBoard;
  cabinet: CabinetPort;
  packs: PackSource;
  alarms: Alarms;
  service: Service;
  hubClock: HubClock;
  isOnline: () => boolean;
  isSwapRunning: () => boolean;
  chargePlan: () => readonly PlannedCharge[];
  commandCounters: () => Readonly<Record<string, number>>;
  nowMs: () => number;
};

const gauge = (name: string, help: string, samples: Metric['samples']): Metric => ({
  name: `voltbay_agent_${name}`,
  help,
  type: 'gauge',
  samples,
});
const counter = (name: string, help: string, samples: Metric['samples']): Metric => ({
  ...gauge(name, help, samples),
  type: 'counter',
});
const flag = (value: boolean): [{ value: number }] => [{ value: Number(value) }];

/** The station in figures, as it is when asked. */
export function agentMetrics(deps: Deps): Metric[] {
  const { config, storage, cabinet, hubClock } = deps;
  const outbox = storage.outbox.stats();
  const size = storage.size();
  const hardware = deps.packs.stats();
  const clock = hubClock.quality();
  const cpu = process.cpuUsage();
  const ageS = outbox.oldestAtMs === null ? 0 : Math.max(0, (deps.nowMs() - outbox.oldestAtMs) / 1_000);
  const bySlot = (value: (slot: (typeof hardware.slots)[number]) => number): Metric['samples'] =>
    hardware.slots.map((slot) => ({ labels: { slot: slot.slot, driver: slot.driver }, value: value(slot) }));
  return [
    gauge('info', 'Versions and identity.', [
      {
        labels: {
          device: config.device,
          version: deps.version,
          config: config.hash,
          config_version: config.version ?? '',
          cabinet_firmware: cabinet.identity()?.firmware ?? '',
        },
        value: 1,
      },
    ]),
    counter('starts_total', 'Starts of the agent on its database.', [{ value: storage.epoch }]),
    gauge('hub_up', 'The hub is connected.', flag(deps.isOnline())),
    gauge('cabinet_up', 'The cabinet controller answers.', flag(cabinet.isUp())),
    gauge('in_service', 'Riders are served.', flag(deps.service.mode() === 'in-service')),
    gauge('swap_running', 'A swap is under way.', flag(deps.isSwapRunning())),
    gauge(
      'alarms_active',
      'Alarms that stand.',
      countBy(deps.alarms.active(), ({ severity }) => ({ severity })),
    ),
    gauge(
      'slots',
      'Slots by use.',
      countBy(deps.board.slotMessages([]), ({ use, packClass }) => ({
        use: use ?? 'unknown',
        pack_class: packClass ?? 'unknown',
      })),
    ),
    gauge(
      'charge_limit_amperes',
      'Planned charge limit.',
      deps
        .chargePlan()
        .map(({ slot, limitMa, reason }) => ({ labels: { slot, reason }, value: limitMa / 1_000 })),
    ),
    gauge(
      'outbox_rows',
      'Messages that wait for the hub.',
      Object.entries(outbox.byLane).map(([lane, value]) => ({ labels: { lane }, value })),
    ),
    gauge('outbox_oldest_seconds', 'Age of the oldest message that waits.', [{ value: ageS }]),
    gauge('outbox_quarantined_rows', 'Messages that the hub refused.', [{ value: outbox.quarantined }]),
    gauge('rest_calls_waiting', 'Calls to the hub that wait.', [{ value: storage.rest.waiting() }]),
    gauge('database_bytes', 'Size of the database.', [{ value: size.bytes }]),
    gauge('database_free_bytes', 'Of it unused.', [{ value: size.freeBytes }]),
    gauge('disk_free_bytes', 'Room on the disk.', [{ value: size.diskFreeBytes }]),
    counter(
      'storage_faults_total',
      'Faults of the database since the start.',
      Object.entries(storage.faultCounts()).map(([fault, value]) => ({ labels: { fault }, value })),
    ),
    counter(
      'commands_total',
      'Messages of the hub since the start.',
      Object.entries(deps.commandCounters()).map(([outcome, value]) => ({ labels: { outcome }, value })),
    ),
    counter(
      'pack_reads_total',
      'Good readings.',
      bySlot(({ reads }) => reads),
    ),
    counter(
      'pack_silent_total',
      'Reads without an answer.',
      bySlot(({ silent }) => silent),
    ),
    counter(
      'pack_bad_frames_total',
      'Answers that were no sound frame.',
      bySlot(({ badFrames }) => badFrames),
    ),
    gauge(
      'bus_utilisation_ratio',
      'Share of the time that a bus is busy.',
      hardware.buses.map(({ port, utilisationPct }) => ({
        labels: { port },
        value: utilisationPct === undefined ? null : utilisationPct / 100,
      })),
    ),
    gauge(
      'bus_cycle_seconds',
      'Time to poll all packs of a bus once.',
      hardware.buses.map(({ port, cycleMs }) => ({
        labels: { port },
        value: cycleMs === undefined ? null : cycleMs / 1_000,
      })),
    ),
    counter(
      'bus_reconnects_total',
      'Times that a port was opened again.',
      hardware.buses.map(({ port, reconnects }) => ({ labels: { port }, value: reconnects })),
    ),
    gauge('clock_synced', 'The clock agrees with the hub.', flag(clock.synced)),
    gauge('clock_offset_seconds', 'Own clock minus the hub’s.', [
      { value: clock.offsetMs === undefined ? null : clock.offsetMs / 1_000 },
    ]),
    gauge('resident_memory_bytes', 'Resident memory.', [{ value: process.memoryUsage.rss() }]),
    counter('cpu_seconds_total', 'Processor time.', [{ value: (cpu.user + cpu.system) / 1e6 }]),
  ];
}

function countBy<T>(items: readonly T[], labelsOf: (item: T) => Record<string, string>): Metric['samples'] {
  const counts = new Map<string, { labels: Record<string, string>; value: number }>();
  for (const item of items) {
    const labels = labelsOf(item);
    const key = JSON.stringify(labels);
    const known = counts.get(key) ?? { labels, value: 0 };
    counts.set(key, { labels, value: known.value + 1 });
  }
  return [...counts.values()];
}

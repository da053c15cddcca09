import type { HardwareClock } from '../hardware/deps.js';
import type { PackReadOutcome, PackSource, SlotReading } from '../hardware/ports.js';
import type { Lane } from './lane.js';
import type { SlotRecord } from './slot-record.js';

/** Long enough for a full read over BLE including finding and connecting. */
const READ_NOW_MS = 15_000;

export type PackSourceDeps = {
  lanes: readonly Lane[];
  clock: HardwareClock;
  /** State of the BLE adapter; absent when no slot needs it. */
  ble?: () => { state: string; detail?: string; links: number };
};

export type RunningPackSource = PackSource & {
  start(): void;
  stop(): Promise<void>;
  /** For the lanes: passes a reading on to the listeners. */
  publish(reading: SlotReading): void;
};

/** All packs of the station as one source. Slots without a reader answer `no-reader`. */
export function createPackSource(deps: () => PackSourceDeps): RunningPackSource {
  const listeners = new Set<(reading: SlotReading) => void>();
  const laneOf = (slot: number): { lane: Lane; record: SlotRecord } | null => {
    for (const lane of deps().lanes) {
      const record = lane.records.find(({ plan }) => plan.slot === slot);
      if (record) return { lane, record };
    }
    return null;
  };

  return {
    publish(reading) {
      for (const listener of listeners) listener(reading);
    },
    start() {
      for (const lane of deps().lanes) lane.start();
    },
    async stop() {
      await Promise.all(deps().lanes.map((lane) => lane.stop()));
    },
    latest: (slot) => laneOf(slot)?.record.latest() ?? null,
    readNow(slot, { timeoutMs = READ_NOW_MS, signal } = {}) {
      const found = laneOf(slot);
      if (!found) {
        const outcome: PackReadOutcome = {
          ok: false,
          reason: 'no-reader',
          detail: `no driver is configured for slot ${slot}`,
        };
        return Promise.resolve(outcome);
      }
      return found.lane.readNow(found.record, { timeoutMs, signal });
    },
    setUrgent(slots) {
      for (const lane of deps().lanes) {
        for (const { state } of lane.records) state.urgent = slots.includes(state.slot);
        lane.wake();
      }
    },
    packChanged(slot, { present, tag }) {
      const found = laneOf(slot);
      if (!found) return;
      const { lane, record } = found;
      if (record.packChanged(present, tag)) {
        if (lane.records.length === 1) lane.medium.forget();
        const occupied = lane.records.filter(({ state }) => state.present !== false);
        lane.meter.restart(occupied.map(({ plan }) => plan.slot));
      }
      lane.wake();
    },
    onReading(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stats() {
      const { lanes, clock, ble } = deps();
      const serial = lanes.filter(({ medium }) => medium.transport === 'serial');
      return {
        slots: lanes
          .flatMap(({ records }) => records.map((record) => record.stats()))
          .sort((a, b) => a.slot - b.slot),
        buses: serial.map(({ medium, meter }) => ({
          port: medium.port,
          up: medium.isUp(),
          cycleMs: meter.cycleMs(),
          utilisationPct: meter.utilisationPct(clock.monotonicMs()),
          reconnects: medium.reconnects(),
        })),
        ble: ble?.(),
      };
    },
  };
}

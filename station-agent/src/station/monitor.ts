import { MSG_TYPE, type StationEventData } from '@voltbay/protocol';
import { type Clock, isoTime } from '../clock.js';
import type { CabinetEvent, CabinetPort, PackSource, SlotReading } from '../hardware/ports.js';
import type { Logger } from '../logger.js';
import type { Storage } from '../storage/storage.js';
import type { SwapRules } from '../swap/types.js';
import type { Alarms } from './alarms.js';
import type { PackWatch } from './pack-watch.js';
import type { Reporter } from './reporter.js';
import type { SlotBoard } from './slot-board.js';

export type Monitor = ReturnType<typeof createMonitor>;

type Deps = {
  storage: Storage;
  board: SlotBoard;
  cabinet: CabinetPort;
  packs: PackSource;
  alarms: Alarms;
  reporter: Reporter;
  rules: SwapRules;
  packWatch: PackWatch;
  /** Slots of a running swap. */
  busySlots: () => number[];
  /** Any cabinet event: a waiting swap looks again. */
  wakeSwap: () => void;
  onControllerStart: () => void;
  onCode: (reader: 'qr' | 'rfid', payload: string) => void;
  clock: Clock;
  log: Logger;
};

/** A temperature alarm clears this far below its limit. */
const HYSTERESIS_DECI_C = 30;
/** A door that a technician or operator had released may be used this long without counting as forced. */
const EXPECTED_MS = 180_000;

/** Watches cabinet and packs: keeps the board true, tells the hub of edges, raises and clears alarms. */
export function createMonitor(deps: Deps) {
  const { storage, board, cabinet, packs, alarms, reporter, rules, clock, log } = deps;
  const expectedUntilMs = new Map<number, number>();
  const unsubscribe: (() => void)[] = [];
  const seen = new Set<number>();
  let refreshing: Promise<void> | null = null;

  const isExpected = (slot: number): boolean =>
    deps.busySlots().includes(slot) || (expectedUntilMs.get(slot) ?? 0) > clock.monotonicMs();

  function endFault(slot: number, fault: string): void {
    if (board.slot(slot)?.fault === fault) board.setFault(slot, null);
  }

  function tell(data: StationEventData): void {
    storage.outbox.enqueue([{ lane: 'state', type: MSG_TYPE.STATION_EVENT, data }]);
  }

  function handle(event: CabinetEvent): void {
    board.applyEvent(event);
    const at = isoTime(clock.nowMs());
    switch (event.kind) {
      case 'door': {
        const expected = isExpected(event.slot);
        tell({ kind: 'door', slot: event.slot, state: event.state, expected, at });
        if (event.state === 'open' && !expected)
          alarms.raise('door-forced', 'critical', { slot: event.slot, detail: 'opened without a command' });
        if (event.state === 'closed') {
          alarms.clear('door-forced', event.slot);
          alarms.clear('door-left-open', event.slot);
          endFault(event.slot, 'door-left-open');
        }
        break;
      }
      case 'lock':
        if (event.state === 'locked') endFault(event.slot, 'door-jam');
        if (event.state === 'locked') alarms.clear('door-jam', event.slot);
        break;
      case 'pack': {
        seen.delete(event.slot);
        const packId = event.tag || undefined;
        tell({
          kind: 'pack',
          slot: event.slot,
          state: event.state,
          ...(packId !== undefined && { packId }),
          expected: isExpected(event.slot),
          at,
        });
        if (event.state === 'out')
          for (const code of ['pack-alarm', 'pack-over-temperature', 'foreign-pack'])
            alarms.clear(code, event.slot);
        if (event.state === 'out') endFault(event.slot, 'foreign-pack');
        if (event.state === 'out') deps.packWatch.forget(event.slot);
        break;
      }
      case 'charger':
        if (event.state === 'fault') alarms.raise('charger-fault', 'warning', { slot: event.slot });
        else alarms.clear('charger-fault', event.slot);
        break;
      case 'environment':
        if (event.value > 0)
          alarms.raise(`cabinet-${event.input}`, 'critical', { detail: String(event.value) });
        else alarms.clear(`cabinet-${event.input}`);
        break;
      case 'mains':
        if (event.on) alarms.clear('mains-off');
        else alarms.raise('mains-off', 'critical');
        break;
      case 'link':
        if (event.up) alarms.clear('cabinet-silent');
        else alarms.raise('cabinet-silent', 'critical', { detail: 'the controller does not answer' });
        break;
      case 'boot':
        deps.onControllerStart();
        refresh();
        break;
      case 'resync':
        refresh();
        break;
      case 'code':
        deps.onCode(event.reader, event.payload);
        break;
    }
    deps.wakeSwap();
    if (event.kind !== 'code') reporter.changed();
  }

  function refresh(): void {
    refreshing ??= board
      .refresh()
      .then(() => {
        board.persist();
        reporter.changed();
      })
      .catch((error: unknown) => log.debug({ err: error }, 'scan failed'))
      .finally(() => {
        refreshing = null;
      });
  }

  function watchPack(reading: SlotReading): void {
    const { slot } = reading;
    if (!seen.has(slot)) {
      // The first reading of a pack is news; the next ones go out on schedule.
      seen.add(slot);
      reporter.changed();
    }
    deps.packWatch.watch(reading);
    const packId = board.packId(slot);
    const about = { slot, ...(packId !== undefined && { packId }) };
    const hottest = Math.max(...reading.reading.temperaturesDeciC, Number.NEGATIVE_INFINITY);
    if (hottest > rules.maxTemperatureDeciC)
      alarms.raise('pack-over-temperature', 'critical', { ...about, detail: `${hottest / 10} °C` });
    else if (hottest < rules.maxTemperatureDeciC - HYSTERESIS_DECI_C)
      alarms.clear('pack-over-temperature', slot);
    const severe = reading.reading.alarms.filter((name) => !ORDINARY.has(name));
    if (severe.length > 0) alarms.raise('pack-alarm', 'warning', { ...about, detail: severe.join(', ') });
    else alarms.clear('pack-alarm', slot);
  }

  /** Listeners must not throw: a full disk costs the message, never the process. */
  const guarded =
    <T>(work: (value: T) => void) =>
    (value: T): void => {
      try {
        work(value);
      } catch (error) {
        log.error({ err: error }, 'event not handled');
      }
    };

  return {
    start(): void {
      unsubscribe.push(cabinet.onEvent(guarded(handle)), packs.onReading(guarded(watchPack)));
      if (cabinet.isUp()) refresh();
    },
    /** Ends the subscriptions and waits for a scan under way. */
    async stop(): Promise<void> {
      for (const end of unsubscribe.splice(0)) end();
      await refreshing;
    },
    /** The next movements of this door are wanted. */
    expectDoor: (slot: number): void => void expectedUntilMs.set(slot, clock.monotonicMs() + EXPECTED_MS),
    refresh,
  };
}

const ORDINARY: ReadonlySet<string> = new Set([
  'low_soc',
  'cell_under_voltage',
  'pack_under_voltage',
  'cell_over_voltage',
  'pack_over_voltage',
  'cell_imbalance',
]);

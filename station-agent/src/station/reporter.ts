import { MSG_TYPE, type StationInfoData, type StationMessage } from '@voltbay/protocol';
import type { Clock } from '../clock.js';
import type { CabinetPort, CabinetStatus } from '../hardware/ports.js';
import type { Logger } from '../logger.js';
import type { Storage } from '../storage/storage.js';
import type { Service } from './service-mode.js';
import type { SlotBoard } from './slot-board.js';

export type Reporter = ReturnType<typeof createReporter>;

type Deps = {
  storage: Storage;
  board: SlotBoard;
  cabinet: CabinetPort;
  service: Service;
  busySlots: () => number[];
  isConnected: () => boolean;
  agentVersion: string;
  configHash: string;
  intervalMs: number;
  clock: Clock;
  log: Logger;
};

/** Changes within this time go out in one report. */
const GATHER_MS = 300;
/** The cabinet is not asked again about its mains and meter when it answered so short a while ago. */
const STATUS_FRESH_MS = 1_000;
/** While offline only telemetry is kept, this much rarer than live reports. */
const OFFLINE_FACTOR = 10;

/**
 * STATION_INFO while connected (on a schedule, on request, soon after a change); TELEMETRY while offline, so that the gap is filled
 * later without superseded reports piling up.
 */
export function createReporter(deps: Deps) {
  const { storage, board, cabinet, service, clock, log } = deps;
  let timer: NodeJS.Timeout | null = null;
  let soon: NodeJS.Timeout | null = null;
  let status: CabinetStatus | null = null;
  let statusReadMs = Number.NEGATIVE_INFINITY;
  let lastMs = Number.NEGATIVE_INFINITY;
  let lookedMs = clock.monotonicMs();

  function station(): StationMessage {
    const oldestAtMs = storage.outbox.oldestAtMs();
    const identity = cabinet.identity();
    return {
      ...(status && {
        mainsOn: status.mainsOn,
        ...(status.meterWh !== undefined && { meterWh: status.meterWh }),
        ...(status.airTemperatureDeciC !== undefined && { airTemperatureDeciC: status.airTemperatureDeciC }),
        ...(status.humidityPermille !== undefined && { humidityPermille: status.humidityPermille }),
        smoke: status.smoke,
        water: status.water,
        tilt: status.tilt,
      }),
      mode: service.mode(),
      swapInProgress: storage.swaps.open().length > 0,
      outboxDepth: storage.outbox.depth(),
      oldestUnackedAgeS:
        oldestAtMs === null ? 0 : Math.max(0, Math.round((clock.nowMs() - oldestAtMs) / 1000)),
      versions: {
        agent: deps.agentVersion,
        config: deps.configHash,
        ...(identity && { cabinetFirmware: identity.firmware, cabinetModel: identity.model }),
      },
      connectivity: { cabinet: cabinet.isUp() },
    };
  }

  const info = (commandId?: string): StationInfoData => ({
    battery: board.latestMessages(),
    slots: board.slotMessages(deps.busySlots()),
    station: station(),
    ...(commandId !== undefined && { commandId }),
  });

  async function refreshStatus(): Promise<void> {
    if (!cabinet.isUp()) return;
    try {
      status = await cabinet.status();
      statusReadMs = clock.monotonicMs();
    } catch (error) {
      log.debug({ err: error }, 'cabinet status not read');
    }
  }

  function send(commandId?: string): void {
    lastMs = clock.monotonicMs();
    storage.outbox.enqueue([{ lane: 'state', type: MSG_TYPE.STATION_INFO, data: info(commandId) }]);
  }

  async function tick(): Promise<void> {
    await refreshStatus();
    lookedMs = clock.monotonicMs();
    board.persist();
    board.persistReadings();
    if (deps.isConnected()) send();
    else if (clock.monotonicMs() - lastMs >= deps.intervalMs * OFFLINE_FACTOR) {
      lastMs = clock.monotonicMs();
      const readings = board.latestMessages();
      if (readings.length > 0)
        storage.outbox.enqueue([{ lane: 'telemetry', type: MSG_TYPE.TELEMETRY, data: { readings } }]);
    }
  }
  const guardedTick = (): void => {
    tick().catch((error: unknown) => log.error({ err: error }, 'report failed'));
  };

  return {
    start(): void {
      timer ??= setInterval(guardedTick, deps.intervalMs);
    },
    stop(): void {
      if (timer) clearInterval(timer);
      if (soon) clearTimeout(soon);
      timer = null;
      soon = null;
    },
    async reportNow(): Promise<void> {
      await refreshStatus();
      send();
    },
    /**
     * A fresh report, taken down by the function that comes back: in the caller's transaction, with what it answers. `commandId` names
     * the request. At once when the cabinet answered a short while ago.
     */
    freshReport(commandId: string): (() => void) | Promise<() => void> {
      const takeDown = () => send(commandId);
      if (clock.monotonicMs() - statusReadMs < STATUS_FRESH_MS) return takeDown;
      return refreshStatus().then(() => takeDown);
    },
    /** Something changed: report it together with what follows at once. */
    changed(): void {
      if (soon || !timer) return;
      soon = setTimeout(() => {
        soon = null;
        try {
          board.persist();
          if (deps.isConnected()) send();
        } catch (error) {
          log.error({ err: error }, 'report failed');
        }
      }, GATHER_MS);
    },
    snapshot: info,
    /** As read for the last report; null before the first. */
    cabinetStatus: (): CabinetStatus | null => status,
    /** Age of the last look at the cabinet and the store, for the watchdog. */
    lookAgeMs: (): number => clock.monotonicMs() - lookedMs,
  };
}

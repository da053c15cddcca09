import type { AgentOverrides } from '../agent-overrides.js';
import type { Clock } from '../clock.js';
import type { AgentConfig } from '../config/config.js';
import type { CrashPoint } from '../crash-point.js';
import type { Hardware } from '../hardware/ports.js';
import { saveIncident } from '../incident/incident-files.js';
import { createSwapRecorder } from '../incident/swap-recorder.js';
import type { Logger } from '../logger.js';
import type { Alarms } from '../station/alarms.js';
import { createCharging } from '../station/charging.js';
import { createMonitor } from '../station/monitor.js';
import { createPackWatch } from '../station/pack-watch.js';
import { createReporter } from '../station/reporter.js';
import type { Service } from '../station/service-mode.js';
import { createSlotBoard } from '../station/slot-board.js';
import type { Storage } from '../storage/storage.js';
import { createSwapRunner } from '../swap/runner.js';
import { createSwapService } from '../swap/service.js';
import type { SwapRules, SwapState } from '../swap/types.js';

export type StationSide = ReturnType<typeof createStationSide>;

type Deps = {
  config: AgentConfig;
  version: string;
  storage: Storage;
  hardware: Hardware;
  rules: SwapRules;
  alarms: Alarms;
  service: Service;
  clock: Clock;
  log: Logger;
  crashPoint: CrashPoint;
  overrides: Pick<AgentOverrides, 'swap'>;
  /** The hub can be reached. */
  isOnline: () => boolean;
  /** Inside the transaction that ends a swap. */
  onSwapSettled: (state: SwapState) => void;
  /** Something was held before a reader. */
  onCode: (reader: 'qr' | 'rfid', payload: string) => void;
};

/** Everything that deals with doors and packs, and works without a hub: the board, swaps, charging, watching, reports. */
export function createStationSide(deps: Deps) {
  const { config, storage, rules, alarms, service, clock } = deps;
  const { cabinet, packs } = deps.hardware;
  const part = (name: string): Logger => deps.log.child({ part: name });
  const { state } = storage;
  const board = createSlotBoard({ config, cabinet, packs, state, rules, clock, log: part('board') });
  const recorder = createSwapRecorder({
    ports: { clock, board, cabinet, packs },
    cabinet,
    device: config.device,
    agentVersion: deps.version,
    rules,
    ...(deps.overrides.swap?.verifyMs !== undefined && { verifyMs: deps.overrides.swap.verifyMs }),
    journal: storage.swaps.rows,
  });
  const runner = createSwapRunner({
    storage,
    ...recorder.ports,
    rules,
    log: part('swap'),
    crashPoint: deps.crashPoint,
    ...deps.overrides.swap,
    onSettled: deps.onSwapSettled,
    onBegin: recorder.begin,
    onFinished(ended) {
      const incident = recorder.finish(ended);
      if (!incident) return;
      saveIncident(config.dataDir, incident, clock.nowMs()).then(
        (file) => deps.log.info({ swapId: incident.request.swapId, file }, 'incident kept'),
        (error: unknown) => deps.log.warn({ err: error }, 'incident not kept'),
      );
    },
    onDoorTrouble(slot, code, detail) {
      board.setFault(slot, code);
      alarms.raise(code, 'critical', { slot, detail });
    },
  });
  const swaps = createSwapService({
    runner,
    board,
    cabinet,
    packs,
    service,
    rules,
    clock,
    log: part('swap'),
  });
  const busySlots = (): number[] => runner.current()?.busySlots() ?? [];
  const reporter = createReporter({
    storage,
    board,
    cabinet,
    service,
    busySlots,
    isConnected: deps.isOnline,
    agentVersion: deps.version,
    configHash: config.hash,
    intervalMs: config.uplink.infoIntervalS * 1000,
    clock,
    log: part('reporter'),
  });
  const packWatch = createPackWatch({ limits: config.limits, alarms });
  const charging = createCharging({
    isHeating: packWatch.isHeating,
    config: config.charging,
    board,
    cabinet,
    packs,
    rules,
    status: reporter.cabinetStatus,
    clock,
    log: part('charging'),
  });
  const monitor = createMonitor({
    storage,
    board,
    cabinet,
    packs,
    alarms,
    reporter,
    rules,
    packWatch,
    busySlots,
    wakeSwap: runner.wake,
    onControllerStart: charging.forget,
    onCode: deps.onCode,
    clock,
    log: part('monitor'),
  });
  return { board, runner, swaps, reporter, charging, monitor };
}

import { join } from 'node:path';
import { MSG_TYPE, type ServerUpdateData } from '@voltbay/protocol';
import type { AgentOverrides } from './agent-overrides.js';
import { createHubSide } from './assembly/hub-side.js';
import { createStationSide } from './assembly/station-side.js';
import { systemClock } from './clock.js';
import { createCommandHandlers } from './commands/handlers.js';
import { createCommandIntake } from './commands/intake.js';
import { type RecoveryDeps, recoverCommands, settleOpenedSlots } from './commands/recovery.js';
import type { AgentConfig } from './config/config.js';
import { createControlSocket } from './control/control-socket.js';
import { createStatusService } from './control/status-service.js';
import { noCrashPoint } from './crash-point.js';
import { createAskDiagnostics } from './diagnostics/ask-diagnostics.js';
import { createLogShipper } from './diagnostics/log-shipper.js';
import type { Hardware } from './hardware/ports.js';
import type { HealthCheck } from './health-gate.js';
import { createLogger, type Logger } from './logger.js';
import { agentMetrics } from './metrics/agent-metrics.js';
import { createMetricsServer } from './metrics/metrics-server.js';
import { metricsText } from './metrics/metrics-text.js';
import { createRemoteConfig } from './remote-config/remote-config.js';
import { openRemoteConfig } from './remote-config/remote-config-file.js';
import { createAlarms } from './station/alarms.js';
import { createClockWatch } from './station/clock-watch.js';
import { createService } from './station/service-mode.js';
import { createStorageWatch } from './station/storage-watch.js';
import { openStorage } from './storage/storage.js';
import { swapRules } from './swap/types.js';
import { settleSwap } from './swap-end.js';
import { createReleaseStore } from './update/release-store.js';
import { createUpdateFile } from './update/update-file.js';
import { createUpdater } from './update/updater.js';
import { createHubClock } from './uplink/hub-clock.js';
import { createStationClock } from './uplink/station-clock.js';
import { agentVersion } from './version.js';
import type { Progress } from './watchdog.js';

/** `replaced`: the process must end and be started again, from another release. */
export type AgentEnd = 'stopped' | 'restart' | 'replaced';
export type Agent = Awaited<ReturnType<typeof createAgent>>;

const CABINET_LOOK_MS = 200;
/** So long without progress is stuck, not slow. */
const STUCK_MS = 60_000;

/**
 * Puts the agent together. Opens the database (and so takes the instance lock): throws `ALREADY_RUNNING`, `DATABASE_*`. `start` then
 * brings up hardware, recovery, reports and uplink; `stop` undoes it in reverse. `ended` tells whether a restart was asked for.
 */
export async function createAgent(config: AgentConfig, overrides: AgentOverrides) {
  const wall = overrides.clock ?? systemClock;
  const hubClock = createHubClock(wall);
  const clock = createStationClock(wall, hubClock);
  const log = overrides.log ?? createLogger(config.logLevel);
  const crashPoint = overrides.crashPoint ?? noCrashPoint;
  const version = agentVersion();
  const rules = swapRules(config.swap, overrides.rules);
  const storage = openStorage(config.dataDir, clock);
  let hardware: Hardware;
  try {
    hardware = overrides.createHardware(config.hardware, {
      clock,
      log: log.child({ part: 'hardware' }),
      polling: config.polling,
      minCabinetFirmware: config.hardware.cabinet.minFirmware,
    });
  } catch (error) {
    storage.close();
    throw error;
  }
  const { cabinet, packs } = hardware;
  const part = (name: string): Logger => log.child({ part: name });
  const stopping = new AbortController();
  const restart = (): void => void stop('restart');

  const service = createService(storage.meta, clock);
  const alarms = createAlarms({ outbox: storage.outbox, clock, log: part('alarms') });
  const clockWatch = createClockWatch({ quality: hubClock.quality, alarms });
  const storageWatch = createStorageWatch({
    storage,
    alarms,
    clock,
    log: part('storage'),
    onFatal: restart,
    ...(overrides.storageLookMs !== undefined && { everyMs: overrides.storageLookMs }),
  });

  const station = createStationSide({
    config,
    version,
    storage,
    hardware,
    rules,
    alarms,
    service,
    clock,
    log,
    crashPoint,
    overrides,
    isOnline: () => hub.isOnline(),
    onSwapSettled: (state) => settleSwap(state, { intake, localStart: hub.localStart }),
    onCode: (reader, payload) => void hub.localStart.handle(reader, payload),
  });
  const { board, runner, swaps, reporter, charging, monitor } = station;

  const hub = createHubSide({
    config,
    version,
    storage,
    cabinet,
    swaps,
    alarms,
    service,
    hubClock,
    wall,
    clock,
    log,
    overrides,
    signal: stopping.signal,
    restart,
    replace: () => void stop('replaced'),
    onDownlink(message) {
      try {
        intake.take(message);
      } catch (error) {
        log.error({ err: error, topic: message.topic }, 'message from the hub not handled');
      }
    },
    onUp: () =>
      void reporter.reportNow().catch((error: unknown) => log.error({ err: error }, 'report failed')),
  });
  const { session, attendance } = hub;

  const logs = overrides.logTail
    ? createLogShipper({
        tail: overrides.logTail,
        outbox: storage.outbox,
        clock,
        secrets: [overrides.secret ?? ''],
      })
    : null;
  /** Loaded when it is asked for: the doctor's checks take memory that a station needs otherwise. */
  async function ownBundle(): Promise<Uint8Array> {
    const { collectFromWithin } = await import('./diagnostics/own-bundle.js');
    return collectFromWithin({ config, status, tail: overrides.logTail ?? null });
  }

  const intake = createCommandIntake({
    device: config.device,
    storage,
    hubClock,
    clock,
    log: part('commands'),
    crashPoint,
    handlers: createCommandHandlers({
      storage,
      swaps,
      board,
      cabinet,
      monitor,
      reporter,
      clock,
      log: part('commands'),
      crashPoint,
      requestLifecycle: attendance.request,
      setConfig: (command, report) => remoteConfig.handle(command, report),
      askDiagnostics: createAskDiagnostics({
        api: hub.api,
        logs,
        bundle: ownBundle,
        log: part('diagnostics'),
        signal: stopping.signal,
      }),
      update: (command, report) =>
        updater.order({ ...(command.data as ServerUpdateData), commandId: command.id }, report.started),
    }),
    facts: {
      get swapRunning() {
        return swaps.isBusy();
      },
      get inService() {
        return service.mode() === 'in-service';
      },
      epoch: storage.epoch,
      configHash: config.hash,
      occupied: (slot) => board.slot(slot)?.occupied ?? null,
      packId: (slot) => board.packId(slot),
    },
    onAck(ack) {
      isAcked ||= ack.epoch === storage.epoch;
      hub.sender.acknowledge(ack);
    },
    onRetained: (topic) =>
      alarms.note('retained-command', 'critical', `a retained message on ${topic} was ignored`),
  });
  /** What must go on for the station to count as alive. A full disk is an alarm of its own, not a reason to restart. */
  const progress: readonly Progress[] = [
    { name: 'database', ageMs: storageWatch.writeAgeMs, limitMs: STUCK_MS },
    {
      name: 'reports',
      ageMs: reporter.lookAgeMs,
      limitMs: STUCK_MS + 2_000 * config.uplink.infoIntervalS,
    },
  ];
  /** The hub has stored something of this start. */
  let isAcked = false;
  const health = (wants: { cabinet: boolean }): HealthCheck[] => [
    { name: 'hub', ok: () => service.mode() === 'out-of-service' || (hub.isOnline() && isAcked) },
    { name: 'cabinet', ok: () => !wants.cabinet || cabinet.isUp() },
    ...progress.map(({ name, ageMs, limitMs }) => ({ name, ok: () => ageMs() <= limitMs })),
  ];
  const remoteConfig = createRemoteConfig({
    config,
    file: openRemoteConfig(config.dataDir),
    swaps,
    cabinetUp: cabinet.isUp,
    health,
    settle: (commandId, settlement) => intake.settle(commandId, settlement),
    restart: () => attendance.request({ kind: 'restart' }),
    crashPoint,
    clock,
    log: part('remote-config'),
    signal: stopping.signal,
  });
  const updater = createUpdater({
    config,
    releases: createReleaseStore(config.update.root),
    file: createUpdateFile(config.update.root),
    program: overrides.program ?? process.argv[1] ?? '',
    swaps,
    cabinetUp: cabinet.isUp,
    health,
    settle: (commandId, settlement) => intake.settle(commandId, settlement),
    onLocalEnd: ({ phase, version: to, reason }) =>
      alarms.note('agent-update', phase === 'done' ? 'info' : 'warning', `${to}: ${phase} ${reason ?? ''}`),
    bearer: hub.api.bearer,
    replace: () => attendance.request({ kind: 'replace' }),
    nowMs: () => hubClock.hubNowMs() ?? clock.nowMs(),
    crashPoint,
    clock,
    log: part('update'),
    signal: stopping.signal,
  });
  const status = createStatusService({
    config,
    version,
    storage,
    board,
    cabinet,
    packs,
    service,
    alarms,
    swaps,
    session,
    clock,
    intake,
    expectDoor: (slot) => monitor.expectDoor(slot),
    goOnline: () => attendance.goOnline(),
    updater,
    rotation: hub.rotation,
  });
  const metrics = config.metrics
    ? createMetricsServer({
        port: config.metrics.port,
        log: part('metrics'),
        text: () =>
          metricsText(
            agentMetrics({
              config,
              version,
              storage,
              board,
              cabinet,
              packs,
              alarms,
              service,
              hubClock,
              isOnline: hub.isOnline,
              isSwapRunning: swaps.isBusy,
              chargePlan: charging.plan,
              commandCounters: intake.counters,
              nowMs: clock.nowMs,
            }),
          ),
      })
    : null;
  const controlSocket = createControlSocket({
    path: join(config.dataDir, 'agent.sock'),
    log: part('control'),
    handle: (request) => status.answer(request),
  });

  let resolveEnded: (end: AgentEnd) => void = () => {};
  const ended = new Promise<AgentEnd>((resolve) => {
    resolveEnded = resolve;
  });
  let stopOnce: Promise<void> | null = null;

  /** Resolves when the controller answers; stays pending while it does not, and rejects when the agent stops. */
  async function cabinetUp(): Promise<void> {
    while (!cabinet.isUp()) {
      await new Promise((resolve) => setTimeout(resolve, CABINET_LOOK_MS).unref());
      stopping.signal.throwIfAborted();
    }
  }

  function recover(): void {
    const openSwap = storage.swaps.open()[0];
    const isSwapOpen = (commandId: string): boolean => openSwap?.request.requestId === commandId;
    const deps: RecoveryDeps = {
      storage,
      intake,
      cabinet,
      log: part('recovery'),
      isSwapOpen,
      recoverChange: (row) =>
        row.type === MSG_TYPE.SERVER_UPDATE ? updater.recover(row) : remoteConfig.recover(row),
    };
    const toRead = recoverCommands(deps);
    runner.resume();
    if (toRead.length > 0)
      cabinetUp()
        .then(() => settleOpenedSlots(deps, toRead))
        .catch((error: unknown) => {
          if (!stopping.signal.aborted) log.error({ err: error }, 'recovery failed');
        });
    storage.commands.prune();
  }

  async function start(): Promise<void> {
    await hardware.start();
    storageWatch.start();
    clockWatch.start();
    hub.passTrust.start();
    monitor.start();
    logs?.start();
    recover();
    reporter.start();
    charging.start();
    await controlSocket.start();
    await metrics?.start();
    attendance.start();
    void hub.rotation.resume();
    remoteConfig.start();
    updater.start();
    log.info({ device: config.device, epoch: storage.epoch, version }, 'agent started');
  }

  function stop(end: AgentEnd = 'stopped'): Promise<void> {
    stopOnce ??= shutDown(end);
    return stopOnce;
  }

  async function shutDown(end: AgentEnd): Promise<void> {
    stopping.abort();
    attendance.cancelReturn();
    await controlSocket.stop();
    await metrics?.stop();
    reporter.stop();
    await charging.stop();
    await runner.stop();
    await intake.idle();
    await attendance.settled();
    await monitor.stop();
    await hub.stop();
    logs?.stop();
    await hardware.stop();
    storageWatch.stop();
    clockWatch.stop();
    try {
      board.persist();
    } catch (error) {
      log.error({ err: error }, 'last state not stored; it is scanned again at the next start');
    }
    storage.close();
    log.info({ end }, 'agent stopped');
    resolveEnded(end);
  }

  return {
    start,
    stop: () => stop(),
    ended,
    storage,
    swaps,
    board,
    service,
    session,
    status,
    /** Where figures are served; null when they are not. */
    metricsPort: () => metrics?.port() ?? null,
    localStart: hub.localStart,
    passTrust: hub.passTrust,
    progress,
    goOnline: attendance.goOnline,
    rules,
  };
}

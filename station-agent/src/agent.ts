import { join } from 'node:path';
import type { AgentOverrides } from './agent-overrides.js';
import { systemClock } from './clock.js';
import { createCommandHandlers } from './commands/handlers.js';
import { createCommandIntake } from './commands/intake.js';
import { recoverCommands, settleOpenedSlots } from './commands/recovery.js';
import type { AgentConfig } from './config/config.js';
import { createControlSocket } from './control/control-socket.js';
import { createStatusService } from './control/status-service.js';
import { noCrashPoint } from './crash-point.js';
import type { Hardware } from './hardware/ports.js';
import { createLocalStart } from './local-start/local-start.js';
import { createLogger, type Logger } from './logger.js';
import { createOfflineStart } from './offline-pass/offline-start.js';
import { createPassTrust } from './offline-pass/pass-trust.js';
import { createCallQueue } from './rest/call-queue.js';
import { createHubApi } from './rest/hub-api.js';
import { createAlarms } from './station/alarms.js';
import { createCharging } from './station/charging.js';
import { createMonitor } from './station/monitor.js';
import { createReporter } from './station/reporter.js';
import { createService } from './station/service-mode.js';
import { createSlotBoard } from './station/slot-board.js';
import { createStorageWatch } from './station/storage-watch.js';
import type { RestCall } from './storage/rest-queue.js';
import { openStorage } from './storage/storage.js';
import { createSwapRunner } from './swap/runner.js';
import { createSwapService } from './swap/service.js';
import { swapRules } from './swap/types.js';
import { settleSwap } from './swap-end.js';
import { createAttendance } from './uplink/attendance.js';
import { createHubClock } from './uplink/hub-clock.js';
import { createSender } from './uplink/sender.js';
import { createUplinkSession } from './uplink/session.js';
import { createStationClock } from './uplink/station-clock.js';
import { agentVersion } from './version.js';
import type { Progress } from './watchdog.js';

export type AgentEnd = 'stopped' | 'restart';
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
    });
  } catch (error) {
    storage.close();
    throw error;
  }
  const { cabinet, packs } = hardware;
  const part = (name: string): Logger => log.child({ part: name });
  const stopping = new AbortController();

  const service = createService(storage.meta, clock);
  const alarms = createAlarms({ outbox: storage.outbox, clock, log: part('alarms') });
  const storageWatch = createStorageWatch({
    storage,
    alarms,
    clock,
    log: part('storage'),
    onFatal: () => void stop('restart'),
    ...(overrides.storageLookMs !== undefined && { everyMs: overrides.storageLookMs }),
  });
  const board = createSlotBoard({
    config,
    cabinet,
    packs,
    state: storage.state,
    rules,
    clock,
    log: part('board'),
  });

  const runner = createSwapRunner({
    storage,
    cabinet,
    packs,
    board,
    rules,
    clock,
    log: part('swap'),
    crashPoint,
    ...overrides.swap,
    onSettled: (state) => settleSwap(state, { intake, localStart }),
    onDoorTrouble(slot, code, detail) {
      board.setFault(slot, code);
      alarms.raise(code, 'critical', { slot, detail });
    },
  });
  const swaps = createSwapService({ runner, board, cabinet, packs, service, rules, log: part('swap') });

  const credentials: { secret: string | null } = { secret: overrides.secret ?? null };
  const secretOf = (): string => credentials.secret ?? '';
  const api = createHubApi({
    apiUrl: config.hub.apiUrl,
    device: config.device,
    secret: secretOf,
    clock,
  });
  const calls = createCallQueue({
    storage,
    api,
    clock,
    log: part('rest'),
    onMade: (call) => onOrderCall(call),
    onRefused(call, detail) {
      alarms.note('order-call-refused', 'warning', `${call.kind}: ${detail}`);
      onOrderCall(call);
    },
  });
  /** The hub knows the end of an offline swap: it no longer counts against the station's limits. */
  const onOrderCall = (call: RestCall): void => {
    if (call.kind === 'complete-order') storage.passes.reconciled(call.swapId);
  };
  const bestNowMs = clock.nowMs;
  const passTrust = createPassTrust({
    meta: storage.meta,
    api,
    nowMs: bestNowMs,
    clock,
    log: part('passes'),
  });
  const localStart = createLocalStart({
    dataDir: config.dataDir,
    storage,
    api,
    swaps,
    offline: createOfflineStart({
      storage,
      swaps,
      trust: passTrust,
      policy: config.offline,
      nowMs: bestNowMs,
      clock,
    }),
    isOnline: () => session.state() === 'up',
    clock,
    log: part('local-start'),
  });

  const sender = createSender({
    device: config.device,
    outbox: storage.outbox,
    hubClock,
    wall,
    clock,
    log: part('sender'),
    window: config.uplink.window,
    ...(overrides.resendAfterMs !== undefined && { resendAfterMs: overrides.resendAfterMs }),
  });
  const unsubscribeOutbox = storage.outbox.onEnqueue(sender.schedule);

  const busySlots = (): number[] => runner.current()?.busySlots() ?? [];
  const reporter = createReporter({
    storage,
    board,
    cabinet,
    service,
    busySlots,
    isConnected: () => session.state() === 'up',
    agentVersion: version,
    configHash: config.hash,
    intervalMs: config.uplink.infoIntervalS * 1000,
    clock,
    log: part('reporter'),
  });
  const charging = createCharging({ board, cabinet, rules, log: part('charging') });
  const monitor = createMonitor({
    storage,
    board,
    cabinet,
    packs,
    alarms,
    reporter,
    rules,
    busySlots,
    wakeSwap: runner.wake,
    onControllerStart: charging.forget,
    onCode: (reader, payload) => void localStart.handle(reader, payload),
    clock,
    log: part('monitor'),
  });
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
      requestLifecycle: (request) => attendance.request(request),
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
    onAck: (ack) => sender.acknowledge(ack),
    onRetained: (topic) =>
      alarms.note('retained-command', 'critical', `a retained message on ${topic} was ignored`),
  });
  const session = createUplinkSession({
    url: config.hub.mqttUrl,
    device: config.device,
    secret: secretOf,
    topics: config.topics,
    keepaliveS: config.uplink.keepaliveS,
    sender,
    epoch: storage.epoch,
    birth: () => {
      const identity = cabinet.identity();
      const lastCommandId = storage.meta.get('lastCommandId');
      return {
        epoch: storage.epoch,
        seq: storage.outbox.head().seq + 1,
        instanceId: storage.instanceId,
        versions: {
          agent: version,
          config: config.hash,
          ...(identity && { cabinetFirmware: identity.firmware }),
        },
        configHash: config.hash,
        ...(lastCommandId !== null && { lastCommandId }),
        time: new Date(clock.nowMs()).toISOString(),
      };
    },
    onDownlink(message) {
      try {
        intake.take(message);
      } catch (error) {
        log.error({ err: error, topic: message.topic }, 'message from the hub not handled');
      }
    },
    onUp() {
      calls.hurry();
      passTrust.onHubUp();
      seenHub();
      reporter.reportNow().catch((error: unknown) => log.error({ err: error }, 'report failed'));
    },
    onDown(reason) {
      log.warn({ reason }, 'connection to the hub lost');
      seenHub();
    },
    onFenced(fenced) {
      if (fenced)
        alarms.raise('duplicate-identity', 'critical', {
          detail: 'another agent uses the credentials of this station',
        });
      else alarms.clear('duplicate-identity');
    },
    log: part('uplink'),
  });
  function seenHub(): void {
    try {
      storage.meta.set('hubSeenAtMs', String(bestNowMs()));
    } catch (error) {
      log.error({ err: error }, 'time of the last contact not stored');
    }
  }
  const attendance = createAttendance({
    config,
    storage,
    api,
    calls,
    session,
    service,
    alarms,
    clock,
    log,
    credentials,
    signal: stopping.signal,
    restart: () => void stop('restart'),
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
  });
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

  async function start(): Promise<void> {
    await hardware.start();
    storageWatch.start();
    passTrust.start();
    monitor.start();
    const openSwap = storage.swaps.open()[0];
    const toRead = recoverCommands({
      storage,
      intake,
      cabinet,
      log: part('recovery'),
      isSwapOpen: (commandId) => openSwap?.request.requestId === commandId,
    });
    runner.resume();
    if (toRead.length > 0) {
      const deps = { storage, intake, cabinet, log: part('recovery'), isSwapOpen: () => false };
      cabinetUp()
        .then(() => settleOpenedSlots(deps, toRead))
        .catch((error: unknown) => {
          if (!stopping.signal.aborted) log.error({ err: error }, 'recovery failed');
        });
    }
    storage.commands.prune();
    reporter.start();
    charging.start();
    await controlSocket.start();
    attendance.start();
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
    reporter.stop();
    await charging.stop();
    await runner.stop();
    await intake.idle();
    await attendance.settled();
    await monitor.stop();
    await calls.stop();
    await passTrust.stop();
    await session.stop('stopping');
    await hardware.stop();
    unsubscribeOutbox();
    storageWatch.stop();
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
    localStart,
    passTrust,
    /** What must go on for the station to count as alive. A full disk is an alarm of its own, not a reason to restart. */
    progress: [
      { name: 'database', ageMs: storageWatch.writeAgeMs, limitMs: STUCK_MS },
      {
        name: 'reports',
        ageMs: reporter.lookAgeMs,
        limitMs: STUCK_MS + 2_000 * config.uplink.infoIntervalS,
      },
    ] satisfies Progress[],
    goOnline: attendance.goOnline,
    rules,
  };
}

import type { AgentOverrides } from '../agent-overrides.js';
import type { Clock } from '../clock.js';
import type { AgentConfig } from '../config/config.js';
import type { CabinetPort } from '../hardware/ports.js';
import { createLocalStart } from '../local-start/local-start.js';
import type { Logger } from '../logger.js';
import { createOfflineStart } from '../offline-pass/offline-start.js';
import { createPassTrust } from '../offline-pass/pass-trust.js';
import { createCallQueue } from '../rest/call-queue.js';
import { createCredentialRotation } from '../rest/credential-rotation.js';
import { createHubApi } from '../rest/hub-api.js';
import type { Alarms } from '../station/alarms.js';
import type { Service } from '../station/service-mode.js';
import type { RestCall } from '../storage/rest-queue.js';
import type { Storage } from '../storage/storage.js';
import type { SwapService } from '../swap/service.js';
import { createAttendance } from '../uplink/attendance.js';
import type { HubClock } from '../uplink/hub-clock.js';
import { createSender } from '../uplink/sender.js';
import { createUplinkSession, type Downlink } from '../uplink/session.js';

export type HubSide = ReturnType<typeof createHubSide>;

type Deps = {
  config: AgentConfig;
  version: string;
  storage: Storage;
  cabinet: CabinetPort;
  swaps: SwapService;
  alarms: Alarms;
  service: Service;
  hubClock: HubClock;
  /** The machine's own clock. */
  wall: Clock;
  /** What records are labelled with. */
  clock: Clock;
  log: Logger;
  overrides: Pick<AgentOverrides, 'secret' | 'resendAfterMs'>;
  signal: AbortSignal;
  restart: () => void;
  replace: () => void;
  onDownlink: (message: Downlink) => void;
  onUp: () => void;
};

/** Everything that deals with the hub: signing in, REST calls, local starts, the uplink. The station works while none of it does. */
export function createHubSide(deps: Deps) {
  const { config, storage, cabinet, swaps, alarms, service, hubClock, clock, log } = deps;
  const part = (name: string): Logger => log.child({ part: name });
  const { device } = config;
  const credentials: { secret: string | null } = { secret: deps.overrides.secret ?? null };
  const secret = (): string => credentials.secret ?? '';

  const api = createHubApi({ apiUrl: config.hub.apiUrl, device, secret, clock });
  const calls = createCallQueue({
    storage,
    api,
    clock,
    log: part('rest'),
    onMade: onOrderCall,
    onRefused(call, detail) {
      alarms.note('order-call-refused', 'warning', `${call.kind}: ${detail}`);
      onOrderCall(call);
    },
  });
  /** The hub knows the end of an offline swap: it no longer counts against the station's limits. */
  function onOrderCall(call: RestCall): void {
    if (call.kind === 'complete-order') storage.passes.reconciled(call.swapId);
  }
  const passTrust = createPassTrust({
    meta: storage.meta,
    api,
    nowMs: clock.nowMs,
    clock,
    log: part('passes'),
  });
  const offline = createOfflineStart({
    storage,
    swaps,
    trust: passTrust,
    policy: config.offline,
    nowMs: clock.nowMs,
    clock,
  });
  const rotation = createCredentialRotation({ config, api, credentials, log: part('credentials') });
  const isOnline = (): boolean => session.state() === 'up';
  const localStart = createLocalStart({
    dataDir: config.dataDir,
    storage,
    api,
    swaps,
    offline,
    isOnline,
    clock,
    log: part('local-start'),
  });

  const sender = createSender({
    device,
    outbox: storage.outbox,
    hubClock,
    wall: deps.wall,
    clock,
    log: part('sender'),
    window: config.uplink.window,
    ...(deps.overrides.resendAfterMs !== undefined && { resendAfterMs: deps.overrides.resendAfterMs }),
  });
  const unsubscribe = storage.outbox.onEnqueue(sender.schedule);
  const session = createUplinkSession({
    url: config.hub.mqttUrl,
    device,
    secret,
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
        starts: [...storage.starts],
        versions: {
          agent: deps.version,
          config: config.hash,
          ...(identity && { cabinetFirmware: identity.firmware }),
        },
        configHash: config.hash,
        ...(config.version !== null && { configVersion: config.version }),
        ...(lastCommandId !== null && { lastCommandId }),
        time: new Date(clock.nowMs()).toISOString(),
      };
    },
    onDownlink: deps.onDownlink,
    onUp() {
      calls.hurry();
      passTrust.onHubUp();
      void rotation.resume();
      seenHub();
      deps.onUp();
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
      storage.meta.set('hubSeenAtMs', String(clock.nowMs()));
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
    signal: deps.signal,
    restart: deps.restart,
    replace: deps.replace,
  });
  return {
    api,
    calls,
    passTrust,
    localStart,
    sender,
    session,
    attendance,
    rotation,
    isOnline,
    /** Ends what `attendance` began; the swaps must be over. */
    async stop(): Promise<void> {
      await calls.stop();
      await passTrust.stop();
      await session.stop('stopping');
      unsubscribe();
    },
  };
}

import type { Clock } from '../clock.js';
import type { LifecycleRequest } from '../commands/handlers.js';
import type { AgentConfig } from '../config/config.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../logger.js';
import type { CallQueue } from '../rest/call-queue.js';
import { obtainSecret } from '../rest/credentials-source.js';
import type { HubApi } from '../rest/hub-api.js';
import type { Alarms } from '../station/alarms.js';
import type { Service } from '../station/service-mode.js';
import type { Storage } from '../storage/storage.js';
import type { UplinkSession } from './session.js';

/** Time that a command's result gets to leave before the station does what it announced. */
const FAREWELL_MS = 1_500;
/** Longest delay that a timer takes. */
const MAX_TIMER_MS = 2_147_483_000;

export type Attendance = ReturnType<typeof createAttendance>;
type Deps = {
  config: AgentConfig;
  storage: Storage;
  api: HubApi;
  calls: CallQueue;
  session: UplinkSession;
  service: Service;
  alarms: Alarms;
  clock: Clock;
  log: Logger;
  /** Where the secret is kept while the agent runs; filled by signing on. */
  credentials: { secret: string | null };
  /** Aborts when the agent stops. */
  signal: AbortSignal;
  /** Not awaited: stopping waits for what is being carried out. */
  restart(): void;
  replace(): void;
};

/** When the station is with the hub and when it stays away: signing on, leaving and restarting by command, coming back. */
export function createAttendance(deps: Deps) {
  const { config, storage, session, service, clock, log, credentials, signal } = deps;
  let comeBack: NodeJS.Timeout | null = null;
  let leaving: Promise<void> | null = null;

  async function carryOut(request: LifecycleRequest): Promise<void> {
    await drained(FAREWELL_MS);
    if (request.kind === 'restart') return deps.restart();
    if (request.kind === 'replace') return deps.replace();
    service.leave(request.reconnectAfterS === 0 ? null : request.reconnectAfterS * 1000);
    await session.stop('disconnect-command');
    if (signal.aborted) return;
    log.warn({ reconnectAfterS: request.reconnectAfterS }, 'out of service by command');
    returnLater();
  }

  /** Waits until the hub has everything, but not for long. */
  async function drained(limitMs: number): Promise<void> {
    const until = clock.monotonicMs() + limitMs;
    while (
      !signal.aborted &&
      session.state() === 'up' &&
      storage.outbox.depth() > 0 &&
      clock.monotonicMs() < until
    )
      await new Promise((resolve) => setTimeout(resolve, 20));
  }

  function returnLater(): void {
    const awayMs = service.awayMs();
    if (awayMs === null || awayMs === Number.POSITIVE_INFINITY) return;
    comeBack = setTimeout(goOnline, Math.min(awayMs, MAX_TIMER_MS));
  }

  function goOnline(): void {
    if (comeBack) clearTimeout(comeBack);
    comeBack = null;
    if (signal.aborted) return;
    if (service.mode() === 'out-of-service') service.comeBack();
    if (credentials.secret !== null) session.start();
  }

  async function signOn(): Promise<void> {
    credentials.secret ??= await obtainSecret({
      config,
      secretFromEnvironment: undefined,
      api: deps.api,
      log: log.child({ part: 'enrolment' }),
      signal,
    });
    if (signal.aborted) return;
    deps.calls.start();
    if (service.awayMs() === null) session.start();
    else returnLater();
  }

  return {
    /** Signs on in the background; without credentials the station works locally and raises an alarm. */
    start(): void {
      signOn().catch((error: unknown) => {
        if (signal.aborted) return;
        log.error(
          { reason: messageOf(error) },
          'the station cannot sign in; it works locally until this is fixed',
        );
        deps.alarms.raise('credentials', 'critical', { detail: messageOf(error) });
      });
    },
    /** Does what a command of the hub announced, once its result had a chance to leave. */
    request(request: LifecycleRequest): void {
      leaving = carryOut(request)
        .catch((error: unknown) => log.error({ err: error, kind: request.kind }, 'command not carried out'))
        .finally(() => {
          leaving = null;
        });
    },
    /** Leaves the hub at a technician's word; `forMs` null = until brought back. */
    async goOffline(forMs: number | null): Promise<void> {
      service.leave(forMs);
      await session.stop('disconnect-command');
      if (!signal.aborted) returnLater();
    },
    /** Ends an absence, also one without an end (`reconnectAfterS` 0). */
    goOnline,
    cancelReturn(): void {
      if (comeBack) clearTimeout(comeBack);
    },
    settled: async (): Promise<void> => {
      await leaving;
    },
  };
}

import type { Logger } from './logger.js';
import type { ServiceNotifier } from './sd-notify.js';

/** What must go on for the agent to count as alive, with the longest pause that is normal. Never the network. */
export type Progress = { name: string; ageMs: () => number; limitMs: number };

export type Watchdog = { start(): void; stop(): void; stuck(): string[] };

/**
 * Feeds the service manager's watchdog only while everything that must progress does: the timer itself shows that the event loop turns,
 * the rest is asked. When something is stuck the feeding ends, and the service manager restarts the agent.
 */
export function createWatchdog(deps: {
  progress: readonly Progress[];
  notifier: ServiceNotifier;
  log: Logger;
  /** WATCHDOG_USEC / 1000; null = no watchdog is wanted. */
  watchdogMs: number | null;
}): Watchdog {
  const { progress, notifier, log, watchdogMs } = deps;
  let timer: NodeJS.Timeout | null = null;
  let told = false;
  const stuck = (): string[] =>
    progress.filter(({ ageMs, limitMs }) => ageMs() > limitMs).map(({ name }) => name);
  function look(): void {
    const names = stuck();
    if (names.length === 0) {
      told = false;
      notifier.alive();
      return;
    }
    if (!told) log.fatal({ stuck: names }, 'no progress: the watchdog is no longer fed');
    told = true;
  }
  return {
    start(): void {
      if (watchdogMs === null) return;
      notifier.alive();
      timer ??= setInterval(look, Math.max(1_000, watchdogMs / 3));
    },
    stop(): void {
      if (timer) clearInterval(timer);
      timer = null;
    },
    stuck,
  };
}

/** systemd's wish for this process; null without one. Source: sd_watchdog_enabled(3). */
export function watchdogMsFrom(env: NodeJS.ProcessEnv): number | null {
  const usec = Number(env.WATCHDOG_USEC);
  if (!Number.isFinite(usec) || usec <= 0) return null;
  if (env.WATCHDOG_PID !== undefined && Number(env.WATCHDOG_PID) !== process.pid) return null;
  return usec / 1000;
}

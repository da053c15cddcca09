import { type AskDiagnosticsData, MSG_TYPE } from '@voltbay/protocol';
import type { Clock } from '../clock.js';
import type { Outbox } from '../storage/outbox.js';
import { LOG_LEVELS, type LogLine, logLine } from './log-lines.js';
import type { LogTail, TailLine } from './log-tail.js';

export type LogRequest = NonNullable<AskDiagnosticsData['logs']>;
export type LogShipper = ReturnType<typeof createLogShipper>;

/** Lines that gather within this time go out together. */
const GATHER_MS = 1_000;
const LINES_PER_MESSAGE = 100;
/** Warnings go out unasked, so many at once and refilled by one each `REFILL_MS`: a fault that repeats floods nobody. */
const MAX_UNASKED = 60;
const REFILL_MS = 10_000;
const MAX_REQUESTED = 2_000;
const MAX_PENDING = 2_000;

/**
 * Sends log lines to the hub as STATION_LOG: warn and above unasked within bounds, everything else when a support person asked for it. In
 * the lane that is thinned first. It never logs, and never fails whoever logged: a line that cannot be stored is lost.
 */
export function createLogShipper(deps: {
  tail: LogTail;
  outbox: Outbox;
  clock: Clock;
  secrets: readonly string[];
}) {
  const { tail, outbox, clock, secrets } = deps;
  const pending: LogLine[] = [];
  const watches = new Set<{ request: LogRequest; untilMs: number }>();
  let allowance = { count: MAX_UNASKED, atMs: clock.monotonicMs() };
  let timer: NodeJS.Timeout | null = null;
  let isFlushing = false;
  let unsubscribe: (() => void) | null = null;

  function flush(): void {
    if (timer) clearTimeout(timer);
    timer = null;
    isFlushing = true;
    try {
      while (pending.length > 0)
        outbox.enqueue([
          {
            lane: 'telemetry',
            type: MSG_TYPE.STATION_LOG,
            data: { lines: pending.splice(0, LINES_PER_MESSAGE) },
          },
        ]);
    } catch {
      pending.length = 0;
    } finally {
      isFlushing = false;
    }
  }

  function add(line: TailLine): void {
    const told = logLine(line, secrets);
    if (told === null || pending.length >= MAX_PENDING) return;
    pending.push(told);
    timer ??= setTimeout(flush, GATHER_MS).unref();
  }

  function mayGoUnasked(): boolean {
    const nowMs = clock.monotonicMs();
    const refilled = Math.floor((nowMs - allowance.atMs) / REFILL_MS);
    if (refilled > 0)
      allowance = {
        count: Math.min(MAX_UNASKED, allowance.count + refilled),
        atMs: allowance.atMs + refilled * REFILL_MS,
      };
    if (allowance.count === 0) return false;
    allowance.count -= 1;
    return true;
  }

  const isWanted = ({ level, orderId }: LogRequest, line: TailLine): boolean =>
    line.level >= LOG_LEVELS[level] &&
    (orderId === undefined || line.json.includes(`"orderId":${JSON.stringify(orderId)}`));

  function onLine(line: TailLine): void {
    if (isFlushing) return;
    const nowMs = clock.monotonicMs();
    for (const watch of watches) if (watch.untilMs <= nowMs) watches.delete(watch);
    const isAsked = [...watches].some(({ request }) => isWanted(request, line));
    if (isAsked || (line.level >= LOG_LEVELS.warn && mayGoUnasked())) add(line);
  }

  return {
    start(): void {
      unsubscribe ??= tail.onLine(onLine);
    },
    /** Sends what was logged already and, for `forS`, what follows. Returns how many lines go at once. */
    request(request: LogRequest): number {
      const sinceMs = clock.nowMs() - (request.minutesBack ?? 15) * 60_000;
      const found = tail
        .lines()
        .filter((line) => line.atMs >= sinceMs && isWanted(request, line))
        .slice(-MAX_REQUESTED);
      for (const line of found) add(line);
      if (request.forS) watches.add({ request, untilMs: clock.monotonicMs() + request.forS * 1_000 });
      flush();
      return found.length;
    },
    stop(): void {
      unsubscribe?.();
      flush();
    },
  };
}

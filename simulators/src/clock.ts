/** Undoes one `after` or `every`. */
export type Cancel = () => void;

/** Time as the simulated hardware sees it. Wire pacing does not use it: bytes always travel in real time. */
export interface Clock {
  /** Milliseconds since the epoch. */
  nowMs(): number;
  after(delayMs: number, run: () => void): Cancel;
  every(periodMs: number, run: () => void): Cancel;
}

/** The machine's own time; timers never keep the process alive on their own. */
export function createSystemClock(): Clock {
  return {
    nowMs: () => Date.now(),
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs);
      timer.unref();
      return () => clearTimeout(timer);
    },
    every(periodMs, run) {
      const timer = setInterval(run, periodMs);
      timer.unref();
      return () => clearInterval(timer);
    },
  };
}

export interface ManualClock extends Clock {
  /** Moves time on, running due timers in order of their due time. */
  advance(ms: number): void;
}

interface Timer {
  dueMs: number;
  order: number;
  periodMs: number | undefined;
  run: () => void;
}

/** A clock that only moves when told, for tests and replays: the same calls give the same history. */
export function createManualClock(startMs = Date.UTC(2026, 0, 1)): ManualClock {
  let now = startMs;
  let order = 0;
  const timers = new Set<Timer>();

  function add(delayMs: number, periodMs: number | undefined, run: () => void): Cancel {
    order += 1;
    const timer: Timer = { dueMs: now + Math.max(0, delayMs), order, periodMs, run };
    timers.add(timer);
    return () => timers.delete(timer);
  }

  function nextDue(untilMs: number): Timer | undefined {
    let best: Timer | undefined;
    for (const timer of timers) {
      if (timer.dueMs > untilMs) continue;
      if (!best || timer.dueMs < best.dueMs || (timer.dueMs === best.dueMs && timer.order < best.order)) {
        best = timer;
      }
    }
    return best;
  }

  return {
    nowMs: () => now,
    after: (delayMs, run) => add(delayMs, undefined, run),
    every: (periodMs, run) => add(periodMs, Math.max(1, periodMs), run),
    advance(ms) {
      const until = now + ms;
      for (let timer = nextDue(until); timer; timer = nextDue(until)) {
        now = Math.max(now, timer.dueMs);
        if (timer.periodMs === undefined) timers.delete(timer);
        else timer.dueMs += timer.periodMs;
        timer.run();
      }
      now = until;
    },
  };
}

/**
 * Keeps a server-sent event stream open: reconnects with backoff, notices a silent line, and says how fresh the page is.
 * The connection itself is given (browser fetch, Expo fetch), so the rules are pure and tested with a hand-turned clock.
 */
export type LiveMessage = { id: string | undefined; event: string | undefined; data: string };

/** One attempt. `onActivity` is called for every byte that proves the line alive, heartbeat comments included. */
export type LiveConnect = (attempt: {
  lastEventId: string | null;
  onOpen: () => void;
  onActivity: () => void;
  onMessage: (message: LiveMessage) => void;
}) => { done: Promise<void>; close: () => void };

export type LiveTimers = {
  now: () => number;
  setTimeout: (work: () => void, ms: number) => unknown;
  clearTimeout: (handle: unknown) => void;
  random: () => number;
};

export type LivePhase = 'stopped' | 'connecting' | 'live' | 'waiting';

export type LiveState = {
  phase: LivePhase;
  /** Failed attempts since the line was last good. */
  attempts: number;
  /** When the next attempt starts, ms since the epoch; only while waiting. */
  retryAtMs: number | null;
  /** Last sign of life, ms since the epoch. */
  lastActivityAtMs: number | null;
};

export type LiveStreamOptions = {
  connect: LiveConnect;
  timers: LiveTimers;
  onMessage: (message: LiveMessage) => void;
  onState?: (state: LiveState) => void;
  /**
   * The line is good: what happened before was not told on it and must be read anew. `afterGap` false at the first opening, when only
   * what was read while the line was being opened can be older than the line.
   */
  onOpen?: (afterGap: boolean) => void;
  backoffMinMs?: number;
  backoffMaxMs?: number;
  /** The hub sends a heartbeat every 15 s; longer silence than this means a dead line. */
  silenceMs?: number;
};

export type LiveStream = { state(): LiveState; start(): void; stop(): void; retryNow(): void };

/** Full jitter between half and all of an exponential step, so that many pages do not return in the same instant. */
export function backoffMs(attempts: number, minMs: number, maxMs: number, random: number): number {
  const step = Math.min(maxMs, minMs * 2 ** Math.max(0, attempts - 1));
  return Math.round(step / 2 + (step / 2) * random);
}

export function createLiveStream(options: LiveStreamOptions): LiveStream {
  const {
    connect,
    timers,
    onMessage,
    backoffMinMs = 500,
    backoffMaxMs = 15_000,
    silenceMs = 40_000,
  } = options;
  let state: LiveState = { phase: 'stopped', attempts: 0, retryAtMs: null, lastActivityAtMs: null };
  let lastEventId: string | null = null;
  let connection: { close: () => void } | null = null;
  let timer: unknown = null;
  // Answers of a connection that was given up carry an old generation and are ignored.
  let generation = 0;
  let openedBefore = false;

  function change(patch: Partial<LiveState>): void {
    state = { ...state, ...patch };
    options.onState?.(state);
  }

  function clear(): void {
    if (timer !== null) timers.clearTimeout(timer);
    timer = null;
  }

  function watchSilence(mine: number): void {
    clear();
    timer = timers.setTimeout(() => lost(mine), silenceMs);
  }

  function lost(mine: number): void {
    if (mine !== generation || state.phase === 'stopped') return;
    generation += 1;
    connection?.close();
    connection = null;
    clear();
    const attempts = state.attempts + 1;
    const waitMs = backoffMs(attempts, backoffMinMs, backoffMaxMs, timers.random());
    change({ phase: 'waiting', attempts, retryAtMs: timers.now() + waitMs });
    timer = timers.setTimeout(attempt, waitMs);
  }

  function attempt(): void {
    generation += 1;
    const mine = generation;
    change({ phase: 'connecting', retryAtMs: null });
    watchSilence(mine);
    const alive = (): boolean => {
      if (mine !== generation) return false;
      watchSilence(mine);
      return true;
    };
    const opened = connect({
      lastEventId,
      onOpen: () => {
        if (!alive()) return;
        change({ phase: 'live', attempts: 0, lastActivityAtMs: timers.now() });
        options.onOpen?.(openedBefore);
        openedBefore = true;
      },
      onActivity: () => {
        if (alive()) change({ lastActivityAtMs: timers.now() });
      },
      onMessage: (message) => {
        if (!alive()) return;
        if (message.id) lastEventId = message.id;
        onMessage(message);
      },
    });
    connection = opened;
    opened.done.then(
      () => lost(mine),
      () => lost(mine),
    );
  }

  return {
    state: () => state,
    start() {
      if (state.phase === 'stopped') attempt();
    },
    stop() {
      generation += 1;
      clear();
      connection?.close();
      connection = null;
      change({ phase: 'stopped', attempts: 0, retryAtMs: null });
    },
    retryNow() {
      if (state.phase !== 'waiting') return;
      clear();
      attempt();
    },
  };
}

import { setMaxListeners } from 'node:events';
import type { HardwareLog } from '../../hardware/deps.js';
import { BLE_RULES, type BleCondition, conditionOfError } from './conditions.js';
import type { LoadNoble, Noble } from './noble-api.js';
import { type NobleInstance, startNoble } from './noble-instance.js';

/** The time in which one noble instance is usable. Everything that hangs on it ends with `lost`. */
export type BleSession = { noble: Noble; lost: AbortSignal };

export type BleAdapter = {
  start(): void;
  stop(): void;
  condition(): { state: BleCondition; detail?: string };
  /** Null unless the condition is `ready`. */
  session(): BleSession | null;
  onState(listener: (ready: boolean) => void): () => void;
  /** Gives up the present session: the adapter hangs. A fresh one is made. */
  restart(reason: string): void;
  /** Sessions after the first. */
  restarts(): number;
};

/** An adapter that has not said what it is after this long is taken for absent: noble reports that by a warning only. */
const UNKNOWN_MAX_MS = 10_000;
const RESTART_MS = 500;
/** An adapter that is being opened can look switched off at first. */
const POWER_UP_MS = 3_000;

/** Keeps a noble ready for as long as there is an adapter; a new instance for each attempt and after each loss. */
export function createBleAdapter(deps: { load: LoadNoble; log: HardwareLog }): BleAdapter {
  const { load, log } = deps;
  const listeners = new Set<(ready: boolean) => void>();
  let running = false;
  let condition: BleCondition = 'off';
  let detail: string | undefined;
  let instance: NobleInstance | null = null;
  let session: (BleSession & { end(): void }) | null = null;
  let timer: NodeJS.Timeout | undefined;
  let sessions = 0;

  function set(next: BleCondition, cause?: unknown): void {
    const hint = next in BLE_RULES ? BLE_RULES[next as keyof typeof BLE_RULES].hint : undefined;
    const text = cause instanceof Error ? cause.message : cause === undefined ? undefined : String(cause);
    detail = next === 'failed' ? `${hint}: ${text}` : hint;
    if (condition === next) return;
    condition = next;
    if (next === 'ready') log.info({ sessions }, 'BLE ready');
    else if (hint) log.warn({ state: next, cause: text }, detail ?? next);
  }

  function schedule(ms: number): void {
    clearTimeout(timer);
    if (running) timer = setTimeout(attempt, ms);
  }

  function attempt(): void {
    if (!running) return;
    discard();
    try {
      const started = startNoble(load);
      instance = started;
      if (condition === 'off' || condition === 'ready') set('starting');
      started.noble.on('stateChange', (state: string) => {
        if (instance === started) follow(started, state);
      });
      follow(started, started.noble._state);
    } catch (error) {
      giveUp(conditionOfError(error), error);
    }
  }

  function follow(started: NobleInstance, state: string): void {
    if (session) {
      if (state !== 'poweredOn') lose(state);
      return;
    }
    clearTimeout(timer);
    if (state === 'poweredOn') open(started.noble);
    else if (state === 'poweredOff') timer = setTimeout(() => set('powered-off'), POWER_UP_MS);
    else if (state === 'unauthorized') giveUp('unauthorized');
    else if (state === 'unsupported') giveUp('no-adapter');
    else timer = setTimeout(() => giveUp('no-adapter'), UNKNOWN_MAX_MS);
  }

  function open(noble: Noble): void {
    const ended = new AbortController();
    // Every link and every search listens to it: bounded by the number of slots.
    setMaxListeners(0, ended.signal);
    sessions += 1;
    session = { noble, lost: ended.signal, end: () => ended.abort() };
    set('ready');
    announce(true);
  }

  function lose(state: string): void {
    discard();
    set(state === 'poweredOff' ? 'powered-off' : 'starting');
    schedule(RESTART_MS);
  }

  function giveUp(why: keyof typeof BLE_RULES, cause?: unknown): void {
    discard();
    set(why, cause);
    const { retryMs } = BLE_RULES[why];
    if (retryMs !== null) schedule(retryMs);
  }

  function discard(): void {
    clearTimeout(timer);
    instance?.dispose();
    instance = null;
    const ended = session;
    session = null;
    ended?.end();
    if (ended) announce(false);
  }

  function announce(ready: boolean): void {
    for (const listener of listeners) listener(ready);
  }

  return {
    start() {
      if (running) return;
      running = true;
      attempt();
    },
    stop() {
      running = false;
      discard();
      condition = 'off';
      detail = undefined;
    },
    condition: () => ({ state: condition, detail }),
    session: () => session,
    onState(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    restart(reason) {
      if (!session) return;
      log.warn({ reason }, 'BLE adapter is started anew');
      lose('hanging');
    },
    restarts: () => Math.max(0, sessions - 1),
  };
}

import type { BindingInterface } from '@serialport/bindings-cpp';
import { messageOf } from '../../errors.js';
import type { HardwareClock, HardwareLog } from '../../hardware/deps.js';
import { HardwareError } from '../../hardware/ports.js';
import {
  type DeviceIdentity,
  deviceIdentity,
  type OpenPort,
  openSerialPort,
  type SerialSettings,
} from './open-port.js';
import { SerialPortError } from './serial-error.js';

/** One serial port that stays available: reopened after an unplug, silent loss or a failed start. */
export type SerialLink = {
  readonly path: string;
  readonly baudRate: number;
  start(): void;
  stop(): Promise<void>;
  isUp(): boolean;
  /** Sends all bytes. @throws HardwareError LINK_DOWN at once when the port is away, or when it goes away meanwhile. */
  write(bytes: Uint8Array): Promise<void>;
  /** `atMs`: monotonic time at which the bytes were read. */
  onData(listener: (chunk: Uint8Array, atMs: number) => void): () => void;
  onState(listener: (up: boolean) => void): () => void;
  /** Why the port is not open; null while it is. */
  lastError(): SerialPortError | null;
  /** Times the port came back after it had been lost. */
  reconnects(): number;
};

export type SerialLinkDeps = {
  binding: BindingInterface;
  clock: HardwareClock;
  log: HardwareLog;
  timing?: Partial<SerialTiming>;
};

export type SerialTiming = {
  /** First pause before a port is opened again; doubled up to the longest. */
  reopenMinMs: number;
  reopenMaxMs: number;
  /** How often the device behind the path is looked at, so that an unplug is noticed without traffic. */
  watchMs: number;
  /** A port that was written to and gave nothing for this long is reopened; doubled while that does not help. */
  silenceMs: number;
  silenceMaxMs: number;
  /** A write that the port has not taken for this long fails, at the next look (`watchMs`). */
  writeMs: number;
};

const TIMING: SerialTiming = {
  reopenMinMs: 250,
  reopenMaxMs: 2_000,
  watchMs: 1_000,
  silenceMs: 20_000,
  silenceMaxMs: 600_000,
  writeMs: 3_000,
};

/**
 * Invariants: at most one port object exists; each (re)connect makes a new one, because the old one still primes reads and queues
 * writes after a loss; nothing is queued while the port is away.
 */
export function createSerialLink(settings: SerialSettings, deps: SerialLinkDeps): SerialLink {
  const { binding, clock, log } = deps;
  const timing = { ...TIMING, ...deps.timing };
  const { path, baudRate } = settings;
  const dataListeners = new Set<(chunk: Uint8Array, atMs: number) => void>();
  const stateListeners = new Set<(up: boolean) => void>();

  let running = false;
  let port: OpenPort | null = null;
  let identity: DeviceIdentity = null;
  let opening: Promise<void> | null = null;
  let reopenTimer: NodeJS.Timeout | undefined;
  let watchTimer: NodeJS.Timeout | undefined;
  let reopenMs = timing.reopenMinMs;
  let silenceMs = timing.silenceMs;
  let unansweredSinceMs: number | null = null;
  let lastError: SerialPortError | null = null;
  let opened = 0;
  /** Writes under way: how each is failed, and since when it waits. */
  const pendingWrites = new Map<(error: HardwareError) => void, number>();

  function connect(): void {
    if (!running || port || opening) return;
    opening = openOnce().finally(() => {
      opening = null;
    });
  }

  async function openOnce(): Promise<void> {
    try {
      const fresh = await openSerialPort(binding, settings);
      identity = await deviceIdentity(path);
      if (running) adopt(fresh);
      else await fresh.close();
    } catch (error) {
      const failure =
        error instanceof SerialPortError ? error : new SerialPortError('PORT_FAILED', path, String(error));
      if (lastError?.code !== failure.code) log.warn({ path, code: failure.code }, failure.message);
      lastError = failure;
      scheduleReopen();
    }
  }

  function adopt(fresh: OpenPort): void {
    port = fresh;
    opened += 1;
    lastError = null;
    reopenMs = timing.reopenMinMs;
    unansweredSinceMs = null;
    fresh.listen(
      (chunk) => {
        unansweredSinceMs = null;
        silenceMs = timing.silenceMs;
        const atMs = clock.monotonicMs();
        for (const listener of dataListeners) listener(chunk, atMs);
      },
      (reason) => lose(fresh, reason),
    );
    watchTimer = setInterval(() => void watch(fresh), timing.watchMs);
    watchTimer.unref();
    log.info({ path, baudRate, reconnects: opened - 1 }, 'serial port open');
    announce(true);
  }

  /** Notices what serialport does not: the device behind the path is gone or another one, or nothing is ever answered. */
  async function watch(watched: OpenPort): Promise<void> {
    failStuckWrites();
    const now = await deviceIdentity(path);
    if (port !== watched) return;
    if (now !== identity) return lose(watched, now === null ? 'unplugged' : 'another device took its place');
    if (unansweredSinceMs === null || clock.monotonicMs() - unansweredSinceMs < silenceMs) return;
    silenceMs = Math.min(silenceMs * 2, timing.silenceMaxMs);
    lose(watched, 'nothing was received after writing; opening again');
  }

  function failStuckWrites(): void {
    const sinceMs = clock.monotonicMs() - timing.writeMs;
    for (const [fail, startMs] of pendingWrites)
      if (startMs <= sinceMs) fail(new HardwareError('TIMEOUT', `${path} does not take bytes`));
  }

  function lose(lost: OpenPort, reason: string): void {
    if (port !== lost) return;
    port = null;
    clearInterval(watchTimer);
    lastError = new SerialPortError('PORT_MISSING', path, `${path}: ${reason}`);
    if (running) log.warn({ path, reason }, 'serial port lost');
    const error = linkDown();
    for (const fail of pendingWrites.keys()) fail(error);
    pendingWrites.clear();
    void lost.close();
    announce(false);
    scheduleReopen();
  }

  function scheduleReopen(): void {
    if (!running) return;
    clearTimeout(reopenTimer);
    reopenTimer = setTimeout(connect, reopenMs);
    reopenMs = Math.min(reopenMs * 2, timing.reopenMaxMs);
  }

  function announce(up: boolean): void {
    for (const listener of stateListeners) listener(up);
  }

  function linkDown(): HardwareError {
    const why = lastError ? `: ${lastError.message}` : '';
    return new HardwareError('LINK_DOWN', `serial port ${path} is not open${why}`);
  }

  return {
    path,
    baudRate,
    start() {
      if (running) return;
      running = true;
      connect();
    },
    async stop() {
      if (!running) return;
      running = false;
      clearTimeout(reopenTimer);
      const last = port;
      if (last) lose(last, 'stopped');
      await opening;
      await last?.close();
    },
    isUp: () => port !== null,
    write(bytes) {
      const target = port;
      if (!target) return Promise.reject(linkDown());
      unansweredSinceMs ??= clock.monotonicMs();
      return new Promise<void>((resolve, reject) => {
        const settle = (error?: HardwareError): void => {
          pendingWrites.delete(settle);
          if (error) reject(error);
          else resolve();
        };
        pendingWrites.set(settle, clock.monotonicMs());
        target.write(bytes).then(
          () => settle(),
          (error: unknown) => {
            settle(new HardwareError('LINK_DOWN', `write to ${path} failed`, { cause: error }));
            lose(target, messageOf(error));
          },
        );
      });
    },
    onData: (listener) => subscribe(dataListeners, listener),
    onState: (listener) => subscribe(stateListeners, listener),
    lastError: () => lastError,
    reconnects: () => Math.max(0, opened - 1),
  };
}

function subscribe<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

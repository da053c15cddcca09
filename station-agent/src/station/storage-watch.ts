import type { Clock } from '../clock.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Storage } from '../storage/storage.js';
import type { Alarms } from './alarms.js';

export type StorageWatch = ReturnType<typeof createStorageWatch>;
type Deps = {
  storage: Storage;
  alarms: Alarms;
  clock: Clock;
  log: Logger;
  /** The handle can no longer be trusted: close it, open it again, check it. Called once. */
  onFatal(reason: string): void;
  everyMs?: number;
};

/** Without a fault for so many looks, and with room again, a full disk counts as over. */
const QUIET_LOOKS = 3;
const LOW_DISK_BYTES = 64 * 1_048_576;
const OLD_BACKLOG_MS = 86_400_000;
const RETAIN_EVERY_LOOKS = 360;

/**
 * Watches the station's storage: a full disk raises an alarm and clears it when there is room, a fault that makes the handle doubtful
 * has it reopened, old records leave, and what was salvaged at the start is told.
 */
export function createStorageWatch(deps: Deps) {
  const { storage, alarms, clock, log, everyMs = 10_000 } = deps;
  let timer: NodeJS.Timeout | null = null;
  let faultsSinceLook = 0;
  let quietLooks = 0;
  let looks = 0;
  let isFatal = false;
  let lastWriteMs = clock.monotonicMs();
  const unsubscribe = storage.onFault((fault, error) => {
    if (fault === 'full') {
      faultsSinceLook += 1;
      // Raised later: this is called from within the call that failed.
      queueMicrotask(() =>
        alarms.raise('disk-full', 'critical', { detail: `${messageOf(error)}; telemetry is thinned` }),
      );
      return;
    }
    if (isFatal) return;
    isFatal = true;
    log.fatal({ err: error, fault }, 'the database handle is not to be trusted; it is opened again');
    queueMicrotask(() => deps.onFatal(messageOf(error)));
  });

  function probe(): void {
    try {
      storage.meta.set('probe', String(clock.nowMs()));
      lastWriteMs = clock.monotonicMs();
    } catch (error) {
      log.debug({ err: error }, 'probe not written');
    }
  }

  function look(): void {
    probe();
    alarms.flush();
    storage.reserve.refill();
    quietLooks = faultsSinceLook === 0 ? quietLooks + 1 : 0;
    faultsSinceLook = 0;
    if (quietLooks >= QUIET_LOOKS) alarms.clear('disk-full');
    const { diskFreeBytes } = storage.size();
    if (diskFreeBytes !== null && diskFreeBytes < LOW_DISK_BYTES)
      alarms.raise('disk-low', 'warning', { detail: `${Math.round(diskFreeBytes / 1_048_576)} MB free` });
    else if (diskFreeBytes === null || diskFreeBytes > LOW_DISK_BYTES * 1.25) alarms.clear('disk-low');
    const oldest = storage.outbox.oldestAtMs();
    if (oldest !== null && clock.nowMs() - oldest > OLD_BACKLOG_MS) alarms.raise('backlog-old', 'warning');
    else alarms.clear('backlog-old');
    if (looks++ % RETAIN_EVERY_LOOKS === 0) storage.retain();
  }

  return {
    start(): void {
      const { salvage } = storage;
      if (salvage) {
        const { setAside, rows, incomplete, durationMs } = salvage;
        log.error({ setAside, rows, incomplete, durationMs }, 'the database was damaged; salvaged');
        const kept = Object.entries(rows).map(([table, n]) => `${table} ${n}`);
        const lost = incomplete.length > 0 ? `; incomplete: ${incomplete.join(', ')}` : '';
        alarms.note(
          'database-salvaged',
          'critical',
          `kept ${kept.join(', ') || 'nothing'}${lost}; ${setAside}`,
        );
      }
      timer ??= setInterval(() => {
        try {
          look();
        } catch (error) {
          log.error({ err: error }, 'storage not checked');
        }
      }, everyMs);
    },
    stop(): void {
      unsubscribe();
      if (timer) clearInterval(timer);
      timer = null;
    },
    /** Age of the last write that reached the disk, for the watchdog. */
    writeAgeMs: (): number => clock.monotonicMs() - lastWriteMs,
  };
}

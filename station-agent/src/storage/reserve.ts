import { closeSync, existsSync, fsyncSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const RESERVE_BYTES = 2 * 1_048_576;
/** So much must stay free beside the reserve before it is set up again. */
const COMFORT_BYTES = 16 * 1_048_576;
const STEP = Buffer.alloc(65_536, 0x56);

export type Reserve = ReturnType<typeof createReserve>;

/** Disk space held for the records of a swap: given up when the disk is full, taken again when there is room. */
export function createReserve(dataDir: string) {
  const file = join(dataDir, 'agent.reserve');
  return {
    /** True when there was something to give up. */
    spend(): boolean {
      if (!existsSync(file)) return false;
      rmSync(file, { force: true });
      return true;
    },
    refill(): void {
      if (existsSync(file) || (freeBytes(dataDir) ?? 0) < RESERVE_BYTES + COMFORT_BYTES) return;
      try {
        const handle = openSync(file, 'wx', 0o600);
        try {
          for (let left = RESERVE_BYTES; left > 0; left -= STEP.length) writeSync(handle, STEP);
          fsyncSync(handle);
        } finally {
          closeSync(handle);
        }
      } catch {
        rmSync(file, { force: true });
      }
    },
  };
}

/** Bytes that this user may still write; null where the system does not say. */
export function freeBytes(dataDir: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(dataDir);
    return bavail * bsize;
  } catch {
    return null;
  }
}

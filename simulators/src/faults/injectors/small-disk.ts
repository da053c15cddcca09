import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { notRoot } from './programs.js';

/** A file system of its own, so small that it can be filled. */
export type SmallDisk = {
  readonly dir: string;
  freeBytes(): number;
  /** Takes all room but so much. */
  fill(leaveBytes: number): void;
  /** Gives the room back. */
  clear(): void;
  unmount(): void;
};

const BLOCK = Buffer.alloc(65_536, 0x46);
const FILLER = 'filler';

/** Why none can be made here; null when it can. */
export function smallDiskMissing(): string | null {
  const reason = notRoot();
  if (reason) return reason;
  const dir = mkdtempSync(join(tmpdir(), 'voltbay-disk-'));
  try {
    mountSmallDisk(dir, 1_048_576).unmount();
    return null;
  } catch {
    return 'a tmpfs cannot be mounted';
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Mounts a tmpfs of this size at `dir`. Throws when the system does not allow it. */
export function mountSmallDisk(dir: string, bytes: number): SmallDisk {
  mkdirSync(dir, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=0750`, 'tmpfs', dir], { stdio: 'pipe' });
  const filler = join(dir, FILLER);
  const freeBytes = () => {
    const { bavail, bsize } = statfsSync(dir);
    return bavail * bsize;
  };
  let mounted = true;
  const unmount = () => {
    if (!mounted) return;
    mounted = false;
    process.removeListener('exit', unmount);
    // Lazily: what still holds a file there must not keep the mount for ever.
    spawnSync('umount', ['-l', dir], { stdio: 'ignore' });
  };
  process.once('exit', unmount);
  return {
    dir,
    freeBytes,
    fill(leaveBytes) {
      const handle = openSync(filler, 'a');
      try {
        for (let left = freeBytes() - leaveBytes; left > 0; left = freeBytes() - leaveBytes)
          writeSync(handle, BLOCK, 0, Math.min(left, BLOCK.length));
      } catch (error) {
        // Others write there too: full is full.
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      } finally {
        closeSync(handle);
      }
    },
    clear: () => rmSync(filler, { force: true }),
    unmount,
  };
}

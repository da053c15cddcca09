import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { syncDirectory } from '../storage/durable-file.js';

export type ReleaseStore = ReturnType<typeof createReleaseStore>;

/** Installed releases: `<root>/releases/<name>/…`, and `<root>/current` pointing to the one that is started. */
export function createReleaseStore(root: string) {
  const releases = join(root, 'releases');
  const link = join(root, 'current');
  const pathOf = (name: string): string => join(releases, name);
  return {
    root,
    pathOf,
    /** Where downloads and half-unpacked releases lie. Made when it is asked for. */
    workPath(): string {
      const path = join(root, 'work');
      mkdirSync(path, { recursive: true, mode: 0o750 });
      return path;
    },
    /** Name of the release that `current` points to; null when nothing is installed here. */
    current(): string | null {
      try {
        return basename(readlinkSync(link));
      } catch {
        return null;
      }
    },
    /** Name of the release that this program file belongs to; null when it is none of them. */
    owning(file: string): string | null {
      try {
        const own = realpathSync(file);
        return this.names().find((name) => own.startsWith(`${realpathSync(pathOf(name))}/`)) ?? null;
      } catch {
        return null;
      }
    },
    names: (): string[] =>
      existsSync(releases) ? readdirSync(releases).filter((name) => !name.startsWith('.')) : [],
    versionOf(path: string): string | null {
      try {
        const { version } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as {
          version?: unknown;
        };
        return typeof version === 'string' ? version : null;
      } catch {
        return null;
      }
    },
    /** An unpacked release takes its place in one rename. */
    adopt(unpacked: string, name: string): void {
      mkdirSync(releases, { recursive: true, mode: 0o755 });
      rmSync(pathOf(name), { recursive: true, force: true });
      renameSync(unpacked, pathOf(name));
      syncDirectory(releases);
    },
    /** Turns `current`: at every instant it points to one whole release. */
    pointTo(name: string): void {
      const next = join(root, 'current.new');
      rmSync(next, { force: true });
      symlinkSync(join('releases', name), next);
      renameSync(next, link);
      syncDirectory(root);
    },
    /** Removes all releases but these. */
    prune(keep: readonly string[]): void {
      for (const name of this.names())
        if (!keep.includes(name)) rmSync(pathOf(name), { recursive: true, force: true });
    },
  };
}

import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { missingFile } from './programs.js';

const LIBRARIES = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1',
  '/usr/lib/faketime/libfaketimeMT.so.1',
  '/usr/lib64/faketime/libfaketimeMT.so.1',
];

/** Why no wall clock can be moved here; null when it can. */
export const fakeClockMissing = (): string | null => missingFile('libfaketime', LIBRARIES);

/** The wall clock of programs that are started with `env`; their monotonic clock stays true, as after a correction by NTP. */
export type FakeClock = {
  readonly env: Readonly<Record<string, string>>;
  /** Jumps at once: so many seconds from the true time. */
  set(offsetS: number): void;
};

/** `file` holds the offset; it is made here. */
export function createFakeClock(file: string, offsetS = 0): FakeClock {
  const set = (seconds: number) => {
    // Whole or not at all: a program reads it at every look at the clock.
    writeFileSync(`${file}.new`, `${seconds < 0 ? '-' : '+'}${Math.abs(Math.round(seconds))}\n`);
    renameSync(`${file}.new`, file);
  };
  set(offsetS);
  return {
    env: {
      LD_PRELOAD: LIBRARIES.find((path) => existsSync(path)) ?? '',
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    },
    set,
  };
}

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../../../test/support/wait.js';
import { createFakeClock, fakeClockMissing } from './fake-clock.js';
import { fileLimitMissing, limitFileSize } from './file-limit.js';
import { loadFactor } from './machine-load.js';
import { cpuTimeMs, residentBytes } from './process-figures.js';
import { mountSmallDisk, smallDiskMissing } from './small-disk.js';
import { failSyscalls, syscallFaultsMissing } from './syscall-faults.js';

let dir: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'voltbay-injectors-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

/** A program that prints one word every 20 ms; what it has said so far. */
async function program(code: string, env: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['-e', code], {
    env: { ...process.env, ...env, DIR: dir },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const said: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => said.push(line));
  await waitUntil('the program runs', () => said.length > 0, 30_000);
  return { pid: child.pid ?? 0, said };
}

/** Writes and syncs; says `ok` or the error's code. */
const WRITER = `
const fs = require('node:fs');
const handle = fs.openSync(process.env.DIR + '/file', 'a');
setInterval(() => {
  try { fs.writeSync(handle, 'x'.repeat(1000)); fs.fsyncSync(handle); console.log('ok'); } catch (error) { console.log(error.code); }
}, 20);
`;

/** Waits until it has said something new that fits. */
const says = async (said: readonly string[], fits: (word: string) => boolean) => {
  const from = said.length;
  await waitUntil('the program says it', () => said.slice(from).some(fits), 30_000);
};

describe('process figures', () => {
  it('count processor time that is used, and memory', async () => {
    const { pid } = await program(
      `console.log('up'); setInterval(() => { for (const end = Date.now() + 15; Date.now() < end;); }, 20)`,
    );
    const before = cpuTimeMs(pid);
    await waitUntil('it has worked', () => cpuTimeMs(pid) > before + 100, 30_000);
    expect(residentBytes(pid)).toBeGreaterThan(10 * 1_048_576);
    expect(() => cpuTimeMs(2 ** 30)).toThrow();
  });

  it('stretch bounds only when more wants to run than there are processors', () => {
    expect([loadFactor(0.5, 2), loadFactor(2, 2), loadFactor(5, 2), loadFactor(100, 2)]).toEqual([
      1, 1, 2.5, 4,
    ]);
  });
});

describe.skipIf(fileLimitMissing() !== null)('a limit of file sizes', () => {
  it('makes a running program’s writes fail until it is lifted', async () => {
    const { pid, said } = await program(WRITER);
    limitFileSize(pid, 10);
    await says(said, (word) => word === 'EFBIG');
    limitFileSize(pid, null);
    await says(said, (word) => word === 'ok');
  });
});

describe.skipIf(smallDiskMissing() !== null)('a small disk', () => {
  it('is full when filled, and takes writes again when cleared', () => {
    const disk = mountSmallDisk(join(dir, 'disk'), 1_048_576);
    try {
      const write = () => writeFileSync(join(disk.dir, 'more'), Buffer.alloc(100_000));
      disk.fill(0);
      expect(disk.freeBytes()).toBe(0);
      expect(write).toThrow(/ENOSPC/);
      disk.clear();
      expect(write).not.toThrow();
      disk.fill(65_536);
      expect(disk.freeBytes()).toBe(65_536);
    } finally {
      disk.unmount();
    }
  });
});

describe.skipIf(syscallFaultsMissing() !== null)('failing system calls', () => {
  it('hit as many calls as asked for and leave the program running', async () => {
    const { pid, said } = await program(WRITER);
    const fault = await failSyscalls(pid, { calls: ['fsync'], error: 'EIO', when: '1..2' });
    await waitUntil('both failed', () => said.filter((word) => word === 'EIO').length === 2, 30_000);
    await says(said, (word) => word === 'ok');
    expect(fault.injected()).toBe(2);
    await fault.stop();
    await says(said, (word) => word === 'ok');
  });

  it('say why when there is no such process', async () => {
    await expect(failSyscalls(2 ** 30, { calls: ['fsync'], error: 'EIO', when: '1' })).rejects.toThrow(
      /strace/,
    );
  });
});

describe.skipIf(fakeClockMissing() !== null)('a fake clock', () => {
  it('jumps for a running program whose monotonic clock goes on', async () => {
    const clock = createFakeClock(join(dir, 'clock'));
    const { said } = await program(
      `setInterval(() => console.log(Date.now() + ' ' + Math.round(performance.now())), 20)`,
      clock.env,
    );
    const last = () => (said.at(-1) ?? '').split(' ').map(Number) as [number, number];
    const before = last();
    const days30 = 30 * 86_400;
    clock.set(-days30);
    await says(said, (word) => Number(word.split(' ')[0]) < before[0] - (days30 - 3_600) * 1000);
    clock.set(7_200);
    await says(said, (word) => Number(word.split(' ')[0]) > before[0] + 3_600_000);
    const after = last();
    expect(after[1]).toBeGreaterThanOrEqual(before[1]);
    expect(after[1] - before[1]).toBeLessThan(3_600_000);
  });
});

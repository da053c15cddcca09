import { execFileSync, spawn } from 'node:child_process';
import { createHash, type KeyObject, sign } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './hub.js';

const AGENT = join(repositoryRoot, 'station-agent');

/** A release of the agent as the hub takes it. */
export type Release = { version: string; file: string; sha256: string; signature: string };

/**
 * Packs the agent of this checkout under another version; its modules stay where they are, behind a link. `program` replaces the program,
 * for a release that does not work.
 */
export function packRelease(dir: string, version: string, key: KeyObject, program?: string): Release {
  const top = join(dir, `pack-${version}`, 'voltbay-agent');
  mkdirSync(join(top, 'bin'), { recursive: true });
  cpSync(join(AGENT, 'dist'), join(top, 'dist'), { recursive: true });
  symlinkSync(join(repositoryRoot, 'node_modules'), join(top, 'node_modules'));
  const main = join('bin', 'voltbay-agent.mjs');
  writeFileSync(join(top, main), program ?? readFileSync(join(AGENT, main)));
  writeFileSync(join(top, 'package.json'), JSON.stringify({ name: 'agent', version, type: 'module' }));
  const file = join(dir, `${version}.tgz`);
  execFileSync('tar', ['-czf', file, '-C', join(top, '..'), 'voltbay-agent']);
  rmSync(join(top, '..'), { recursive: true });
  const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
  const text = `voltbay-update\n${version}\n${sha256}\n`;
  return { version, file, sha256, signature: sign(null, Buffer.from(text), key).toString('base64url') };
}

/** Where install.sh would put it; the agent runs from `current` and is started again whichever way it ends. */
export type InstalledAgent = {
  readonly root: string;
  /** How each start ended, oldest first. */
  readonly ends: readonly string[];
  current(): string;
  /** The next passage of this step ends the agent by SIGKILL; empty = none. */
  killAt(step: string): void;
  start(configFile: string): void;
  stop(): Promise<void>;
};

export function installAgent(dir: string, first: Release): InstalledAgent {
  const root = join(dir, 'opt');
  const home = join(root, 'releases', first.version);
  mkdirSync(home, { recursive: true });
  execFileSync('tar', ['-xzf', first.file, '-C', home, '--strip-components=1']);
  symlinkSync(join('releases', first.version), join(root, 'current'));
  const step = join(dir, 'kill-at');
  writeFileSync(step, '');
  const ends: string[] = [];
  const abort = new AbortController();
  let running = Promise.resolve();

  async function keepRunning(configFile: string): Promise<void> {
    while (!abort.signal.aborted) {
      execFileSync(process.execPath, [join(AGENT, 'bin', 'update-guard.mjs'), root], { stdio: 'ignore' });
      const program = join(root, 'current', 'bin', 'voltbay-agent.mjs');
      const child = spawn(process.execPath, [program, 'run', '--config', configFile], {
        stdio: 'ignore',
        env: { ...process.env, VOLTBAY_CRASH_AT: `@${step}` },
        signal: abort.signal,
        killSignal: 'SIGKILL',
      });
      ends.push(
        await new Promise<string>((resolve) => {
          child.on('error', () => {});
          child.once('exit', (code, signal) => resolve(String(signal ?? code)));
        }),
      );
    }
  }

  return {
    root,
    ends,
    current: () => readlinkSync(join(root, 'current')),
    killAt: (name) => writeFileSync(step, name),
    start(configFile) {
      running = keepRunning(configFile);
    },
    async stop() {
      abort.abort();
      await running;
    },
  };
}

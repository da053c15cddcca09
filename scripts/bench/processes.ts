import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type Child, startChild } from '../../simulators/dist/network/child.js';
import type { HubReady } from '../../simulators/dist/network/network.js';

/** A program of the benchmark folder, started as a process of its own so that its CPU time and memory can be told. */
export function startPeer<Ready extends { ready: true }>(
  root: string,
  dir: string,
  script: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<Child<Ready>> {
  return startChild<Ready>({
    name: script,
    args: [...profiling(), join(root, 'scripts', 'bench', 'peers', script), JSON.stringify(settings)],
    cwd: root,
    logFile: join(dir, `${script}.log`),
  });
}

/** The hub's flags in its unit file and its compose file (`scripts/deploy`). */
const HUB_FLAGS = ['--max-semi-space-size=64'];
/** `BENCH_PROF=folder` writes a CPU profile of each program there when it ends. */
const profiling = (): string[] =>
  process.env.BENCH_PROF ? ['--cpu-prof', `--cpu-prof-dir=${process.env.BENCH_PROF}`] : [];

/** A document server alone in a process: both sides of a row store there, each in its own database. */
export const startStore = (root: string, dir: string) =>
  startPeer<{ ready: true; uri: string }>(root, dir, 'store.mjs', { file: join(dir, 'store.db') });

export function startHub(
  root: string,
  dir: string,
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<Child<HubReady>> {
  const data = join(dir, 'hub');
  const run = ['run', '--demo', '--json', '--port', '0', '--mqtt-port', '0', '--data', data];
  return startChild<HubReady>({
    name: 'hub',
    args: [...profiling(), ...HUB_FLAGS, join(root, 'cloud-hub', 'bin', 'voltbay-hub.mjs'), ...run],
    env: {
      LOG_LEVEL: 'warn',
      // One client asks as fast as it can: how much a caller may ask for is not what is measured.
      VOLTBAY_RATE_PER_PRINCIPAL: '0',
      VOLTBAY_RATE_PER_ADDRESS: '0',
      ...env,
    },
    cwd: root,
    logFile: join(dir, 'hub.log'),
  });
}

const MOSQUITTO = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto', '/opt/homebrew/sbin/mosquitto'];
export const mosquittoPath = (): string | null => MOSQUITTO.find((path) => existsSync(path)) ?? null;
export const needsMosquitto = (): string | null =>
  mosquittoPath() ? null : 'Mosquitto is not installed (Debian: apt-get install mosquitto)';

export interface Broker {
  url: string;
  pid: number;
  stop(): Promise<void>;
}

/** The broker that both sides of a row use: nothing but TCP, no limit on what waits for a subscriber. */
export async function startMosquitto(dir: string): Promise<Broker> {
  const path = mosquittoPath();
  if (!path) throw new Error(String(needsMosquitto()));
  mkdirSync(dir, { recursive: true });
  const port = await freePort();
  const file = join(dir, 'mosquitto.conf');
  const lines = [
    `listener ${port} 127.0.0.1`,
    'allow_anonymous true',
    'set_tcp_nodelay true',
    'persistence false',
  ];
  const limits = [
    'max_queued_messages 0',
    'max_inflight_messages 1000',
    'max_queued_bytes 0',
    'log_type error',
  ];
  writeFileSync(file, [...lines, ...limits, ''].join('\n'));
  const child = spawn(path, ['-c', file], { stdio: 'ignore' });
  const onParentExit = () => child.kill('SIGKILL');
  process.once('exit', onParentExit);
  const gone = once(child, 'exit').finally(() => process.removeListener('exit', onParentExit));
  const url = `mqtt://127.0.0.1:${port}`;
  await reachable(port);
  return {
    url,
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM');
      await gone;
    },
  };
}

async function reachable(port: number): Promise<void> {
  const { connect } = await import('node:net');
  for (let attempt = 0; attempt < 100; attempt++) {
    const socket = connect(port, '127.0.0.1');
    const ok = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens on port ${port}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address === 'object' && address) return address.port;
  throw new Error('no free port');
}

/** Version line of a program, for the notes. */
export const versionOf = (path: string, flag: string): string =>
  (spawnSync(path, [flag], { encoding: 'utf8' }).stdout ?? '').split('\n')[0] ?? '';

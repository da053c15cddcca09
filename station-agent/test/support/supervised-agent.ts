import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../bin/voltbay-agent.mjs', import.meta.url));

/** Writes the config file of a station whose cabinet is nowhere: everything but doors and packs works. */
export function writeStation(
  dir: string,
  hub: { mqttUrl: string; apiUrl?: string },
  over: object = {},
): string {
  const file = join(dir, 'agent.json');
  const raw = {
    device: '1231',
    hub: { apiUrl: hub.apiUrl ?? 'http://127.0.0.1:9', mqttUrl: hub.mqttUrl },
    dataDir: join(dir, 'data'),
    hardware: {
      ports: { cabinet: { path: join(dir, 'no-such-port'), baudRate: 115_200 } },
      cabinet: { driver: 'cabinet-v1', port: 'cabinet' },
      slots: [{ slot: 1, packClass: 'A' }],
    },
    logLevel: 'silent',
    ...over,
  };
  writeFileSync(file, JSON.stringify(raw));
  return file;
}

/**
 * The real agent under a service manager of few words: whatever way it ends it is started again, until `stop`. `command` is asked before
 * each start, as `ExecStart` through a link would be; `before` runs first, as `ExecStartPre`.
 */
export function superviseAgent(options: {
  config: string;
  env?: Record<string, string>;
  command?: () => readonly string[];
  before?: () => Promise<void>;
}) {
  const exits: string[] = [];
  let child: ChildProcess | null = null;
  let stopped = false;
  const done = (async () => {
    while (!stopped) {
      await options.before?.();
      const args = [...(options.command?.() ?? [BIN]), 'run', '--config', options.config];
      const mine = spawn(process.execPath, args, {
        stdio: ['ignore', 'ignore', process.env.TEST_LOG ? 'inherit' : 'ignore'],
        env: { ...process.env, VOLTBAY_STATION_SECRET: 'test-secret', ...options.env },
      });
      child = mine;
      exits.push(
        await new Promise<string>((resolve) => {
          mine.once('error', (error) => resolve(error.message));
          mine.once('exit', (code, signal) => resolve(String(signal ?? code)));
        }),
      );
      if (!stopped) await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  return {
    exits,
    kill: (signal: NodeJS.Signals = 'SIGKILL'): void => void child?.kill(signal),
    pid: (): number | undefined => child?.pid,
    async stop(): Promise<void> {
      stopped = true;
      child?.kill('SIGKILL');
      await done;
    },
  };
}

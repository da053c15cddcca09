import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { BleScanResult } from '../../../src/discovery/station-scan.js';
import type { PackReadOutcome, PackSourceStats, SlotReading } from '../../../src/hardware/ports.js';
import type { VirtualStation } from './virtual-station.js';

const CHILD = fileURLToPath(new URL('./agent-child.ts', import.meta.url));

export type AgentProcess = {
  pid: number;
  readings: SlotReading[];
  stats(): Promise<PackSourceStats>;
  /** Only with SCAN_ONLY in the environment. */
  scan(): Promise<BleScanResult>;
  readNow(slot: number, timeoutMs?: number): Promise<PackReadOutcome>;
  /** Ends by itself after stop(): true when nothing held it and SIGKILL was not needed. */
  stop(): Promise<boolean>;
};

/** The hardware layer in a child process with the virtual Bluetooth adapter under noble. */
export async function startAgentProcess(
  station: VirtualStation,
  polling: { idleMs: number; urgentMs: number },
  changes: object = {},
  env: Record<string, string> = {},
): Promise<AgentProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      ...process.env,
      ...station.env,
      ...env,
      HARDWARE_UNDER_TEST: JSON.stringify({ hardware: { ...station.hardware, ...changes }, polling }),
    },
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const readings: SlotReading[] = [];
  const waiting = new Map<number, (result: unknown) => void>();
  let lastId = 0;
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the agent process ended with ${code}`)));
    createInterface(child.stdout).on('line', (line) => {
      // noble prints warnings of its own.
      if (!line.startsWith('{')) return;
      const message = JSON.parse(line);
      if (message.started) resolve();
      if (message.reading) readings.push(message.reading);
      waiting.get(message.id)?.(message.result);
      waiting.delete(message.id);
    });
  });

  function call<T>(name: string, args: object = {}): Promise<T> {
    lastId += 1;
    const id = lastId;
    return new Promise((resolve) => {
      waiting.set(id, (result) => resolve(result as T));
      child.stdin.write(`${JSON.stringify({ call: name, id, args })}\n`);
    });
  }

  return {
    pid: child.pid ?? 0,
    readings,
    stats: () => call('stats'),
    scan: () => call('scan'),
    readNow: (slot, timeoutMs) => call('readNow', { slot, timeoutMs }),
    async stop() {
      if (child.exitCode !== null) return true;
      void call('stop');
      let killed = false;
      const timer = setTimeout(() => {
        killed = true;
        child.kill('SIGKILL');
      }, 10_000);
      await exited;
      clearTimeout(timer);
      return !killed;
    },
  };
}

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type HardwareConfig, hardwareConfigSchema } from '../../../src/hardware/config.js';

const CLI = fileURLToPath(new URL('../../../../simulators/bin/voltbay-sim.mjs', import.meta.url));
const BUILT = fileURLToPath(new URL('../../../../simulators/dist/index.js', import.meta.url));

/** The virtual station in a process of its own, as a real cabinet would be: reached through ports and radio only. */
export type VirtualStation = {
  hardware: HardwareConfig;
  env: Record<string, string>;
  /** Breaks something, for example `fault('unplug', { port: 'bus1' })`. */
  fault(name: string, body?: object): Promise<void>;
  /** What a hand does, for example `act('open-door', { slot: 5 })`. */
  act(name: string, body?: object): Promise<void>;
  /** What is physically so, whatever sensors say. */
  slots(): Promise<PhysicalSlot[]>;
  close(): Promise<void>;
};

export type PhysicalSlot = {
  slot: number;
  packClass: string;
  doorOpen: boolean;
  latched: boolean;
  pack: { serial: string; socPct: number } | null;
};

export async function startVirtualStation(config?: object): Promise<VirtualStation> {
  if (!existsSync(BUILT)) throw new Error('the simulators are not built: run npx tsc -b simulators');
  const directory = await mkdtemp(join(tmpdir(), 'voltbay-hw-'));
  const args = [CLI, 'station', '--json', '--dir', directory];
  if (config) {
    const file = join(directory, 'station.json');
    await writeFile(file, JSON.stringify(config));
    args.push('--config', file);
  }
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ready = JSON.parse(await firstLine(child));

  async function post(path: string, body: object): Promise<void> {
    const response = await fetch(`${ready.controlUrl}/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    await response.arrayBuffer();
  }

  return {
    hardware: hardwareConfigSchema.parse(ready.hardware),
    env: ready.env,
    fault: (name, body = {}) => post(`faults/${name}`, body),
    act: (name, body = {}) => post(`actions/${name}`, body),
    async slots() {
      const response = await fetch(`${ready.controlUrl}/state`);
      return ((await response.json()) as { slots: PhysicalSlot[] }).slots;
    },
    async close() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export function firstLine(child: ChildProcess): Promise<string> {
  const { stdout } = child;
  if (!stdout) throw new Error('the child has no stdout');
  return new Promise((resolve, reject) => {
    createInterface(stdout).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`ended with ${code} before it was ready`)));
  });
}

/** A station with `count` Pylontech packs on one bus and nothing else. */
export function pylontechBus(count: number, options: { baudRate?: number; seed?: number } = {}): object {
  return {
    device: '1231',
    seed: options.seed ?? 1,
    speed: 0,
    baudRates: { bus1: options.baudRate ?? 9600 },
    slots: Array.from({ length: count }, (_, index) => ({
      slot: index + 1,
      packClass: 'A',
      interface: { kind: 'pylontech', port: 'bus1', address: index + 2 },
      pack: { serial: packSerial(index + 1), packClass: 'A', socPct: 50 + index },
    })),
  };
}

export const packSerial = (slot: number): string => `VB-A-${String(100 + slot).padStart(4, '0')}`;

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isTerminalOrderState } from '@voltbay/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { type DemoResult, oneSwap } from '../src/network/demo.js';
import { repositoryRoot } from './support/hub.js';
import { hasProgram, temporaryNetwork } from './support/network.js';

describe('one swap, end to end', () => {
  it('npm run demo -- --json prints one document with a completed order and packs of both kinds', async () => {
    const result = await runDemo();
    expect(result.error).toBeUndefined();
    expect(result.ok).toBe(true);
    expect(result.packsRead.serial).toBeGreaterThanOrEqual(4);
    expect(result.packsRead.ble).toBeGreaterThanOrEqual(2);
    expect(result.order?.state).toBe('completed');
    expect(result.order?.payment).toMatchObject({ state: 'captured', amountFen: 600 });
    expect(result.timeline.length).toBeGreaterThan(10);
    const times = result.timeline.map((entry) => Date.parse(entry.at));
    expect(times.every(Number.isFinite)).toBe(true);
    expect([...times].sort((a, b) => a - b)).toEqual(times);
    const states = result.order?.timeline.map((step) => step.state) ?? [];
    for (const state of [
      'authorized',
      'dispatched',
      'returning',
      'returned',
      'dispensing',
      'dispensed',
      'completed',
    ])
      expect(states).toContain(state);
  }, 180_000);

  it.skipIf(!hasProgram('mosquitto'))(
    'does the same with Mosquitto instead of the embedded broker (needs mosquitto)',
    async () => {
      const broker = await startMosquitto();
      const network = await temporaryNetwork({
        env: { MQTT_URL: `mqtt://hub:hub@127.0.0.1:${broker.port}` },
      });
      try {
        const result = await oneSwap(network);
        expect(result.order && isTerminalOrderState(result.order.state)).toBe(true);
        expect(result.order?.state).toBe('completed');
      } finally {
        await network.close();
        broker.stop();
      }
    },
    180_000,
  );
});

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function runDemo(): Promise<DemoResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['scripts/demo.mjs', '--json'], {
      cwd: repositoryRoot,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString('utf8');
    });
    child.on('error', reject);
    child.on('close', () => {
      try {
        resolve(JSON.parse(out) as DemoResult);
      } catch {
        reject(new Error(`stdout is not one JSON document: ${out.slice(0, 500)}`));
      }
    });
  });
}

async function startMosquitto(): Promise<{ port: number; stop(): void }> {
  const port = await freePort();
  const dir = mkdtempSync(join(tmpdir(), 'voltbay-mosquitto-'));
  writeFileSync(
    join(dir, 'mosquitto.conf'),
    [
      'per_listener_settings false',
      `listener ${port} 127.0.0.1`,
      'allow_anonymous true',
      'set_tcp_nodelay true',
      'persistence false',
    ].join('\n'),
  );
  const child = spawn('mosquitto', ['-c', join(dir, 'mosquitto.conf')], { stdio: 'ignore' });
  children.push(child);
  await new Promise((resolve) => setTimeout(resolve, 500));
  return {
    port,
    stop: () => {
      child.kill();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

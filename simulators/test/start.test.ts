import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { repositoryRoot, temporaryFolder } from './support/hub.js';
import { call, until } from './support/rest.js';

/** `npm start` as a newcomer has it in a terminal: one process group, Ctrl-C reaches all of it. */
type Started = { child: ChildProcess; output(): string; ended: Promise<number | null> };
const running: ChildProcess[] = [];
const folder = temporaryFolder();

afterEach(() => {
  for (const child of running.splice(0))
    if (child.exitCode === null) process.kill(-(child.pid ?? 0), 'SIGKILL');
});

function start(env: Record<string, string>): Started {
  const child = spawn(process.execPath, ['scripts/start.mjs'], {
    cwd: repositoryRoot,
    env: { ...process.env, VOLTBAY_VAR: folder.dir, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  running.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
    });
  return { child, output: () => text, ended: new Promise((resolve) => child.once('close', resolve)) };
}

const addressIn = (text: string): string | undefined => /admin\s+(http:\/\/[^/]+)\/admin\//.exec(text)?.[1];

describe('npm start', () => {
  it('stays up, stops cleanly at Ctrl-C, and finds its data again', async () => {
    for (const round of [1, 2]) {
      const network = start({ PORT: '0', MQTT_PORT: '0' });
      const apiUrl = await until('addresses', async () => addressIn(network.output()), 120_000);
      const ready = await call(`${apiUrl}/readyz`);
      expect(ready.status).toBe(200);
      await until('web pages', async () => network.output().includes('Everything is ready'), 120_000);
      process.kill(-(network.child.pid ?? 0), 'SIGINT');
      expect(await network.ended).toBe(0);
      expect(network.output()).toContain('Stopped.');
      expect(network.output(), `round ${round}`).not.toContain('ended by itself');
      await expect(fetch(apiUrl)).rejects.toThrow();
    }
  }, 300_000);

  it('names a port that is taken and does not leave anything behind', async () => {
    const squatter = await listen();
    const network = start({ PORT: String(squatter.port), MQTT_PORT: '0' });
    expect(await network.ended).toBe(1);
    expect(network.output()).toContain(String(squatter.port));
    expect(network.output()).toMatch(/in use|taken/);
    squatter.server.close();
  }, 120_000);
});

function listen(): Promise<{ server: Server; port: number }> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve({ server, port: typeof address === 'object' && address ? address.port : 0 });
    });
  });
}

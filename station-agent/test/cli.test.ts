import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Agent } from '../src/agent.js';
import { runCli } from '../src/cli/cli.js';
import { agentCommand } from './support/agent-command.js';
import { aPack, createCabinetModel } from './support/cabinet-model.js';
import { startTestAgent, tempDir, testConfig } from './support/test-agent.js';

const FRAMES = fileURLToPath(new URL('../../../shared/bms/frames-dev.json', import.meta.url));

let dir: ReturnType<typeof tempDir>;
beforeEach(() => {
  dir = tempDir();
});
afterEach(() => dir.remove());

async function cli(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runCli(['node', 'voltbay-agent', ...args], {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}
const rawConfig = (over: Record<string, unknown> = {}) => ({
  device: '1231',
  hub: { apiUrl: 'http://127.0.0.1:9', mqttUrl: 'mqtt://127.0.0.1:9' },
  dataDir: 'data',
  hardware: {
    ports: { cabinet: { path: join(dir.path, 'no-such-port'), baudRate: 115_200 } },
    cabinet: { driver: 'cabinet-v1', port: 'cabinet' },
    slots: [{ slot: 1, packClass: 'A' }],
  },
  logLevel: 'silent',
  ...over,
});
function configFile(raw: unknown): string {
  const file = join(dir.path, 'agent.json');
  writeFileSync(file, typeof raw === 'string' ? raw : JSON.stringify(raw));
  return file;
}

describe('exit codes', () => {
  it.each<[string[], number]>([
    [['version'], 0],
    [['--help'], 0],
    [['queue', '--help'], 0],
    [['bogus'], 2],
    [['run'], 2],
    [['status'], 2],
    [['queue', 'peek', '--limit', '0', '--data', '/nowhere'], 2],
    [['decode', '/nowhere.json'], 2],
    [['slots', '--data', '/nowhere'], 1],
  ])('%j ends with %i', async (args, code) => {
    expect((await cli(...args)).code).toBe(code);
  });

  it('a bad config file names every problem and ends with 2', async () => {
    const { code, err } = await cli(
      'run',
      '--config',
      configFile(rawConfig({ devise: 1, uplink: { windw: 3 } })),
    );
    expect(code).toBe(2);
    expect(err).toMatch(/devise: unknown key; did you mean "device"/);
    expect(err).toMatch(/uplink\.windw: unknown key; did you mean "window"/);
  });

  it('a config file that is no JSON says so', async () => {
    const { code, err } = await cli('run', '--config', configFile('{ device: 1 '));
    expect([code, err]).toEqual([2, expect.stringMatching(/not JSON/)]);
  });
});

describe('decode', () => {
  it.skipIf(!existsSync(FRAMES))(
    'reads every recorded case, and refuses those that are to be refused',
    async () => {
      const { code, out } = await cli('decode', FRAMES, '--json');
      expect(code).toBe(0);
      type Result = {
        id: string;
        ok: boolean;
        error?: string;
        reading?: object;
        packs?: object[];
        info?: object;
      };
      const results = new Map((JSON.parse(out) as Result[]).map((result) => [result.id, result]));
      const cases = JSON.parse(readFileSync(FRAMES, 'utf8')) as {
        id: string;
        expected: object | null;
        expect_error?: string;
        also_accept?: string[];
      }[];
      expect(results.size).toBe(cases.length);
      for (const { id, expected, expect_error, also_accept = [] } of cases) {
        const { ok, error, reading, packs, info } = results.get(id) ?? { ok: undefined };
        // Values are held against the file in protocol/test/recorded-frames.test.ts; this is the same decoder behind the command.
        if (expected) expect([id, ok, Boolean(reading ?? packs ?? info)]).toEqual([id, true, true]);
        else expect([expect_error, ...also_accept], id).toContain(error);
      }
    },
  );

  it('refuses what is no capture file', async () => {
    const file = configFile({ hello: 1 });
    expect(await cli('decode', file)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/no capture file/),
    });
  });
});

describe('questions to a station', () => {
  let agent: Agent | null = null;
  afterEach(async () => {
    await agent?.stop();
    agent = null;
  });

  it('are answered by the running agent, then by its database', async () => {
    const model = createCabinetModel({ slots: 2, packs: { 1: aPack('VB-A-1', { socPct: 91 }) } });
    agent = await startTestAgent(
      testConfig(join(dir.path, 'data'), { slots: 2, raw: { uplink: { infoIntervalS: 1 } } }),
      model,
    );
    const running = agent;
    const file = configFile(rawConfig());
    await expect.poll(() => running.board.slot(1)?.tag).toBe('VB-A-1');

    const status = JSON.parse((await cli('status', '--config', file, '--json')).out) as Record<
      string,
      unknown
    >;
    expect(status).toMatchObject({
      device: '1231',
      running: true,
      pid: process.pid,
      epoch: 1,
      mode: 'in-service',
    });
    const slots = await cli('slots', '--config', file);
    expect(slots.out).toMatch(/SLOT +USE +DOOR/);
    expect(slots.out).toMatch(/1 +ready +closed +locked +in +VB-A-1/);
    expect((await cli('packs', '--config', file)).out).toMatch(/1 +VB-A-1 +91 /);

    agent.storage.outbox.enqueue([{ lane: 'money', type: 10, data: { n: 1 } }]);
    expect(JSON.parse((await cli('queue', 'stats', '-c', file, '--json')).out)).toMatchObject({
      byLane: { money: 1 },
    });
    await expect.poll(() => running.storage.state.packs().length).toBe(1);
    await agent.stop();
    agent = null;

    const offline = await cli('packs', '--config', file);
    expect(offline.err).toMatch(/no agent is running/);
    expect(offline.out).toMatch(/VB-A-1/);
    const peek = JSON.parse((await cli('queue', 'peek', '-c', file, '--json', '-n', '5')).out) as {
      type: string;
    }[];
    expect(peek.some(({ type }) => type === 'STATION_EVENT')).toBe(true);
    expect(JSON.parse((await cli('status', '-c', file, '--json')).out)).toMatchObject({
      running: false,
      epoch: 1,
    });
  });
});

describe('run, as a process', () => {
  const launch = (file: string) =>
    spawn(process.execPath, [...agentCommand(), 'run', '--config', file, '--json'], {
      env: { ...process.env, VOLTBAY_STATION_SECRET: 'x' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const finished = (child: ReturnType<typeof launch>): Promise<{ code: number | null; err: string }> => {
    let err = '';
    child.stderr.on('data', (chunk) => {
      err += String(chunk);
    });
    return new Promise((resolve) => child.on('exit', (code) => resolve({ code, err })));
  };

  it('says when it is up, refuses a second one on its data, and ends cleanly on SIGTERM, without any hardware there', async () => {
    const file = configFile(rawConfig());
    const first = launch(file);
    const firstEnd = finished(first);
    const line = await new Promise<string>((resolve, reject) => {
      first.stdout.once('data', (chunk) => resolve(String(chunk)));
      void firstEnd.then(({ err }) => reject(new Error(err)));
    });
    expect(JSON.parse(line)).toEqual({ ready: true, device: '1231', pid: first.pid });
    const second = await finished(launch(file));
    expect(second).toEqual({ code: 1, err: expect.stringMatching(new RegExp(`pid ${first.pid}`)) });
    first.kill('SIGTERM');
    expect((await firstEnd).code).toBe(0);
  }, 60_000);
});

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../src/cli/cli.js';
import { firstLine, startVirtualStation, type VirtualStation } from './hardware/support/virtual-station.js';
import { agentCommand } from './support/agent-command.js';
import { tempDir } from './support/test-agent.js';

const SIMULATOR = fileURLToPath(new URL('../../simulators/bin/voltbay-sim.mjs', import.meta.url));

let dir: ReturnType<typeof tempDir>;
let station: VirtualStation;
let config: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  dir = tempDir();
  station = await startVirtualStation({
    device: '1231',
    speed: 0,
    baudRates: { bus1: 0, jbd3: 0 },
    slots: [
      {
        slot: 1,
        packClass: 'A',
        interface: { kind: 'pylontech', port: 'bus1', address: 2 },
        pack: { serial: 'VB-A-1', packClass: 'A', socPct: 66 },
      },
      { slot: 2, packClass: 'A', interface: { kind: 'pylontech', port: 'bus1', address: 3 } },
      {
        slot: 3,
        packClass: 'A',
        interface: { kind: 'jbd-serial', port: 'jbd3' },
        pack: { serial: 'VB-A-3', packClass: 'A', socPct: 77 },
      },
      {
        slot: 4,
        packClass: 'B',
        interface: { kind: 'jbd-ble' },
        pack: { serial: 'VB-B-4', packClass: 'B', socPct: 55 },
      },
    ],
  });
  config = join(dir.path, 'agent.json');
  writeFileSync(
    config,
    JSON.stringify({
      device: '1231',
      hub: { apiUrl: 'http://127.0.0.1:9', mqttUrl: 'mqtt://127.0.0.1:9' },
      dataDir: 'data',
      hardware: station.hardware,
      logLevel: 'silent',
    }),
  );
}, 60_000);
afterAll(async () => {
  for (const child of children) {
    if (child.exitCode !== null) continue;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }
  await station.close();
  dir.remove();
});

const never = { untilInterrupted: () => new AbortController().signal, env: {} };
async function cli(...args: string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runCli(
    ['node', 'voltbay-agent', ...args],
    { out: (text) => void out.push(text), err: (text) => void err.push(text) },
    never,
  );
  return { code, out: out.join('\n'), err: err.join('\n') };
}
const pathOf = (port: string): string => station.hardware.ports[port]?.path ?? '';

describe('bus tools without an agent', { timeout: 60_000 }, () => {
  it('scan names what stands at the given ports', async () => {
    const { code, out } = await cli(
      'scan',
      pathOf('cabinet'),
      pathOf('bus1'),
      '--no-ble',
      '--addresses',
      '3',
      '--json',
    );
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      ble: null,
      serial: [{ kind: 'cabinet' }, { kind: 'pack', driver: 'pylontech-rs485', address: 2 }],
    });
  });

  it('read reads a slot of the config, and a bare port', async () => {
    const slot = await cli('read', '1', '-c', config, '--json');
    expect(JSON.parse(slot.out)).toMatchObject({
      slot: 1,
      driver: 'pylontech-rs485',
      reading: { socPct: expect.closeTo(66, 0) },
    });
    const port = await cli('read', '--port', pathOf('jbd3'), '--driver', 'jbd-serial');
    expect(port).toMatchObject({ code: 0, out: expect.stringMatching(/socPct +77/) });
  });

  it('read of an empty slot fails and says silent; a slot that is not there is bad usage', async () => {
    expect(await cli('read', '2', '-c', config)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/silent/),
    });
    expect((await cli('read', '9', '-c', config)).code).toBe(2);
    expect((await cli('read', '--driver', 'jbd-seriel', '--port', 'x')).err).toMatch(/known:.*jbd-serial/);
  });

  it('bus measures every pack once', async () => {
    const { out } = await cli('bus', '-c', config, '--json');
    expect(JSON.parse(out).packs).toMatchObject([
      { slot: 'slot-1', ok: true },
      { slot: 'slot-2', ok: false },
      { slot: 'slot-3', ok: true },
    ]);
  });

  it('capture records a bus; decode reads it, and a replay of it reads the same again', async () => {
    const file = join(dir.path, 'bus.json');
    expect((await cli('capture', '-c', config, '--slot', '1', '--out', file)).code).toBe(0);
    expect((await cli('capture', '-c', config, '--slot', '1', '--out', file)).code).toBe(2);
    const [decoded] = JSON.parse((await cli('decode', file, '--json')).out);
    const truth = JSON.parse((await cli('read', '1', '-c', config, '--json')).out).reading;
    expect(decoded).toMatchObject({ id: 'slot-1', ok: true, protocol: 'pylontech-rs485' });
    expect(decoded.reading ?? decoded.packs[0]).toMatchObject({
      serial: 'VB-A-1',
      socPct: expect.closeTo(66, 0),
      cellMv: truth.cellMv,
    });

    const replay = spawn(
      process.execPath,
      [SIMULATOR, 'replay', file, '--baud', '0', '--dir', dir.path, '--json'],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    children.push(replay);
    const { port } = JSON.parse(await firstLine(replay)) as { port: string };
    const again = await cli(
      'read',
      '--port',
      port,
      '--driver',
      'pylontech-rs485',
      '--address',
      '2',
      '--json',
    );
    expect(JSON.parse(again.out).reading).toMatchObject({
      socPct: expect.closeTo(66, 0),
      cellMv: truth.cellMv,
    });
  });

  it('capture over Bluetooth keeps every notification, and decode reads it', async () => {
    const file = join(dir.path, 'ble.json');
    const args = ['capture', '--driver', 'jbd-ble', '--name', 'VB-B-4', '--rounds', '2', '--out', file];
    const code = await new Promise((resolve) => {
      execFile(
        process.execPath,
        [...agentCommand(), ...args],
        { env: { ...process.env, ...station.env } },
        (error) => resolve(error?.code ?? 0),
      );
    });
    expect(code).toBe(0);
    expect(JSON.parse(readFileSync(file, 'utf8'))[0].frames.length).toBeGreaterThan(3);
    expect(JSON.parse((await cli('decode', file, '--json')).out)).toMatchObject([
      { id: 'VB-B-4', ok: true, reading: { socPct: expect.closeTo(55, 0) } },
    ]);
  });

  it('capture of what does not answer writes nothing', async () => {
    const file = join(dir.path, 'none.json');
    expect(await cli('capture', '-c', config, '--slot', '2', '--out', file)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/nothing was written/),
    });
  });

  it('sniff shows what the cabinet says by itself, and sends nothing', async () => {
    const listening = cli('sniff', pathOf('cabinet'), '--baud', '115200', '--seconds', '3', '--json');
    // Said again and again: when the tool has opened its port is its own affair.
    const saying = setInterval(() => {
      station.act('scan', { reader: 'qr', payload: 'hello' }).catch(() => undefined);
    }, 200);
    const { code, out } = await listening.finally(() => clearInterval(saying));
    expect(code).toBe(0);
    const heard = out.split('\n').map((line) => Buffer.from(JSON.parse(line).hex, 'hex').toString('latin1'));
    expect(heard.join('')).toMatch(/READ,qr,hello/i);
  });
});

describe('bus tools beside a running agent', { timeout: 60_000 }, () => {
  it('leave its ports alone and name it; read goes through it', async () => {
    const agent = spawn(process.execPath, [...agentCommand(), 'run', '-c', config, '--json'], {
      env: { ...process.env, VOLTBAY_STATION_SECRET: 'x' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(agent);
    await firstLine(agent);
    const settled = async (): Promise<string> => (await cli('slots', '-c', config)).out;
    await expect.poll(settled, { timeout: 20_000 }).toMatch(/VB-A-1/);
    for (const args of [
      ['scan', pathOf('bus1'), '--no-ble'],
      ['capture', '-c', config, '--slot', '1', '--out', join(dir.path, 'x.json')],
      ['sniff', pathOf('bus1'), '--seconds', '1'],
    ])
      expect(await cli(...args)).toMatchObject({
        code: 1,
        err: expect.stringMatching(new RegExp(`running agent \\(pid ${agent.pid}\\) holds`)),
      });
    const { out } = await cli('read', '1', '-c', config, '--json');
    expect(JSON.parse(out)).toMatchObject({
      slot: 1,
      reading: { socPct: expect.closeTo(66, 0), serial: 'VB-A-1' },
    });
    expect((await cli('bus', '-c', config)).out).toMatch(/bus1 +yes/);
  });
});

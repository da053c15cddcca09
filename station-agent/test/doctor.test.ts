import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../src/cli/cli.js';
import { askDoctorsAgent } from '../src/cli/doctor.js';
import { writeCredentials } from '../src/config/credentials.js';
import { CAUSES } from '../src/doctor/causes.js';
import type { Finding } from '../src/doctor/finding.js';
import { runningAgents } from '../src/doctor/other-agents.js';
import { openDatabase } from '../src/storage/database.js';
import { realClock } from './hardware/support/bench.js';
import { startVirtualStation, type VirtualStation } from './hardware/support/virtual-station.js';
import { agentCommand } from './support/agent-command.js';
import {
  finding,
  type HubAddresses,
  look,
  NO_STATION,
  NOWHERE,
  troubles,
  writeDoctorConfig,
} from './support/doctor-bench.js';
import { createRestHub } from './support/rest-hub.js';
import { createScriptedHub } from './support/scripted-hub.js';
import { tempDir } from './support/test-agent.js';

const ADAPTERS = '/sys/class/bluetooth';
const hasAdapter = existsSync(ADAPTERS) && readdirSync(ADAPTERS).length > 0;

const STATION = {
  device: '1231',
  speed: 0,
  cabinetBaudRate: 115_200,
  baudRates: { bus1: 9_600 },
  slots: [1, 2, 3].map((slot) => ({
    slot,
    packClass: 'A',
    interface: { kind: 'pylontech', port: 'bus1', address: slot + 1 },
    ...(slot < 3 && { pack: { serial: `VB-A-010${slot}`, packClass: 'A', socPct: 80 } }),
  })),
};

let dir: ReturnType<typeof tempDir>;
beforeEach(() => {
  dir = tempDir();
});
afterEach(() => dir.remove());

const writeConfig = (hardware: unknown, hub?: HubAddresses): string =>
  writeDoctorConfig(dir.path, hardware, hub);

describe('a cabinet with its bus', { timeout: 60_000 }, () => {
  let station: VirtualStation;
  beforeAll(async () => {
    station = await startVirtualStation(STATION);
  }, 60_000);
  afterAll(() => station.close());
  const HARDWARE = ['ports', 'cabinet', 'packs', 'bluetooth'] as const;

  it('that is sound has nothing wrong, and an empty slot is no silent pack', async () => {
    const findings = await look(writeConfig(station.hardware));
    expect(troubles(findings, ...HARDWARE)).toEqual([]);
    expect(findings.filter(({ check, state }) => check === 'packs' && state === 'ok')).toHaveLength(2);
  });

  it('with a silent pack: names its slot and nothing else', async () => {
    await station.fault('silence', { serial: 'VB-A-0102', on: true });
    try {
      const findings = await look(writeConfig(station.hardware));
      expect(troubles(findings, ...HARDWARE)).toEqual(['packs: pack-silent']);
      expect(finding(findings, 'pack-silent')).toMatchObject({ subject: 'slot 2 on bus1' });
    } finally {
      await station.fault('silence', { serial: 'VB-A-0102', on: false });
    }
  });

  it('at the wrong baud rate: names the rate at which cabinet and packs answer', async () => {
    await station.fault('speed', { port: 'bus1', baudRate: 19_200 });
    await station.fault('speed', { port: 'cabinet', baudRate: 9_600 });
    try {
      const findings = await look(writeConfig(station.hardware));
      expect(troubles(findings, ...HARDWARE)).toContain('cabinet: wrong-baud');
      expect(troubles(findings, ...HARDWARE)).toContain('packs: wrong-baud');
      const details = findings
        .filter((one) => 'cause' in one && one.cause === 'wrong-baud')
        .map((one) => one.detail);
      expect(details.join('\n')).toMatch(
        /silent at 115200, answers at 9600[\s\S]*nothing at 9600, answers at 19200/,
      );
    } finally {
      await station.fault('speed', { port: 'bus1', baudRate: null });
      await station.fault('speed', { port: 'cabinet', baudRate: null });
    }
  });

  it('without its port: says which is missing', async () => {
    await station.fault('unplug', { port: 'bus1' });
    try {
      const findings = await look(writeConfig(station.hardware));
      expect(troubles(findings, ...HARDWARE)).toEqual(['ports: port-missing']);
      expect(finding(findings, 'port-missing')?.detail).toContain('tty-bus1');
    } finally {
      await station.fault('replug', { port: 'bus1' });
    }
  });

  it('with a dead controller: silent at every rate', async () => {
    await station.fault('controller-dead', { on: true });
    try {
      expect(troubles(await look(writeConfig(station.hardware)), 'cabinet')).toEqual([
        'cabinet: cabinet-silent',
      ]);
    } finally {
      await station.fault('controller-dead', { on: false });
    }
  });

  it('with its agent running: judged through it, ports left to it, and a port that it lost is named', async () => {
    const file = writeConfig(station.hardware);
    const child = spawn(process.execPath, [...agentCommand(), 'run', '--config', file, '--json'], {
      env: { ...process.env, VOLTBAY_STATION_SECRET: 'x' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const examineLive = (): Promise<Finding[]> =>
      look(file, { askAgent: askDoctorsAgent, processes: runningAgents });
    const seen = async (): Promise<number> =>
      (await examineLive()).filter(({ check, state }) => check === 'packs' && state === 'ok').length;
    try {
      await new Promise((resolve) => child.stdout.once('data', resolve));
      await expect.poll(seen, { timeout: 20_000, interval: 500 }).toBe(2);
      const findings = await examineLive();
      expect(troubles(findings, 'agents', ...HARDWARE)).toEqual([]);
      expect(findings).toContainEqual({ check: 'agents', state: 'ok', detail: `one, pid ${child.pid}` });
      await station.fault('unplug', { port: 'bus1' });
      const causes = async (): Promise<string[]> => troubles(await examineLive(), 'ports');
      await expect.poll(causes, { timeout: 20_000, interval: 500 }).toEqual(['ports: port-missing']);
    } finally {
      await station.fault('replug', { port: 'bus1' });
      child.kill('SIGTERM');
      await ended;
    }
  });

  it('when an agent of another config runs on its ports: two agents', async () => {
    const other = join(dir.path, 'other.json');
    const file = writeConfig(station.hardware);
    const raw = {
      device: '77',
      hub: NOWHERE,
      dataDir: 'other',
      hardware: station.hardware,
      logLevel: 'silent',
    };
    writeFileSync(other, JSON.stringify(raw));
    const child = spawn(process.execPath, [...agentCommand(), 'run', '--config', other, '--json'], {
      env: { ...process.env, VOLTBAY_STATION_SECRET: 'x' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    try {
      await new Promise((resolve) => child.stdout.once('data', resolve));
      const findings = await look(file, { processes: runningAgents });
      expect(troubles(findings, 'agents')).toEqual(['agents: two-agents']);
      expect(finding(findings, 'two-agents')?.detail).toContain(`pid ${child.pid}`);
    } finally {
      child.kill('SIGTERM');
      await ended;
    }
  });
});

it('a cabinet with old firmware is named with both versions', { timeout: 60_000 }, async () => {
  const station = await startVirtualStation({ ...STATION, cabinetFirmware: '1.1.9' });
  try {
    const findings = await look(writeConfig(station.hardware));
    expect(troubles(findings, 'cabinet')).toEqual(['cabinet: firmware-old']);
    expect(finding(findings, 'firmware-old')?.detail).toMatch(/1\.1\.9.*1\.2\.0/);
    const asked = { ...station.hardware, cabinet: { ...station.hardware.cabinet, minFirmware: '1.1.9' } };
    expect(troubles(await look(writeConfig(asked)), 'cabinet')).toEqual([]);
  } finally {
    await station.close();
  }
});

describe('bluetooth', () => {
  const hardware = (ports: object = NO_STATION.ports): object => ({
    ...NO_STATION,
    ports,
    slots: [{ slot: 1, packClass: 'B', pack: { driver: 'jbd-ble' } }],
  });

  it.each([
    ['ENODEV', 'no such device', 'ble-no-adapter'],
    ['EPERM', 'not permitted', 'ble-unauthorized'],
    ['MODULE_NOT_FOUND', 'Cannot find module', 'ble-not-installed'],
    ['EAFNOSUPPORT', 'address family not supported', 'ble-not-supported'],
  ])('%s is %s: %s', async (code, message, cause) => {
    const load = (): never => {
      throw Object.assign(new Error(message), { code });
    };
    expect(troubles(await look(writeConfig(hardware()), { loadNoble: load }), 'bluetooth')).toEqual([
      `bluetooth: ${cause}`,
    ]);
  });

  it.skipIf(hasAdapter)(
    'a machine without an adapter is told so by the real command, in both languages',
    async () => {
      const file = writeConfig(hardware());
      const found = (await look(file)).find(({ check }) => check === 'bluetooth');
      const code = found && 'cause' in found ? found.cause : 'none';
      // Which of them depends on what else the machine lacks.
      expect(['ble-no-adapter', 'ble-not-supported', 'ble-not-installed', 'ble-unauthorized']).toContain(
        code,
      );
      const { cause, cure } = CAUSES[code as 'ble-no-adapter'];
      for (const lang of ['en', 'zh'] as const) {
        const said: string[] = [];
        const output = {
          out: (text: string) => void said.push(text),
          err: (text: string) => void said.push(text),
        };
        expect(await runCli(['node', 'voltbay-agent', 'doctor', '-c', file, '--lang', lang], output)).toBe(1);
        const text = said.join('').replace(/\s+/g, '');
        for (const words of [cause, cure]) expect(text).toContain(words[lang].replace(/\s+/g, ''));
      }
    },
  );

  it('an adapter that is switched off is told by the real command, and one that is on is ready', {
    timeout: 90_000,
  }, async () => {
    const station = await startVirtualStation({
      device: '1231',
      slots: [
        { slot: 1, packClass: 'B', interface: { kind: 'jbd-ble' }, pack: { serial: 'B1', packClass: 'B' } },
      ],
    });
    const file = writeConfig(station.hardware);
    const run = (): Promise<{ ok: boolean; findings: Finding[] }> =>
      new Promise((resolve) => {
        const args = [...agentCommand(), 'doctor', '-c', file, '--json'];
        execFile(process.execPath, args, { env: { ...process.env, ...station.env } }, (_, out) =>
          resolve(JSON.parse(out)),
        );
      });
    try {
      expect(troubles((await run()).findings, 'bluetooth')).toEqual([]);
      await station.fault('ble-power', { on: false });
      expect(troubles((await run()).findings, 'bluetooth')).toEqual(['bluetooth: ble-powered-off']);
    } finally {
      await station.close();
    }
  });
});

describe('the hub', () => {
  const HUB = ['credentials', 'hub', 'broker', 'clock'] as const;
  let open: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of open) await close();
    open = [];
  });
  const listen = (server: Server): Promise<number> =>
    new Promise((resolve) => {
      open.push(() => server.close());
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
  /** A hub whose doors both take every secret but "wrong". */
  async function hub(): Promise<HubAddresses> {
    const rest = await createRestHub();
    const broker = await createScriptedHub('1231');
    broker.broker.authenticate = (_client, _user, password, done) => {
      if (String(password) !== 'wrong') return done(null, true);
      done(Object.assign(new Error('refused'), { returnCode: 4 as const }), false);
    };
    open.push(
      () => rest.close(),
      () => broker.close(),
    );
    return { apiUrl: rest.url, mqttUrl: broker.url };
  }
  const env = { VOLTBAY_STATION_SECRET: 'right' };

  it('in order: nothing is wrong', async () => {
    expect(troubles(await look(writeConfig(NO_STATION, await hub()), { env }), ...HUB)).toEqual([]);
  });

  it('that knows another secret: wrong credentials, said once', async () => {
    const wrong = { env: { VOLTBAY_STATION_SECRET: 'wrong' } };
    const { apiUrl, mqttUrl } = await hub();
    for (const addresses of [
      { apiUrl, mqttUrl },
      { ...NOWHERE, mqttUrl },
    ]) {
      const findings = await look(writeConfig(NO_STATION, addresses), wrong);
      expect(troubles(findings, 'credentials', 'broker')).toEqual(['credentials: credentials-wrong']);
    }
  });

  it('never enrolled, and a file of another station', async () => {
    const file = writeConfig(NO_STATION, await hub());
    expect(troubles(await look(file), 'credentials')).toEqual(['credentials: credentials-missing']);
    openDatabase(join(dir.path, 'data')).close();
    writeCredentials(join(dir.path, 'data'), { device: '9', secret: 'x' });
    expect(troubles(await look(file), 'credentials')).toEqual(['credentials: credentials-damaged']);
  });

  it('whose broker is away: broker unreachable, the rest in order', async () => {
    const { apiUrl } = await hub();
    const findings = await look(writeConfig(NO_STATION, { ...NOWHERE, apiUrl }), { env });
    expect(troubles(findings, ...HUB)).toEqual(['broker: broker-unreachable']);
  });

  it('that is away altogether', async () => {
    const findings = await look(writeConfig(NO_STATION), { env });
    expect(troubles(findings, ...HUB)).toEqual(['hub: hub-unreachable', 'broker: broker-unreachable']);
  });

  it('with a name that does not exist', async () => {
    const nowhere = { apiUrl: 'http://hub.invalid', mqttUrl: 'mqtt://hub.invalid' };
    const findings = await look(writeConfig(NO_STATION, nowhere), { env });
    expect(troubles(findings, ...HUB)).toEqual(['hub: name-unknown', 'broker: name-unknown']);
  });

  it('with a TLS server that has no certificate to show, and with none behind mqtts', async () => {
    const { apiUrl } = await hub();
    const tls = await listen(createTlsServer({}) as unknown as Server);
    const plain = await listen(createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    for (const port of [tls, plain]) {
      const findings = await look(writeConfig(NO_STATION, { apiUrl, mqttUrl: `mqtts://127.0.0.1:${port}` }), {
        env,
      });
      expect(troubles(findings, ...HUB)).toEqual(['broker: tls-failed']);
    }
  });

  it('with another time: the clock is off, by how much', async () => {
    const clock = { ...realClock, nowMs: () => Date.now() + 95_000 };
    const findings = await look(writeConfig(NO_STATION, await hub()), { env, clock });
    expect(troubles(findings, ...HUB)).toEqual(['clock: clock-off']);
    expect(finding(findings, 'clock-off')?.detail).toMatch(/^9[45]\.\d s/);
  });

  it('away, with a clock that went back behind what was written', async () => {
    const file = writeConfig(NO_STATION);
    openDatabase(join(dir.path, 'data')).close();
    const clock = { ...realClock, nowMs: () => Date.now() - 3_600_000 };
    expect(troubles(await look(file, { env, clock }), 'clock')).toEqual(['clock: clock-off']);
  });
});

import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../src/cli/cli.js';
import { openRemoteConfig } from '../src/remote-config/remote-config-file.js';
import { openDatabase } from '../src/storage/database.js';
import { createCabinetModel } from './support/cabinet-model.js';
import { createRestHub } from './support/rest-hub.js';
import { startTestAgent, tempDir, testConfig } from './support/test-agent.js';

let dir: ReturnType<typeof tempDir>;
let file: string;
beforeEach(() => {
  dir = tempDir();
  file = join(dir.path, 'agent.json');
});
afterEach(() => dir.remove());

function write(over: Record<string, unknown> = {}): void {
  const raw = {
    device: '1231',
    hub: { apiUrl: 'http://127.0.0.1:9', mqttUrl: 'mqtt://who:hidden-word@127.0.0.1:9' },
    dataDir: 'data',
    enrolCode: 'DEMO-1231',
    hardware: {
      ports: { cabinet: { path: '/nowhere/tty', baudRate: 115_200 } },
      cabinet: { driver: 'cabinet-v1', port: 'cabinet' },
      slots: [{ slot: 1, packClass: 'A' }],
    },
    ...over,
  };
  writeFileSync(file, JSON.stringify(raw));
}
async function cli(...args: string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runCli(
    ['node', 'voltbay-agent', ...args],
    { out: (text) => void out.push(text), err: (text) => void err.push(text) },
    { env: { VOLTBAY_STATION_SECRET: 'top-secret-word' }, confirm: null },
  );
  return { code, out: out.join('\n'), err: err.join('\n') };
}

describe('config', () => {
  it('show gives every setting with defaults and no secret', async () => {
    write();
    const { code, out } = await cli('config', 'show', '-c', file);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ swap: { minDispenseSocPct: 80 }, enrolCode: '[removed]' });
    expect(out).not.toMatch(/hidden-word|DEMO-1231/);
  });

  it('set writes what is valid, keeps the old file, and refuses the rest with every problem', async () => {
    write();
    expect((await cli('config', 'set', 'swap.minDispenseSocPct', '85', '-c', file)).code).toBe(0);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ swap: { minDispenseSocPct: 85 } });
    expect(JSON.parse(readFileSync(`${file}.bak`, 'utf8'))).not.toHaveProperty('swap');
    const bad = await cli('config', 'set', 'hardware.slots.0.slott', '2', '-c', file);
    expect([bad.code, bad.err]).toEqual([
      2,
      expect.stringMatching(/slott: unknown key; did you mean "slot"/),
    ]);
    expect(readFileSync(file, 'utf8')).not.toContain('slott');
    expect((await cli('config', 'set', 'device.x', '2', '-c', file)).code).toBe(2);
    expect((await cli('config', 'set', 'enrolCode', '-c', file)).code).toBe(0);
    expect(JSON.parse(readFileSync(file, 'utf8'))).not.toHaveProperty('enrolCode');
  });

  it('says where the hub has the last word, and shows the file alone when asked', async () => {
    write();
    mkdirSync(join(dir.path, 'data'));
    openRemoteConfig(join(dir.path, 'data')).tryOut(
      { version: 'v3', config: { swap: { minDispenseSocPct: 90 } }, commandId: 'c' },
      false,
    );
    const shown = await cli('config', 'show', '-c', file);
    expect(JSON.parse(shown.out)).toMatchObject({ version: 'v3', swap: { minDispenseSocPct: 90 } });
    const local = await cli('config', 'show', '--local', '-c', file);
    expect(JSON.parse(local.out)).toMatchObject({ version: null, swap: { minDispenseSocPct: 80 } });
    const hidden = await cli('config', 'set', 'swap.minDispenseSocPct', '85', '-c', file, '--json');
    expect(JSON.parse(hidden.out)).toMatchObject({ hiddenBy: 'v3' });
    const free = await cli('config', 'set', 'swap.returnTimeoutS', '60', '-c', file, '--json');
    expect(JSON.parse(free.out)).not.toHaveProperty('hiddenBy');
  });

  it('check ends with 2 on a file that is not valid; diff names what differs', async () => {
    write();
    expect((await cli('config', 'check', '-c', file, '--json')).code).toBe(0);
    const other = join(dir.path, 'other.json');
    writeFileSync(other, readFileSync(file));
    expect((await cli('config', 'diff', other, '-c', file)).code).toBe(0);
    write({ swap: { returnTimeoutS: 60 } });
    const { code, out } = await cli('config', 'diff', other, '-c', file, '--json');
    expect([code, JSON.parse(out)]).toEqual([1, [{ key: 'swap.returnTimeoutS', left: 120, right: 60 }]]);
    expect((await cli('config', 'diff', '-c', file)).code).toBe(1);
    write({ slots: 3 });
    expect((await cli('config', 'check', '-c', file)).code).toBe(2);
  });

  it('diff without another file compares with the running agent', async () => {
    write();
    const config = testConfig(join(dir.path, 'data'), { slots: 1 });
    const agent = await startTestAgent(config, createCabinetModel({ slots: 1, packs: {} }));
    try {
      const { code, out } = await cli('config', 'diff', '-c', file, '--json');
      expect(code).toBe(1);
      const keys = (JSON.parse(out) as { key: string }[]).map(({ key }) => key);
      expect(keys).toContain('hardware.ports.cabinet.path');
      expect(keys).not.toContain('swap.minDispenseSocPct');
    } finally {
      await agent.stop();
    }
  });
});

describe('enroll', () => {
  it('keeps the secret for the owner alone, and replaces it only when told', async () => {
    const rest = await createRestHub();
    try {
      write({ hub: { apiUrl: rest.url, mqttUrl: 'mqtt://127.0.0.1:9' } });
      const wrong = await cli('enroll', 'WRONG-CODE', '-c', file);
      expect([wrong.code, wrong.err]).toEqual([1, expect.stringMatching(/ask for a new one/)]);
      expect((await cli('enroll', 'DEMO-1231', '-c', file, '--json')).code).toBe(0);
      const kept = join(dir.path, 'data', 'credentials.json');
      expect(statSync(kept).mode & 0o777).toBe(0o600);
      expect((await cli('enroll', 'DEMO-1231', '-c', file)).err).toMatch(/enrolled already/);
      expect((await cli('enroll', 'DEMO-1231', '-c', file, '--force')).code).toBe(0);
    } finally {
      await rest.close();
    }
  });

  it('without a network says so and how to find out', async () => {
    write();
    expect(await cli('enroll', '-c', file)).toMatchObject({ code: 1, err: expect.stringMatching(/doctor/) });
  });
});

describe('time', () => {
  it('compares with the hub, and without it says what it can', async () => {
    const rest = await createRestHub();
    try {
      write({ hub: { apiUrl: rest.url, mqttUrl: 'mqtt://127.0.0.1:9' } });
      expect(JSON.parse((await cli('time', '-c', file, '--json')).out)).toMatchObject({ state: 'ok' });
    } finally {
      await rest.close();
    }
    expect(JSON.parse((await cli('time', '-c', file, '--json')).out)).toMatchObject({
      hub: null,
      state: 'skipped',
    });
  });
});

describe('logs', () => {
  it('shows the last lines at a level, without secrets', async () => {
    const log = join(dir.path, 'agent.log');
    const line = (level: number, msg: string): string =>
      JSON.stringify({ level, time: 't', msg, part: 'uplink' });
    writeFileSync(
      log,
      [line(30, 'up'), line(20, 'chatter'), line(40, 'lost mqtt://a:pass-word@h'), 'plain'].join('\n'),
    );
    const { code, out } = await cli('logs', '--file', log);
    expect([code, out.split('\n')]).toEqual([
      0,
      ['t info  uplink: up', 't warn  uplink: lost mqtt://[removed]@h', 'plain'],
    ]);
    expect((await cli('logs', '--file', log, '-n', '1')).out).toBe('plain');
    expect((await cli('logs', '--file', log, '--level', 'loud')).code).toBe(2);
    expect((await cli('logs', '--file', join(dir.path, 'none'))).code).toBe(1);
  });
});

describe('diag collect', () => {
  it('puts everything into one file that only the owner reads, without any secret', async () => {
    write();
    openDatabase(join(dir.path, 'data')).close();
    const bundle = join(dir.path, 'bundle.json.gz');
    const { code } = await cli('diag', 'collect', '-c', file, '--out', bundle);
    expect(code).toBe(0);
    expect(statSync(bundle).mode & 0o777).toBe(0o600);
    const text = gunzipSync(readFileSync(bundle)).toString();
    expect(JSON.parse(text)).toMatchObject({
      format: 'voltbay-diagnostics/1',
      device: '1231',
      answers: { status: { live: false } },
    });
    expect(JSON.parse(text).findings.length).toBeGreaterThan(5);
    expect(text).not.toMatch(/top-secret-word|hidden-word|DEMO-1231/);
    expect((await cli('diag', 'collect', '-c', file, '--out', bundle)).code).toBe(2);
    expect(existsSync(bundle)).toBe(true);
  }, 60_000);
});

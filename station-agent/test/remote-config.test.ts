import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MSG_TYPE } from '@voltbay/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { layOver, loadConfig, REMOTE_SECTIONS } from '../src/config/effective.js';
import { openRemoteConfig } from '../src/remote-config/remote-config-file.js';
import { aPack, createCabinetModel } from './support/cabinet-model.js';
import { createScriptedHub } from './support/scripted-hub.js';
import { superviseAgent, writeStation } from './support/supervised-agent.js';
import { startTestAgent, tempDir, testConfig } from './support/test-agent.js';

let dir: ReturnType<typeof tempDir>;
let hub: Awaited<ReturnType<typeof createScriptedHub>>;
beforeEach(async () => {
  dir = tempDir();
  hub = await createScriptedHub('1231');
});
afterEach(async () => {
  await hub.close();
  dir.remove();
});

const WANTED = { version: 'v7', config: { swap: { minDispenseSocPct: 91 } } };
const settled = (id: string) =>
  hub.results(id).find(({ state }) => state !== 'received' && state !== 'started');
const setConfig = (data: object, id: string): Promise<void> =>
  hub.command(MSG_TYPE.SERVER_SET_CONFIG, data, { id, ttlMs: 60_000 });
const births = () => hub.states.filter(({ online }) => online);

describe('a configuration that the hub sets', () => {
  it('is refused with every problem, by its path, and nothing changes', async () => {
    const config = testConfig(dir.path, { mqttUrl: hub.url });
    const agent = await startTestAgent(
      config,
      createCabinetModel({ slots: 4, packs: { 1: aPack('VB-A-1') } }),
    );
    try {
      await hub.until(() => hub.infos()[0], 'the first report');
      await setConfig(
        { version: 'bad', config: { swap: { minDispenseSoc: 1 }, uplink: { window: 0 } } },
        'c1',
      );
      const refused = await hub.until(() => settled('c1'), 'the refusal');
      expect(refused).toMatchObject({ state: 'rejected', reason: 'CONFIG_INVALID' });
      expect(refused.result).toMatchObject({
        errors: expect.arrayContaining([
          { path: 'swap.minDispenseSoc', message: expect.stringContaining('minDispenseSocPct') },
          { path: 'uplink.window', message: expect.any(String) },
        ]),
      });
      await setConfig({ version: 'bad', config: { hub: { mqttUrl: 'mqtt://elsewhere' } } }, 'c2');
      const foreign = await hub.until(() => settled('c2'), 'the second refusal');
      expect(foreign.result).toMatchObject({ errors: [{ path: 'hub' }] });
      expect(openRemoteConfig(dir.path).read()).toMatchObject({ current: null, trial: null });
    } finally {
      await agent.stop();
    }
  });

  it('is laid over the file, and left out when the file has changed so that it no longer fits', () => {
    const file = writeStation(dir.path, { mqttUrl: hub.url }, { swap: { maxTemperatureDeciC: 500 } });
    const remote = openRemoteConfig(join(dir.path, 'data'));
    const plain = loadConfig(file);
    expect(plain.version).toBeNull();
    writeStation(dir.path, { mqttUrl: hub.url }, { dataDir: dir.path, swap: { maxTemperatureDeciC: 500 } });
    openRemoteConfig(dir.path).tryOut(
      { version: 'v1', config: { swap: { minTemperatureDeciC: 400 } }, commandId: 'c' },
      false,
    );
    expect(loadConfig(file)).toMatchObject({
      version: 'v1',
      swap: { minTemperatureDeciC: 400, maxTemperatureDeciC: 500, returnTimeoutS: 120 },
    });
    writeStation(dir.path, { mqttUrl: hub.url }, { dataDir: dir.path, swap: { maxTemperatureDeciC: 300 } });
    expect(loadConfig(file)).toMatchObject({ version: null, swap: { maxTemperatureDeciC: 300 } });
    expect(remote.read().trial).toBeNull();
  });

  it('is taken back after three starts that proved nothing', () => {
    const remote = openRemoteConfig(dir.path);
    remote.tryOut({ ...WANTED, commandId: 'c' }, false);
    for (let start = 0; start < 3; start++) remote.countStart();
    expect(remote.read().trial).toMatchObject({ version: 'v7', starts: 3 });
    remote.countStart();
    expect(remote.read()).toMatchObject({
      trial: null,
      rolledBack: { version: 'v7', reason: expect.stringContaining('3 starts') },
    });
  });

  it('never reaches what a station needs to be mended from afar, whatever it says', () => {
    const local = testConfig(dir.path);
    const keys = fc.constantFrom(
      'device',
      'hub',
      'dataDir',
      'hardware',
      'update',
      'enrolCode',
      ...REMOTE_SECTIONS,
    );
    fc.assert(
      fc.property(fc.dictionary(keys, fc.jsonValue()), (overlay) => {
        const laid = layOver(local, overlay, 'v');
        if (!laid.ok) {
          expect(laid.errors.length).toBeGreaterThan(0);
          return;
        }
        for (const key of ['device', 'hub', 'dataDir', 'hardware', 'update'] as const)
          expect(laid.config[key]).toEqual(local[key]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the real agent, told to use another configuration', () => {
  it('proves and keeps it, whenever it is killed on the way', { timeout: 120_000 }, async () => {
    const config = writeStation(dir.path, { mqttUrl: hub.url });
    const crashFile = join(dir.path, 'crash');
    writeFileSync(crashFile, '');
    const agent = superviseAgent({ config, env: { VOLTBAY_CRASH_AT: `@${crashFile}` } });
    try {
      await hub.until(() => hub.infos()[0], 'the first report', 60_000);
      const points = ['command:started', 'config:trial', 'config:confirmed', ''];
      for (const [n, point] of points.entries()) {
        const version = `v${n}`;
        const kills = agent.exits.length;
        writeFileSync(crashFile, point);
        await setConfig({ version, config: { swap: { minDispenseSocPct: 90 + n } } }, version);
        if (point !== '') {
          await hub.until(() => agent.exits.length > kills, `the kill at ${point}`, 60_000);
          expect(agent.exits.at(-1)).toBe('SIGKILL');
          writeFileSync(crashFile, '');
        }
        const end = await hub.until(() => settled(version), `the end of ${version}`, 60_000);
        expect(end).toMatchObject({ state: 'done', result: { version } });
        const { configVersion, configHash } = births().at(-1) ?? {};
        expect({ configVersion, configHash }).toEqual({
          configVersion: version,
          configHash: end.result?.configHash,
        });
        expect(loadConfig(config)).toMatchObject({ version, swap: { minDispenseSocPct: 90 + n } });
      }
      expect(openRemoteConfig(join(dir.path, 'data')).read()).toMatchObject({
        current: { version: 'v3' },
        previous: { version: 'v2' },
        trial: null,
      });
      // A repeat changes nothing and starts nothing anew.
      const before = births().length;
      await setConfig({ version: 'v3', config: { swap: { minDispenseSocPct: 93 } } }, 'again');
      expect(await hub.until(() => settled('again'), 'the repeat')).toMatchObject({ state: 'done' });
      expect(births()).toHaveLength(before);
    } finally {
      await agent.stop();
    }
  });

  it('takes it back when it does not work, even when it is killed then', { timeout: 120_000 }, async () => {
    const config = writeStation(dir.path, { mqttUrl: hub.url }, { update: { healthS: 5 } });
    const agent = superviseAgent({ config, env: { VOLTBAY_CRASH_AT: 'config:rolled-back' } });
    try {
      await hub.until(() => hub.infos()[0], 'the first report', 60_000);
      await setConfig({ version: 'deaf', config: { topics: 'shared' } }, 'c');
      await hub.until(() => hub.results('c').some(({ state }) => state === 'started'), 'the trial', 60_000);
      // The hub does not know the station under the bare topic: nothing is acknowledged there.
      hub.behaviour.ack = false;
      await hub.until(() => agent.exits.length > 0, 'the kill', 90_000);
      hub.behaviour.ack = true;
      const end = await hub.until(() => settled('c'), 'the end', 60_000);
      expect(end).toMatchObject({ state: 'failed', reason: 'CONFIG_ROLLED_BACK' });
      expect(births().some(({ configVersion }) => configVersion === 'deaf')).toBe(true);
      expect(births().at(-1)?.configVersion).toBeUndefined();
      expect(loadConfig(config)).toMatchObject({ version: null, topics: 'own' });
      expect(agent.exits).toEqual(['SIGKILL']);
    } finally {
      await agent.stop();
    }
  });
});

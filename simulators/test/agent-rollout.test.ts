import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeAgentConfig } from '../src/network/agent-config.js';
import { type Child, startChild } from '../src/network/child.js';
import { eventually } from '../src/network/eventually.js';
import type { HubReady, StationReady } from '../src/network/network.js';
import { repositoryRoot, startHub, temporaryFolder } from './support/hub.js';
import { type InstalledAgent, installAgent, packRelease, type Release } from './support/installed-agent.js';
import { call, DEMO_OPERATOR, token } from './support/rest.js';

type Rollout = { id: string; state: string; stations: { state: string; reason: string | null }[] };
type AuditEntry = { action: string; actor: { kind: string; id: string }; target: string; detail: object };
const WAIT_MS = 180_000;
const run = promisify(execFile);

/** Every step of an update; the agent dies at each. */
const STEPS = [
  'update:fetched',
  'update:unpacked',
  'update:switching',
  'update:switched',
  'update:confirmed',
];
/** Tells its version, and dies as soon as it is to work. */
const stillborn = (version: string): string =>
  `if (process.argv[2] === 'version') console.log('${JSON.stringify({ version })}'); else process.exit(1);`;

/** Hub, cabinet and installed agent as they are shipped, from the upload of a release to the station that runs it. */
describe('a release', () => {
  const folder = temporaryFolder();
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const trusted = String(publicKey.export({ format: 'jwk' }).x);
  let hub: Child<HubReady>;
  let cabinet: Child<StationReady>;
  let agent: InstalledAgent;
  let configFile: string;
  let admin: string;
  let posts = 0;

  beforeAll(async () => {
    const first = packRelease(folder.dir, '1.0.0', privateKey);
    [hub, cabinet] = await Promise.all([
      startHub(folder.dir, { env: { VOLTBAY_UPDATE_KEYS: trusted } }),
      startChild<StationReady>({
        name: 'station',
        args: [
          join(repositoryRoot, 'simulators/bin/voltbay-sim.mjs'),
          ...['station', '--json', '--slots', '2', '--pylontech', '2', '--jbd-serial', '0', '--ble', '0'],
          ...['--dir', join(folder.dir, 'cabinet')],
        ],
        cwd: repositoryRoot,
        logFile: join(folder.dir, 'logs/station.log'),
      }),
    ]);
    admin = await token(hub.ready.apiUrl, DEMO_OPERATOR);
    agent = installAgent(folder.dir, first);
    configFile = writeAgentConfig({
      dir: folder.dir,
      device: '1231',
      apiUrl: hub.ready.apiUrl,
      mqttUrl: hub.ready.mqttUrl.replace(/\/\/.*@/, '//'),
      hardware: cabinet.ready.hardware,
      settings: {
        update: { root: agent.root, publicKeys: [trusted], healthS: 120 },
        uplink: { infoIntervalS: 5 },
        logLevel: 'silent',
      },
    });
    agent.start(configFile);
    await runs('1.0.0');
  }, 240_000);
  afterAll(async () => {
    await agent?.stop();
    await cabinet?.stop();
    await hub?.stop();
    folder.remove();
  }, 60_000);

  const api = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const answer = await call<T>(`${hub.ready.apiUrl}/core/v0${path}`, {
      method,
      token: admin,
      ...(body && { body, headers: { 'Idempotency-Key': `once-${++posts}` } }),
    });
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const runs = (version: string) =>
    eventually(`the station online with ${version}`, WAIT_MS, async () => {
      const seen = await api<{ online: boolean; versions?: { agent?: string } }>('GET', '/stations/1231');
      return seen.online && seen.versions?.agent === version ? seen : null;
    });

  async function upload({ version, sha256, signature, file }: Release): Promise<string> {
    const { id } = await api<{ id: string }>('POST', '/releases', {
      releaseVersion: version,
      sha256,
      signature,
    });
    const answer = await fetch(`${hub.ready.apiUrl}/core/v0/releases/${id}/artifact`, {
      method: 'POST',
      headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/gzip' },
      body: readFileSync(file),
    });
    expect(answer.status).toBe(200);
    return id;
  }
  const rollOut = async (release: Release): Promise<string> => {
    const releaseId = await upload(release);
    const body = { releaseId, stationIds: ['1231'], stages: [100], waitS: 0 };
    return (await api<Rollout>('POST', '/rollouts', body)).id;
  };
  const rollout = (id: string, ...states: string[]) =>
    eventually(`the rollout ${states.join(' or ')}`, WAIT_MS, async () => {
      const seen = await api<Rollout>('GET', `/rollouts/${id}`);
      return states.includes(seen.state) ? seen : null;
    });
  const cli = (...args: string[]) =>
    run(process.execPath, [join(agent.root, 'current/bin/voltbay-agent.mjs'), ...args, '-c', configFile]);

  it('that is rolled out runs at the station, although the agent is killed at every step', async () => {
    agent.killAt(STEPS[0] ?? '');
    const id = await rollOut(packRelease(folder.dir, '1.1.0', privateKey));
    for (const [n, step] of STEPS.entries()) {
      const kills = () => agent.ends.filter((end) => end === 'SIGKILL').length;
      await eventually(`the kill at ${step}`, WAIT_MS, async () => (kills() > n ? true : null));
      agent.killAt(STEPS[n + 1] ?? '');
    }
    expect((await rollout(id, 'done')).stations).toMatchObject([{ state: 'done' }]);
    await runs('1.1.0');
    expect(agent.current()).toBe('releases/1.1.0');
  }, 400_000);

  it('that never comes up is taken back, and its rollout stops for a person to look', async () => {
    const id = await rollOut(packRelease(folder.dir, '1.2.0', privateKey, stillborn('1.2.0')));
    const { stations } = await rollout(id, 'paused');
    expect(stations).toMatchObject([{ state: 'failed', reason: 'UPDATE_ROLLED_BACK' }]);
    await runs('1.1.0');
    expect(agent.current()).toBe('releases/1.1.0');
    expect(agent.ends.filter((end) => end === '1')).toHaveLength(3);
  }, 400_000);

  it('and a secret that a technician changes by hand are in the hub’s audit, each once', async () => {
    const words = ['--by', 'li', '--yes', '--json'];
    await cli('rotate', '--reason', 'yearly', ...words);
    await cli('update', 'rollback', '--reason', 'readers fail', ...words);
    await runs('1.0.0');
    const acts = await eventually('both acts in the audit', WAIT_MS, async () => {
      const found = await api<AuditEntry[]>('GET', '/audit?target=stations/1231&_limit=100');
      const own = found.filter(({ action }) => action.startsWith('station.'));
      return own.length >= 2 ? own : null;
    });
    const actor = { kind: 'technician', id: 'li' };
    expect(acts.sort((a, b) => a.action.localeCompare(b.action))).toMatchObject([
      { action: 'station.rotate-secret', actor, detail: { reason: 'yearly' } },
      { action: 'station.update-rollback', actor, detail: { reason: 'readers fail' } },
    ]);
    const { ok } = await api<{ ok: boolean }>('GET', '/audit/verification');
    expect(ok).toBe(true);
  }, 400_000);
});

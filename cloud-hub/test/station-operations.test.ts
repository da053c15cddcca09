import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { MSG_TYPE, updateSigningText } from '@voltbay/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectStation } from './support/fake-station.js';
import { eventually, type HubFixture, problemOf, startHub } from './support/hub-fixture.js';
import { withStranger } from './support/stranger.js';

type Config = {
  state: string;
  desired: { version: string; number: number } | null;
  reported: { version: string | null };
  errors: { path: string; message: string }[];
  drift: boolean;
};
type Rollout = { id: string; state: string; stage: number; stations: { stationId: string; state: string }[] };
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const PUBLIC_KEY = publicKey.export({ format: 'jwk' }).x ?? '';
const sha256 = (bytes: Uint8Array, encoding: 'hex' | 'base64' = 'hex') =>
  createHash('sha256').update(bytes).digest(encoding);
const WAIT_MS = 60_000;

describe('looking after stations from afar', () => {
  let hub: HubFixture;
  let admin: string;
  let stranger: string;
  let station: string;
  let cabinet: Awaited<ReturnType<typeof connectStation>>;
  let second: Awaited<ReturnType<typeof connectStation>>;
  let serial = 0;
  beforeAll(async () => {
    hub = await startHub({ env: { VOLTBAY_UPDATE_KEYS: PUBLIC_KEY }, overrides: await withStranger() });
    admin = await hub.operator();
    station = await hub.station();
    const signedIn = await hub.call<{ accessToken: string }>('POST', '/auth/v1/token', {
      body: { grantType: 'password', username: 'stranger', password: 'stranger-password' },
    });
    stranger = signedIn.body.accessToken;
    cabinet = await connectStation(hub.mqttUrl);
    await isOnline('1231');
  }, 60_000);
  afterAll(async () => {
    await cabinet?.close();
    await second?.close();
    await hub?.stop();
  }, 60_000);

  const send = <T>(method: string, path: string, body?: unknown, token = admin, headers: object = {}) =>
    hub.call<T>(method, path, {
      token,
      ...(body === undefined ? {} : { body }),
      headers: { 'Idempotency-Key': `op-${++serial}`, ...headers },
    });
  const isOnline = (id: string) =>
    eventually(
      async () => (await send<{ online: boolean }>('GET', `/core/v0/stations/${id}`)).body.online,
      `${id} online`,
      WAIT_MS,
    );
  const upload = async (
    path: string,
    bytes: Uint8Array,
    token: string,
    headers: Record<string, string> = {},
  ) => {
    const answer = await fetch(`${hub.apiUrl}${path}`, {
      method: 'POST',
      body: new Uint8Array(bytes),
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/gzip', ...headers },
    });
    return { status: answer.status, body: (await answer.json()) as { id: string; detail?: string } };
  };
  /** Commands of a type that came since `after`. */
  const commands = (type: number, at = cabinet) => at.received.filter((message) => message.type === type);
  const nextCommand = (type: number, known: number, at = cabinet) =>
    eventually(() => commands(type, at)[known], `command ${type} number ${known + 1}`, WAIT_MS);

  describe('configuration', () => {
    const path = '/core/v0/stations/1231/config';
    const get = async () => (await send<Config>('GET', path)).body;
    const put = (config: object, version: number, token = admin) =>
      send<Config>('PUT', path, { config, note: 'n' }, token, { 'If-Match': `"${version}"` });

    it('is sent as a version, and counts when the station has confirmed it', async () => {
      expect(await get()).toMatchObject({ state: 'none', desired: null });
      const set = await put({ swap: { minDispenseSocPct: 85 } }, 0);
      expect([set.status, set.body.state, set.body.desired?.version]).toEqual([200, 'pending', '1']);
      expect((await put({}, 0)).status).toBe(412);
      const command = await nextCommand(MSG_TYPE.SERVER_SET_CONFIG, 0);
      expect(command.data).toEqual({ version: '1', config: { swap: { minDispenseSocPct: 85 } } });
      await cabinet.publish(MSG_TYPE.COMMAND_RESULT, {
        commandId: command.id,
        state: 'done',
        result: { version: '1', configHash: 'h1' },
      });
      const applied = await eventually(
        async () => ((await get()).state === 'applied' ? await get() : null),
        'applied',
        WAIT_MS,
      );
      expect(applied).toMatchObject({ reported: { version: '1', hash: 'h1' }, drift: false });
    });

    it('that is refused says why, field by field; one that was rolled back says so', async () => {
      await put({ swap: { minDispenseSocPct: 300 } }, 1);
      const refused = await nextCommand(MSG_TYPE.SERVER_SET_CONFIG, 1);
      const errors = [{ path: 'swap.minDispenseSocPct', message: 'at most 100' }];
      await cabinet.publish(MSG_TYPE.COMMAND_RESULT, {
        commandId: refused.id,
        state: 'rejected',
        reason: 'CONFIG_INVALID',
        result: { errors },
      });
      await eventually(async () => (await get()).state === 'rejected', 'rejected', WAIT_MS);
      expect((await get()).errors).toEqual(errors);
      await put({ swap: { minDispenseSocPct: 90 } }, 2);
      const rolledBack = await nextCommand(MSG_TYPE.SERVER_SET_CONFIG, 2);
      await cabinet.result(rolledBack.id, 'failed', 'CONFIG_ROLLED_BACK');
      await eventually(async () => (await get()).state === 'rolled-back', 'rolled back', WAIT_MS);
      const versions = await send<{ number: number; state: string }[]>('GET', `${path}/versions`);
      expect(versions.body.map(({ number, state }) => [number, state])).toEqual([
        [3, 'rolled-back'],
        [2, 'rejected'],
        [1, 'applied'],
      ]);
      expect((await send('GET', `${path}/diff?from=1&to=3`)).body).toEqual([
        { path: '/swap/minDispenseSocPct', from: 85, to: 90 },
      ]);
      expect((await send('GET', `${path}/diff?from=1&to=9`)).status).toBe(404);
    });

    it('for a station that is away waits until it is back', async () => {
      const away = '/core/v0/stations/1232/config';
      const set = await send<Config>('PUT', away, { config: { logLevel: 'debug' } }, admin, {
        'If-Match': '"0"',
      });
      expect([set.status, set.body.state]).toEqual([200, 'pending']);
      second = await connectStation(hub.mqttUrl, { device: '1232' });
      const command = await nextCommand(MSG_TYPE.SERVER_SET_CONFIG, 0, second);
      await second.result(command.id, 'done');
      await eventually(
        async () => (await send<Config>('GET', away)).body.state === 'applied',
        'applied late',
        WAIT_MS,
      );
    }, 120_000);

    it('leaves what belongs to the station alone, and is nobody else’s', async () => {
      const local = await put({ hub: { apiUrl: 'http://elsewhere' } }, 3);
      expect([local.status, problemOf(local).errors?.[0]?.path]).toEqual([400, 'body.config.hub']);
      expect((await put({ text: 'x'.repeat(60_000) }, 3)).status).toBe(400);
      for (const odd of [{ $set: 1 }, { swap: { 'a.b': 1 } }, { list: [{ '': 1 }] }])
        expect((await put(odd, 3)).status, JSON.stringify(odd)).toBe(400);
      expect((await put({}, 3, stranger)).status).toBe(404);
      expect((await put({}, 3, await hub.operator('viewer'))).status).toBe(403);
      for (const each of [path, `${path}/versions`, `${path}/diff?from=1&to=2`])
        expect((await send('GET', each, undefined, stranger)).status, each).toBe(404);
    });
  });

  it('diagnostics: asked for, sent by the station alone, checked, downloaded as they came', async () => {
    const asked = await send<{ id: string }>('POST', '/core/v0/stations/1231/diagnostics', {
      note: 'door 3',
    });
    expect(asked.status).toBe(201);
    const command = await nextCommand(MSG_TYPE.SERVER_ASK_DIAGNOSTICS, 0);
    const path = `/core/v0/diagnostics/${asked.body.id}/bundle`;
    expect(command.data).toEqual({ uploadPath: path });
    const bundle = gzipSync(Buffer.alloc(700_000, 'diagnostics '));
    const digest = { 'Content-Digest': `sha-256=:${sha256(bundle, 'base64')}:` };
    expect((await send('GET', path)).status).toBe(409);
    expect((await upload(path, bundle, admin, digest)).status).toBe(403);
    expect((await upload(path, bundle, await hub.station('1232'), digest)).status).toBe(404);
    expect((await upload(path, bundle.subarray(0, 100), station, digest)).status).toBe(400);
    expect((await upload(path, Buffer.from('no gzip'), station)).status).toBe(400);
    expect((await upload(path, bundle, station, { 'Content-Type': 'text/plain' })).status).toBe(415);
    expect((await upload(path, bundle, station, digest)).status).toBe(201);
    expect((await upload(path, bundle, station, digest)).status).toBe(201);
    expect((await upload(path, gzipSync('another'), station)).status).toBe(409);
    await cabinet.result(command.id, 'done');
    const file = await fetch(`${hub.apiUrl}${path}`, { headers: { Authorization: `Bearer ${admin}` } });
    expect(file.headers.get('content-digest')).toBe(digest['Content-Digest']);
    expect(sha256(new Uint8Array(await file.arrayBuffer()))).toBe(sha256(bundle));
    const list = await send<{ id: string; state: string; bytes: number }[]>(
      'GET',
      '/core/v0/stations/1231/diagnostics',
    );
    expect(list.body).toMatchObject([{ id: asked.body.id, state: 'uploaded', bytes: bundle.length }]);
    for (const each of [path, `/core/v0/diagnostics/${asked.body.id}`, '/core/v0/stations/1231/diagnostics'])
      expect((await send('GET', each, undefined, stranger)).status, each).toBe(404);
    expect((await send('POST', '/core/v0/stations/1231/diagnostics', {}, stranger)).status).toBe(404);

    const failed = await send<{ id: string }>('POST', '/core/v0/stations/1231/diagnostics');
    await cabinet.result((await nextCommand(MSG_TYPE.SERVER_ASK_DIAGNOSTICS, 1)).id, 'failed', 'DISK_FULL');
    await eventually(
      async () =>
        (await send<{ reason: string }>('GET', `/core/v0/diagnostics/${failed.body.id}`)).body.reason ===
        'DISK_FULL',
      'the failure',
      WAIT_MS,
    );
  });

  it('logs: one request id leads from the caller over the hub to the station, without a secret', async () => {
    const before = commands(MSG_TYPE.SERVER_ASK_DIAGNOSTICS).length;
    const asked = await send<{ id: string; requestId: string }>(
      'POST',
      '/core/v0/stations/1231/logs/requests',
      { level: 'info', minutesBack: 5, forS: 60 },
      admin,
      { 'X-Request-Id': 'app-4711' },
    );
    expect([asked.status, asked.body.requestId]).toEqual([201, 'app-4711']);
    const command = await nextCommand(MSG_TYPE.SERVER_ASK_DIAGNOSTICS, before);
    expect(command).toMatchObject({
      requestId: 'app-4711',
      data: { bundle: false, logs: { level: 'info', minutesBack: 5, forS: 60 } },
    });
    await cabinet.publish(MSG_TYPE.STATION_LOG, {
      lines: [
        {
          at: new Date().toISOString(),
          level: 'warn',
          msg: 'door 3 jammed; token=abcdef-very-secret',
          fields: { requestId: 'app-4711', commandId: command.id, password: 'very-secret', slot: 3 },
        },
      ],
    });
    type Line = { source: string; device: string | null; msg: string; fields: object; requestId: string };
    const search = async (query: string, token = admin) =>
      (await send<Line[]>('GET', `/core/v0/logs?${query}`, undefined, token)).body;
    const lines = await eventually(
      async () => {
        const found = await search('requestId=app-4711&_limit=50');
        return new Set(found.map(({ source }) => source)).size === 2 ? found : null;
      },
      'lines of both',
      WAIT_MS,
    );
    expect(lines.every(({ requestId }) => requestId === 'app-4711')).toBe(true);
    expect(JSON.stringify(await search('_limit=100'))).not.toContain('very-secret');
    const own = await search('source=station&device=1231&level=warn&q=jammed');
    expect(own).toMatchObject([{ device: '1231', fields: { slot: 3, password: '[redacted]' } }]);
    expect((await search(`commandId=${command.id}`)).length).toBeGreaterThan(0);
    expect(await search(`time_gte=${new Date(Date.now() + 60_000).toISOString()}`)).toEqual([]);
    expect(await search('requestId=app-4711', stranger)).toEqual([]);
    expect(await search('device=1231', stranger)).toEqual([]);
    const kept = await send<{ id: string }>('POST', '/core/v0/task-schedules/logs-retention/run');
    expect(kept.status).toBe(202);
    await eventually(
      async () =>
        (await send<{ state: string }>('GET', `/core/v0/tasks/${kept.body.id}`)).body.state === 'done',
      'the retention task',
      WAIT_MS,
    );
    expect((await search('requestId=app-4711')).length).toBeGreaterThan(0);
  });

  describe('releases', () => {
    // More than two pieces of the store, and not to be compressed.
    const artifact = gzipSync(randomBytes(1_300_000));
    const announce = (releaseVersion: string, hash = sha256(artifact)) => ({
      releaseVersion,
      sha256: hash,
      signature: sign(
        null,
        Buffer.from(updateSigningText({ version: releaseVersion, sha256: hash })),
        privateKey,
      ).toString('base64url'),
    });
    const release = async (releaseVersion: string) => {
      const made = await send<{ id: string }>('POST', '/core/v0/releases', announce(releaseVersion));
      expect(made.status).toBe(201);
      expect((await upload(`/core/v0/releases/${made.body.id}/artifact`, artifact, admin)).status).toBe(200);
      return made.body.id;
    };
    const rollout = (id: string) => send<Rollout>('GET', `/core/v0/rollouts/${id}`);
    const reaches = (id: string, state: string) =>
      eventually(async () => (await rollout(id)).body.state === state, `rollout ${state}`, WAIT_MS);

    it('are taken only with a signature of a trusted key and the file that was signed', async () => {
      const good = announce('2.0.0');
      const other = generateKeyPairSync('ed25519').privateKey;
      const forged = sign(
        null,
        Buffer.from(updateSigningText({ version: '2.0.0', sha256: good.sha256 })),
        other,
      );
      for (const bad of [
        { ...good, signature: forged.toString('base64url') },
        { ...good, releaseVersion: '2.0.1' },
        { ...good, sha256: sha256(Buffer.from('other')) },
      ])
        expect((await send('POST', '/core/v0/releases', bad)).status).toBe(400);
      const made = await send<{ id: string; state: string }>('POST', '/core/v0/releases', good);
      expect([made.status, made.body.state]).toEqual([201, 'draft']);
      expect((await send('POST', '/core/v0/releases', good)).status).toBe(409);
      const path = `/core/v0/releases/${made.body.id}`;
      const early = { releaseId: made.body.id, stationIds: ['1231'] };
      expect((await send('POST', '/core/v0/rollouts', early)).status).toBe(409);
      expect((await upload(`${path}/artifact`, gzipSync('another file'), admin)).status).toBe(400);
      expect((await upload(`${path}/artifact`, artifact, admin)).status).toBe(200);
      const file = await fetch(`${hub.apiUrl}${path}/artifact`, {
        headers: { Authorization: `Bearer ${station}` },
      });
      expect(sha256(new Uint8Array(await file.arrayBuffer()))).toBe(sha256(artifact));
      const rest = await fetch(`${hub.apiUrl}${path}/artifact`, {
        headers: { Authorization: `Bearer ${station}`, Range: 'bytes=600000-' },
      });
      expect([rest.status, rest.headers.get('content-range')]).toEqual([
        206,
        `bytes 600000-${artifact.length - 1}/${artifact.length}`,
      ]);
      expect(Buffer.from(await rest.arrayBuffer()).equals(artifact.subarray(600_000))).toBe(true);
      const beyond = { Range: `bytes=${artifact.length}-` };
      expect((await send('GET', `${path}/artifact`, undefined, station, beyond)).status).toBe(200);
      for (const each of [path, `${path}/artifact`])
        expect((await send('GET', each, undefined, stranger)).status, each).toBe(404);
      expect((await send('POST', `${path}/withdraw`, undefined, stranger)).status).toBe(404);
      expect((await send('POST', '/core/v0/rollouts', early, stranger)).status).toBe(404);
      expect((await send<unknown[]>('GET', '/core/v0/releases', undefined, stranger)).body).toEqual([]);
      expect(
        (await send('POST', '/core/v0/releases', announce('2.0.9'), await hub.operator('viewer'))).status,
      ).toBe(403);
    });

    it('roll out stage by stage, pause by themselves on failures, and go on when told to', async () => {
      const before = commands(MSG_TYPE.SERVER_UPDATE).length;
      const releaseId = await release('2.1.0');
      const body = { releaseId, stationIds: ['1231', '1232'], stages: [50, 100], waitS: 0 };
      expect((await send('POST', '/core/v0/rollouts', { ...body, stationIds: ['nowhere'] })).status).toBe(
        400,
      );
      expect((await send('POST', '/core/v0/rollouts', { ...body, stages: [50, 20] })).status).toBe(400);
      const made = await send<Rollout>('POST', '/core/v0/rollouts', body);
      expect(made.status).toBe(201);
      const first = await nextCommand(MSG_TYPE.SERVER_UPDATE, before);
      expect(first.data).toMatchObject({
        version: '2.1.0',
        url: `/core/v0/releases/${releaseId}/artifact`,
        signature: announce('2.1.0').signature,
      });
      expect(commands(MSG_TYPE.SERVER_UPDATE, second)).toHaveLength(0);
      await cabinet.result(first.id, 'failed', 'UNHEALTHY');
      await reaches(made.body.id, 'paused');
      expect(commands(MSG_TYPE.SERVER_UPDATE, second)).toHaveLength(0);
      expect((await rollout(made.body.id)).body.stations.map(({ state }) => state)).toEqual([
        'failed',
        'waiting',
      ]);

      const path = `/core/v0/rollouts/${made.body.id}`;
      expect((await send('POST', `${path}/resume`, undefined, stranger)).status).toBe(404);
      expect((await send('GET', path, undefined, stranger)).status).toBe(404);
      expect((await send('POST', `${path}/resume`)).status).toBe(200);
      const next = await nextCommand(MSG_TYPE.SERVER_UPDATE, 0, second);
      await second.result(next.id, 'done');
      await reaches(made.body.id, 'done');
      expect((await rollout(made.body.id)).body.stations.map(({ state }) => state)).toEqual([
        'failed',
        'done',
      ]);
      expect((await send('POST', `${path}/cancel`)).status).toBe(409);
    }, 120_000);

    it('stop for good when cancelled, and pause when the release is withdrawn', async () => {
      const releaseId = await release('2.2.0');
      const begin = (body: object) => send<Rollout>('POST', '/core/v0/rollouts', { releaseId, ...body });
      const held = await begin({ percent: 100, stages: [1, 100], waitS: 86_400 });
      expect(held.body.stations.length).toBeGreaterThanOrEqual(2);
      const path = `/core/v0/rollouts/${held.body.id}`;
      expect((await send<Rollout>('POST', `${path}/pause`, { reason: 'lunch' })).body.state).toBe('paused');
      expect((await send<Rollout>('POST', `${path}/cancel`)).body.state).toBe('cancelled');
      expect((await send('POST', `${path}/resume`)).status).toBe(409);
      const other = await begin({ percent: 100, stages: [1, 100], waitS: 86_400 });
      expect((await send('POST', `/core/v0/releases/${releaseId}/withdraw`)).status).toBe(200);
      await reaches(other.body.id, 'paused');
      const file = await send('GET', `/core/v0/releases/${releaseId}/artifact`, undefined, station);
      expect(file.status).toBe(409);
    }, 120_000);
  });
});

import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../src/network/eventually.js';
import { temporaryNetwork } from './support/network.js';
import { call, DEMO_OPERATOR, token } from './support/rest.js';

type Network = Awaited<ReturnType<typeof temporaryNetwork>>;
type Config = {
  state: string;
  reported: { version: string | null; hash: string | null };
  errors: { path: string; message: string }[];
};
const WAIT_MS = 120_000;

/** Hub and agent as they are shipped: what one asks for, the other does. */
describe('a station looked after from afar', () => {
  let network: Network;
  let admin: string;
  beforeAll(async () => {
    network = await temporaryNetwork();
    admin = await token(network.apiUrl, DEMO_OPERATOR);
    await eventually('the station online', WAIT_MS, async () =>
      (await get<{ online: boolean }>('/core/v0/stations/1231')).online ? true : null,
    );
  }, 180_000);
  afterAll(() => network?.close(), 60_000);

  const get = async <T>(path: string): Promise<T> =>
    (await call<T>(`${network.apiUrl}${path}`, { token: admin })).body;
  const send = <T>(method: string, path: string, body: object, headers: Record<string, string> = {}) =>
    call<T>(`${network.apiUrl}${path}`, { method, token: admin, body, headers });
  const configPath = '/core/v0/stations/1231/config';
  const putConfig = (version: number, config: object) =>
    send<Config>('PUT', configPath, { config }, { 'If-Match': `"${version}"` });
  const configIs = (state: string) =>
    eventually(`configuration ${state}`, WAIT_MS, async () => {
      const config = await get<Config>(configPath);
      return config.state === state ? config : null;
    });

  it('takes a configuration, proves itself with it and reports its version; a wrong one is refused by field', async () => {
    expect((await putConfig(0, { swap: { minDispenseSocPct: 77 } })).status).toBe(200);
    const applied = await configIs('applied');
    expect(applied.reported.version).toBe('1');
    expect(applied.reported.hash).toMatch(/\S{8,}/);
    expect((await putConfig(1, { swap: { minDispenseSocPct: 900 } })).status).toBe(200);
    const refused = await configIs('rejected');
    expect(refused.errors.map(({ path }) => path)).toContain('swap.minDispenseSocPct');
    expect((await get<Config>(configPath)).reported.version).toBe('1');
  }, 240_000);

  it('sends its diagnostics, and log lines that carry the request id of whoever asked', async () => {
    const asked = await send<{ id: string }>('POST', '/core/v0/stations/1231/diagnostics', {});
    expect(asked.status).toBe(201);
    const done = await eventually('the bundle', WAIT_MS, async () => {
      const found = await get<{ state: string; sha256: string; reason: string | null }>(
        `/core/v0/diagnostics/${asked.body.id}`,
      );
      if (found.state === 'failed') throw new Error(`failed: ${found.reason}`);
      return found.state === 'uploaded' ? found : null;
    });
    const file = await fetch(`${network.apiUrl}/core/v0/diagnostics/${asked.body.id}/bundle`, {
      headers: { authorization: `Bearer ${admin}` },
    });
    const bundle = new Uint8Array(await file.arrayBuffer());
    expect(createHash('sha256').update(bundle).digest('hex')).toBe(done.sha256);
    expect(gunzipSync(bundle).length).toBeGreaterThan(500);

    await send(
      'POST',
      '/core/v0/stations/1231/logs/requests',
      { level: 'debug', minutesBack: 10, forS: 60 },
      { 'X-Request-Id': 'support-1' },
    );
    await send(
      'POST',
      '/core/v0/stations/1231/commands',
      { name: 'SERVER_ASK_INFO' },
      { 'X-Request-Id': 'support-2' },
    );
    type Line = { source: string; msg: string };
    const sources = await eventually('lines of hub and station for one request', WAIT_MS, async () => {
      const lines = await get<Line[]>('/core/v0/logs?requestId=support-2&_limit=100');
      const seen = new Set(lines.map(({ source }) => source));
      return seen.size === 2 ? seen : null;
    });
    expect([...sources].sort()).toEqual(['hub', 'station']);
  }, 300_000);
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readCredentials, writeCredentials } from '../src/config/credentials.js';
import { createLogger } from '../src/logger.js';
import { createCredentialRotation } from '../src/rest/credential-rotation.js';
import { createHubApi } from '../src/rest/hub-api.js';
import { createRestHub, type RestHub } from './support/rest-hub.js';
import { tempDir } from './support/test-agent.js';

let dir: ReturnType<typeof tempDir>;
let hub: RestHub;
/** Secrets that the hub takes. */
let valid: Set<string>;
beforeEach(async () => {
  dir = tempDir();
  hub = await createRestHub();
  valid = new Set(['old']);
  hub.behaviour.intercept = ({ path, body }) => {
    if (path === '/auth/v1/token' && !valid.has(String(body?.secret)))
      return { status: 401, body: { code: 'BAD_CREDENTIALS' } };
    if (path !== '/auth/v1/stations/1231/rotate') return null;
    valid.add('new');
    return {
      status: 201,
      body: { device: '1231', secret: 'new', oldValidUntil: '2026-11-23T00:00:00.000Z' },
    };
  };
});
afterEach(async () => {
  await hub.close();
  dir.remove();
});

function station() {
  const credentials: { secret: string | null } = {
    secret: readCredentials(dir.path, '1231')?.secret ?? null,
  };
  const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
  const secret = (): string => credentials.secret ?? '';
  const api = createHubApi({ apiUrl: hub.url, device: '1231', secret, clock });
  const config = { dataDir: dir.path, device: '1231' };
  const log = createLogger('silent');
  return { credentials, api, rotation: createCredentialRotation({ config, api, credentials, log }) };
}
const stored = (): unknown => JSON.parse(readFileSync(join(dir.path, 'credentials.json'), 'utf8'));

it('exchanges the secret, and uses the new one from then on', async () => {
  writeCredentials(dir.path, { device: '1231', secret: 'old' });
  const { rotation, credentials, api } = station();
  expect(await rotation.rotate()).toMatchObject({ ok: true });
  expect([credentials.secret, stored()]).toEqual(['new', { device: '1231', secret: 'new' }]);
  valid.delete('old');
  await api.getUser('u-demo');
});

it('killed before the new secret was confirmed: signs in with the old one and finishes at the next start', async () => {
  valid.add('new');
  writeCredentials(dir.path, { device: '1231', secret: 'old', next: 'new' });
  const { rotation, credentials, api } = station();
  expect(credentials.secret).toBe('old');
  await api.getUser('u-demo');
  await rotation.resume();
  expect([credentials.secret, stored()]).toEqual(['new', { device: '1231', secret: 'new' }]);
});

it('keeps the old secret while the hub is away or does not know the new one', async () => {
  writeCredentials(dir.path, { device: '1231', secret: 'old', next: 'never-issued' });
  const { rotation, credentials } = station();
  hub.behaviour.intercept = () => ({ status: 503, body: { code: 'UNAVAILABLE' } });
  await rotation.resume();
  expect(stored()).toMatchObject({ secret: 'old', next: 'never-issued' });
  expect(await rotation.rotate()).toMatchObject({ ok: false, code: 'UNAVAILABLE' });
  hub.behaviour.intercept = ({ path }) =>
    path === '/auth/v1/token' ? { status: 401, body: { code: 'BAD_CREDENTIALS' } } : null;
  await rotation.resume();
  expect([credentials.secret, stored()]).toEqual(['old', { device: '1231', secret: 'old' }]);
});

it('does not touch a secret that comes from the environment', async () => {
  const { rotation, credentials } = station();
  credentials.secret = 'old';
  expect(await rotation.rotate()).toMatchObject({ ok: false, code: 'NOT_ROTATABLE' });
  expect(hub.seen('POST', '/auth/v1/stations')).toEqual([]);
});

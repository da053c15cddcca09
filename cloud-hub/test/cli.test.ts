import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const BIN = fileURLToPath(new URL('../bin/voltbay-hub.mjs', import.meta.url));
type Result = { code: number; out: string; err: string };

/** The real program, as a newcomer starts it. Needs the built package (`npx tsc -b cloud-hub`). */
function hub(args: string[], env: Record<string, string> = {}): Promise<Result> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [BIN, ...args],
      { env: { PATH: process.env.PATH ?? '', LOG_LEVEL: 'warn', ...env }, timeout: 60_000 },
      (error, out, err) => resolve({ code: error ? Number(error.code ?? 1) : 0, out, err }),
    );
  });
}

describe('voltbay-hub', () => {
  let dataDir: string;
  let squatter: Server | null = null;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'voltbay-cli-'));
  });
  afterEach(async () => {
    squatter?.close();
    squatter = null;
    await rm(dataDir, { recursive: true, force: true });
  });
  const occupy = () =>
    new Promise<number>((resolve) => {
      squatter = createServer().listen(0, '127.0.0.1', () => {
        const address = squatter?.address();
        resolve(typeof address === 'object' && address ? address.port : 0);
      });
    });

  it('explains itself', async () => {
    const help = await hub(['--help']);
    expect(help.code).toBe(0);
    for (const word of ['run', 'seed-demo', 'users', 'keys', 'doctor', 'version'])
      expect(help.out).toContain(word);
    expect((await hub(['version'])).out.trim()).toMatch(/^\d+\.\d+\.\d+$/);
    expect(JSON.parse((await hub(['version', '--json'])).out)).toHaveProperty('version');
  }, 120_000);

  it('answers bad usage with exit code 2', async () => {
    expect((await hub([])).code).toBe(2);
    expect((await hub(['fly'])).code).toBe(2);
    expect((await hub(['run', '--speed', '9'])).code).toBe(2);
    const wrong = await hub(['run', '--port', 'eighty']);
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain('PORT: "eighty" is not valid; use a port from 0 to 65535');
  }, 120_000);

  it('names the taken port and the fix, and exits 1', async () => {
    const port = String(await occupy());
    const http = await hub(['run', '--data', dataDir, '--port', port, '--mqtt-port', '0']);
    expect(http.code).toBe(1);
    expect(http.err).toContain(`HTTP port ${port} on 127.0.0.1 is taken`);
    expect(http.err).toContain('--port');
    const mqtt = await hub(['run', '--data', dataDir, '--port', '0', '--mqtt-port', port]);
    expect(mqtt.code).toBe(1);
    expect(mqtt.err).toContain(`MQTT port ${port} on 127.0.0.1 is taken`);
  }, 120_000);

  it('says where it is in one JSON line, serves, and ends with 0 on SIGTERM; a second hub on its data is refused', async () => {
    const child = spawn(
      process.execPath,
      [BIN, 'run', '--demo', '--data', dataDir, '--port', '0', '--mqtt-port', '0', '--json'],
      { env: { PATH: process.env.PATH ?? '', LOG_LEVEL: 'warn' }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
    try {
      const line = await new Promise<string>((resolve, reject) => {
        child.stdout.once('data', (chunk) => resolve(String(chunk)));
        child.once('exit', () => reject(new Error('the hub ended')));
      });
      const ready = JSON.parse(line) as { ready: boolean; apiUrl: string; mqttUrl: string; pid: number };
      expect(ready).toMatchObject({ ready: true, pid: child.pid });
      expect(ready.mqttUrl).toMatch(/^mqtt:\/\/127\.0\.0\.1:\d+$/);
      expect((await fetch(`${ready.apiUrl}/readyz`)).status).toBe(200);
      expect((await fetch(`${ready.apiUrl}/openapi.json`)).status).toBe(200);
      const docs = await (await fetch(`${ready.apiUrl}/docs/`)).text();
      expect(docs).not.toMatch(/https?:\/\//);
      expect((await fetch(`${ready.apiUrl}/docs/swagger-ui-bundle.js`)).status).toBe(200);

      const second = await hub(['run', '--data', dataDir, '--port', '0', '--mqtt-port', '0']);
      expect(second.code).toBe(1);
      expect(second.err).toContain(dataDir);
      const users = await hub(['users', 'list', '--data', dataDir]);
      expect(users.code).toBe(1);
      expect(users.err).toContain('a hub is running');
    } finally {
      child.kill('SIGTERM');
    }
    expect(await ended).toBe(0);
    const secret = await stat(join(dataDir, 'hub.secret'));
    expect(secret.mode & 0o777).toBe(0o600);
  }, 120_000);

  it('manages operators and keys without a running hub', async () => {
    const at = ['--data', dataDir, '--json'];
    const added = await hub(['users', 'add', 'ann', '--role', 'operator', ...at]);
    expect(added.code).toBe(0);
    expect(JSON.parse(added.out).password.length).toBeGreaterThanOrEqual(16);
    expect((await hub(['users', 'add', 'ann', ...at])).code).toBe(1);
    expect((await hub(['users', 'add', 'bob', '--role', 'king', ...at])).err).toContain('king');
    const listed = JSON.parse((await hub(['users', 'list', ...at])).out);
    expect(listed).toEqual([
      { username: 'ann', name: 'ann', tenantId: 'main', roles: ['operator'], status: 'active', totp: false },
    ]);
    expect(JSON.parse((await hub(['users', 'totp', 'ann', 'on', ...at])).out).uri).toContain(
      'otpauth://totp/',
    );
    expect(JSON.parse((await hub(['users', 'disable', 'ann', ...at])).out).status).toBe('disabled');
    expect((await hub(['users', 'password', 'nobody', ...at])).err).toContain('no operator nobody');
    const before = JSON.parse((await hub(['keys', 'list', ...at])).out).keys;
    const { kid } = JSON.parse((await hub(['keys', 'rotate', ...at])).out);
    const after = JSON.parse((await hub(['keys', 'list', ...at])).out).keys.map(
      (key: { kid: string }) => key.kid,
    );
    expect(after).toHaveLength(before.length + 1);
    expect(after).toContain(kid);
  }, 120_000);

  it('refuses a store that was set up with another secret', async () => {
    expect((await hub(['keys', 'list', '--data', dataDir])).code).toBe(0);
    const other = await hub(['keys', 'list', '--data', dataDir], { VOLTBAY_SECRET: 'ab'.repeat(32) });
    expect(other.code).toBe(2);
    expect(other.err).toContain('VOLTBAY_SECRET: not the secret that this store was set up with');
    expect(other.err).not.toContain('abab');
    expect(await readFile(join(dataDir, 'hub.secret'), 'utf8')).toMatch(/^[0-9a-f]{64}$/);
  }, 120_000);

  it('doctor names what is missing and exits 1', async () => {
    const port = String(await occupy());
    const sick = await hub(['doctor', '--json', '--data', dataDir], { PORT: port, MQTT_PORT: '0' });
    expect(sick.code).toBe(1);
    const { ok, findings } = JSON.parse(sick.out) as {
      ok: boolean;
      findings: { check: string; ok: boolean; detail: string }[];
    };
    expect(ok).toBe(false);
    expect(findings.find((finding) => finding.check === 'HTTP port')).toMatchObject({ ok: false });
    expect(findings.find((finding) => finding.check === 'store and keys')).toMatchObject({ ok: true });
  }, 120_000);
});

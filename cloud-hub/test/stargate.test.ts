import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { Secret, TOTP } from 'otpauth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../src/clock.js';
import { DEMO_SECRET, eventually, type HubFixture, problemOf, startHub } from './support/hub-fixture.js';

type Tokens = { accessToken: string; refreshToken: string; expiresInS: number };

describe('stargate', () => {
  let hub: HubFixture;
  let skewMs = 0;
  beforeAll(async () => {
    hub = await startHub({ overrides: { clock: { now: () => systemClock.now() + skewMs } } });
  }, 60_000);
  afterAll(() => hub?.stop());

  const signIn = async (): Promise<Tokens> => {
    await hub.call('POST', '/auth/v1/otp', { body: { phone: '13800000001' } });
    const answer = await hub.call<Tokens>('POST', '/auth/v1/token', {
      body: { grantType: 'otp', phone: '13800000001', code: '246810' },
    });
    expect(answer.status).toBe(200);
    return answer.body;
  };
  const refresh = (refreshToken: string) =>
    hub.call<Tokens>('POST', '/auth/v1/token', { body: { grantType: 'refresh', refreshToken } });
  const me = (token: string) => hub.call('GET', '/auth/v1/me', { token });

  it('gives a rider ten-minute tokens for the right code, once', async () => {
    const tokens = await signIn();
    expect(tokens.expiresInS).toBe(600);
    expect((await me(tokens.accessToken)).body).toMatchObject({
      sub: 'u-demo',
      audience: 'rider',
      tenantId: 'demo',
    });
    const again = await hub.call('POST', '/auth/v1/token', {
      body: { grantType: 'otp', phone: '13800000001', code: '246810' },
    });
    expect(again.status).toBe(401);
    expect(problemOf(again).code).toBe('BAD_CREDENTIALS');
  });

  it('locks a code after five wrong guesses', async () => {
    const phone = '13911112222';
    expect((await hub.call('POST', '/auth/v1/otp', { body: { phone } })).status).toBe(202);
    const sent = hub.log.findLast((line) => line.includes(phone)) ?? '';
    const code = /Voltbay: (\d{6})/.exec(sent)?.[1] ?? '';
    expect(code).toHaveLength(6);
    const wrong = code === '000000' ? '111111' : '000000';
    const statuses: number[] = [];
    for (let guess = 0; guess < 6; guess += 1)
      statuses.push(
        (await hub.call('POST', '/auth/v1/token', { body: { grantType: 'otp', phone, code: wrong } })).status,
      );
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
    const right = await hub.call('POST', '/auth/v1/token', { body: { grantType: 'otp', phone, code } });
    expect(right.status).toBe(429);
  });

  it('makes an account on the first sign-in of a new phone and limits codes per number', async () => {
    const phone = '13922223333';
    for (let sent = 0; sent < 5; sent += 1)
      expect((await hub.call('POST', '/auth/v1/otp', { body: { phone } })).status).toBe(202);
    const limited = await hub.call('POST', '/auth/v1/otp', { body: { phone } });
    expect(limited.status).toBe(429);
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
    const line = hub.log.findLast((entry) => entry.includes(phone)) ?? '';
    const code = /Voltbay: (\d{6})/.exec(line)?.[1];
    const answer = await hub.call<Tokens>('POST', '/auth/v1/token', {
      body: { grantType: 'otp', phone, code },
    });
    expect(answer.status).toBe(200);
    const user = await me(answer.body.accessToken);
    expect(user.body).toMatchObject({ audience: 'rider', roles: ['rider'] });
  });

  it('rotates refresh tokens and closes the session when an old one comes back', async () => {
    const first = await signIn();
    const second = await refresh(first.refreshToken);
    expect(second.status).toBe(200);
    expect(second.body.refreshToken).not.toBe(first.refreshToken);
    expect((await me(second.body.accessToken)).status).toBe(200);

    const reused = await refresh(first.refreshToken);
    expect(reused.status).toBe(401);
    expect(problemOf(reused).code).toBe('REFRESH_REUSED');
    expect((await refresh(second.body.refreshToken)).status).toBe(401);
    expect((await me(second.body.accessToken)).status).toBe(401);
  });

  it('of many refreshes at once with one token, at most one succeeds', async () => {
    const { refreshToken } = await signIn();
    const answers = await Promise.all(Array.from({ length: 8 }, () => refresh(refreshToken)));
    expect(answers.filter((answer) => answer.status === 200).length).toBeLessThanOrEqual(1);
    expect(answers.filter((answer) => answer.status === 401).length).toBeGreaterThanOrEqual(7);
  });

  it.each(['nonsense', 'a.b.c', '019ab3c4-0000-7000-8000-000000000000.1.AAAA', `${'x'.repeat(500)}`])(
    'refuses the refresh token %s',
    async (refreshToken) => {
      expect((await refresh(refreshToken)).status).toBe(401);
    },
  );

  it('lists sessions and closes one, whose tokens stop at once', async () => {
    const [one, two] = [await signIn(), await signIn()];
    const sessions = await hub.call<{ id: string; current: boolean }[]>('GET', '/auth/v1/sessions', {
      token: one.accessToken,
    });
    const current = sessions.body.find((session) => session.current);
    expect(current).toBeDefined();
    expect(
      (await hub.call('DELETE', `/auth/v1/sessions/${current?.id}`, { token: two.accessToken })).status,
    ).toBe(204);
    expect((await me(one.accessToken)).status).toBe(401);
    expect((await refresh(one.refreshToken)).status).toBe(401);
    expect((await me(two.accessToken)).status).toBe(200);
    const other = await hub.rider('13800000002');
    const theirs = await hub.call<{ id: string }[]>('GET', '/auth/v1/sessions', { token: two.accessToken });
    expect(
      (await hub.call('DELETE', `/auth/v1/sessions/${theirs.body[0]?.id}`, { token: other })).status,
    ).toBe(404);
  });

  it('tells an expired token apart from a wrong one', async () => {
    const { accessToken } = await signIn();
    expect((await me(accessToken)).status).toBe(200);
    skewMs = 601_000;
    const late = await me(accessToken);
    skewMs = 0;
    expect(late.status).toBe(401);
    expect(problemOf(late).code).toBe('TOKEN_EXPIRED');
    const tampered = `${accessToken.slice(0, -4)}AAAA`;
    expect(problemOf(await me(tampered)).code).toBe('UNAUTHENTICATED');
  });

  it('refuses tokens of another key, issuer, audience or kind', async () => {
    const { privateKey, publicKey } = await generateKeyPair('EdDSA');
    const jwks = await hub.call<{ keys: { kid: string; crv: string; d?: string }[] }>(
      'GET',
      '/auth/v1/.well-known/jwks.json',
    );
    const kid = jwks.body.keys[0]?.kid ?? '';
    expect(jwks.body.keys.every((key) => key.crv === 'Ed25519' && key.d === undefined)).toBe(true);
    expect((await exportJWK(publicKey)).crv).toBe('Ed25519');
    const forged = (change: (jwt: SignJWT) => SignJWT, keyId = kid) =>
      change(
        new SignJWT({ tid: 'demo', roles: ['admin'] })
          .setProtectedHeader({ alg: 'EdDSA', kid: keyId, typ: 'at+jwt' })
          .setSubject('u-demo')
          .setIssuer('voltbay')
          .setAudience('operator')
          .setIssuedAt()
          .setExpirationTime('5m'),
      ).sign(privateKey);
    for (const token of [
      await forged((jwt) => jwt),
      await forged((jwt) => jwt, 'no-such-key'),
      await forged((jwt) => jwt.setAudience('billing')),
      await forged((jwt) => jwt.setIssuer('elsewhere')),
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":"u-demo"}').toString('base64url')}.`,
      'abc',
    ]) {
      const answer = await me(token);
      expect(answer.status).toBe(401);
      expect(problemOf(answer).code).toBe('UNAUTHENTICATED');
    }
  });

  it("a rider's token does not open operators' routes and a station's does not open riders'", async () => {
    const rider = await hub.rider();
    expect((await hub.call('GET', '/core/v0/commands', { token: rider })).status).toBe(403);
    const station = await hub.station();
    expect((await hub.call('GET', '/core/v0/charges', { token: station })).status).toBe(403);
  });

  it('an operator signs in by password; name and password errors look the same', async () => {
    expect((await me(await hub.operator())).body).toMatchObject({ audience: 'operator', roles: ['admin'] });
    const wrong = await hub.call('POST', '/auth/v1/token', {
      body: { grantType: 'password', username: 'admin', password: 'voltbay-wrong' },
    });
    const unknown = await hub.call('POST', '/auth/v1/token', {
      body: { grantType: 'password', username: 'nobody', password: 'voltbay-wrong' },
    });
    for (const answer of [wrong, unknown]) {
      expect(answer.status).toBe(401);
      expect(problemOf(answer).code).toBe('BAD_CREDENTIALS');
    }
    expect(problemOf(wrong).detail).toBe(problemOf(unknown).detail);
  });

  it('enrols a station once per code, rotates with overlap, and revokes', async () => {
    const token = await hub.operator();
    const made = await hub.call('POST', '/core/v0/stations', {
      token,
      body: { device: '7001', name: 'New station' },
      headers: { 'Idempotency-Key': 'station-7001' },
    });
    expect(made.status).toBe(201);
    const issued = await hub.call<{ code: string }>('POST', '/auth/v1/stations/7001/enrol-code', { token });
    expect(issued.status).toBe(201);

    const enrol = (code: string) =>
      hub.call<{ secret: string }>('POST', '/auth/v1/stations/enroll', { body: { device: '7001', code } });
    expect((await enrol('WRONG-CODE-123')).status).toBe(401);
    const enrolled = await enrol(issued.body.code);
    expect(enrolled.status).toBe(200);
    expect(Buffer.from(enrolled.body.secret, 'base64url')).toHaveLength(32);
    expect((await enrol(issued.body.code)).status).toBe(401);

    const stationToken = (secret: string) =>
      hub.call<Tokens>('POST', '/auth/v1/token', { body: { grantType: 'station', device: '7001', secret } });
    const first = await stationToken(enrolled.body.secret);
    expect(first.status).toBe(200);
    expect(first.body.refreshToken).toBeUndefined();

    const rotated = await hub.call<{ secret: string }>('POST', '/auth/v1/stations/7001/rotate', {
      token: first.body.accessToken,
    });
    expect(rotated.status).toBe(201);
    expect((await stationToken(enrolled.body.secret)).status).toBe(200);
    expect((await stationToken(rotated.body.secret)).status).toBe(200);
    skewMs = 25 * 3_600_000;
    const afterOverlap = [await stationToken(enrolled.body.secret), await stationToken(rotated.body.secret)];
    skewMs = 0;
    expect(afterOverlap.map((answer) => answer.status)).toEqual([401, 200]);
    const foreign = await hub.call('POST', '/auth/v1/stations/1231/rotate', {
      token: first.body.accessToken,
    });
    expect(foreign.status).toBe(404);

    const live = await stationToken(rotated.body.secret);
    expect((await hub.call('DELETE', '/auth/v1/stations/7001/credentials', { token })).status).toBe(204);
    expect((await stationToken(rotated.body.secret)).status).toBe(401);
    expect((await me(live.body.accessToken)).status).toBe(401);
    expect((await hub.call('POST', '/auth/v1/stations/9999/enrol-code', { token })).status).toBe(404);
  });

  it('keys rotate with overlap: old tokens verify, both keys are published, new tokens use the new key', async () => {
    const old = await signIn();
    const { createVault } = await import('../src/stargate/vault.js');
    const { createSigningKeys } = await import('../src/stargate/signing-keys.js');
    const { openDatabase } = await import('../src/db/index.js');
    const { createEngine, createDocumentServer } = await import('../src/document-server/index.js');
    const server = await createDocumentServer(createEngine({ file: ':memory:' }), {
      listen: { host: '127.0.0.1', port: 0 },
      onFatal: () => {},
    });
    const { createLogger } = await import('../src/logger.js');
    const database = await openDatabase({
      uri: server.uri,
      dbName: 'keys',
      logger: createLogger({ level: 'silent' }),
    });
    try {
      let now = Date.parse('2026-11-22T08:00:00Z');
      const vault = createVault(Buffer.alloc(32, 7));
      const keys = createSigningKeys({ database, vault, clock: { now: () => now } });
      await keys.start();
      const before = await keys.signingKey();
      const kid = await keys.rotate();
      expect((await keys.jwks()).keys.map((key) => key.kid).sort()).toEqual([before.kid, kid].sort());
      expect((await keys.signingKey()).kid).toBe(before.kid);
      now += 301_000;
      expect((await keys.signingKey()).kid).toBe(kid);
      expect(await keys.verificationKey(before.kid)).not.toBeNull();
      now += 3_600_000;
      expect(await keys.verificationKey(before.kid)).toBeNull();
      expect((await keys.jwks()).keys.map((key) => key.kid)).toEqual([kid]);
    } finally {
      await database.close();
      await server.close();
    }
    expect((await me(old.accessToken)).status).toBe(200);
  });

  it('a one-time password of an authenticator app works once', async () => {
    const { createOperators } = await import('../src/stargate/operators.js');
    const { createVault } = await import('../src/stargate/vault.js');
    const { createCounters } = await import('../src/stargate/counters.js');
    const { createDocumentServer, createEngine } = await import('../src/document-server/index.js');
    const { ensureCollections, openDatabase } = await import('../src/db/index.js');
    const { stargateCollections } = await import('../src/stargate/collections.js');
    const { createLogger } = await import('../src/logger.js');
    const server = await createDocumentServer(createEngine({ file: ':memory:' }), {
      listen: { host: '127.0.0.1', port: 0 },
      onFatal: () => {},
    });
    const database = await openDatabase({
      uri: server.uri,
      dbName: 'totp',
      logger: createLogger({ level: 'silent' }),
    });
    try {
      await ensureCollections(database, stargateCollections);
      let now = Date.parse('2026-11-22T08:00:00Z');
      const clock = { now: () => now };
      const vault = createVault(Buffer.alloc(32, 9));
      const operators = createOperators({
        database,
        clock,
        vault,
        counters: createCounters({ database, clock }),
      });
      await operators.create({
        tenantId: 't',
        username: 'ann',
        name: 'Ann',
        password: 'long-enough-1',
        roles: ['viewer'],
      });
      const uri = await operators.enableTotp('ann');
      const secret = new URL(uri ?? '').searchParams.get('secret') ?? '';
      const totp = new TOTP({ secret: Secret.fromBase32(secret) });
      const attempt = (code?: string) =>
        operators.signIn({
          username: 'ann',
          password: 'long-enough-1',
          ip: '::1',
          ...(code ? { totp: code } : {}),
        });
      await expect(attempt()).rejects.toMatchObject({ code: 'BAD_CREDENTIALS' });
      const code = totp.generate({ timestamp: now });
      await expect(attempt(code)).resolves.toMatchObject({ username: 'ann' });
      await expect(attempt(code)).rejects.toMatchObject({ code: 'BAD_CREDENTIALS' });
      now += 30_000;
      await expect(attempt(totp.generate({ timestamp: now }))).resolves.toMatchObject({ username: 'ann' });
    } finally {
      await database.close();
      await server.close();
    }
  });

  it('never writes a secret into the log or the database', async () => {
    await hub.station();
    await eventually(() => hub.log.length > 0, 'log lines');
    const log = hub.log.join('\n');
    expect(log).not.toContain(DEMO_SECRET);
    expect(log).not.toContain('voltbay-demo');
    expect(log).not.toMatch(/Bearer [A-Za-z0-9]/);
    if (process.env.VOLTBAY_TEST_MONGODB_URI) return;
    for (const file of await readdir(hub.dataDir)) {
      if (!file.startsWith('hub.db') || file.endsWith('.lock')) continue;
      const bytes = await readFile(join(hub.dataDir, file));
      expect(bytes.includes(DEMO_SECRET), file).toBe(false);
      expect(bytes.includes('DEMO-1231'), file).toBe(false);
    }
  });
});

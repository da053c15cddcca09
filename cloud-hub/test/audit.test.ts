import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditCollection, auditHash, GENESIS } from '../src/audit/audit-document.js';
import { createAuditLog } from '../src/audit/audit-log.js';
import { redacted } from '../src/audit/redact.js';
import { runCli } from '../src/cli/program.js';
import { systemClock } from '../src/clock.js';
import { type Database, openStore } from '../src/db/index.js';
import { createVault } from '../src/stargate/vault.js';
import { eventually, type HubFixture, problemOf, startHub } from './support/hub-fixture.js';
import { openTestStore, silent } from './support/store.js';

const vault = createVault(Buffer.alloc(32, 7));
const logOn = (database: Database) => createAuditLog({ database, vault, clock: systemClock, logger: silent });

describe('the audit chain', () => {
  it('stays whole when several processes append at once, and shows every tampering', async () => {
    const database = await openTestStore();
    const writers = [logOn(database), logOn(database), logOn(database)];
    await Promise.all(
      Array.from({ length: 90 }, (_, n) =>
        writers[n % 3]?.recordSystem({
          tenantId: n % 5 ? 't1' : 't2',
          part: 'test',
          action: `a.${n}`,
          detail: { n },
        }),
      ),
    );
    // The mark of how far a chain reaches follows its entries.
    await Promise.all(writers.map((writer) => writer.close()));
    const log = logOn(database);
    expect(await log.verify('t1')).toMatchObject({ ok: true, entries: 72 });
    expect(await log.verify('t2')).toMatchObject({ ok: true, entries: 18 });
    expect((await log.tenants()).sort()).toEqual(['t1', 't2']);
    const actions = await database.collection(auditCollection).distinct('action');
    expect(actions.length).toBe(90);

    const entries = database.collection(auditCollection);
    const original = await entries.findOne({ tenantId: 't1', seq: 30 });
    if (!original) throw new Error('no entry 30');
    const restore = () => entries.replaceOne({ _id: original._id }, original, { upsert: true });

    await entries.updateOne({ _id: original._id }, { $set: { 'actor.id': 'somebody-else' } });
    expect(await log.verify('t1')).toMatchObject({
      ok: false,
      seq: 30,
      problem: expect.stringContaining('content'),
    });
    await entries.deleteOne({ _id: original._id });
    expect(await log.verify('t1')).toMatchObject({
      ok: false,
      seq: 30,
      problem: expect.stringContaining('missing'),
    });
    // Rehashing the forged entry does not help: the seal needs the root secret.
    const forged = { ...original, action: 'forged' };
    forged.hash = auditHash(forged.prev, 't1', 30, forged);
    await entries.insertOne(forged);
    expect(await log.verify('t1')).toMatchObject({
      ok: false,
      seq: 30,
      problem: expect.stringContaining('seal'),
    });
    await restore();
    expect(await log.verify('t1')).toMatchObject({ ok: true, entries: 72 });
    await entries.deleteMany({ tenantId: 't1', seq: { $gt: 70 } });
    expect(await log.verify('t1')).toMatchObject({
      ok: false,
      seq: 71,
      problem: expect.stringContaining('end'),
    });
    await database.close();
  }, 60_000);

  it('keeps no secret, whatever was sent', () => {
    const sent = {
      username: 'a',
      password: 'p',
      nested: { refreshToken: 't', list: [{ totp: '1' }], note: 'x'.repeat(999) },
    };
    const kept = JSON.stringify(redacted(sent));
    for (const secret of ['"p"', '"t"', '"1"']) expect(kept).not.toContain(secret);
    expect(kept).toContain('"a"');
    expect(kept.length).toBeLessThan(600);
  });
});

describe('the audit routes', () => {
  let hub: HubFixture;
  let admin: string;
  beforeAll(async () => {
    hub = await startHub();
    admin = await hub.operator();
  }, 60_000);
  afterAll(() => hub?.stop());

  type Entry = {
    seq: number;
    action: string;
    target: string | null;
    outcome: string;
    hash: string;
    prev: string;
    actor: { kind: string; id: string };
    detail: unknown;
  };
  const list = async (query: string) =>
    (await hub.call<Entry[]>('GET', `/core/v0/audit?${query}`, { token: admin })).body;

  it('records what people change before they are answered, refusals too, and secrets never', async () => {
    const renamed = await hub.call('PATCH', '/core/v0/stations/1231', {
      token: admin,
      body: { name: '改名站' },
      headers: { 'If-Match': '"1"' },
    });
    expect(renamed.status).toBe(200);
    expect((await list('action=updateStation'))[0]).toMatchObject({
      target: 'stations/1231',
      outcome: '200',
      actor: { kind: 'operator' },
      detail: { sent: { name: '改名站' } },
    });
    const viewer = await hub.operator('viewer');
    const refused = await hub.call('PATCH', '/core/v0/stations/1231', {
      token: viewer,
      body: { name: 'no' },
    });
    expect(refused.status).toBe(403);
    expect((await list('action=updateStation&outcome=403')).length).toBe(1);
    await hub.call('POST', '/auth/v1/token', {
      body: { grantType: 'password', username: 'admin', password: 'wrong-password' },
    });
    const failed = await eventually(
      async () => (await list('action=issueToken&outcome=401'))[0],
      'failed sign-in',
    );
    expect(JSON.stringify(failed)).not.toContain('wrong-password');
    expect(JSON.stringify(failed)).toContain('admin');
  });

  it('verifies, exports with provable hashes, and is for those who may', async () => {
    expect((await hub.call('GET', '/core/v0/audit/verification', { token: admin })).body).toMatchObject({
      ok: true,
    });
    const lines = (await hub.call<string>('GET', '/core/v0/audit/export', { token: admin })).body
      .trim()
      .split('\n');
    let prev = GENESIS;
    for (const line of lines) {
      const entry = JSON.parse(line);
      expect(auditHash(prev, entry.tenantId, entry.seq, entry)).toBe(entry.hash);
      prev = entry.hash;
    }
    expect(lines.length).toBeGreaterThan(2);
    const rider = await hub.rider();
    const answer = await hub.call('GET', '/core/v0/audit', { token: rider });
    expect([answer.status, problemOf(answer).code]).toEqual([403, 'FORBIDDEN']);
  });

  it('`audit verify` checks a stopped hub and fails on a broken chain', async () => {
    const other = await startHub();
    await other.operator();
    await eventually(async () => {
      const token = await other.operator();
      return (await other.call<Entry[]>('GET', '/core/v0/audit', { token })).body.length > 0;
    }, 'entries');
    await other.stop({ keepData: true });
    const run = async (...args: string[]) => {
      const lines: string[] = [];
      const out = (line: string) => {
        lines.push(line);
      };
      const env = { VOLTBAY_DEMO: '1', LOG_LEVEL: 'fatal' };
      const code = await runCli(['audit', 'verify', '--data', other.dataDir, ...args], {
        env,
        cwd: other.dataDir,
        out,
        err: out,
      });
      return { code, text: lines.join('\n') };
    };
    const whole = await run('--json');
    expect(whole.code).toBe(0);
    expect(JSON.parse(whole.text)).toMatchObject({ ok: true, tenants: [{ tenantId: 'demo', ok: true }] });
    const store = await openStore({
      mongodbUri: null,
      dbName: 'voltbay',
      dataDir: other.dataDir,
      logger: silent,
      onFatal: () => undefined,
    });
    await store.collection(auditCollection).updateOne({ seq: 1 }, { $set: { outcome: '500' } });
    await store.close();
    const broken = await run();
    expect(broken.code).toBe(1);
    expect(broken.text).toContain('BROKEN at entry 1');
    await rm(other.dataDir, { recursive: true, force: true });
  }, 60_000);
});

import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Agent } from '../src/agent.js';
import { aPack, type CabinetModel, createCabinetModel } from './support/cabinet-model.js';
import { createRestHub, type RestHub } from './support/rest-hub.js';
import { startTestAgent, tempDir, testConfig } from './support/test-agent.js';

type Signer = { kid: string; privateKey: KeyObject; jwk: Record<string, unknown> };
const aSigner = (kid: string): Signer => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { kid, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'EdDSA', use: 'sig' } };
};
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
let serial = 0;
/** A pass as the hub issues it; `over` changes claims, `header` the protected header. */
function aPass(
  signer: Signer,
  over: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
): string {
  const iat = Math.floor(Date.now() / 1000);
  const claims = {
    aud: 'station-offline',
    jti: `pass-${String(++serial).padStart(16, '0')}`,
    sub: 'u-demo',
    tid: 'demo',
    veh: 'v-demo',
    cls: 'A',
    pk: ['VB-A-900'],
    max: 600,
    iat,
    exp: iat + 3_600,
    ...over,
  };
  const text = `${part({ alg: 'EdDSA', typ: 'swap-pass+jwt', kid: signer.kid, ...header })}.${part(claims)}`;
  return `${text}.${sign(null, Buffer.from(text), signer.privateKey).toString('base64url')}`;
}

let dir: ReturnType<typeof tempDir>;
let rest: RestHub;
let model: CabinetModel;
let agent: Agent;
let hubAway: boolean;
let shown: Signer[];
let revoked: string[];
const signer = aSigner('key-1');
const start = async (offline: Record<string, unknown> = {}) => {
  const config = testConfig(dir.path, { apiUrl: rest.url, slots: 3, raw: { offline } });
  agent = await startTestAgent(config, model, { rules: { returnTimeoutMs: 1_500, collectTimeoutMs: 1_500 } });
};
/** The station has been online once; now the network is gone. */
const online = async () => {
  await agent.passTrust.refresh();
  hubAway = true;
};
const eventually = (look: () => unknown) => expect.poll(look, { timeout: 45_000, interval: 20 });
const show = (pass: string) => agent.localStart.handle('qr', `voltbay:pass:${pass}`);
async function swap(returned: string): Promise<void> {
  const before = model.releases.length;
  await eventually(() => model.releases.length).toBe(before + 1);
  const back = model.releases[before]?.slot ?? 0;
  model.pull(back);
  model.putIn(back, aPack(returned, { socPct: 9 }));
  model.push(back);
  await eventually(() => model.releases.length).toBe(before + 2);
  const out = model.releases[before + 1]?.slot ?? 0;
  model.pull(out);
  model.takeOut(out);
  model.push(out);
}

beforeEach(async () => {
  dir = tempDir();
  rest = await createRestHub();
  model = createCabinetModel({ slots: 3, packs: { 1: aPack('VB-A-1') } });
  hubAway = false;
  shown = [signer];
  revoked = [];
  rest.behaviour.intercept = ({ path }) => {
    if (hubAway) return { status: 503, body: {} };
    if (path.endsWith('/jwks.json')) return { status: 200, body: { keys: shown.map(({ jwk }) => jwk) } };
    if (path === '/core/v0/pass-revocations')
      return { status: 200, body: { asOf: new Date().toISOString(), revoked } };
    return null;
  };
});
afterEach(async () => {
  await agent.stop();
  await rest.close();
  dir.remove();
});

describe('a swap on a pass, without a network', () => {
  it('is made, and told to the hub exactly once when it is back, with the pass as evidence', async () => {
    await start();
    await online();
    const pass = aPass(signer);
    expect(await show(pass)).toMatchObject({ ok: true, orderId: null });
    await swap('VB-A-900');
    await eventually(() => agent.storage.rest.waiting()).toBe(2);
    expect(agent.storage.passes.outstanding()).toMatchObject({ swaps: 1, debtFen: 600 });

    await agent.stop();
    hubAway = false;
    await start();
    await eventually(() => [...rest.orders.values()][0]?.state).toBe('completed');
    expect(rest.orders.size).toBe(1);
    const [made] = rest.seen('POST', '/core/v0/order').filter(({ body }) => body?.pass === pass);
    expect(made?.body).toMatchObject({ user: 'u-demo', vehicle: 'v-demo', requestId: made?.key });
    await eventually(() => agent.storage.passes.outstanding().swaps).toBe(0);
  });

  it('is honoured once, also after a restart', async () => {
    await start();
    await online();
    const pass = aPass(signer);
    expect(await show(pass)).toMatchObject({ ok: true });
    await swap('VB-A-900');
    await eventually(() => agent.swaps.isBusy()).toBe(false);
    await agent.stop();
    await start();
    expect(await show(pass)).toMatchObject({ ok: false, code: 'PASS_SPENT' });
    expect(model.releases.length).toBe(2);
  });

  it('goes by keys of before and after a rotation', async () => {
    await start();
    await agent.passTrust.refresh();
    shown = [aSigner('key-2')];
    await online();
    expect(await show(aPass(signer))).toMatchObject({ ok: true });
  });
});

describe('a pass that is refused moves nothing and says why', () => {
  const stranger = aSigner('key-1');
  const now = (): number => Math.floor(Date.now() / 1000);
  it.each<[string, () => string, string]>([
    ['signed by somebody else under a known key id', () => aPass(stranger), 'PASS_FORGED'],
    ['signed by an unknown key', () => aPass(aSigner('key-9')), 'PASS_UNKNOWN_KEY'],
    ['with the algorithm none', () => aPass(signer, {}, { alg: 'none' }), 'PASS_MALFORMED'],
    ['that is another kind of token', () => aPass(signer, {}, { typ: 'at+jwt' }), 'PASS_MALFORMED'],
    ['for another audience', () => aPass(signer, { aud: 'rider' }), 'PASS_MALFORMED'],
    ['with claims changed after signing', () => tampered(aPass(signer)), 'PASS_FORGED'],
    ['that has expired', () => aPass(signer, { iat: now() - 7_200, exp: now() - 3_600 }), 'PASS_EXPIRED'],
    ['from the future', () => aPass(signer, { iat: now() + 3_600, exp: now() + 7_200 }), 'PASS_NOT_YET'],
    ['that was revoked', () => aPass(signer, { jti: 'revoked-pass-00001' }), 'PASS_REVOKED'],
    ['dearer than the station may lend', () => aPass(signer, { max: 50_001 }), 'OFFLINE_LIMIT_DEBT'],
    ['that is no pass at all', () => 'a.b', 'PASS_MALFORMED'],
  ])('%s', async (_, make, code) => {
    revoked = ['revoked-pass-00001'];
    await start();
    await online();
    expect(await show(make())).toMatchObject({ ok: false, code });
    expect(model.releases).toEqual([]);
    expect(agent.storage.rest.waiting()).toBe(0);
  });

  it('when the keys were never fetched', async () => {
    hubAway = true;
    await start();
    expect(await show(aPass(signer))).toMatchObject({ ok: false, code: 'PASS_TRUST_STALE' });
  });

  it('when the station has lent enough, or lends nothing', async () => {
    await start({ maxSwaps: 1 });
    await online();
    expect(await show(aPass(signer))).toMatchObject({ ok: true });
    await swap('VB-A-900');
    await eventually(() => agent.swaps.isBusy()).toBe(false);
    expect(await show(aPass(signer))).toMatchObject({ ok: false, code: 'OFFLINE_LIMIT_SWAPS' });
    await agent.stop();
    await start({ enabled: false });
    expect(await show(aPass(signer))).toMatchObject({ ok: false, code: 'OFFLINE_NOT_ALLOWED' });
  });
});

function tampered(pass: string): string {
  const [head = '', body = '', signature = ''] = pass.split('.');
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>;
  return `${head}.${part({ ...claims, max: 1 })}.${signature}`;
}

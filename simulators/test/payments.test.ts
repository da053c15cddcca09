import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Child } from '../src/network/child.js';
import type { HubReady } from '../src/network/network.js';
import { type PaymentGateway, startPaymentGateway } from '../src/payment-gateway/gateway.js';
import type { ProviderName } from '../src/payment-gateway/trade-book.js';
import { startHub, temporaryFolder } from './support/hub.js';

/** Waits for what another process does in its own time. */
async function waitFor(holds: () => Promise<boolean>, timeoutMs: number): Promise<void> {
  for (const end = Date.now() + timeoutMs; !(await holds()); ) {
    if (Date.now() > end) throw new Error(`not within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

type Payment = {
  id: string;
  state: string;
  refundedFen: number;
  payWith: { kind: string; pageUrl?: string; codeUrl?: string };
};
type Wallet = { balanceFen: number };
type Noted = { outcome: string; reason: string | null; tradeNo: string | null };

describe.each(['alipay', 'wechat'] as const)('%s with real signatures', (provider: ProviderName) => {
  const folder = temporaryFolder();
  let gateway: PaymentGateway;
  let hub: Child<HubReady>;
  let rider = '';
  let admin = '';

  const call = async <T>(method: string, path: string, token: string, body?: unknown) => {
    const response = await fetch(`${hub.ready.apiUrl}${path}`, {
      method,
      headers: {
        ...(token === '' ? {} : { Authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(method === 'POST' ? { 'Idempotency-Key': randomUUID() } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as T };
  };
  const signIn = async () => {
    await call('POST', '/auth/v1/otp', '', { phone: '13800000001' });
    const token = async (body: unknown) =>
      (await call<{ accessToken: string }>('POST', '/auth/v1/token', '', body)).body.accessToken;
    rider = await token({ grantType: 'otp', phone: '13800000001', code: '246810' });
    admin = await token({ grantType: 'password', username: 'admin', password: 'voltbay-demo' });
  };
  const balance = async () => (await call<Wallet>('GET', '/core/v0/users/u-demo', admin)).body.balanceFen;
  const payment = async (id: string) => (await call<Payment>('GET', `/core/v0/payments/${id}`, rider)).body;
  const noted = async (id: string) =>
    (await call<Noted[]>('GET', `/core/v0/payment-callbacks?tradeNo=${id}&_limit=100`, admin)).body;
  const start = async (amountFen: number): Promise<Payment> => {
    const answer = await call<Payment>('POST', '/core/v0/payments', rider, { provider, amountFen });
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    // The payer opens the page: only then does Alipay know of the payment.
    if (answer.body.payWith.pageUrl) expect((await fetch(answer.body.payWith.pageUrl)).status).toBe(200);
    else expect(answer.body.payWith.codeUrl).toMatch(/^weixin:/);
    return answer.body;
  };
  const launch = () =>
    startHub(folder.dir, { env: { VOLTBAY_PAYMENTS: gateway.settingsFile, LOG_LEVEL: 'warn' } });

  beforeAll(async () => {
    gateway = await startPaymentGateway({ directory: join(folder.dir, 'gateway') });
    hub = await launch();
    await signIn();
  }, 90_000);
  afterAll(async () => {
    await hub?.stop();
    await gateway?.close();
    folder.remove();
  });

  it('credits a top-up once, however often and late the provider tells of it', async () => {
    const before = await balance();
    const { id } = await start(2_500);
    gateway.deliver({ mode: 'send', copies: 3, forge: 'none', delayMs: 0 });
    await gateway.pay(provider, id);
    await gateway.notifyAgain(provider, id);
    gateway.deliver({ copies: 1 });
    expect(await payment(id)).toMatchObject({ state: 'paid', refundedFen: 0 });
    expect(await balance()).toBe(before + 2_500);
    const outcomes = (await noted(id)).map(({ outcome }) => outcome).sort();
    expect(outcomes).toEqual(['accepted', 'duplicate', 'duplicate', 'duplicate', 'duplicate', 'duplicate']);
  });

  it.each([
    ['signature', 'BAD_SIGNATURE'],
    ['amount', 'AMOUNT_MISMATCH'],
    ['stale', 'STALE'],
  ] as const)('refuses a notification with a wrong %s and writes it down', async (forge, reason) => {
    const before = await balance();
    const { id } = await start(700);
    gateway.deliver({ mode: 'send', forge, copies: 1 });
    await gateway.pay(provider, id);
    gateway.deliver({ forge: 'none' });
    expect(await payment(id)).toMatchObject({ state: 'pending' });
    expect(await balance()).toBe(before);
    // What cannot be opened does not say what it is about: the newest refusal is looked at.
    const { body: refusals } = await call<Noted[]>(
      'GET',
      '/core/v0/payment-callbacks?outcome=refused&_limit=1',
      admin,
    );
    expect(refusals).toMatchObject([{ outcome: 'refused', reason }]);
    // The true word comes later and is believed.
    await gateway.notifyAgain(provider, id);
    expect(await payment(id)).toMatchObject({ state: 'paid' });
    expect(await balance()).toBe(before + 700);
  });

  it('a notification by anybody else changes nothing', async () => {
    const { id } = await start(900);
    const url = `${hub.ready.apiUrl}/core/v0/payments/callbacks/${provider}`;
    for (const body of [
      '',
      '{}',
      `out_trade_no=${id}&trade_status=TRADE_SUCCESS&total_amount=9.00&sign=x&sign_type=RSA2`,
      '\u0000%%%',
    ]) {
      const response = await fetch(url, { method: 'POST', body });
      expect(response.status).toBe(provider === 'alipay' ? 200 : 400);
      expect(await response.text()).toMatch(/fail/i);
    }
    expect((await payment(id)).state).toBe('pending');
  });

  it('finds out by asking when no notification ever comes, also after the hub was killed', async () => {
    const before = await balance();
    const { id } = await start(1_300);
    gateway.deliver({ mode: 'drop' });
    await gateway.pay(provider, id);
    gateway.deliver({ mode: 'send' });
    await hub.kill();
    hub = await launch();
    await signIn();
    // The credit follows the state within moments; never twice.
    await waitFor(async () => (await balance()) === before + 1_300, 60_000);
    expect((await payment(id)).state).toBe('paid');
    await gateway.notifyAgain(provider, id);
    expect(await balance()).toBe(before + 1_300);
  }, 120_000);

  it('refunds a top-up once; a repeat, a second one beyond the rest and a silent provider do no harm', async () => {
    const { id } = await start(1_000);
    await gateway.pay(provider, id);
    const before = await balance();
    gateway.setDown(true);
    const waiting = await call<{ id: string; state: string }>(
      'POST',
      `/core/v0/payments/${id}/refunds`,
      admin,
      {
        amountFen: 600,
        reason: 'asked by the rider',
      },
    );
    expect(waiting).toMatchObject({ status: 201, body: { state: 'withdrawn' } });
    expect(await balance()).toBe(before - 600);
    const second = await call<{ code: string }>('POST', `/core/v0/payments/${id}/refunds`, admin, {
      amountFen: 600,
      reason: 'asked again',
    });
    expect(second).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
    gateway.setDown(false);
    await waitFor(
      async () =>
        (await call<{ state: string }[]>('GET', `/core/v0/refunds?paymentId=${id}&state=succeeded`, admin))
          .body.length === 1,
      90_000,
    );
    expect(await balance()).toBe(before - 600);
    expect(gateway.trades().find((trade) => trade.tradeNo === id)?.refunds).toHaveLength(1);
    expect(await payment(id)).toMatchObject({ refundedFen: 600 });
  }, 120_000);

  it('leaves books that agree to the fen', async () => {
    const { body } = await call<{
      ok: boolean;
      differences: unknown[];
      totals: { kind: string; amountFen: number }[];
    }>('POST', '/core/v0/ledger/verify', admin);
    expect(body).toMatchObject({ ok: true, differences: [] });
    const atProvider = gateway
      .trades()
      .filter((trade) => trade.state === 'paid')
      .reduce(
        (sum, trade) =>
          sum + trade.amountFen - trade.refunds.reduce((back, refund) => back + refund.amountFen, 0),
        0,
      );
    expect(body.totals.find(({ kind }) => kind === 'provider-clearing')?.amountFen).toBe(atProvider);
  });
});

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createHub, type Hub, readConfig } from '@voltbay/cloud-hub';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSystemClock } from '../src/clock.js';
import { type PaymentGateway, startPaymentGateway } from '../src/payment-gateway/gateway.js';
import { beijingDate, type ProviderName } from '../src/payment-gateway/trade-book.js';
import { temporaryFolder } from './support/hub.js';

type Payment = { id: string; state: string; payWith: { pageUrl?: string } };
type Day = {
  id: string;
  state: string;
  settled: boolean;
  matched: number;
  paymentsFen: number;
  refundsFen: number;
  feesFen: number;
  differences: {
    no: number;
    code: string;
    tradeNo: string;
    oursFen: number | null;
    theirsFen: number | null;
  }[];
};
const DAY_MS = 86_400_000;

describe.each(['alipay', 'wechat'] as const)('T+1 reconciliation with %s', (provider: ProviderName) => {
  const folder = temporaryFolder();
  const time = { offsetMs: 0 };
  const now = () => Date.now() + time.offsetMs;
  let gateway: PaymentGateway;
  let hub: Hub;
  let apiUrl = '';
  let rider = '';
  let admin = '';
  const dates: string[] = [];

  const call = async <T>(method: string, path: string, token: string, body?: unknown) => {
    const response = await fetch(`${apiUrl}${path}`, {
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
  const topUp = async (amountFen: number): Promise<string> => {
    const { status, body } = await call<Payment>('POST', '/core/v0/payments', rider, { provider, amountFen });
    expect(status, JSON.stringify(body)).toBe(201);
    if (body.payWith.pageUrl) await fetch(body.payWith.pageUrl);
    await gateway.pay(provider, body.id);
    return body.id;
  };
  const run = (date: string | undefined) =>
    call<Day>('POST', '/core/v0/reconciliations', admin, { provider, date });
  const account = async (kind: string) => {
    const all = await call<{ kind: string; amountFen: number }[]>('GET', '/core/v0/ledger/accounts', admin);
    return all.body.find((one) => one.kind === kind)?.amountFen ?? 0;
  };
  const nextDay = async () => {
    dates.push(beijingDate(now()));
    time.offsetMs += DAY_MS;
    await signIn();
  };

  beforeAll(async () => {
    // Away from midnight in Beijing: the day of the test must not end in the middle of it.
    const intoDayMs = (Date.now() + 8 * 3_600_000) % DAY_MS;
    time.offsetMs = 12 * 3_600_000 - intoDayMs;
    gateway = await startPaymentGateway({
      directory: join(folder.dir, 'gateway'),
      clock: { ...createSystemClock(), nowMs: now },
    });
    const config = readConfig(
      {
        PORT: '0',
        MQTT_PORT: '0',
        VOLTBAY_DATA: join(folder.dir, 'hub'),
        VOLTBAY_DEMO: '1',
        VOLTBAY_PAYMENTS: gateway.settingsFile,
        LOG_LEVEL: 'silent',
        // No chores: what is found is found by the reconciliation alone.
        VOLTBAY_ROLES: 'api,stargate,ingest',
      },
      { cwd: folder.dir, repoRoot: null },
    );
    hub = createHub(config, { clock: { now }, validateResponses: true });
    ({ apiUrl } = await hub.start());
    await signIn();
  }, 90_000);
  afterAll(async () => {
    await hub?.stop();
    await gateway?.close();
    folder.remove();
  });

  it('a day that is not over has no statement', async () => {
    expect((await run(beijingDate(now()))).status).toBe(400);
  });

  it('a day on which both agree is clean and becomes money in the bank, once', async () => {
    const id = await topUp(10_000);
    await topUp(2_000);
    const refund = { amountFen: 1_500, reason: 'asked by the rider' };
    expect((await call('POST', `/core/v0/payments/${id}/refunds`, admin, refund)).status).toBe(201);
    expect(await account('provider-clearing')).toBe(10_500);
    await nextDay();
    const first = await run(dates[0]);
    expect(first.body).toMatchObject({
      state: 'clean',
      settled: true,
      matched: 3,
      paymentsFen: 12_000,
      refundsFen: 1_500,
      feesFen: 72,
      differences: [],
    });
    expect((await run(dates[0])).body).toEqual(first.body);
    expect(await account('provider-clearing')).toBe(0);
    expect(await account('bank')).toBe(10_428);
    expect(await account('provider-fees')).toBe(72);
  });

  it('lists what differs, makes good what was only not told, and settles once a person has decided', async () => {
    const good = await topUp(500);
    gateway.deliver({ mode: 'drop' });
    const untold = await topUp(700);
    gateway.deliver({ mode: 'send' });
    const missing = await topUp(900);
    const other = await topUp(1_100);
    gateway.changeStatement({ kind: 'omit', tradeNo: missing });
    gateway.changeStatement({ kind: 'amount', tradeNo: other, amountFen: 1_000 });
    const stranger = 'feedfacefeedfacefeedfacefeedface';
    await nextDay();
    gateway.changeStatement({ kind: 'stranger', tradeNo: stranger, amountFen: 300 });
    const { body: day } = await run(dates[1]);
    expect(day).toMatchObject({ state: 'different', settled: false, matched: 2, paymentsFen: 2_500 });
    expect(
      day.differences.map(({ code, tradeNo, oursFen, theirsFen }) => [code, tradeNo, oursFen, theirsFen]),
    ).toEqual(
      expect.arrayContaining([
        ['AMOUNT', other, 1_100, 1_000],
        ['UNKNOWN_HERE', stranger, null, 300],
        ['MISSING_THERE', missing, 900, null],
      ]),
    );
    expect(day.differences).toHaveLength(3);
    expect((await call<Payment>('GET', `/core/v0/payments/${untold}`, rider)).body.state).toBe('paid');
    expect(good).not.toBe(untold);
    let last: Day = day;
    for (const { no, code } of day.differences) {
      const path = `/core/v0/reconciliations/${day.id}/decisions`;
      // Ours was 100 too much: the rider's wallet gives it back.
      const action = code === 'AMOUNT' ? 'corrected' : 'to-suspense';
      const decision = { no, action, note: 'asked the provider' };
      expect(
        (await call('POST', path, admin, { ...decision, action: 'duplicate-refunded' })).status,
        'only what is there twice is paid twice',
      ).toBe(409);
      last = (await call<Day>('POST', path, admin, decision)).body;
      // Deciding again changes nothing.
      last = (await call<Day>('POST', path, admin, decision)).body;
    }
    expect(last).toMatchObject({ state: 'closed', settled: true });
    expect(await account('provider-clearing')).toBe(0);
    // Ours 3200, theirs 2500: 100 corrected, 600 short, which somebody has to find.
    expect(await account('suspense')).toBe(600);
    const { body } = await call<{ ok: boolean; differences: unknown[] }>(
      'POST',
      '/core/v0/ledger/verify',
      admin,
    );
    expect(body).toMatchObject({ ok: true, differences: [] });
  });
});

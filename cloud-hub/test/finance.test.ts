import { randomUUID } from 'node:crypto';
import type { Charge, Order, Problem } from '@voltbay/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Invoice } from '../src/finance/invoices.js';
import { compareStatement } from '../src/finance/statement-compare.js';
import { parseAlipayStatement, parseWechatStatement } from '../src/payments/statements.js';
import { type HubFixture, startHub } from './support/hub-fixture.js';

type Deposit = { id: string; state: string; forfeitedFen: number };
type Settlement = {
  id: string;
  netFen: number;
  shareFen: number;
  state: string;
  stations: { swaps: number }[];
};

describe('finance', () => {
  let hub: HubFixture;
  let admin = '';
  let rider = '';
  let station = '';
  const time = { now: Date.now() };
  beforeAll(async () => {
    hub = await startHub({ overrides: { clock: { now: () => time.now } } });
    [admin, rider, station] = await Promise.all([hub.operator(), hub.rider(), hub.station()]);
  }, 60_000);
  afterAll(() => hub?.stop());

  const post = <T>(path: string, token: string, body?: unknown, key: string = randomUUID()) =>
    hub.call<T>('POST', path, { token, body, headers: { 'Idempotency-Key': key } });
  const balance = async () =>
    (await hub.call<{ balanceFen: number }>('GET', '/core/v0/users/u-demo', { token: admin })).body
      .balanceFen;
  const swap = async (): Promise<Order> => {
    const begun = await hub.call<Order>('POST', '/core/v0/order', {
      token: station,
      body: { user: 'u-demo', vehicle: 'v-demo' },
    });
    expect(begun.status, JSON.stringify(begun.body)).toBe(201);
    const path = `/core/v0/order/${begun.body.id}`;
    return (await hub.call<Order>('PUT', path, { token: station, body: { state: 'completed' } })).body;
  };
  const books = async () =>
    (await post<{ ok: boolean; differences: unknown[] }>('/core/v0/ledger/verify', admin)).body;
  const everything = {
    from: '2020-01-01T00:00:00.000Z',
    to: '2099-01-01T00:00:00.000Z',
    buyer: { title: '李雷' },
  };

  it('gives money of an order back in parts, never more than was taken, once a request', async () => {
    const order = await swap();
    const path = `/core/v0/charges/${order.payment.chargeId}/refunds`;
    const before = await balance();
    const key = randomUUID();
    const ask = (amountFen: number, same?: string) =>
      post<Problem>(path, admin, { amountFen, reason: 'queue' }, same);
    const both = await Promise.all([ask(200, key), ask(200, key)]);
    expect(both.map(({ status }) => status)).toContain(201);
    expect((await ask(200, key)).status).toBe(201);
    expect(await balance()).toBe(before + 200);
    const rest = await Promise.all([ask(300), ask(300)]);
    expect(rest.map(({ status }) => status).sort()).toEqual([201, 409]);
    expect(await balance()).toBe(before + 500);
    expect((await ask(101)).status).toBe(409);
    expect((await ask(100)).status).toBe(201);
    const charges = await hub.call<Charge[]>('GET', '/core/v0/charges', { token: rider });
    expect(charges.body.find(({ orderId }) => orderId === order.id)).toMatchObject({
      amountFen: 600,
      refundedFen: 600,
    });
    expect((await post(path, rider, { amountFen: 1, reason: 'mine' })).status).toBe(403);
    expect(await books()).toMatchObject({ ok: true, differences: [] });
  });

  it('numbers invoices and credit notes without gaps, and puts each sum on one document only', async () => {
    const [first, second] = [await swap(), await swap()];
    const invoices = await Promise.all(
      [1, 2, 3].map(() => post<Invoice>('/core/v0/invoices', rider, everything)),
    );
    const issued = invoices.filter(({ status }) => status === 201).map(({ body }) => body);
    expect(issued).toHaveLength(1);
    const [invoice] = issued;
    expect(invoice).toMatchObject({ number: 1, printed: 'INV-00000001', kind: 'invoice' });
    expect(invoice?.lines.map(({ orderId }) => orderId)).toEqual(
      expect.arrayContaining([first.id, second.id]),
    );
    expect(invoice?.totalFen).toBe(1_800);
    expect((invoice?.netFen ?? 0) + (invoice?.taxFen ?? 0)).toBe(1_800);
    expect(
      (
        await post(`/core/v0/charges/${second.payment.chargeId}/refunds`, admin, {
          amountFen: 150,
          reason: 'late',
        })
      ).status,
    ).toBe(201);
    const credit = () => post<Invoice>(`/core/v0/invoices/${invoice?.id}/credit-notes`, admin);
    // Of the first test's order everything, of this one's 1.50.
    expect((await credit()).body).toMatchObject({
      number: 1,
      printed: 'CRN-00000001',
      totalFen: -750,
      creditsInvoiceId: invoice?.id,
    });
    expect((await credit()).status).toBe(409);
    for (let number = 2; number <= 4; number += 1) {
      await swap();
      expect((await post<Invoice>('/core/v0/invoices', rider, everything)).body.number).toBe(number);
    }
    expect((await post('/core/v0/invoices', rider, everything)).status).toBe(409);
    expect((await post(`/core/v0/invoices/${invoice?.id}/credit-notes`, rider)).status).toBe(403);
  });

  it('holds a deposit as long as the rider has a pack, keeps what is forfeited, gives the rest back', async () => {
    const plan = { plan: 'deposit', kind: 'deposit', name: '押金', nameEn: 'Deposit', amountFen: 3_000 };
    expect((await post('/core/v0/plans', admin, plan)).status).toBe(201);
    const before = await balance();
    const placed = await post<Deposit>('/core/v0/deposits', rider, { planVersion: 'deposit@1' });
    expect(placed.body).toMatchObject({ state: 'held' });
    expect(await balance()).toBe(before - 3_000);
    const path = `/core/v0/deposits/${placed.body.id}`;
    const key = randomUUID();
    for (let time = 0; time < 2; time += 1)
      expect(
        (await post<Deposit>(`${path}/forfeit`, admin, { amountFen: 1_200, reason: 'broken case' }, key))
          .body,
      ).toMatchObject({ forfeitedFen: 1_200 });
    expect((await post(`${path}/forfeit`, admin, { amountFen: 1_801, reason: 'too much' })).status).toBe(409);
    // The demo vehicle holds a pack.
    expect((await post<Problem>(`${path}/return`, admin)).body).toMatchObject({
      code: 'CONFLICT',
      reason: 'DEPOSIT_NEEDED',
    });
    expect((await books()).differences).toEqual([]);
    await swap();
    const vehicle = await hub.call<{ packIds: string[] }>('GET', '/core/v0/vehicles/v-demo', {
      token: admin,
    });
    expect(vehicle.body.packIds).toHaveLength(1);
    expect((await post<Problem>('/core/v0/deposits', rider, { planVersion: 'per-swap@1' })).status).toBe(409);
  });

  it('books a partner’s share of a month once, without tax and refunds, and only of a month that is over', async () => {
    const partner = await post<{ id: string }>('/core/v0/partners', admin, {
      name: '合作方',
      stationIds: ['1231'],
      shareBp: 2_000,
    });
    expect(partner.status).toBe(201);
    const month = new Date(time.now).toISOString().slice(0, 7);
    const settle = () =>
      post<Settlement>(`/core/v0/partners/${partner.body.id}/settlements`, admin, { month });
    expect((await settle()).status).toBe(409);
    time.now += 32 * 86_400_000;
    [admin, rider, station] = await Promise.all([hub.operator(), hub.rider(), hub.station()]);
    const [first, again] = [await settle(), await settle()];
    expect(first.body).toEqual(again.body);
    const swaps = first.body.stations[0]?.swaps ?? 0;
    expect(swaps).toBeGreaterThanOrEqual(6);
    // 6.00 a swap with 0.34 tax, less 6.00 and 1.50 that were given back with their tax.
    const backFen = 600 - 34 + (150 - 8);
    expect(Math.abs(first.body.netFen - (swaps * 566 - backFen))).toBeLessThanOrEqual(2);
    expect(first.body.shareFen).toBe(Math.floor(first.body.netFen * 0.2));
    const paid = () => post<Settlement>(`/core/v0/partner-settlements/${first.body.id}/paid`, admin);
    expect((await paid()).body.state).toBe('paid');
    expect((await paid()).body.state).toBe('paid');
    const accounts = await hub.call<{ kind: string; amountFen: number }[]>(
      'GET',
      '/core/v0/ledger/accounts',
      { token: admin },
    );
    const sum = (kind: string) => accounts.body.find((one) => one.kind === kind)?.amountFen ?? 0;
    expect(sum('partner-payable')).toBe(0);
    expect(sum('partner-cost')).toBe(first.body.shareFen);
    expect(sum('bank')).toBe(-first.body.shareFen);
    expect(accounts.body.reduce((total, one) => total + one.amountFen, 0)).toBe(0);
    // The same by account, page by page; before anything was booked there is nothing.
    const page = (query: string) =>
      hub.call<{ account: string; amountFen: number }[]>('GET', `/core/v0/ledger/accounts?${query}`, {
        token: admin,
      });
    const all = await page('by=account&_limit=1000');
    expect(all.headers.get('x-total-count')).toBe(String(all.body.length));
    expect(all.body.reduce((total, one) => total + one.amountFen, 0)).toBe(0);
    const second = await page('by=account&_limit=2&_page=2');
    expect(second.body).toEqual(all.body.slice(2, 4));
    const wallets = await page('by=account&kind=rider-wallet');
    expect(wallets.body).toEqual(all.body.filter((one) => one.account.startsWith('rider-wallet:')));
    expect(wallets.body.length).toBeGreaterThan(0);
    expect((await page('by=account&until=2020-01-01T00:00:00Z')).body).toEqual([]);
    expect(await books()).toMatchObject({ ok: true, differences: [] });
  });
});

describe('statements', () => {
  it('reads both providers’ forms', () => {
    const alipay = [
      '#支付宝业务明细查询',
      '支付宝交易号,商户订单号,业务类型,完成时间,订单金额（元）,服务费（元）,退款批次号/请求号',
      '2026001\t,aaa\t,交易,2026-11-21 23:59:59,25.00,0.15,\t',
      '2026001\t,aaa\t,退款,2026-11-21 10:00:00,-6.00,0.00,rrr\t',
      '#业务明细列表结束',
    ].join('\r\n');
    expect(parseAlipayStatement(alipay)).toEqual([
      {
        kind: 'payment',
        tradeNo: 'aaa',
        refundNo: null,
        providerTradeNo: '2026001',
        amountFen: 2_500,
        feeFen: 15,
        at: '2026-11-21T15:59:59.000Z',
      },
      {
        kind: 'refund',
        tradeNo: 'aaa',
        refundNo: 'rrr',
        providerTradeNo: '2026001',
        amountFen: 600,
        feeFen: 0,
        at: '2026-11-21T02:00:00.000Z',
      },
    ]);
    const wechat =
      '\uFEFF交易时间,微信订单号,商户订单号,交易状态,订单金额,商户退款单号,退款金额,手续费\r\n`2026-11-21 10:00:00,`4200,`bbb,`SUCCESS,`9.90,`0,`0.00,`0.06\r\n总交易单数,应结订单总金额\r\n`1,`9.90';
    expect(parseWechatStatement(wechat)).toMatchObject([
      { kind: 'payment', tradeNo: 'bbb', amountFen: 990, feeFen: 6 },
    ]);
    expect(() => parseAlipayStatement('<html>')).toThrow('no column');
  });

  it('names every way in which a day can differ, and nothing else', () => {
    const row = (tradeNo: string, amountFen: number) => ({
      kind: 'payment' as const,
      tradeNo,
      refundNo: null,
      providerTradeNo: `p-${tradeNo}`,
      amountFen,
      feeFen: 1,
      at: '2026-11-21T04:00:00.000Z',
    });
    const own = (no: string, amountFen: number, settled = true, at = '2026-11-21T04:00:00.000Z') => ({
      kind: 'payment' as const,
      no,
      tradeNo: no,
      amountFen,
      settled,
      at: settled ? at : null,
    });
    const found = compareStatement(
      [
        row('good', 100),
        row('stranger', 5),
        row('unpaid', 7),
        row('more', 11),
        row('twice', 13),
        row('twice', 13),
      ],
      [
        own('good', 100),
        own('unpaid', 7, false),
        own('more', 10),
        own('twice', 13),
        own('lost', 17),
        own('tomorrow', 19, true, '2026-11-21T16:00:00.000Z'),
      ],
      '2026-11-21',
    );
    expect(found).toMatchObject({ matched: 2, paymentsFen: 149, refundsFen: 0, feesFen: 6 });
    expect(
      found.differences.map(({ code, tradeNo, oursFen, theirsFen }) => [code, tradeNo, oursFen, theirsFen]),
    ).toEqual([
      ['UNKNOWN_HERE', 'stranger', null, 5],
      ['NOT_PAID_HERE', 'unpaid', null, 7],
      ['AMOUNT', 'more', 10, 11],
      ['TWICE_THERE', 'twice', null, 13],
      ['MISSING_THERE', 'lost', 17, null],
    ]);
  });
});

import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { z } from 'zod';
import { type Clock, createSystemClock } from '../clock.js';
import { SimulatorError } from '../errors.js';
import { createAlipaySide } from './alipay.js';
import { createCallbackDesk, type DeliveryResult, deliverySchema } from './callback-desk.js';
import { loadGatewayKeys } from './keys.js';
import { payPage } from './pay-page.js';
import { payerPage } from './payer-page.js';
import { type StatementChange, statementOf } from './statement.js';
import { createTradeBook, type ProviderName, type Trade } from './trade-book.js';
import { createWechatSide } from './wechat.js';

const ALIPAY_APP = '2026000000000001';
const WECHAT = {
  mchId: '1900000001',
  appId: 'wx0000000000000001',
  serialNo: '5157F09EFDC096DE15EBE81A47057A72',
  publicKeyId: 'PUB_KEY_ID_0119000000012026',
};
const MAX_BODY = 256 * 1024;

/** Two payment providers on one loopback port, with real signatures. */
export interface PaymentGateway {
  readonly url: string;
  /** The hub's settings for these providers: give its path as VOLTBAY_PAYMENTS. */
  readonly settingsFile: string;
  /** The payer pays a trade; notifications go out the configured way. */
  pay(provider: ProviderName, tradeNo: string): Promise<Trade>;
  /** How the next notifications are delivered. */
  deliver(delivery: z.infer<typeof deliverySchema>): void;
  /** Sends held notifications. */
  flush(options?: { reversed?: boolean }): Promise<DeliveryResult[]>;
  /** Sends the notification of a trade again. */
  notifyAgain(provider: ProviderName, tradeNo: string): Promise<void>;
  /** Calls that come from the merchant fail with 503 while it is down. */
  setDown(down: boolean): void;
  changeStatement(change: StatementChange): void;
  trades(): readonly Trade[];
  results(): readonly DeliveryResult[];
  close(): Promise<void>;
}

export type PaymentGatewayOptions = { directory: string; port?: number; clock?: Clock };

const tradeRef = z.strictObject({
  provider: z.enum(['alipay', 'wechat']),
  tradeNo: z.string().min(1).max(64),
});
const changeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('omit'), tradeNo: z.string() }),
  z.strictObject({ kind: z.literal('amount'), tradeNo: z.string(), amountFen: z.number().int().min(1) }),
  z.strictObject({ kind: z.literal('stranger'), tradeNo: z.string(), amountFen: z.number().int().min(1) }),
]);

/** Starts the gateway; keys and the hub's settings are made in `directory` on the first start. */
export async function startPaymentGateway(options: PaymentGatewayOptions): Promise<PaymentGateway> {
  const clock = options.clock ?? createSystemClock();
  const keys = loadGatewayKeys(options.directory);
  const book = createTradeBook(clock);
  const changes: StatementChange[] = [];
  let url = '';
  let down = false;
  const statement = (provider: ProviderName, date: string) =>
    statementOf(book.all(), provider, date, changes);
  const alipay = createAlipaySide({
    keys,
    appId: ALIPAY_APP,
    book,
    nowMs: clock.nowMs,
    statementUrl: (date) => `${url}/statements/alipay/${date}`,
  });
  const wechat = createWechatSide({
    keys,
    ...WECHAT,
    book,
    nowMs: clock.nowMs,
    statement: (date) => ({
      url: `${url}/v3/billdownload/file?date=${date}`,
      text: statement('wechat', date),
    }),
  });
  const desk = createCallbackDesk({
    clock,
    build: (happening, forge, nonce) =>
      (happening.trade.provider === 'alipay' ? alipay : wechat).callback(happening, forge, nonce),
    accepted: ({ trade }, status, reply) =>
      trade.provider === 'alipay' ? reply.trim() === 'success' : status === 200 || status === 204,
  });
  const find = (provider: ProviderName, tradeNo: string): Trade => {
    const trade = book.find(provider, tradeNo);
    if (!trade) throw new SimulatorError('SIM_BAD_REQUEST', `no ${provider} trade ${tradeNo}`);
    return trade;
  };
  /** The trade that a signed page is about. */
  const shownTrade = (biz: string | undefined): Trade | null => {
    const { out_trade_no: tradeNo } = JSON.parse(biz ?? '{}') as { out_trade_no?: unknown };
    return typeof tradeNo === 'string' ? book.find('alipay', tradeNo) : null;
  };
  const pay = async (provider: ProviderName, tradeNo: string): Promise<Trade> => {
    const trade = find(provider, tradeNo);
    if (!book.pay(trade)) throw new SimulatorError('SIM_IMPOSSIBLE', `trade ${tradeNo} is ${trade.state}`);
    await desk.notify({ trade, refundNo: null });
    return trade;
  };

  const control = async (name: string, body: unknown): Promise<unknown> => {
    switch (name) {
      case 'pay': {
        const { provider, tradeNo } = tradeRef.parse(body);
        return pay(provider, tradeNo);
      }
      case 'deliver':
        return desk.configure(deliverySchema.parse(body));
      case 'flush':
        return desk.flush(z.strictObject({ reversed: z.boolean().optional() }).parse(body ?? {}));
      case 'notify': {
        const { provider, tradeNo } = tradeRef.parse(body);
        await desk.notify({ trade: find(provider, tradeNo), refundNo: null });
        return { ok: true };
      }
      case 'down':
        down = z.strictObject({ down: z.boolean() }).parse(body).down;
        return { down };
      case 'statement':
        changes.push(changeSchema.parse(body));
        return { ok: true };
      default:
        throw new SimulatorError('SIM_BAD_REQUEST', 'pay, deliver, flush, notify, down or statement');
    }
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? '/';
    const { pathname, searchParams } = new URL(path, 'http://gateway');
    const text = await readBody(request);
    const json = (status: number, body: unknown, headers: Record<string, string> = {}) => {
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    const page = (html: string) => {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
      response.end(html);
    };
    const payer = /^\/pay\/(alipay|wechat)\/([\w-]{1,64})$/.exec(pathname);
    if (payer && request.method === 'POST')
      return page(payPage(await pay(payer[1] as ProviderName, payer[2] ?? '')));
    if (pathname === '/' && request.method === 'GET') return page(payerPage());
    if (pathname === '/control/trades') return json(200, book.all());
    if (pathname === '/control/results') return json(200, desk.results());
    if (request.method === 'POST' && pathname.startsWith('/control/'))
      return json(200, await control(pathname.slice(9), text === '' ? undefined : JSON.parse(text)));
    if (down) return json(503, { error: 'the gateway is down' });
    if (pathname === '/gateway.do') {
      const params = {
        ...Object.fromEntries(searchParams),
        ...Object.fromEntries(new URLSearchParams(text)),
      };
      const { body, happening } = alipay.execute(params);
      const wanted = params.method === 'alipay.trade.wap.pay' ? shownTrade(params.biz_content) : null;
      if (wanted && request.headers.accept?.includes('text/html')) page(payPage(wanted));
      else json(200, body);
      if (happening) await desk.notify(happening);
      return;
    }
    const file = /^\/statements\/alipay\/(\d{4}-\d{2}-\d{2})$/.exec(pathname)?.[1];
    if (file !== undefined) {
      response.writeHead(200, { 'content-type': 'text/csv; charset=utf-8' });
      response.end(statement('alipay', file));
      return;
    }
    if (pathname === '/v3/billdownload/file') {
      response.writeHead(200, { 'content-type': 'text/csv; charset=utf-8' });
      response.end(statement('wechat', searchParams.get('date') ?? ''));
      return;
    }
    if (pathname.startsWith('/v3/')) {
      const reply = wechat.handle({
        method: request.method ?? 'GET',
        path,
        body: text,
        authorization: request.headers.authorization ?? '',
      });
      const body = reply.body === null ? '' : JSON.stringify(reply.body);
      json(reply.status, body, wechat.signedHeaders(body));
      if (reply.happening) await desk.notify(reply.happening);
      return;
    }
    json(404, {
      error:
        'POST /gateway.do, /v3/…, /control/{pay,deliver,flush,notify,down,statement}; GET /control/{trades,results}',
    });
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (response.headersSent) return response.destroy();
      const known = error instanceof SimulatorError;
      const status =
        known && error.code === 'SIM_IMPOSSIBLE' ? 409 : known || error instanceof z.ZodError ? 400 : 500;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
    });
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
  url = `http://127.0.0.1:${port}`;
  const settingsFile = join(options.directory, 'payments.json');
  const settings = {
    alipay: {
      appId: ALIPAY_APP,
      gatewayUrl: `${url}/gateway.do`,
      privateKeyFile: 'alipay-merchant.pem',
      alipayPublicKey: keys.alipayPlatform.publicKey,
    },
    wechat: {
      mchId: WECHAT.mchId,
      appId: WECHAT.appId,
      baseUrl: url,
      serialNo: WECHAT.serialNo,
      privateKeyFile: 'wechat-merchant.pem',
      publicKeyId: WECHAT.publicKeyId,
      publicKey: keys.wechatPlatform.publicKey,
      apiV3KeyFile: 'wechat-api-v3-key.txt',
    },
  };
  writeFileSync(settingsFile, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });

  return {
    url,
    settingsFile,
    pay,
    deliver: (delivery) => {
      desk.configure(delivery);
    },
    flush: (flushing) => desk.flush(flushing),
    notifyAgain: (provider, tradeNo) => desk.notify({ trade: find(provider, tradeNo), refundNo: null }),
    setDown(value) {
      down = value;
    },
    changeStatement: (change) => {
      changes.push(change);
    },
    trades: () => book.all(),
    results: () => desk.results(),
    async close() {
      await desk.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY) throw new SimulatorError('SIM_BAD_REQUEST', `body is larger than ${MAX_BODY} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

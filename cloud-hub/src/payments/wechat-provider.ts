import { createDecipheriv, createHash, createSign, createVerify, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../ports.js';
import {
  type Callback,
  type PaymentProvider,
  ProviderError,
  type RefundFacts,
  type TradeFacts,
} from './provider.js';
import type { WechatSettings } from './settings.js';
import { parseWechatStatement } from './statements.js';

/** How old a signed message may be. Source: pay.weixin.qq.com/doc/v3/merchant/4013053420, "5 minutes". */
const MAX_AGE_S = 300;
const TIMEOUT_MS = 8_000;
const MAX_STATEMENT_BYTES = 64 * 1024 * 1024;

const tradeSchema = z.object({
  mchid: z.string(),
  appid: z.string().optional(),
  out_trade_no: z.string(),
  transaction_id: z.string().optional(),
  trade_state: z.string(),
  success_time: z.string().optional(),
  amount: z.object({ total: z.number().int(), currency: z.string().optional() }).optional(),
});
const refundSchema = z.object({
  out_trade_no: z.string(),
  out_refund_no: z.string(),
  status: z.string().optional(),
  refund_status: z.string().optional(),
});
const noticeSchema = z.object({
  event_type: z.string(),
  resource: z.object({
    algorithm: z.literal('AEAD_AES_256_GCM'),
    ciphertext: z.string(),
    nonce: z.string(),
    associated_data: z.string().optional(),
  }),
});

type Reply = { status: number; body: Record<string, unknown> };

/** WeChat Pay v3 in public-key mode on node:crypto: SHA256-RSA2048 both ways, AES-256-GCM notifications. */
export function createWechatProvider(deps: {
  settings: WechatSettings;
  clock: Clock;
  notifyUrl(): string;
}): PaymentProvider {
  const { settings, clock } = deps;

  const authorization = (method: string, path: string, body: string): string => {
    const timestamp = Math.floor(clock.now() / 1_000);
    const nonce = randomBytes(16).toString('hex');
    const signature = createSign('RSA-SHA256')
      .update(`${method}\n${path}\n${timestamp}\n${nonce}\n${body}\n`, 'utf8')
      .sign(settings.privateKey, 'base64');
    return `WECHATPAY2-SHA256-RSA2048 mchid="${settings.mchId}",nonce_str="${nonce}",signature="${signature}",timestamp="${timestamp}",serial_no="${settings.serialNo}"`;
  };
  type Verdict = 'genuine' | 'BAD_SIGNATURE' | 'STALE' | 'FOREIGN_ACCOUNT';
  const verdictOn = (header: (name: string) => string | undefined, body: string): Verdict => {
    const [timestamp, nonce] = [header('wechatpay-timestamp') ?? '', header('wechatpay-nonce') ?? ''];
    const signature = header('wechatpay-signature') ?? '';
    if (header('wechatpay-serial') !== settings.publicKeyId) return 'FOREIGN_ACCOUNT';
    const verified = createVerify('RSA-SHA256')
      .update(`${timestamp}\n${nonce}\n${body}\n`, 'utf8')
      .verify(settings.publicKey, signature, 'base64');
    if (!verified) return 'BAD_SIGNATURE';
    return Math.abs(Number(timestamp) - clock.now() / 1_000) <= MAX_AGE_S ? 'genuine' : 'STALE';
  };
  const request = async (method: 'GET' | 'POST', path: string, sent?: unknown): Promise<Reply> => {
    const body = sent === undefined ? '' : JSON.stringify(sent);
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${settings.baseUrl}${path}`, {
        method,
        headers: {
          Authorization: authorization(method, path, body),
          Accept: 'application/json',
          'Wechatpay-Serial': settings.publicKeyId,
          'User-Agent': 'voltbay-hub',
          ...(sent === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        ...(sent === undefined ? {} : { body }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      text = await response.text();
    } catch (cause) {
      throw new ProviderError('wechat', `${method} ${path} failed`, cause);
    }
    if (response.status >= 500 || response.status === 429 || response.status === 401)
      throw new ProviderError('wechat', `${method} ${path} answered ${response.status}`);
    // Errors of the first stage are not always signed; nothing is believed of them but that the call was refused.
    if (response.ok && verdictOn((name) => response.headers.get(name) ?? undefined, text) !== 'genuine')
      throw new ProviderError('wechat', `${method} ${path} was not answered by WeChat Pay`);
    try {
      return {
        status: response.status,
        body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
      };
    } catch (cause) {
      throw new ProviderError('wechat', `${method} ${path} was not answered in JSON`, cause);
    }
  };
  const STATES: Readonly<Record<string, TradeFacts['state']>> = {
    SUCCESS: 'paid',
    REFUND: 'paid',
    NOTPAY: 'waiting',
    USERPAYING: 'waiting',
    ACCEPT: 'waiting',
    CLOSED: 'closed',
    REVOKED: 'closed',
    PAYERROR: 'closed',
  };
  const factsOf = (trade: z.infer<typeof tradeSchema>): TradeFacts => ({
    tradeNo: trade.out_trade_no,
    providerTradeNo: trade.transaction_id ?? null,
    state: STATES[trade.trade_state] ?? 'waiting',
    amountFen: trade.amount?.total ?? null,
    paidAt: trade.success_time === undefined ? null : new Date(trade.success_time).toISOString(),
  });
  const refundFacts = (refund: z.infer<typeof refundSchema>): RefundFacts => {
    const status = refund.status ?? refund.refund_status ?? '';
    const state = status === 'SUCCESS' ? 'succeeded' : status === 'PROCESSING' ? 'processing' : 'failed';
    return { refundNo: refund.out_refund_no, state, detail: status };
  };
  const parsed = <T>(schema: z.ZodType<T>, value: unknown, what: string): T => {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    throw new ProviderError('wechat', `${what}: an answer of another form`, result.error);
  };
  const refusal = (what: string, reply: Reply) =>
    new ProviderError(
      'wechat',
      `${what}: ${reply.status} ${String(reply.body.code)} ${String(reply.body.message)}`,
    );

  const query = async (tradeNo: string): Promise<TradeFacts> => {
    const reply = await request(
      'GET',
      `/v3/pay/transactions/out-trade-no/${tradeNo}?mchid=${settings.mchId}`,
    );
    if (reply.status === 404)
      return { tradeNo, providerTradeNo: null, state: 'absent', amountFen: null, paidAt: null };
    if (reply.status !== 200) throw refusal('query', reply);
    return factsOf(parsed(tradeSchema, reply.body, 'query'));
  };

  return {
    name: 'wechat',
    async create({ tradeNo, amountFen, subject, expiresAt }) {
      const reply = await request('POST', '/v3/pay/transactions/native', {
        appid: settings.appId,
        mchid: settings.mchId,
        description: subject,
        out_trade_no: tradeNo,
        time_expire: expiresAt.replace(/\.\d{3}Z$/, 'Z').replace('Z', '+00:00'),
        notify_url: deps.notifyUrl(),
        amount: { total: amountFen, currency: 'CNY' },
      });
      if (reply.status !== 200) throw refusal('create', reply);
      return {
        kind: 'wechat-code',
        codeUrl: parsed(z.object({ code_url: z.string() }), reply.body, 'create').code_url,
      };
    },
    query,
    async close(tradeNo) {
      const reply = await request('POST', `/v3/pay/transactions/out-trade-no/${tradeNo}/close`, {
        mchid: settings.mchId,
      });
      if (reply.status === 204 || reply.status === 200)
        return { tradeNo, providerTradeNo: null, state: 'closed', amountFen: null, paidAt: null };
      return query(tradeNo);
    },
    async refund({ tradeNo, refundNo, amountFen, totalFen, reason }) {
      const reply = await request('POST', '/v3/refund/domestic/refunds', {
        out_trade_no: tradeNo,
        out_refund_no: refundNo,
        reason,
        notify_url: deps.notifyUrl(),
        amount: { refund: amountFen, total: totalFen, currency: 'CNY' },
      });
      if (reply.status === 200) return refundFacts(parsed(refundSchema, reply.body, 'refund'));
      const known = await request('GET', `/v3/refund/domestic/refunds/${refundNo}`);
      if (known.status === 200) return refundFacts(parsed(refundSchema, known.body, 'refund'));
      return {
        refundNo,
        state: 'failed',
        detail: `${String(reply.body.code)} ${String(reply.body.message)}`,
      };
    },
    readCallback({ headers, body }): Callback {
      const refuse = (
        reason: 'MALFORMED' | 'BAD_SIGNATURE' | 'STALE' | 'FOREIGN_ACCOUNT',
        tradeNo: string | null = null,
      ): Callback => ({ ok: false, reason, tradeNo });
      const verdict = verdictOn(headers, body);
      if (verdict !== 'genuine') return refuse(verdict);
      try {
        const notice = noticeSchema.parse(JSON.parse(body));
        const sealed = Buffer.from(notice.resource.ciphertext, 'base64');
        const open = createDecipheriv(
          'aes-256-gcm',
          Buffer.from(settings.apiV3Key, 'utf8'),
          notice.resource.nonce,
        );
        open.setAAD(Buffer.from(notice.resource.associated_data ?? ''));
        open.setAuthTag(sealed.subarray(-16));
        const plain = `${open.update(sealed.subarray(0, -16), undefined, 'utf8')}${open.final('utf8')}`;
        const resource: unknown = JSON.parse(plain);
        if (notice.event_type.startsWith('REFUND.')) {
          const refund = refundSchema.parse(resource);
          return { ok: true, kind: 'refund', tradeNo: refund.out_trade_no, facts: refundFacts(refund) };
        }
        const trade = tradeSchema.parse(resource);
        if (trade.mchid !== settings.mchId || (trade.appid !== undefined && trade.appid !== settings.appId))
          return refuse('FOREIGN_ACCOUNT', trade.out_trade_no);
        if (trade.amount?.currency !== undefined && trade.amount.currency !== 'CNY')
          return refuse('MALFORMED', trade.out_trade_no);
        return { ok: true, kind: 'payment', facts: factsOf(trade) };
      } catch {
        return refuse('MALFORMED');
      }
    },
    callbackReply: (taken) =>
      taken
        ? { status: 200, contentType: 'application/json', body: '{"code":"SUCCESS","message":"成功"}' }
        : { status: 400, contentType: 'application/json', body: '{"code":"FAIL","message":"失败"}' },
    async statement(date) {
      const reply = await request('GET', `/v3/bill/tradebill?bill_date=${date}&bill_type=ALL`);
      if (reply.status === 404 || reply.body.code === 'NO_STATEMENT_EXIST') return [];
      if (reply.status !== 200) throw refusal('statement', reply);
      const { download_url: url, hash_value: hash } = parsed(
        z.object({ download_url: z.string(), hash_value: z.string() }),
        reply.body,
        'statement',
      );
      try {
        const { pathname, search } = new URL(url);
        const response = await fetch(url, {
          headers: { Authorization: authorization('GET', `${pathname}${search}`, '') },
          signal: AbortSignal.timeout(60_000),
        });
        if (!response.ok) throw new Error(`HTTP ${response.status}`);
        const bytes = Buffer.from(await response.arrayBuffer());
        if (bytes.length > MAX_STATEMENT_BYTES) throw new Error('the statement is too large');
        if (createHash('sha1').update(bytes).digest('hex') !== hash) throw new Error('the hash differs');
        return parseWechatStatement(bytes.toString('utf8'));
      } catch (cause) {
        throw new ProviderError('wechat', `the statement of ${date} cannot be read`, cause);
      }
    },
  };
}

import { AlipaySdk } from 'alipay-sdk';
import type { Clock } from '../ports.js';
import {
  beijingTime,
  type Callback,
  fenOfYuan,
  fromBeijing,
  type PaymentProvider,
  ProviderError,
  type RefundFacts,
  type TradeFacts,
  yuanOfFen,
} from './provider.js';
import type { AlipaySettings } from './settings.js';
import { parseAlipayStatement } from './statements.js';

/** Alipay repeats a notification for 25 hours; one that claims to be older is a replay. Source: opendocs.alipay.com/open/02ivbs. */
const MAX_NOTIFY_AGE_MS = 26 * 3_600_000;
const TIMEOUT_MS = 8_000;
const MAX_STATEMENT_BYTES = 64 * 1024 * 1024;

type Reply = { code: string; msg?: string; subCode?: string; subMsg?: string; [field: string]: unknown };

/** Alipay by its official SDK: RSA2 both ways, public-key mode. */
export function createAlipayProvider(deps: {
  settings: AlipaySettings;
  clock: Clock;
  notifyUrl(): string;
}): PaymentProvider {
  const { settings } = deps;
  const bare = (pem: string) => pem.replace(/-----[^-]+-----|\s/g, '');
  const sdk = new AlipaySdk({
    appId: settings.appId,
    gateway: settings.gatewayUrl,
    privateKey: bare(settings.privateKey),
    alipayPublicKey: bare(settings.alipayPublicKey),
    keyType: 'PKCS8',
    signType: 'RSA2',
    timeout: TIMEOUT_MS,
  });

  /** The SDK would stamp in the machine's own time zone; Alipay reads Beijing time. */
  const timestamp = () => beijingTime(deps.clock.now());
  const exec = async (method: string, bizContent: Record<string, unknown>): Promise<Reply> => {
    try {
      return (await sdk.exec(
        method,
        { timestamp: timestamp(), bizContent },
        { validateSign: true },
      )) as Reply;
    } catch (cause) {
      throw new ProviderError('alipay', `${method} failed`, cause);
    }
  };
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const succeeded = (method: string, reply: Reply, ...expected: string[]): boolean => {
    if (reply.code === '10000') return true;
    if (reply.subCode && expected.includes(reply.subCode)) return false;
    throw new ProviderError(
      'alipay',
      `${method}: ${reply.subCode ?? reply.code} ${reply.subMsg ?? reply.msg ?? ''}`,
    );
  };
  const STATES: Readonly<Record<string, TradeFacts['state']>> = {
    WAIT_BUYER_PAY: 'waiting',
    TRADE_SUCCESS: 'paid',
    TRADE_FINISHED: 'paid',
    TRADE_CLOSED: 'closed',
  };

  const query = async (tradeNo: string): Promise<TradeFacts> => {
    const reply = await exec('alipay.trade.query', { outTradeNo: tradeNo });
    if (!succeeded('query', reply, 'ACQ.TRADE_NOT_EXIST'))
      return { tradeNo, providerTradeNo: null, state: 'absent', amountFen: null, paidAt: null };
    const paidAt = fromBeijing(text(reply.sendPayDate));
    const state = STATES[text(reply.tradeStatus)] ?? 'waiting';
    return {
      tradeNo,
      providerTradeNo: text(reply.tradeNo) || null,
      // A closed trade with a time of payment was paid and then refunded in full.
      state: state === 'closed' && paidAt !== null ? 'paid' : state,
      amountFen: fenOfYuan(text(reply.totalAmount)),
      paidAt,
    };
  };
  const queryRefund = async (tradeNo: string, refundNo: string): Promise<RefundFacts> => {
    const reply = await exec('alipay.trade.fastpay.refund.query', {
      outTradeNo: tradeNo,
      outRequestNo: refundNo,
    });
    if (!succeeded('refund.query', reply, 'ACQ.TRADE_NOT_EXIST'))
      return { refundNo, state: 'absent', detail: 'no such trade' };
    return {
      refundNo,
      state: text(reply.refundStatus) === 'REFUND_SUCCESS' ? 'succeeded' : 'absent',
      detail: text(reply.refundStatus),
    };
  };

  return {
    name: 'alipay',
    async create({ tradeNo, amountFen, subject, expiresAt }) {
      const biz = {
        outTradeNo: tradeNo,
        totalAmount: yuanOfFen(amountFen),
        subject,
        timeExpire: beijingTime(Date.parse(expiresAt)),
      };
      const notifyUrl = deps.notifyUrl();
      return {
        kind: 'alipay-app',
        orderString: sdk.sdkExecute('alipay.trade.app.pay', {
          timestamp: timestamp(),
          notifyUrl,
          bizContent: { ...biz, productCode: 'QUICK_MSECURITY_PAY' },
        }),
        pageUrl: sdk.pageExecute('alipay.trade.wap.pay', 'GET', {
          timestamp: timestamp(),
          notifyUrl,
          bizContent: { ...biz, productCode: 'QUICK_WAP_WAY' },
        }),
      };
    },
    query,
    async close(tradeNo) {
      const reply = await exec('alipay.trade.close', { outTradeNo: tradeNo });
      if (
        succeeded(
          'close',
          reply,
          'ACQ.TRADE_NOT_EXIST',
          'ACQ.TRADE_STATUS_ERROR',
          'ACQ.REASON_TRADE_STATUS_INVALID',
        )
      )
        return { tradeNo, providerTradeNo: null, state: 'closed', amountFen: null, paidAt: null };
      return query(tradeNo);
    },
    async refund({ tradeNo, refundNo, amountFen, reason }) {
      const reply = await exec('alipay.trade.refund', {
        outTradeNo: tradeNo,
        outRequestNo: refundNo,
        refundAmount: yuanOfFen(amountFen),
        refundReason: reason,
      });
      if (reply.code === '10000' && text(reply.fundChange) === 'Y')
        return { refundNo, state: 'succeeded', detail: 'fund_change=Y' };
      // Anything else may be a repeat or a doubt: only the query says how it stands.
      const known = await queryRefund(tradeNo, refundNo);
      if (known.state === 'succeeded') return known;
      if (reply.code === '40004' && !/SYSTEM_ERROR|UNKNOW/.test(reply.subCode ?? ''))
        return { refundNo, state: 'failed', detail: `${reply.subCode ?? ''} ${reply.subMsg ?? ''}`.trim() };
      return { refundNo, state: 'processing', detail: reply.subCode ?? reply.code };
    },
    readCallback({ body }): Callback {
      const fields = Object.fromEntries(new URLSearchParams(body));
      const tradeNo = fields.out_trade_no ?? null;
      const refuse = (reason: 'MALFORMED' | 'BAD_SIGNATURE' | 'STALE' | 'FOREIGN_ACCOUNT'): Callback => ({
        ok: false,
        reason,
        tradeNo,
      });
      if (!fields.sign || tradeNo === null) return refuse('MALFORMED');
      if (fields.sign_type !== 'RSA2') return refuse('BAD_SIGNATURE');
      let signed = false;
      try {
        signed = sdk.checkNotifySignV2(fields);
      } catch {
        // A sign that is no base64 or a field that cannot be decoded: as forged as a wrong one.
      }
      if (!signed) return refuse('BAD_SIGNATURE');
      if (fields.app_id !== settings.appId) return refuse('FOREIGN_ACCOUNT');
      if (settings.sellerId !== null && fields.seller_id !== settings.sellerId)
        return refuse('FOREIGN_ACCOUNT');
      const sentAt = fromBeijing(fields.notify_time ?? '');
      if (sentAt === null) return refuse('MALFORMED');
      if (Math.abs(deps.clock.now() - Date.parse(sentAt)) > MAX_NOTIFY_AGE_MS) return refuse('STALE');
      const amountFen = fenOfYuan(fields.total_amount ?? '');
      if (amountFen === null) return refuse('MALFORMED');
      if (fields.gmt_refund !== undefined && fields.out_biz_no)
        return {
          ok: true,
          kind: 'refund',
          tradeNo,
          facts: { refundNo: fields.out_biz_no, state: 'succeeded', detail: 'notified' },
        };
      const paidAt = fromBeijing(fields.gmt_payment ?? '');
      const state = STATES[fields.trade_status ?? ''] ?? 'waiting';
      return {
        ok: true,
        kind: 'payment',
        facts: {
          tradeNo,
          providerTradeNo: fields.trade_no ?? null,
          state: state === 'closed' && paidAt !== null ? 'paid' : state,
          amountFen,
          paidAt,
        },
      };
    },
    callbackReply: (taken) => ({ status: 200, contentType: 'text/plain', body: taken ? 'success' : 'fail' }),
    async statement(date) {
      const reply = await exec('alipay.data.dataservice.bill.downloadurl.query', {
        billType: 'trade',
        billDate: date,
      });
      if (!succeeded('statement', reply, 'isp.bill_not_exist', 'isv.bill-not-exist')) return [];
      try {
        const response = await fetch(text(reply.billDownloadUrl), { signal: AbortSignal.timeout(60_000) });
        if (!response.ok) throw new Error(`HTTP ${response.status}`);
        const bytes = Buffer.from(await response.arrayBuffer());
        if (bytes.length > MAX_STATEMENT_BYTES) throw new Error('the statement is too large');
        return parseAlipayStatement(bytes.toString('utf8'));
      } catch (cause) {
        throw new ProviderError('alipay', `the statement of ${date} cannot be read`, cause);
      }
    },
  };
}

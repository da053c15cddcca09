import {
  createCipheriv,
  createHash,
  createSign,
  createVerify,
  generateKeyPairSync,
  randomBytes,
} from 'node:crypto';
import type { Happening, OutgoingCallback } from './callback-desk.js';
import type { GatewayKeys } from './keys.js';
import type { Refund, Trade, TradeBook } from './trade-book.js';

/** Source: https://pay.weixin.qq.com/doc/v3/merchant/4012365342 (signing), /4012071382 (notifications), public-key mode. */
export type WechatReply = { status: number; body: unknown; happening?: Happening };
export type WechatSide = {
  /** A call of the merchant: path with query, body text and the Authorization header. */
  handle(request: { method: string; path: string; body: string; authorization: string }): WechatReply;
  /** Headers that sign an answer of ours. */
  signedHeaders(body: string, options?: { atS?: number; key?: string }): Record<string, string>;
  callback(happening: Happening, forge: string, nonce: string): OutgoingCallback;
};

const iso = (ms: number): string => `${new Date(ms + 8 * 3_600_000).toISOString().slice(0, 19)}+08:00`;
const refuse = (status: number, code: string, message: string): WechatReply => ({
  status,
  body: { code, message },
});
const MAX_SKEW_S = 300;

export function createWechatSide(deps: {
  keys: GatewayKeys;
  mchId: string;
  appId: string;
  /** Serial number of the merchant's API certificate. */
  serialNo: string;
  publicKeyId: string;
  book: TradeBook;
  nowMs(): number;
  statement(date: string): { url: string; text: string };
}): WechatSide {
  const { keys, book } = deps;
  const rsa = (text: string, key: string) =>
    createSign('RSA-SHA256').update(text, 'utf8').sign(key, 'base64');

  const isSigned = (request: Parameters<WechatSide['handle']>[0]): boolean => {
    const match = /^WECHATPAY2-SHA256-RSA2048 (.+)$/.exec(request.authorization);
    const fields = Object.fromEntries(
      [...(match?.[1] ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
    ) as Record<string, string>;
    if (fields.mchid !== deps.mchId || fields.serial_no !== deps.serialNo) return false;
    if (Math.abs(Number(fields.timestamp) - deps.nowMs() / 1_000) > MAX_SKEW_S) return false;
    const text = `${request.method}\n${request.path}\n${fields.timestamp}\n${fields.nonce_str}\n${request.body}\n`;
    return createVerify('RSA-SHA256')
      .update(text, 'utf8')
      .verify(keys.wechatMerchant.publicKey, fields.signature ?? '', 'base64');
  };
  const signedHeaders: WechatSide['signedHeaders'] = (body, { atS, key } = {}) => {
    const timestamp = String(atS ?? Math.floor(deps.nowMs() / 1_000));
    const nonce = randomBytes(16).toString('hex');
    return {
      'Wechatpay-Timestamp': timestamp,
      'Wechatpay-Nonce': nonce,
      'Wechatpay-Serial': deps.publicKeyId,
      'Wechatpay-Signature': rsa(`${timestamp}\n${nonce}\n${body}\n`, key ?? keys.wechatPlatform.privateKey),
    };
  };
  const stateOf = (trade: Trade): string => {
    if (trade.state === 'waiting') return 'NOTPAY';
    if (trade.state === 'closed') return 'CLOSED';
    return trade.refunds.length > 0 ? 'REFUND' : 'SUCCESS';
  };
  const tradeView = (trade: Trade, totalFen = trade.amountFen) => ({
    appid: deps.appId,
    mchid: deps.mchId,
    out_trade_no: trade.tradeNo,
    trade_state: stateOf(trade),
    trade_state_desc: stateOf(trade),
    amount: { total: totalFen, payer_total: totalFen, currency: 'CNY', payer_currency: 'CNY' },
    ...(trade.paidAt === null
      ? {}
      : { transaction_id: trade.providerTradeNo, trade_type: 'NATIVE', success_time: iso(trade.paidAt) }),
  });
  const refundView = (trade: Trade, refund: Refund) => ({
    refund_id: refund.providerRefundNo,
    out_refund_no: refund.refundNo,
    transaction_id: trade.providerTradeNo,
    out_trade_no: trade.tradeNo,
    status: refund.state === 'success' ? 'SUCCESS' : refund.state === 'failed' ? 'ABNORMAL' : 'PROCESSING',
    create_time: iso(refund.at),
    ...(refund.state === 'success' ? { success_time: iso(refund.at) } : {}),
    amount: { total: trade.amountFen, refund: refund.amountFen, currency: 'CNY' },
  });
  const encrypted = (plain: string, associated: string) => {
    const nonce = randomBytes(6).toString('hex');
    const cipher = createCipheriv('aes-256-gcm', Buffer.from(keys.wechatApiV3Key, 'utf8'), nonce);
    cipher.setAAD(Buffer.from(associated));
    const bytes = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return {
      algorithm: 'AEAD_AES_256_GCM',
      ciphertext: bytes.toString('base64'),
      nonce,
      associated_data: associated,
    };
  };

  const create = (body: string): WechatReply => {
    const wanted = JSON.parse(body) as {
      mchid?: string;
      appid?: string;
      description?: string;
      out_trade_no?: string;
      notify_url?: string;
      time_expire?: string;
      amount?: { total?: number };
    };
    const totalFen = wanted.amount?.total;
    if (wanted.mchid !== deps.mchId || wanted.appid !== deps.appId)
      return refuse(400, 'PARAM_ERROR', 'mchid or appid');
    if (!/^[0-9A-Za-z_\-|*]{6,32}$/.test(wanted.out_trade_no ?? ''))
      return refuse(400, 'PARAM_ERROR', 'out_trade_no');
    if (totalFen === undefined || !Number.isInteger(totalFen) || totalFen < 1)
      return refuse(400, 'PARAM_ERROR', 'amount.total');
    const trade = book.open({
      provider: 'wechat',
      tradeNo: wanted.out_trade_no ?? '',
      amountFen: totalFen,
      subject: wanted.description ?? '',
      notifyUrl: wanted.notify_url ?? '',
      expiresAt: wanted.time_expire === undefined ? null : Date.parse(wanted.time_expire),
    });
    if (!trade) return refuse(403, 'OUT_TRADE_NO_USED', '商户订单号重复');
    if (trade.state !== 'waiting') return refuse(400, 'ORDERPAID', '该订单已支付');
    return { status: 200, body: { code_url: `weixin://wxpay/bizpayurl?pr=${trade.providerTradeNo}` } };
  };
  const refund = (body: string): WechatReply => {
    const wanted = JSON.parse(body) as {
      out_trade_no?: string;
      out_refund_no?: string;
      amount?: { refund?: number; total?: number };
    };
    const trade = book.find('wechat', wanted.out_trade_no ?? '');
    if (!trade) return refuse(404, 'RESOURCE_NOT_EXISTS', '订单不存在');
    if (wanted.amount?.total !== trade.amountFen) return refuse(400, 'PARAM_ERROR', 'amount.total');
    const before = trade.refunds.length;
    const made = book.refund(trade, wanted.out_refund_no ?? '', wanted.amount.refund ?? 0);
    if (typeof made === 'string') return refuse(403, 'INVALID_REQUEST', made);
    return {
      status: 200,
      body: refundView(trade, made),
      ...(trade.refunds.length > before ? { happening: { trade, refundNo: made.refundNo } } : {}),
    };
  };

  return {
    signedHeaders,
    handle(request) {
      if (!isSigned(request)) return refuse(401, 'SIGN_ERROR', '签名错误');
      const url = new URL(request.path, 'http://gateway');
      const route = `${request.method} ${url.pathname}`;
      if (route === 'POST /v3/pay/transactions/native') return create(request.body);
      if (route === 'POST /v3/refund/domestic/refunds') return refund(request.body);
      const closing = /^POST \/v3\/pay\/transactions\/out-trade-no\/([^/]+)\/close$/.exec(route);
      const asking = /^GET \/v3\/pay\/transactions\/out-trade-no\/([^/]+)$/.exec(route);
      const tradeNo = closing?.[1] ?? asking?.[1];
      if (tradeNo !== undefined) {
        const trade = book.find('wechat', tradeNo);
        if (!trade) return refuse(404, 'ORDER_NOT_EXIST', '订单不存在');
        if (asking) return { status: 200, body: tradeView(trade) };
        return book.close(trade) ? { status: 204, body: null } : refuse(400, 'ORDER_PAID', '订单已支付');
      }
      const refundNo = /^GET \/v3\/refund\/domestic\/refunds\/([^/]+)$/.exec(route)?.[1];
      if (refundNo !== undefined) {
        for (const trade of book.all())
          for (const one of trade.refunds)
            if (trade.provider === 'wechat' && one.refundNo === refundNo)
              return { status: 200, body: refundView(trade, one) };
        return refuse(404, 'RESOURCE_NOT_EXISTS', '退款单不存在');
      }
      if (route === 'GET /v3/bill/tradebill') {
        const { url: download, text } = deps.statement(url.searchParams.get('bill_date') ?? '');
        return {
          status: 200,
          body: {
            hash_type: 'SHA1',
            hash_value: createHash('sha1').update(text).digest('hex'),
            download_url: download,
          },
        };
      }
      return refuse(404, 'NOT_FOUND', route);
    },
    callback({ trade, refundNo }, forge, nonce) {
      const refundOf = trade.refunds.find((one) => one.refundNo === refundNo);
      const resource = refundOf
        ? { ...refundView(trade, refundOf), refund_status: 'SUCCESS', mchid: deps.mchId }
        : tradeView(trade, forge === 'amount' ? trade.amountFen + 100_000 : trade.amountFen);
      const body = JSON.stringify({
        id: nonce,
        create_time: iso(deps.nowMs()),
        resource_type: 'encrypt-resource',
        event_type: refundOf ? 'REFUND.SUCCESS' : 'TRANSACTION.SUCCESS',
        summary: refundOf ? '退款成功' : '支付成功',
        resource: {
          original_type: refundOf ? 'refund' : 'transaction',
          ...encrypted(JSON.stringify(resource), refundOf ? 'refund' : 'transaction'),
        },
      });
      const stranger = () =>
        generateKeyPairSync('rsa', { modulusLength: 2048 })
          .privateKey.export({ type: 'pkcs8', format: 'pem' })
          .toString();
      return {
        url: trade.notifyUrl,
        headers: {
          'Content-Type': 'application/json',
          ...signedHeaders(body, {
            ...(forge === 'stale' ? { atS: Math.floor(deps.nowMs() / 1_000) - 3_600 } : {}),
            ...(forge === 'signature' ? { key: stranger() } : {}),
          }),
        },
        body,
      };
    },
  };
}

import { createSign, createVerify, generateKeyPairSync } from 'node:crypto';
import type { Happening, OutgoingCallback } from './callback-desk.js';
import type { GatewayKeys } from './keys.js';
import { beijingTime, fenOfYuan, refundedFen, type Trade, type TradeBook, yuanOfFen } from './trade-book.js';

/** Source: https://opendocs.alipay.com/common/02kf5q (signing), /open/028sm9 (query), /open/02ivbs (notifications). */
const signText = (params: Record<string, string>): string =>
  Object.keys(params)
    .filter((key) => key !== 'sign' && params[key] !== '')
    .sort()
    .map((key) => `${key}=${params[key]}`)
    .join('&');
const rsa2 = (text: string, privateKey: string): string =>
  createSign('RSA-SHA256').update(text, 'utf8').sign(privateKey, 'base64');

export type AlipaySide = {
  /** One call of the gateway: all parameters of query and form. Answers the signed JSON text. */
  execute(params: Record<string, string>): { body: string; happening?: Happening };
  callback(happening: Happening, forge: string, nonce: string): OutgoingCallback;
};

type Biz = Record<string, unknown>;
type Answer = Record<string, unknown>;
/** Pages are opened some minutes after they were signed. */
const MAX_SKEW_MS = 30 * 60_000;
const SUCCESS = { code: '10000', msg: 'Success' };
const failed = (subCode: string, subMsg: string): Answer => ({
  code: '40004',
  msg: 'Business Failed',
  sub_code: subCode,
  sub_msg: subMsg,
});

export function createAlipaySide(deps: {
  keys: GatewayKeys;
  appId: string;
  book: TradeBook;
  nowMs(): number;
  statementUrl(date: string): string;
}): AlipaySide {
  const { keys, book } = deps;
  const stranger = () =>
    generateKeyPairSync('rsa', { modulusLength: 2048 })
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString();
  const text = (biz: Biz, name: string): string =>
    typeof biz[name] === 'string' || typeof biz[name] === 'number' ? String(biz[name]) : '';
  const stateOf = (trade: Trade): string => {
    if (trade.state === 'waiting') return 'WAIT_BUYER_PAY';
    if (trade.state === 'closed' || refundedFen(trade) === trade.amountFen) return 'TRADE_CLOSED';
    return 'TRADE_SUCCESS';
  };
  const facts = (trade: Trade) => ({ out_trade_no: trade.tradeNo, trade_no: trade.providerTradeNo });

  const pay = (biz: Biz, params: Record<string, string>): Answer => {
    const amountFen = fenOfYuan(text(biz, 'total_amount'));
    if (amountFen === null || amountFen === 0) return failed('ACQ.INVALID_PARAMETER', 'total_amount');
    const expires = Date.parse(`${text(biz, 'time_expire').replace(' ', 'T')}+08:00`);
    const trade = book.open({
      provider: 'alipay',
      tradeNo: text(biz, 'out_trade_no'),
      amountFen,
      subject: text(biz, 'subject'),
      notifyUrl: params.notify_url ?? '',
      expiresAt: Number.isNaN(expires) ? null : expires,
    });
    return trade
      ? { ...SUCCESS, ...facts(trade), total_amount: yuanOfFen(amountFen) }
      : failed('ACQ.TRADE_HAS_SUCCESS', 'amount differs');
  };
  const METHODS: Record<
    string,
    (biz: Biz, params: Record<string, string>) => { answer: Answer; happening?: Happening }
  > = {
    'alipay.trade.app.pay': (biz, params) => ({ answer: pay(biz, params) }),
    'alipay.trade.wap.pay': (biz, params) => ({ answer: pay(biz, params) }),
    'alipay.trade.query': (biz) => {
      const trade = book.find('alipay', text(biz, 'out_trade_no'));
      if (!trade) return { answer: failed('ACQ.TRADE_NOT_EXIST', '交易不存在') };
      return {
        answer: {
          ...SUCCESS,
          ...facts(trade),
          trade_status: stateOf(trade),
          total_amount: yuanOfFen(trade.amountFen),
          ...(trade.paidAt === null ? {} : { send_pay_date: beijingTime(trade.paidAt) }),
        },
      };
    },
    'alipay.trade.close': (biz) => {
      const trade = book.find('alipay', text(biz, 'out_trade_no'));
      if (!trade) return { answer: failed('ACQ.TRADE_NOT_EXIST', '交易不存在') };
      return {
        answer: book.close(trade)
          ? { ...SUCCESS, ...facts(trade) }
          : failed('ACQ.TRADE_STATUS_ERROR', '交易状态不合法'),
      };
    },
    'alipay.trade.refund': (biz) => {
      const trade = book.find('alipay', text(biz, 'out_trade_no'));
      if (!trade) return { answer: failed('ACQ.TRADE_NOT_EXIST', '交易不存在') };
      const before = trade.refunds.length;
      const refund = book.refund(
        trade,
        text(biz, 'out_request_no'),
        fenOfYuan(text(biz, 'refund_amount')) ?? 0,
      );
      if (typeof refund === 'string') return { answer: failed('ACQ.REFUND_AMT_NOT_EQUAL_TOTAL', refund) };
      return {
        answer: {
          ...SUCCESS,
          ...facts(trade),
          fund_change: trade.refunds.length > before ? 'Y' : 'N',
          refund_fee: yuanOfFen(refundedFen(trade)),
        },
        ...(trade.refunds.length > before ? { happening: { trade, refundNo: refund.refundNo } } : {}),
      };
    },
    'alipay.trade.fastpay.refund.query': (biz) => {
      const trade = book.find('alipay', text(biz, 'out_trade_no'));
      const refund = trade?.refunds.find((one) => one.refundNo === text(biz, 'out_request_no'));
      if (!trade) return { answer: failed('ACQ.TRADE_NOT_EXIST', '交易不存在') };
      // An unknown refund is answered with success and without a status.
      if (!refund) return { answer: { ...SUCCESS } };
      return {
        answer: {
          ...SUCCESS,
          ...facts(trade),
          out_request_no: refund.refundNo,
          refund_amount: yuanOfFen(refund.amountFen),
          total_amount: yuanOfFen(trade.amountFen),
          refund_status: 'REFUND_SUCCESS',
        },
      };
    },
    'alipay.data.dataservice.bill.downloadurl.query': (biz) => ({
      answer: { ...SUCCESS, bill_download_url: deps.statementUrl(text(biz, 'bill_date')) },
    }),
  };

  return {
    execute(params) {
      const method = params.method ?? '';
      const known = METHODS[method];
      const run = (): { answer: Answer; happening?: Happening } => {
        if (params.app_id !== deps.appId)
          return { answer: { code: '40002', msg: 'Invalid Arguments', sub_code: 'isv.invalid-app-id' } };
        const signed = createVerify('RSA-SHA256')
          .update(signText(params), 'utf8')
          .verify(keys.alipayMerchant.publicKey, params.sign ?? '', 'base64');
        if (!signed)
          return { answer: { code: '40002', msg: 'Invalid Arguments', sub_code: 'isv.invalid-signature' } };
        const sentAt = Date.parse(`${(params.timestamp ?? '').replace(' ', 'T')}+08:00`);
        if (!(Math.abs(sentAt - deps.nowMs()) <= MAX_SKEW_MS))
          return { answer: { code: '40002', msg: 'Invalid Arguments', sub_code: 'isv.invalid-timestamp' } };
        if (!known)
          return { answer: { code: '40002', msg: 'Invalid Arguments', sub_code: 'isv.invalid-method' } };
        return known(JSON.parse(params.biz_content ?? '{}') as Biz, params);
      };
      const { answer, happening } = run();
      const inner = JSON.stringify(answer);
      const key = `${method.replaceAll('.', '_')}_response`;
      return {
        body: `{"${key}":${inner},"sign":"${rsa2(inner, keys.alipayPlatform.privateKey)}"}`,
        ...(happening ? { happening } : {}),
      };
    },
    callback({ trade, refundNo }, forge, nonce) {
      const refund = trade.refunds.find((one) => one.refundNo === refundNo);
      const shownFen = forge === 'amount' ? trade.amountFen + 100_000 : trade.amountFen;
      const params: Record<string, string> = {
        notify_time: beijingTime(forge === 'stale' ? deps.nowMs() - 100 * 3_600_000 : deps.nowMs()),
        notify_type: 'trade_status_sync',
        notify_id: nonce,
        app_id: deps.appId,
        charset: 'utf-8',
        version: '1.0',
        sign_type: 'RSA2',
        trade_no: trade.providerTradeNo,
        out_trade_no: trade.tradeNo,
        trade_status: stateOf(trade),
        total_amount: yuanOfFen(shownFen),
        receipt_amount: yuanOfFen(shownFen),
        subject: trade.subject,
        gmt_create: beijingTime(trade.createdAt),
        ...(trade.paidAt === null ? {} : { gmt_payment: beijingTime(trade.paidAt) }),
        ...(refund
          ? {
              out_biz_no: refund.refundNo,
              refund_fee: yuanOfFen(refundedFen(trade)),
              gmt_refund: `${beijingTime(refund.at)}.000`,
            }
          : {}),
      };
      // Notifications are signed without sign and sign_type.
      const { sign_type: _signType, ...signedOnly } = params;
      params.sign = rsa2(
        signText(signedOnly),
        forge === 'signature' ? stranger() : keys.alipayPlatform.privateKey,
      );
      return {
        url: trade.notifyUrl,
        headers: { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' },
        body: new URLSearchParams(params).toString(),
      };
    },
  };
}

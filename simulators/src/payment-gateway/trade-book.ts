import type { Clock } from '../clock.js';

export type ProviderName = 'alipay' | 'wechat';
export type Refund = {
  refundNo: string;
  providerRefundNo: string;
  amountFen: number;
  state: 'success' | 'processing' | 'failed';
  at: number;
};
/** A payment as the provider sees it. `tradeNo` is the merchant's number. */
export type Trade = {
  provider: ProviderName;
  tradeNo: string;
  providerTradeNo: string;
  amountFen: number;
  subject: string;
  notifyUrl: string;
  state: 'waiting' | 'paid' | 'closed';
  createdAt: number;
  paidAt: number | null;
  expiresAt: number | null;
  refunds: Refund[];
};

export interface TradeBook {
  /** The trade, made when it is new; null when the number was used with another amount. */
  open(
    trade: Pick<Trade, 'provider' | 'tradeNo' | 'amountFen' | 'subject' | 'notifyUrl' | 'expiresAt'>,
  ): Trade | null;
  find(provider: ProviderName, tradeNo: string): Trade | null;
  /** The payer pays. False when the trade is closed or paid already. */
  pay(trade: Trade): boolean;
  close(trade: Trade): boolean;
  /** Gives back once per number. A text says why not. */
  refund(trade: Trade, refundNo: string, amountFen: number): Refund | string;
  all(): readonly Trade[];
}

export const refundedFen = (trade: Trade): number =>
  trade.refunds
    .filter((refund) => refund.state !== 'failed')
    .reduce((sum, refund) => sum + refund.amountFen, 0);

/** The books of both providers, in memory. */
export function createTradeBook(clock: Pick<Clock, 'nowMs'>): TradeBook {
  const trades = new Map<string, Trade>();
  let counter = 0;
  const number = (prefix: string) => {
    counter += 1;
    return `${prefix}${clock.nowMs()}${String(counter).padStart(6, '0')}`;
  };
  const expire = (trade: Trade): Trade => {
    if (trade.state === 'waiting' && trade.expiresAt !== null && clock.nowMs() > trade.expiresAt)
      trade.state = 'closed';
    return trade;
  };
  return {
    open(wanted) {
      const key = `${wanted.provider}/${wanted.tradeNo}`;
      const known = trades.get(key);
      if (known) return known.amountFen === wanted.amountFen ? expire(known) : null;
      const trade: Trade = {
        ...wanted,
        providerTradeNo: number(wanted.provider === 'alipay' ? '2026' : '4200'),
        state: 'waiting',
        createdAt: clock.nowMs(),
        paidAt: null,
        refunds: [],
      };
      trades.set(key, trade);
      return trade;
    },
    find(provider, tradeNo) {
      const trade = trades.get(`${provider}/${tradeNo}`);
      return trade ? expire(trade) : null;
    },
    pay(trade) {
      if (expire(trade).state !== 'waiting') return false;
      trade.state = 'paid';
      trade.paidAt = clock.nowMs();
      return true;
    },
    close(trade) {
      if (trade.state === 'paid') return false;
      trade.state = 'closed';
      return true;
    },
    refund(trade, refundNo, amountFen) {
      const known = trade.refunds.find((refund) => refund.refundNo === refundNo);
      if (known)
        return known.amountFen === amountFen ? known : 'the refund number was used with another amount';
      if (trade.state !== 'paid') return 'the trade is not paid';
      if (amountFen <= 0 || refundedFen(trade) + amountFen > trade.amountFen)
        return 'more than is left of the payment';
      const refund: Refund = {
        refundNo,
        providerRefundNo: number('5030'),
        amountFen,
        state: 'success',
        at: clock.nowMs(),
      };
      trade.refunds.push(refund);
      return refund;
    },
    all: () => [...trades.values()],
  };
}

/** `12.34` to 1234, exactly; null for anything else. */
export function fenOfYuan(text: string): number | null {
  const match = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(text);
  return match ? Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0')) : null;
}
export const yuanOfFen = (fen: number): string => (fen / 100).toFixed(2);

const BEIJING_MS = 8 * 3_600_000;
/** `2026-11-22 16:00:00`, Beijing time: the only clock that both providers print. */
export const beijingTime = (ms: number): string =>
  new Date(ms + BEIJING_MS).toISOString().slice(0, 19).replace('T', ' ');
export const beijingDate = (ms: number): string => beijingTime(ms).slice(0, 10);

import { HubError } from '../errors.js';

export const PROVIDERS = ['alipay', 'wechat'] as const;
export type ProviderName = (typeof PROVIDERS)[number];

/** A payment as the provider tells it. */
export type TradeFacts = {
  /** Our number of it. */
  tradeNo: string;
  providerTradeNo: string | null;
  /** `absent`: the provider has no such payment (yet). */
  state: 'waiting' | 'paid' | 'closed' | 'absent';
  /** Null where the provider does not tell it in this state. */
  amountFen: number | null;
  /** ISO 8601. */
  paidAt: string | null;
};
export type RefundFacts = {
  refundNo: string;
  state: 'succeeded' | 'processing' | 'failed' | 'absent';
  detail: string;
};

export type Callback =
  | { ok: true; kind: 'payment'; facts: TradeFacts }
  | { ok: true; kind: 'refund'; tradeNo: string; facts: RefundFacts }
  /** Not from the provider, or not about us. Nothing of it may be believed; `tradeNo` is what it claims. */
  | {
      ok: false;
      reason: 'MALFORMED' | 'BAD_SIGNATURE' | 'STALE' | 'FOREIGN_ACCOUNT';
      tradeNo: string | null;
    };

/** How the payer goes on: a page to open, a text for the provider's app, or a code to scan. */
export type PayWith =
  | { kind: 'alipay-app'; orderString: string; pageUrl: string }
  | { kind: 'wechat-code'; codeUrl: string };

/** One row of a provider's statement of a day. */
export type StatementRow = {
  kind: 'payment' | 'refund';
  tradeNo: string;
  refundNo: string | null;
  providerTradeNo: string;
  amountFen: number;
  feeFen: number;
  /** ISO 8601. */
  at: string;
};

/** A payment provider. Calls throw ProviderError when it does not answer or not as itself; they may be repeated. */
export interface PaymentProvider {
  readonly name: ProviderName;
  create(payment: {
    tradeNo: string;
    amountFen: number;
    subject: string;
    expiresAt: string;
  }): Promise<PayWith>;
  query(tradeNo: string): Promise<TradeFacts>;
  /** Answers how the payment stands afterwards: it may have been paid at the last moment. */
  close(tradeNo: string): Promise<TradeFacts>;
  /** Gives money back once per `refundNo`, however often it is called. */
  refund(refund: {
    tradeNo: string;
    refundNo: string;
    amountFen: number;
    totalFen: number;
    reason: string;
  }): Promise<RefundFacts>;
  readCallback(callback: { headers(name: string): string | undefined; body: string }): Callback;
  /** What the provider wants to hear: taken, or try again. */
  callbackReply(taken: boolean): { status: number; contentType: string; body: string };
  /** `date`: a day in Beijing, YYYY-MM-DD. */
  statement(date: string): Promise<StatementRow[]>;
}

/** The provider does not answer, answers with an error, or with a signature that is not its own. */
export class ProviderError extends HubError {
  constructor(provider: ProviderName, message: string, cause?: unknown) {
    super('PROVIDER_UNREACHABLE', `${provider}: ${message}`, { retryable: true, cause });
  }
}

const BEIJING_MS = 8 * 3_600_000;
/** `2026-11-22 16:00:00` in Beijing, as both providers write times. */
export const beijingTime = (ms: number): string =>
  new Date(ms + BEIJING_MS).toISOString().slice(0, 19).replace('T', ' ');
export const beijingDate = (ms: number): string => beijingTime(ms).slice(0, 10);
/** The reverse of `beijingTime`, to ISO 8601 UTC; null for anything else. */
export function fromBeijing(text: string): string | null {
  const match = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})/.exec(text);
  const ms = match ? Date.parse(`${match[1]}T${match[2]}+08:00`) : Number.NaN;
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}
/** `12.34` yuan to 1234 fen without floating point; null for anything else. */
export function fenOfYuan(text: string): number | null {
  const match = /^(\d{1,11})(?:\.(\d{1,2}))?$/.exec(text.trim());
  return match ? Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0')) : null;
}
export const yuanOfFen = (fen: number): string =>
  `${Math.trunc(fen / 100)}.${String(fen % 100).padStart(2, '0')}`;

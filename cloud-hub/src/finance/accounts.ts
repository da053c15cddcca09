/**
 * Chart of accounts. An account is `kind` or `kind:owner`; `owner` is a user, a provider or a partner. In a line a positive amount
 * is a debit and a negative one a credit, so `side: 'credit'` accounts normally stand below zero.
 */
export const ACCOUNT_KINDS = {
  'rider-wallet': { side: 'credit', owner: 'user', zh: '用户余额', en: 'Rider wallets' },
  'rider-hold': { side: 'credit', owner: 'user', zh: '冻结金额', en: 'Held for orders' },
  'rider-deposit': { side: 'credit', owner: 'user', zh: '押金', en: 'Deposits' },
  'refunds-payable': { side: 'credit', owner: 'provider', zh: '应退款', en: 'Refunds on their way' },
  'tax-payable': { side: 'credit', owner: null, zh: '应交增值税', en: 'VAT payable' },
  'partner-payable': { side: 'credit', owner: 'partner', zh: '应付合作方', en: 'Owed to partners' },
  'revenue-swap': { side: 'credit', owner: null, zh: '换电收入', en: 'Revenue from swaps' },
  'revenue-plan': { side: 'credit', owner: null, zh: '套餐收入', en: 'Revenue from plans' },
  'revenue-forfeit': { side: 'credit', owner: null, zh: '没收押金', en: 'Forfeited deposits' },
  'provider-clearing': {
    side: 'debit',
    owner: 'provider',
    zh: '支付渠道待结算',
    en: 'Owed by payment providers',
  },
  bank: { side: 'debit', owner: null, zh: '银行存款', en: 'Bank' },
  'provider-fees': { side: 'debit', owner: 'provider', zh: '渠道手续费', en: 'Provider fees' },
  'partner-cost': { side: 'debit', owner: 'partner', zh: '合作方分成', en: 'Partner shares' },
  promotion: { side: 'debit', owner: null, zh: '营销费用', en: 'Promotion' },
  suspense: { side: 'debit', owner: 'provider', zh: '待查款项', en: 'Suspense' },
  opening: { side: 'debit', owner: null, zh: '期初余额', en: 'Opening balances' },
} as const satisfies Record<
  string,
  { side: 'debit' | 'credit'; owner: 'user' | 'provider' | 'partner' | null; zh: string; en: string }
>;
export type AccountKind = keyof typeof ACCOUNT_KINDS;
export type Account = AccountKind | `${AccountKind}:${string}`;

/** Kind of an account name; null when the chart has none like it, or the owner is missing or too many. */
export function kindOfAccount(account: string): AccountKind | null {
  const colon = account.indexOf(':');
  const kind = colon < 0 ? account : account.slice(0, colon);
  if (!Object.hasOwn(ACCOUNT_KINDS, kind)) return null;
  const hasOwner = colon >= 0 && colon < account.length - 1;
  return hasOwner === (ACCOUNT_KINDS[kind as AccountKind].owner !== null) ? (kind as AccountKind) : null;
}

/** Value added tax inside a price that includes it, rounded half up to the fen. `rateBp`: 600 = 6 %. */
export function taxInside(amountFen: number, rateBp: number): number {
  return Math.sign(amountFen) * Math.round((Math.abs(amountFen) * rateBp) / (10_000 + rateBp));
}

/** VAT of swap services when a price names no other rate. */
export const DEFAULT_TAX_RATE_BP = 600;

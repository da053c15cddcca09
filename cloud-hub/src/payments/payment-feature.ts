import type { Database } from '../db/index.js';
import type { Ledger } from '../finance/ledger.js';
import type { Logger } from '../logger.js';
import type { Clock } from '../ports.js';
import type { Wallets } from '../wallets/wallets.js';
import { createAlipayProvider } from './alipay-provider.js';
import { type CallbackDesk, createCallbackDesk } from './callback-desk.js';
import { createPayments, type Payments } from './payments.js';
import type { PaymentProvider, ProviderName } from './provider.js';
import { createRefunds, type Refunds } from './refunds.js';
import type { PaymentSettings } from './settings.js';
import { createWechatProvider } from './wechat-provider.js';

export type PaymentFeature = {
  payments: Payments;
  refunds: Refunds;
  desk: CallbackDesk;
  providers: ReadonlyMap<ProviderName, PaymentProvider>;
  /** Finishes and asks about everything open. */
  sweep(): Promise<void>;
};

export function createProviders(deps: {
  settings: PaymentSettings;
  clock: Clock;
  /** The hub's address as providers reach it. */
  apiUrl(): string;
}): ReadonlyMap<ProviderName, PaymentProvider> {
  const notifyUrl = (name: ProviderName) => () => `${deps.apiUrl()}/core/v0/payments/callbacks/${name}`;
  const { alipay, wechat } = deps.settings;
  const providers = new Map<ProviderName, PaymentProvider>();
  if (alipay)
    providers.set(
      'alipay',
      createAlipayProvider({ settings: alipay, clock: deps.clock, notifyUrl: notifyUrl('alipay') }),
    );
  if (wechat)
    providers.set(
      'wechat',
      createWechatProvider({ settings: wechat, clock: deps.clock, notifyUrl: notifyUrl('wechat') }),
    );
  return providers;
}

/** Everything about payments, wired. */
export function createPaymentFeature(deps: {
  database: Database;
  clock: Clock;
  logger: Logger;
  wallets: Wallets;
  ledger: Ledger;
  providers: ReadonlyMap<ProviderName, PaymentProvider>;
  homeTenantId: string;
  checkpoint?: (name: string) => void;
}): PaymentFeature {
  const payments = createPayments(deps);
  const refunds = createRefunds(deps);
  const desk = createCallbackDesk({ ...deps, payments, refunds });
  return {
    payments,
    refunds,
    desk,
    providers: deps.providers,
    async sweep() {
      await payments.sweep();
      await refunds.sweep();
    },
  };
}

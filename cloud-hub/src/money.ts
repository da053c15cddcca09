import type { HubConfig } from './config/config.js';
import type { Database } from './db/index.js';
import { createFinanceFeature, type FinanceFeature } from './finance/finance-feature.js';
import { createLedger } from './finance/ledger.js';
import type { Logger } from './logger.js';
import { createPaymentFeature, createProviders, type PaymentFeature } from './payments/payment-feature.js';
import { readPaymentSettings } from './payments/settings.js';
import { createPlanFeature, type PlanFeature } from './plans/plan-feature.js';
import type { Clock } from './ports.js';
import type { PackHoldings } from './vehicles/vehicles.js';
import { createWallets, type Wallets } from './wallets/wallets.js';

export type Money = {
  wallets: Wallets;
  payments: PaymentFeature;
  plans: PlanFeature;
  finance: FinanceFeature;
};

/** Everything that holds, moves or prices money, wired. */
export async function createMoney(deps: {
  config: Pick<HubConfig, 'tenantId' | 'paymentsFile'>;
  database: Database;
  clock: Clock;
  logger: Logger;
  packs: PackHoldings;
  /** The hub's address as payment providers reach it. */
  apiUrl(): string;
  checkpoint: ((name: string) => void) | undefined;
}): Promise<Money> {
  const { config, database, clock, logger } = deps;
  const checkpoint = deps.checkpoint ? { checkpoint: deps.checkpoint } : {};
  const ledger = createLedger({ database, clock });
  const wallets = createWallets({ database, clock, ledger, ...checkpoint });
  const payments = createPaymentFeature({
    database,
    clock,
    logger,
    wallets,
    ledger,
    homeTenantId: config.tenantId,
    providers: createProviders({
      settings:
        config.paymentsFile === null
          ? { alipay: null, wechat: null }
          : await readPaymentSettings(config.paymentsFile),
      clock,
      apiUrl: deps.apiUrl,
    }),
    ...checkpoint,
  });
  const plans = createPlanFeature({ database, clock, wallets, ...checkpoint });
  const finance = createFinanceFeature({
    database,
    clock,
    logger,
    ledger,
    wallets,
    payments,
    async packsOf(tenantId, vehicleIds) {
      const held = await deps.packs.heldByVehicles(tenantId, vehicleIds);
      return [...held.values()].reduce((sum, serials) => sum + serials.length, 0);
    },
    ...checkpoint,
  });
  return { wallets, payments, plans, finance };
}

import type { PackBlocks } from './batteries/pack-blocks.js';
import type { Commands } from './commands/commands.js';
import type { HubConfig } from './config/config.js';
import type { Database } from './db/index.js';
import type { DisputeFeature } from './disputes/dispute-feature.js';
import type { FinanceFeature } from './finance/finance-feature.js';
import type { Chore } from './maintenance.js';
import type { OrderFeature } from './orders/order-feature.js';
import type { Reservations } from './orders/reservations.js';
import type { Debts } from './passes/debts.js';
import type { PaymentFeature } from './payments/payment-feature.js';
import type { PlanFeature } from './plans/plan-feature.js';
import type { Identity } from './stargate/identity.js';
import type { Stations } from './stations/stations.js';
import type { Settings } from './system/settings.js';
import { tenantIds } from './system/tenants.js';
import type { Wallets } from './wallets/wallets.js';

/** What every process with the role `tasks` does again and again. Each is safe in several processes. */
export function hubChores(deps: {
  database: Database;
  config: Pick<HubConfig, 'tenantId'>;
  identity: Identity;
  commands: Commands;
  wallets: Wallets;
  payments: PaymentFeature;
  finance: FinanceFeature;
  plans: PlanFeature;
  orders: OrderFeature;
  debts: Debts;
  stations: Stations;
  settings: Settings;
  reservations: Reservations;
  disputes: Pick<DisputeFeature, 'sweep'>;
  packBlocks: Pick<PackBlocks, 'run'>;
}): Chore[] {
  const {
    database,
    config,
    identity,
    commands,
    wallets,
    payments,
    finance,
    plans,
    orders,
    debts,
    stations,
    settings,
    reservations,
    disputes,
    packBlocks,
  } = deps;
  return [
    { name: 'commands', everyMs: 2_000, run: () => commands.sweep() },
    { name: 'wallets', everyMs: 2_000, run: () => wallets.recover() },
    { name: 'payments', everyMs: 5_000, run: () => payments.sweep() },
    { name: 'finance', everyMs: 5_000, run: () => finance.sweep() },
    {
      name: 'reconciliation',
      everyMs: 600_000,
      run: () => finance.reconciliations.runDue(config.tenantId),
    },
    { name: 'disputes', everyMs: 5_000, run: () => disputes.sweep() },
    {
      name: 'packs that stay',
      everyMs: 5_000,
      async run() {
        for (const tenantId of await tenantIds(database, config.tenantId)) await packBlocks.run(tenantId);
      },
    },
    { name: 'subscriptions', everyMs: 5_000, run: () => plans.subscriptions.sweep() },
    { name: 'orders', everyMs: 2_000, run: () => orders.sweep.run() },
    { name: 'debts', everyMs: 30_000, run: () => debts.collect() },
    { name: 'signing keys', everyMs: 3_600_000, run: () => identity.keys.rotateIfDue() },
    { name: 'sessions', everyMs: 600_000, run: () => identity.sessions.sweep() },
    { name: 'codes', everyMs: 600_000, run: () => identity.codes.sweep() },
    { name: 'counters', everyMs: 600_000, run: () => identity.counters.sweep() },
    { name: 'idempotency keys', everyMs: 600_000, run: () => identity.idempotency.sweep() },
    {
      name: 'alarms',
      everyMs: 15_000,
      async run() {
        for (const tenantId of await tenantIds(database, config.tenantId))
          await stations.alarms.escalateOverdue(
            tenantId,
            await settings.get(tenantId, 'alarms.escalateAfterS'),
          );
      },
    },
    { name: 'reservations', everyMs: 5_000, run: () => reservations.sweep() },
  ];
}

import type { Database } from '../db/index.js';
import type { Logger } from '../logger.js';
import { openKeyOf, ordersCollection } from '../orders/order-document.js';
import type { PaymentFeature } from '../payments/payment-feature.js';
import type { Clock } from '../ports.js';
import { vehiclesCollection } from '../vehicles/vehicles.js';
import type { Wallets } from '../wallets/wallets.js';
import { type ChargeRefunds, chargeRefundsCollection, createChargeRefunds } from './charge-refunds.js';
import { createDeposits, type Deposits, depositsCollection } from './deposits.js';
import { createInvoices, type Invoices, invoicesCollection } from './invoices.js';
import { type Ledger, ledgerCollection } from './ledger.js';
import {
  createLedgerBalances,
  type LedgerBalances,
  ledgerBalanceCursorsCollection,
  ledgerBalancesCollection,
} from './ledger-balances.js';
import {
  createPartners,
  type Partners,
  partnerSettlementsCollection,
  partnersCollection,
} from './partners.js';
import { createReconciliations, type Reconciliations, reconciliationsCollection } from './reconciliation.js';

export const financeCollections = [
  ledgerCollection,
  ledgerBalancesCollection,
  ledgerBalanceCursorsCollection,
  chargeRefundsCollection,
  depositsCollection,
  invoicesCollection,
  reconciliationsCollection,
  partnersCollection,
  partnerSettlementsCollection,
] as const;

export type FinanceFeature = {
  ledger: Ledger;
  balances: LedgerBalances;
  chargeRefunds: ChargeRefunds;
  deposits: Deposits;
  invoices: Invoices;
  reconciliations: Reconciliations;
  partners: Partners;
  /** Finishes what was left half done. */
  sweep(): Promise<void>;
};

/** Everything about finance that is not a payment, wired. */
export function createFinanceFeature(deps: {
  database: Database;
  clock: Clock;
  logger: Logger;
  ledger: Ledger;
  wallets: Wallets;
  payments: PaymentFeature;
  /** Packs that vehicles hold by the custody ledger. */
  packsOf(tenantId: string, vehicleIds: readonly string[]): Promise<number>;
  checkpoint?: (name: string) => void;
}): FinanceFeature {
  const orders = deps.database.collection(ordersCollection);
  const vehicles = deps.database.collection(vehiclesCollection);
  const chargeRefunds = createChargeRefunds(deps);
  const deposits = createDeposits({
    ...deps,
    async reasonToHold(tenantId, userId) {
      if (await orders.findOne({ openKey: openKeyOf(tenantId, userId) }, { projection: { _id: 1 } }))
        return 'the rider has an open order';
      const own = await vehicles
        .find({ tenantId, ownerUserId: userId }, { projection: { _id: 1 } })
        .toArray();
      const packs = await deps.packsOf(
        tenantId,
        own.map((vehicle) => vehicle._id),
      );
      return packs > 0 ? `the rider's vehicles hold ${packs} of our packs` : null;
    },
  });
  return {
    ledger: deps.ledger,
    balances: createLedgerBalances(deps),
    chargeRefunds,
    deposits,
    invoices: createInvoices(deps),
    reconciliations: createReconciliations({
      ...deps,
      providers: deps.payments.providers,
      payments: deps.payments.payments,
    }),
    partners: createPartners(deps),
    async sweep() {
      await chargeRefunds.sweep();
      await deposits.sweep();
    },
  };
}

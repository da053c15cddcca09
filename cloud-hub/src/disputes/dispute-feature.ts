import { createApprovalActions } from '../approvals/approval-actions.js';
import { type Approvals, createApprovals } from '../approvals/approvals.js';
import { createGuardedRefunds, type GuardedRefunds } from '../approvals/guarded.js';
import { createApprovalRoutes } from '../approvals/routes.js';
import type { Database } from '../db/index.js';
import type { ChargeRefunds } from '../finance/charge-refunds.js';
import type { HttpRoute } from '../http/route.js';
import type { Logger } from '../logger.js';
import { evidenceOf } from '../orders/evidence.js';
import type { OrderDocument } from '../orders/order-document.js';
import type { Orders } from '../orders/orders.js';
import type { PackChoices } from '../orders/pack-choice.js';
import { createResolutionRoutes } from '../orders/resolution-routes.js';
import type { Refunds } from '../payments/refunds.js';
import type { Clock } from '../ports.js';
import type { SigningKeys } from '../stargate/signing-keys.js';
import type { Settings } from '../system/settings.js';
import { createDisputes, type Disputes } from './disputes.js';
import { createDisputeRoutes } from './routes.js';

export type DisputeFeature = {
  approvals: Approvals;
  guardedRefunds: GuardedRefunds;
  disputes: Disputes;
  routes(): HttpRoute[];
  /** Finishes what was left half done. */
  sweep(): Promise<void>;
};

/** What goes wrong with orders and money, and the people who put it right, wired. */
export function createDisputeFeature(deps: {
  database: Database;
  clock: Clock;
  logger: Logger;
  settings: Pick<Settings, 'get'>;
  keys: Pick<SigningKeys, 'signingKey' | 'verificationKey'>;
  orders: Pick<Orders, 'record'>;
  packChoices: Pick<PackChoices, 'explain'>;
  chargeRefunds: ChargeRefunds;
  refunds: Refunds;
  checkpoint?: (name: string) => void;
}): DisputeFeature {
  const approvals = createApprovals({ ...deps, actions: createApprovalActions(deps) });
  const frozen = (order: OrderDocument) => evidenceOf(deps, order);
  const disputes = createDisputes({ ...deps, approvals, evidenceOf: frozen });
  return {
    approvals,
    guardedRefunds: createGuardedRefunds({ ...deps, approvals }),
    disputes,
    routes: () => [
      ...createDisputeRoutes({ database: deps.database, disputes }),
      ...createApprovalRoutes({ database: deps.database, approvals }),
      ...createResolutionRoutes({ ...deps, approvals, evidenceOf: frozen }),
    ],
    async sweep() {
      await approvals.sweep();
      await disputes.sweep();
    },
  };
}

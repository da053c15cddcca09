import { createHash } from 'node:crypto';
import { uuidv7 } from 'uuidv7';
import { isoNow } from '../clock.js';
import type { Database } from '../db/index.js';
import type { Logger } from '../logger.js';
import type { Clock } from '../ports.js';
import { type CallbackDocument, callbacksCollection, paymentsCollection } from './payment-document.js';
import type { Payments } from './payments.js';
import type { PaymentProvider } from './provider.js';
import type { Refunds } from './refunds.js';

export interface CallbackDesk {
  /** Checks a notification, does what follows, writes down what became of it. `taken` = the provider need not repeat it. */
  receive(
    provider: PaymentProvider,
    callback: { headers(name: string): string | undefined; body: string; ip: string },
  ): Promise<{ taken: boolean; outcome: CallbackDocument['outcome']; reason: string | null }>;
}

export function createCallbackDesk(deps: {
  database: Database;
  payments: Payments;
  refunds: Refunds;
  clock: Clock;
  logger: Logger;
  /** Where notifications about no payment of ours are written down. */
  homeTenantId: string;
}): CallbackDesk {
  const callbacks = deps.database.collection(callbacksCollection);
  const payments = deps.database.collection(paymentsCollection);

  return {
    async receive(provider, { headers, body, ip }) {
      const read = provider.readCallback({ headers, body });
      let outcome: CallbackDocument['outcome'] = 'refused';
      let reason: string | null = null;
      let tradeNo: string | null;
      if (!read.ok) {
        reason = read.reason;
        tradeNo = read.tradeNo;
      } else if (read.kind === 'payment') {
        tradeNo = read.facts.tradeNo;
        ({ outcome, reason } = await deps.payments.record(provider.name, read.facts));
      } else {
        tradeNo = read.tradeNo;
        outcome = await deps.refunds.record(provider.name, read.facts);
        if (outcome === 'refused') reason = 'UNEXPECTED_REFUND';
      }
      const named = tradeNo?.slice(0, 64) ?? null;
      const payment =
        named === null ? null : await payments.findOne({ _id: named }, { projection: { tenantId: 1 } });
      const now = isoNow(deps.clock);
      await callbacks.insertOne({
        _id: `cb-${uuidv7()}`,
        tenantId: payment?.tenantId ?? deps.homeTenantId,
        version: 1,
        createdAt: now,
        updatedAt: now,
        provider: provider.name,
        tradeNo: named,
        kind: read.ok ? read.kind : null,
        outcome,
        reason,
        bodySha256: createHash('sha256').update(body).digest('hex'),
        ip,
      });
      if (outcome === 'refused')
        deps.logger.warn(
          { provider: provider.name, tradeNo: named, reason, ip },
          'a payment notification was refused',
        );
      // A genuine notification that we cannot use stays unanswered with success: the provider's own staff will see it fail.
      return { taken: outcome !== 'refused', outcome, reason };
    },
  };
}

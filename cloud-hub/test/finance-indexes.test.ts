import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CollectionSpec, Database } from '../src/db/index.js';
import { chargeRefundsCollection } from '../src/finance/charge-refunds.js';
import { depositsCollection } from '../src/finance/deposits.js';
import { invoicesCollection } from '../src/finance/invoices.js';
import { ledgerCollection } from '../src/finance/ledger.js';
import { ledgerBalancesCollection } from '../src/finance/ledger-balances.js';
import { partnerSettlementsCollection } from '../src/finance/partners.js';
import { reconciliationsCollection } from '../src/finance/reconciliation.js';
import {
  callbacksCollection,
  paymentsCollection,
  refundsCollection,
} from '../src/payments/payment-document.js';
import { couponsCollection, riderCouponsCollection } from '../src/plans/coupons.js';
import { plansCollection } from '../src/plans/plan-document.js';
import { subscriptionsCollection } from '../src/plans/subscriptions.js';
import { tariffsCollection } from '../src/plans/tariffs.js';
import { chargesCollection, walletsCollection } from '../src/wallets/wallet-document.js';
import { openTestStore } from './support/store.js';

type Query = [
  // biome-ignore lint/suspicious/noExplicitAny: only the name is used
  spec: CollectionSpec<any>,
  filter: Record<string, unknown>,
  sort?: Record<string, 1 | -1>,
];
const T = { tenantId: 'demo' };
const day = { $gte: '2026-11-21T00:00:00.000Z', $lt: '2026-11-22T00:00:00.000Z' };
const SUMS = { ...T, generation: 0, level: 'month' };
const QUERIES: Query[] = [
  [walletsCollection, { outboxAt: { $lte: 'x' } }, { outboxAt: 1 }],
  [ledgerCollection, { ...T, key: 'k' }],
  [ledgerCollection, { ...T }, { at: 1, _id: 1 }],
  [ledgerCollection, { ...T, 'lines.account': 'bank' }],
  [ledgerCollection, { ...T, userId: 'u', at: day }, { at: 1, _id: 1 }],
  [ledgerCollection, { ...T, createdAt: day }, { createdAt: 1, _id: 1 }],
  [ledgerBalancesCollection, { ...SUMS, start: { $gte: '2026', $lt: '2027' } }, { start: 1, part: 1 }],
  [ledgerBalancesCollection, { ...SUMS, start: { $in: ['2026-11', '2026-12'] } }, { start: 1, part: 1 }],
  [chargesCollection, { ...T, userId: 'u', createdAt: day }],
  [chargesCollection, { ...T, createdAt: day }, { createdAt: 1, _id: 1 }],
  [chargeRefundsCollection, { workAt: { $lte: 'x' } }, { workAt: 1 }],
  [chargeRefundsCollection, { requestKey: 'k' }],
  [depositsCollection, { workAt: { $lte: 'x' } }, { workAt: 1 }],
  [invoicesCollection, { ...T, kind: 'invoice' }, { number: -1 }],
  [invoicesCollection, { ...T, sources: { $in: ['a', 'b'] } }],
  [paymentsCollection, { dueAt: { $lte: 'x' } }, { dueAt: 1 }],
  [paymentsCollection, { checkAt: { $lte: 'x' } }, { checkAt: 1 }],
  [paymentsCollection, { requestKey: 'k' }],
  [paymentsCollection, { ...T, provider: 'alipay', paidAt: day }],
  [refundsCollection, { workAt: { $lte: 'x' } }, { workAt: 1 }],
  [refundsCollection, { ...T, provider: 'alipay', succeededAt: day }],
  [callbacksCollection, { ...T, outcome: 'refused' }, { createdAt: -1, _id: -1 }],
  [plansCollection, { ...T, plan: 'per-swap' }, { planVersion: -1 }],
  [tariffsCollection, { ...T, stationId: '1231' }, { tariffVersion: -1 }],
  [couponsCollection, { ...T, code: 'X' }],
  [riderCouponsCollection, { ...T, userId: 'u' }, { createdAt: -1, _id: 1 }],
  [riderCouponsCollection, { orderId: 'o', state: 'reserved' }],
  [subscriptionsCollection, { ...T, userId: 'u' }, { createdAt: -1, _id: 1 }],
  [subscriptionsCollection, { ...T, memberIds: 'u', state: 'active' }],
  [subscriptionsCollection, { reservations: 'o' }],
  [subscriptionsCollection, { lookAt: { $lte: 'x' } }, { lookAt: 1 }],
  [reconciliationsCollection, { ...T, provider: 'alipay', date: '2026-11-21' }],
  [partnerSettlementsCollection, { ...T, partnerId: 'p', month: '2026-10' }],
];

describe('queries of money', () => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestStore();
  }, 60_000);
  afterAll(() => database?.close());

  it.each(QUERIES)('an index serves $name', async (spec, filter, sort) => {
    const collection = database.collection(spec);
    const plan = JSON.stringify(await collection.find(filter, sort ? { sort } : {}).explain('queryPlanner'));
    expect(plan, `${spec.name} ${JSON.stringify(filter)}`).not.toContain('COLLSCAN');
    expect(plan).toMatch(/IXSCAN|IDHACK/);
  });

  it('a query without an index would be noticed', async () => {
    const plan = JSON.stringify(
      await database.collection(walletsCollection).find({ capturedFen: 1 }).explain('queryPlanner'),
    );
    expect(plan).toContain('COLLSCAN');
  });
});

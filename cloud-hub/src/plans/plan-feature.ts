import type { Database } from '../db/index.js';
import { createFleets } from '../fleets/fleets.js';
import type { Clock } from '../ports.js';
import type { Wallets } from '../wallets/wallets.js';
import { type Coupons, createCoupons } from './coupons.js';
import { createPlans, type Plans } from './plans.js';
import { createQuotes, type Quotes } from './quotes.js';
import { createSubscriptions, type Subscriptions } from './subscriptions.js';
import { createTariffs, type Tariffs } from './tariffs.js';

export type PlanFeature = {
  plans: Plans;
  tariffs: Tariffs;
  coupons: Coupons;
  subscriptions: Subscriptions;
  quotes: Quotes;
};

/** Everything about prices, wired. */
export function createPlanFeature(deps: {
  database: Database;
  clock: Clock;
  wallets: Wallets;
  checkpoint?: (name: string) => void;
}): PlanFeature {
  const plans = createPlans(deps);
  const tariffs = createTariffs(deps);
  const coupons = createCoupons(deps);
  const subscriptions = createSubscriptions(deps);
  const quotes = createQuotes({
    ...deps,
    plans,
    tariffs,
    coupons,
    subscriptions,
    fleets: createFleets(deps),
  });
  return { plans, tariffs, coupons, subscriptions, quotes };
}

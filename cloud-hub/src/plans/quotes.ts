import { isDeepStrictEqual } from 'node:util';
import { localTime, type Order } from '@voltbay/protocol';
import type { Database } from '../db/index.js';
import { DEFAULT_TAX_RATE_BP } from '../finance/accounts.js';
import type { Fleets } from '../fleets/fleets.js';
import { problem } from '../http/problem.js';
import type { Clock } from '../ports.js';
import { fairEnergyWh } from '../pricing/fair-energy.js';
import { type PricingInput, priceOrder } from '../pricing/price-order.js';
import { stationsCollection } from '../stations/station-documents.js';
import { chargesCollection } from '../wallets/wallet-document.js';
import { type Coupons, pricedCoupon, riderCouponsCollection } from './coupons.js';
import { type PlanDocument, type Plans, publicPlanId } from './plans.js';
import type { SubscriptionDocument, Subscriptions } from './subscriptions.js';
import { bandAt, type Tariffs } from './tariffs.js';

/** `payBy`: `auto` (default) = what is best for the rider, `swap` = this swap alone, or the id of a subscription of the rider's. */
export type Swap = { tenantId: string; userId: string; stationId: string; payBy?: string };
/** One way to pay a swap, with what it costs then. */
export type PayOption = {
  payBy: string;
  kind: 'subscription' | 'fleet' | 'swap';
  /** The plan's; null for what is no plan. */
  name: string | null;
  nameEn: string | null;
  swapsLeft: number | null;
  endsAt: string | null;
  /** What is taken when the rider chooses nothing. */
  isDefault: boolean;
  price: Order['price'];
};
type PricedOrder = Pick<
  Order,
  'id' | 'tenantId' | 'userId' | 'stationId' | 'price' | 'returned' | 'dispensed' | 'createdAt'
>;

export interface Quotes {
  /** What a swap costs this rider at this station now. Throws CONFLICT (PLAN_NOT_USABLE) when `payBy` names a plan that cannot pay. */
  priceOfSwap(swap: Swap): Promise<Order['price']>;
  /** Every way in which the rider may pay it. */
  payOptions(swap: Swap): Promise<PayOption[]>;
  /** Sets aside what the price uses up. False when a part of it is gone: the order must not go on at this price. */
  reserve(orderId: string, price: Order['price']): Promise<boolean>;
  /** What is really to be paid once the swap is over: by energy, where the order is priced so. Never above what was held. */
  finalPrice(order: PricedOrder): Promise<Order['price']>;
  consume(orderId: string): Promise<void>;
  giveBack(orderId: string): Promise<void>;
}

/** Plans that are offered one by one. */
const MAX_OPTIONS = 10;
const DEFAULT_ZONE = 'Asia/Shanghai';
const DAY_MS = 86_400_000;

/** Gathers what a price depends on and hands it to the pure calculation. */
export function createQuotes(deps: {
  database: Database;
  plans: Plans;
  tariffs: Tariffs;
  coupons: Coupons;
  subscriptions: Subscriptions;
  fleets: Fleets;
  clock: Clock;
}): Quotes {
  const charges = deps.database.collection(chargesCollection);
  const stations = deps.database.collection(stationsCollection);
  const riderCoupons = deps.database.collection(riderCouponsCollection);

  const priced = (plan: PlanDocument): PricingInput['plan'] => ({
    planVersion: publicPlanId(plan),
    kind: plan.kind === 'per-kwh' || plan.kind === 'enterprise' ? plan.kind : 'per-swap',
    name: plan.name,
    nameEn: plan.nameEn ?? null,
    amountFen: plan.amountFen,
    taxRateBp: plan.taxRateBp ?? DEFAULT_TAX_RATE_BP,
    dayCapFen: plan.terms?.dayCapFen ?? null,
    holdFen: plan.terms?.holdFen ?? 0,
    withoutReadingFen: plan.terms?.withoutReadingFen ?? 0,
  });
  const moment = async (tenantId: string, stationId: string, atMs: number) => {
    const [tariff, station] = await Promise.all([
      deps.tariffs.current(tenantId, stationId),
      stations.findOne({ _id: stationId, tenantId }, { projection: { timeZone: 1 } }),
    ]);
    const local = localTime(atMs, station?.timeZone ?? DEFAULT_ZONE);
    const band = tariff ? bandAt(tariff.bands, local) : null;
    const midnightMs = Math.floor(atMs / 60_000) * 60_000 - local.minute * 60_000;
    return {
      band: band && { name: band.name, nameEn: band.nameEn ?? null, changeBp: band.changeBp },
      midnightMs,
    };
  };
  const spent = async (tenantId: string, userId: string, fromMs: number, exceptOrder: string | null) => {
    const today = await charges
      .find({
        tenantId,
        userId,
        createdAt: { $gte: new Date(fromMs).toISOString(), $lt: new Date(fromMs + DAY_MS).toISOString() },
      })
      .toArray();
    return today
      .filter((charge) => charge.orderId !== exceptOrder)
      .reduce((sum, charge) => sum + charge.amountFen, 0);
  };
  const covers = (one: SubscriptionDocument) =>
    (one.kind === 'bundle' || one.kind === 'period') && (one.swapsLeft === null || one.swapsLeft > 0);
  const paysNow = (one: SubscriptionDocument) =>
    one.kind === 'enterprise' || one.kind === 'per-kwh' || covers(one);
  const chosenPlans = async ({ tenantId, userId, payBy = 'auto' }: Swap) => {
    if (payBy === 'swap') return [];
    const active = await deps.subscriptions.active(tenantId, userId);
    if (payBy === 'auto') return active;
    const one = active.find(({ _id }) => _id === payBy);
    if (!one || !paysNow(one))
      throw problem(
        'CONFLICT',
        `payBy: plan ${payBy} cannot pay a swap now; choose another or leave it out`,
        {
          reason: 'PLAN_NOT_USABLE',
          resourceId: payBy,
        },
      );
    return [one];
  };

  const quotes: Quotes = {
    async priceOfSwap(swap) {
      const { tenantId, userId, stationId, payBy = 'auto' } = swap;
      const active = await chosenPlans(swap);
      const enterprise = active.find((one) => one.kind === 'enterprise');
      const energy = active.find((one) => one.kind === 'per-kwh');
      const chosen = enterprise ?? energy;
      const plan =
        (chosen && (await deps.plans.find(tenantId, chosen.planVersion))) ??
        (await deps.plans.perSwap(tenantId));
      const { band, midnightMs } = await moment(tenantId, stationId, deps.clock.now());
      const subscription = enterprise ? undefined : active.find(covers);
      const base: PricingInput = {
        plan: priced(plan),
        energyWh: 'estimate',
        band,
        subscription: subscription
          ? { id: subscription._id, name: subscription.name, nameEn: subscription.nameEn }
          : null,
        coupon: null,
        spentTodayFen: await spent(tenantId, enterprise?.userId ?? userId, midnightMs, null),
        payerUserId: enterprise && enterprise.userId !== userId ? enterprise.userId : null,
        heldFen: null,
      };
      let best = priceOrder(base);
      if (!subscription && !enterprise && best.totalFen > 0)
        for (const coupon of await deps.coupons.usable(tenantId, userId)) {
          const price = priceOrder({ ...base, coupon: pricedCoupon(coupon) });
          if (price.totalFen < best.totalFen) best = price;
        }
      if (subscription || enterprise || payBy !== 'auto') return best;
      // A fleet pays what a swap costs without the rider's own coupons.
      const full = priceOrder({ ...base, spentTodayFen: 0 });
      const fleet = await deps.fleets.payerOf({ tenantId, userId }, full.totalFen, { midnightMs });
      return fleet ? priceOrder({ ...base, ...fleet }) : best;
    },
    async payOptions(swap) {
      const active = await deps.subscriptions.active(swap.tenantId, swap.userId);
      const auto = await quotes.priceOfSwap({ ...swap, payBy: 'auto' });
      const options: PayOption[] = [];
      for (const one of active.filter(paysNow).slice(0, MAX_OPTIONS))
        options.push({
          payBy: one._id,
          kind: 'subscription',
          name: one.name,
          nameEn: one.nameEn,
          swapsLeft: one.swapsLeft,
          endsAt: one.endsAt,
          isDefault: false,
          price: await quotes.priceOfSwap({ ...swap, payBy: one._id }),
        });
      const plain = { name: null, nameEn: null, swapsLeft: null, endsAt: null, isDefault: false };
      options.push({
        ...plain,
        payBy: 'swap',
        kind: 'swap',
        price: await quotes.priceOfSwap({ ...swap, payBy: 'swap' }),
      });
      const taken = options.find(({ price }) => isDeepStrictEqual(price, auto));
      if (taken) taken.isDefault = true;
      else
        options.unshift({
          ...plain,
          payBy: 'auto',
          kind: auto.payerUserId === undefined ? 'swap' : 'fleet',
          isDefault: true,
          price: auto,
        });
      return options;
    },
    async reserve(orderId, price) {
      for (const benefit of price.benefits ?? []) {
        const part = benefit.kind === 'coupon' ? deps.coupons : deps.subscriptions;
        if (!(await part.reserve(benefit.id, orderId))) return false;
      }
      return true;
    },
    async finalPrice(order) {
      if (!order.price.estimate) return order.price;
      const plan = await deps.plans.find(order.tenantId, order.price.planVersion);
      if (!plan) return order.price;
      const couponId = order.price.benefits?.find((benefit) => benefit.kind === 'coupon')?.id;
      const subscriptionId = order.price.benefits?.find((benefit) => benefit.kind === 'subscription')?.id;
      const coupon = couponId === undefined ? null : await riderCoupons.findOne({ _id: couponId });
      const atMs = Date.parse(order.createdAt);
      const { band, midnightMs } = await moment(order.tenantId, order.stationId, atMs);
      const line = order.price.lines.find((one) => one.code === 'subscription');
      return priceOrder({
        plan: priced(plan),
        energyWh: fairEnergyWh(order) ?? 'unread',
        band,
        subscription:
          subscriptionId === undefined
            ? null
            : { id: subscriptionId, name: line?.label ?? '', nameEn: line?.labelEn ?? null },
        coupon: coupon ? pricedCoupon(coupon) : null,
        spentTodayFen: await spent(
          order.tenantId,
          order.price.payerUserId ?? order.userId,
          midnightMs,
          order.id,
        ),
        payerUserId: order.price.payerUserId ?? null,
        heldFen: order.price.totalFen,
      });
    },
    async consume(orderId) {
      await deps.coupons.consume(orderId);
      await deps.subscriptions.consume(orderId);
    },
    async giveBack(orderId) {
      await deps.coupons.giveBack(orderId);
      await deps.subscriptions.giveBack(orderId);
    },
  };
  return quotes;
}

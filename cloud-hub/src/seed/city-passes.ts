import type { Order } from '@voltbay/protocol';
import { isoAt } from '../clock.js';
import { type PlanDocument, plansCollection } from '../plans/plan-document.js';
import { type SubscriptionDocument, subscriptionsCollection } from '../plans/subscriptions.js';
import { type Band, bandAt, tariffsCollection } from '../plans/tariffs.js';
import { type PricingInput, priceOrder } from '../pricing/price-order.js';
import { periodEnd } from '../pricing/proration.js';
import type { BulkWriter } from './bulk-writer.js';
import type { Chance } from './chance.js';
import { localTimeOf } from './city-calendar.js';
import type { CityCoupons } from './city-coupons.js';
import type { CityRider, CityStation } from './city-fleet.js';
import type { RiderBooks } from './rider-books.js';

const DAY_MS = 86_400_000;
const TAX_BP = 600;
export const CITY_TIME_ZONE = 'Asia/Shanghai';
const PEAK: Band[] = [
  { name: '午高峰', nameEn: 'Noon peak', from: '11:00', to: '13:00', changeBp: 1_500 },
  { name: '晚高峰', nameEn: 'Evening peak', from: '17:00', to: '20:00', changeBp: 1_500 },
  { name: '夜间', nameEn: 'Night', from: '00:00', to: '06:00', changeBp: -3_000 },
];

/** Plans, tariffs and the riders' subscriptions: what a swap costs, by the hub's own calculation. */
export interface CityPasses {
  /** The price of a swap now; buys or renews the rider's pass before, when there is the money. */
  priceOf(rider: CityRider, station: CityStation, atMs: number): Order['price'];
  /** After an energy swap: by what the packs held. */
  finalPrice(
    price: Order['price'],
    station: CityStation,
    atMs: number,
    energyWh: number | null,
  ): Order['price'];
  reserve(price: Order['price'], orderId: string, atMs: number): void;
  consume(price: Order['price'], orderId: string, atMs: number): void;
  giveBack(price: Order['price'], orderId: string, atMs: number): void;
  /** What riders leave for a pack. */
  deposit: { planVersion: string; amountFen: number };
  /** Ends what has ended and writes plans, tariffs and subscriptions. */
  close(): void;
}

type Habit = 'pay' | 'month' | 'bundle' | 'energy';

export function createCityPasses(deps: {
  tenantId: string;
  fromMs: number;
  untilMs: number;
  chance: Chance;
  writer: BulkWriter;
  books: RiderBooks;
  coupons: CityCoupons;
  stations: readonly CityStation[];
  by: string;
  /** The tenant's own price, when it has one: it stays. */
  perSwap: PlanDocument | null;
  /** Keeps the city's plans apart from others of the tenant. */
  suffix: string;
}): CityPasses {
  const { tenantId, fromMs, untilMs, chance, writer, books } = deps;
  const plan = (
    name: string,
    planVersion: number,
    rest: Pick<PlanDocument, 'kind' | 'name' | 'nameEn' | 'amountFen' | 'terms'>,
    atMs = fromMs - 2 * DAY_MS,
  ): PlanDocument => ({
    _id: `${tenantId}/${name}@${planVersion}`,
    tenantId,
    version: 1,
    createdAt: isoAt(atMs),
    updatedAt: isoAt(atMs),
    plan: name,
    planVersion,
    ...rest,
    currency: 'CNY',
    taxRateBp: TAX_BP,
    createdBy: deps.by,
  });
  const dearerMs = fromMs + (untilMs - fromMs) * 0.4;
  const perSwap = { kind: 'per-swap' as const, name: '单次换电', nameEn: 'One swap', terms: {} };
  const plans = {
    before: deps.perSwap ?? plan('per-swap', 1, { ...perSwap, amountFen: 600 }),
    after: deps.perSwap ?? plan('per-swap', 2, { ...perSwap, amountFen: 650 }, dearerMs),
    month: plan(`month${deps.suffix}`, 1, {
      kind: 'period',
      name: '骑手月卡',
      nameEn: 'Courier month',
      amountFen: 19_900,
      terms: { length: { months: 1 } },
    }),
    bundle: plan(`ten${deps.suffix}`, 1, {
      kind: 'bundle',
      name: '十次卡',
      nameEn: 'Ten swaps',
      amountFen: 5_400,
      terms: { swaps: 10, validDays: 60 },
    }),
    energy: plan(`by-energy${deps.suffix}`, 1, {
      kind: 'per-kwh',
      name: '按电量',
      nameEn: 'By energy',
      amountFen: 620,
      terms: { holdFen: 1_000, withoutReadingFen: 600 },
    }),
    deposit: plan(`deposit${deps.suffix}`, 1, {
      kind: 'deposit',
      name: '电池押金',
      nameEn: 'Pack deposit',
      amountFen: 29_900,
      terms: {},
    }),
  };
  const habits = new Map<string, Habit>();
  const newest = new Map<string, SubscriptionDocument>();
  const byId = new Map<string, SubscriptionDocument>();
  const habitOf = (rider: CityRider): Habit => {
    const known = habits.get(rider.id);
    if (known) return known;
    const habit: Habit = rider.steady
      ? ((['pay', 'month', 'bundle', 'energy'] as const)[chance.weighted([45, 30, 15, 10])] ?? 'pay')
      : 'pay';
    habits.set(rider.id, habit);
    return habit;
  };
  const touch = (one: SubscriptionDocument, atMs: number) => {
    one.version += 1;
    one.updatedAt = isoAt(atMs);
  };
  const pay = (one: SubscriptionDocument, userId: string, atMs: number): boolean => {
    if (one.amountFen === 0) return true;
    if (books.balanceFen(userId) < one.amountFen)
      books.topUp(userId, atMs - 90_000, one.amountFen - books.balanceFen(userId));
    return books.purchase(
      userId,
      `purchase:${one._id}:${one.round}`,
      one.amountFen,
      one.planVersion,
      TAX_BP,
      atMs,
    );
  };
  const buy = (rider: CityRider, from: PlanDocument, atMs: number): SubscriptionDocument => {
    const startsAt = isoAt(atMs);
    const terms = from.terms ?? {};
    const endsAt =
      from.kind === 'bundle'
        ? periodEnd(startsAt, { days: terms.validDays ?? 365 })
        : from.kind === 'period'
          ? periodEnd(startsAt, terms.length ?? { months: 1 })
          : null;
    const one: SubscriptionDocument = {
      _id: `sub-${chance.uuid(atMs)}`,
      tenantId,
      version: 2,
      createdAt: startsAt,
      updatedAt: startsAt,
      userId: rider.id,
      memberIds: [],
      planVersion: `${from.plan}@${from.planVersion}`,
      kind: from.kind as SubscriptionDocument['kind'],
      name: from.name,
      nameEn: from.nameEn ?? null,
      amountFen: from.kind === 'per-kwh' ? 0 : from.amountFen,
      taxRateBp: TAX_BP,
      state: 'active',
      startsAt,
      endsAt,
      swaps: terms.swaps ?? null,
      swapsLeft: terms.swaps ?? null,
      autoRenew: from.kind === 'period',
      round: 1,
      refundedFen: 0,
      length: from.kind === 'period' ? (terms.length ?? { months: 1 }) : null,
      requestKey: `user:${rider.id}:${chance.uuid(atMs)}`,
      reservations: [],
      usedBy: [],
      lookAt: endsAt,
    };
    pay(one, rider.id, atMs);
    newest.set(rider.id, one);
    byId.set(one._id, one);
    return one;
  };
  /** Periods renew by themselves; what ended otherwise has ended. */
  const bringOn = (one: SubscriptionDocument, atMs: number) => {
    while (one.state === 'active' && one.endsAt !== null && Date.parse(one.endsAt) <= atMs) {
      const endedMs = Date.parse(one.endsAt);
      const next = { ...one, round: one.round + 1 };
      if (one.autoRenew && one.length && pay(next, one.userId, endedMs + 30_000)) {
        one.round += 1;
        one.startsAt = one.endsAt;
        one.endsAt = periodEnd(one.startsAt, one.length);
        one.lookAt = one.endsAt;
      } else {
        one.state = 'expired';
        one.lookAt = null;
      }
      touch(one, endedMs + 30_000);
    }
  };
  const activeOf = (rider: CityRider, atMs: number): SubscriptionDocument | null => {
    const habit = habitOf(rider);
    if (habit === 'pay') return null;
    const one = newest.get(rider.id);
    if (one) bringOn(one, atMs);
    const usable = one?.state === 'active' && (one.swapsLeft === null || one.swapsLeft > 0);
    return one && usable ? one : buy(rider, plans[habit], atMs - 60_000);
  };
  const bandOf = (station: CityStation, atMs: number): PricingInput['band'] => {
    const band = station.hasTariff ? bandAt(PEAK, localTimeOf(atMs)) : null;
    return band && { name: band.name, nameEn: band.nameEn ?? null, changeBp: band.changeBp };
  };
  const input = (from: PlanDocument, station: CityStation, atMs: number): PricingInput => ({
    plan: {
      planVersion: `${from.plan}@${from.planVersion}`,
      kind: from.kind === 'per-kwh' ? 'per-kwh' : 'per-swap',
      name: from.name,
      nameEn: from.nameEn ?? null,
      amountFen: from.amountFen,
      taxRateBp: from.taxRateBp ?? TAX_BP,
      dayCapFen: null,
      holdFen: from.terms?.holdFen ?? 0,
      withoutReadingFen: from.terms?.withoutReadingFen ?? 0,
    },
    energyWh: 'estimate',
    band: bandOf(station, atMs),
    subscription: null,
    coupon: null,
    spentTodayFen: 0,
    payerUserId: null,
    heldFen: null,
  });
  const used = (price: Order['price']): SubscriptionDocument | undefined => {
    const benefit = price.benefits?.find(({ kind }) => kind === 'subscription');
    return benefit && byId.get(benefit.id);
  };

  const { plan: depositName, planVersion: depositVersion, amountFen: depositFen } = plans.deposit;
  return {
    deposit: { planVersion: `${depositName}@${depositVersion}`, amountFen: depositFen },
    priceOf(rider, station, atMs) {
      const active = activeOf(rider, atMs);
      const base = active?.kind === 'per-kwh' ? plans.energy : atMs < dearerMs ? plans.before : plans.after;
      const covers = active && active.kind !== 'per-kwh';
      return priceOrder({
        ...input(base, station, atMs),
        subscription: covers ? { id: active._id, name: active.name, nameEn: active.nameEn } : null,
        coupon: active ? null : deps.coupons.couponFor(rider.id, atMs),
      });
    },
    finalPrice: (price, station, atMs, energyWh) =>
      price.estimate
        ? priceOrder({
            ...input(plans.energy, station, atMs),
            energyWh: energyWh ?? 'unread',
            heldFen: price.totalFen,
          })
        : price,
    reserve(price, orderId, atMs) {
      deps.coupons.reserve(price, orderId, atMs);
      const one = used(price);
      if (!one) return;
      one.reservations.push(orderId);
      if (one.swapsLeft !== null) one.swapsLeft -= 1;
      touch(one, atMs);
    },
    consume(price, orderId, atMs) {
      deps.coupons.consume(price, atMs);
      const one = used(price);
      if (!one) return;
      one.reservations = one.reservations.filter((id) => id !== orderId);
      one.usedBy.push(orderId);
      if (one.usedBy.length > 100) one.usedBy.shift();
      touch(one, atMs);
    },
    giveBack(price, orderId, atMs) {
      deps.coupons.giveBack(price, atMs);
      const one = used(price);
      if (!one) return;
      one.reservations = one.reservations.filter((id) => id !== orderId);
      if (one.swapsLeft !== null) one.swapsLeft += 1;
      touch(one, atMs);
    },
    close() {
      for (const one of byId.values()) bringOn(one, untilMs);
      for (const one of byId.values()) writer.add(subscriptionsCollection, one);
      for (const one of Object.values(plans)) if (one !== deps.perSwap) writer.add(plansCollection, one);
      for (const station of deps.stations)
        if (station.hasTariff)
          writer.add(tariffsCollection, {
            _id: `${tenantId}:${station.device}:1`,
            tenantId,
            version: 1,
            createdAt: isoAt(fromMs),
            updatedAt: isoAt(fromMs),
            stationId: station.device,
            tariffVersion: 1,
            bands: PEAK,
            createdBy: deps.by,
          });
    },
  };
}

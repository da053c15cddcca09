import type { Order } from '@voltbay/protocol';
import { isoAt } from '../clock.js';
import {
  type CouponDocument,
  couponsCollection,
  pricedCoupon,
  type RiderCouponDocument,
  riderCoupon,
  riderCouponsCollection,
} from '../plans/coupons.js';
import type { PricingInput } from '../pricing/price-order.js';
import type { BulkWriter } from './bulk-writer.js';
import type { Chance } from './chance.js';

/** Coupons that the city handed out, and what riders did with theirs. */
export interface CityCoupons {
  /** The coupon that a swap would use now; some riders type a code just before. */
  couponFor(userId: string, atMs: number): PricingInput['coupon'];
  reserve(price: Order['price'], orderId: string, atMs: number): void;
  consume(price: Order['price'], atMs: number): void;
  giveBack(price: Order['price'], atMs: number): void;
  close(): void;
}

const CAMPAIGNS = [
  {
    code: 'WELCOME',
    name: '新城礼：立减五元',
    nameEn: 'Welcome: 5 yuan off',
    off: { amountFen: 500 },
    minFen: 500,
    maxOffFen: null,
    span: [0, 0.3],
    claimed: 0.05,
  },
  {
    code: 'AUTUMN20',
    name: '秋季八折',
    nameEn: 'Autumn: a fifth off',
    off: { percentBp: 2_000 },
    minFen: 0,
    maxOffFen: 200,
    span: [0.35, 0.7],
    claimed: 0.04,
  },
  {
    code: 'THANKS1',
    name: '感谢券一元',
    nameEn: 'Thanks: 1 yuan off',
    off: { amountFen: 100 },
    minFen: 300,
    maxOffFen: null,
    span: [0.75, 1.2],
    claimed: 0.03,
  },
] as const;

export function createCityCoupons(city: {
  tenantId: string;
  tag: string;
  fromMs: number;
  untilMs: number;
  chance: Chance;
  writer: BulkWriter;
}): CityCoupons {
  const { tenantId, fromMs, untilMs, chance, writer } = city;
  const at = (share: number) => fromMs + Math.round((untilMs - fromMs) * share);
  const campaigns = CAMPAIGNS.map(({ span, claimed, ...terms }) => ({
    claimed,
    coupon: {
      _id: `cp-${chance.uuid(at(span[0]))}`,
      tenantId,
      version: 1,
      createdAt: isoAt(at(span[0])),
      updatedAt: isoAt(at(span[0])),
      ...terms,
      code: `${terms.code}-${city.tag.toUpperCase()}`,
      validFrom: isoAt(at(span[0])),
      validTo: isoAt(at(span[1])),
      maxClaims: 100_000,
      claims: 0,
    } satisfies CouponDocument,
  }));
  const held = new Map<string, RiderCouponDocument>();
  const isOn = ({ validFrom, validTo }: { validFrom: string; validTo: string }, atMs: number) =>
    Date.parse(validFrom) <= atMs && atMs < Date.parse(validTo);

  const claim = (coupon: CouponDocument, userId: string, atMs: number): RiderCouponDocument => {
    coupon.claims += 1;
    const one = riderCoupon(coupon, userId, isoAt(atMs));
    held.set(one._id, one);
    return one;
  };
  const used = (price: Order['price']): RiderCouponDocument | undefined => {
    const benefit = price.benefits?.find(({ kind }) => kind === 'coupon');
    return benefit && held.get(benefit.id);
  };
  const become = (
    one: RiderCouponDocument | undefined,
    state: RiderCouponDocument['state'],
    orderId: string | null,
    atMs: number,
  ) => {
    if (one) Object.assign(one, { state, orderId, updatedAt: isoAt(atMs), version: one.version + 1 });
  };

  return {
    couponFor(userId, atMs) {
      for (const { coupon, claimed } of campaigns) {
        if (!isOn(coupon, atMs)) continue;
        const known = held.get(`${coupon._id}:${userId}`);
        if (known ? known.state !== 'available' : !chance.hits(claimed)) continue;
        return pricedCoupon(
          known ?? claim(coupon, userId, Math.max(Date.parse(coupon.validFrom), atMs - 90_000)),
        );
      }
      return null;
    },
    reserve: (price, orderId, atMs) => become(used(price), 'reserved', orderId, atMs),
    consume(price, atMs) {
      const one = used(price);
      become(one, 'used', one?.orderId ?? null, atMs);
    },
    giveBack: (price, atMs) => become(used(price), 'available', null, atMs),
    close() {
      for (const { coupon } of campaigns) writer.add(couponsCollection, coupon);
      for (const one of held.values()) writer.add(riderCouponsCollection, one);
    },
  };
}

import { isoTimeSchema } from '@voltbay/protocol';
import { uuidv7 } from 'uuidv7';
import { z } from 'zod';
import { isoNow } from '../clock.js';
import {
  type AsDocument,
  type Database,
  defineCollection,
  isDuplicateKey,
  type Stored,
} from '../db/index.js';
import { problem } from '../http/problem.js';
import type { Clock } from '../ports.js';
import type { PricingInput } from '../pricing/price-order.js';

export const couponCreateSchema = z.strictObject({
  /** What riders type. */
  code: z.string().regex(/^[A-Z0-9-]{4,32}$/, { error: '4 to 32 capital letters, digits and -' }),
  name: z.string().min(1).max(64),
  nameEn: z.string().min(1).max(64).optional(),
  off: z.union([
    z.strictObject({ amountFen: z.number().int().min(1).max(1_000_000) }),
    z.strictObject({ percentBp: z.number().int().min(1).max(10_000) }),
  ]),
  minFen: z.number().int().min(0).max(10_000_000).default(0),
  maxOffFen: z.number().int().min(1).max(1_000_000).nullable().default(null),
  validFrom: isoTimeSchema,
  validTo: isoTimeSchema,
  /** How many riders may have it. */
  maxClaims: z.number().int().min(1).max(10_000_000),
});
export const couponSchema = couponCreateSchema.extend({
  id: z.string(),
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
  claims: z.number().int(),
});
export type CouponDocument = AsDocument<z.infer<typeof couponSchema>>;
export const couponsCollection = defineCollection<CouponDocument>('coupons', [
  { name: 'tenant-code', key: { tenantId: 1, code: 1 }, unique: true },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
]);

export const RIDER_COUPON_STATES = ['available', 'reserved', 'used'] as const;
/** A coupon in a rider's hand. One a rider: `_id` is coupon and rider. */
export type RiderCouponDocument = Stored & {
  userId: string;
  couponId: string;
  code: string;
  name: string;
  nameEn: string | null;
  off: { amountFen: number } | { percentBp: number };
  minFen: number;
  maxOffFen: number | null;
  validFrom: string;
  validTo: string;
  state: (typeof RIDER_COUPON_STATES)[number];
  orderId: string | null;
};
export const riderCouponsCollection = defineCollection<RiderCouponDocument>('rider_coupons', [
  { name: 'tenant-user', key: { tenantId: 1, userId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'order', key: { orderId: 1 } },
]);

export interface Coupons {
  create(coupon: z.output<typeof couponCreateSchema> & { tenantId: string }): Promise<CouponDocument>;
  /** Gives a rider the coupon of a code, once. Throws NOT_FOUND or CONFLICT (over, or none left). */
  claim(entry: { tenantId: string; userId: string; code: string }): Promise<RiderCouponDocument>;
  /** Those that a rider could use now, the one that ends first in front. */
  usable(tenantId: string, userId: string): Promise<RiderCouponDocument[]>;
  /** Takes it for an order. False when it is not there any more. */
  reserve(id: string, orderId: string): Promise<boolean>;
  /** Spends what an order reserved. */
  consume(orderId: string): Promise<void>;
  giveBack(orderId: string): Promise<void>;
}

/** What a rider holds of a coupon: its terms as they are when it is claimed. */
export const riderCoupon = (coupon: CouponDocument, userId: string, at: string): RiderCouponDocument => ({
  _id: riderCouponId(coupon, userId),
  tenantId: coupon.tenantId,
  version: 1,
  createdAt: at,
  updatedAt: at,
  userId,
  couponId: coupon._id,
  code: coupon.code,
  name: coupon.name,
  nameEn: coupon.nameEn ?? null,
  off: coupon.off,
  minFen: coupon.minFen,
  maxOffFen: coupon.maxOffFen,
  validFrom: coupon.validFrom,
  validTo: coupon.validTo,
  state: 'available',
  orderId: null,
});
/** One of a kind for each rider. */
export const riderCouponId = (coupon: Pick<CouponDocument, '_id'>, userId: string): string =>
  `${coupon._id}:${userId}`;

export const pricedCoupon = (coupon: RiderCouponDocument): NonNullable<PricingInput['coupon']> => ({
  id: coupon._id,
  name: coupon.name,
  nameEn: coupon.nameEn,
  off: coupon.off,
  minFen: coupon.minFen,
  maxOffFen: coupon.maxOffFen,
});

export function createCoupons(deps: { database: Database; clock: Clock }): Coupons {
  const coupons = deps.database.collection(couponsCollection);
  const held = deps.database.collection(riderCouponsCollection);
  const stamp = () => {
    const now = isoNow(deps.clock);
    return { version: 1, createdAt: now, updatedAt: now };
  };
  return {
    async create(coupon) {
      const document: CouponDocument = { _id: `cp-${uuidv7()}`, ...stamp(), ...coupon, claims: 0 };
      try {
        await coupons.insertOne(document);
      } catch (error) {
        if (isDuplicateKey(error)) throw problem('DUPLICATE', 'body.code: another coupon has this code');
        throw error;
      }
      return document;
    },
    async claim({ tenantId, userId, code }) {
      const coupon = await coupons.findOne({ tenantId, code });
      const now = isoNow(deps.clock);
      if (!coupon) throw problem('NOT_FOUND', 'no coupon has this code');
      const id = riderCouponId(coupon, userId);
      const known = await held.findOne({ _id: id });
      if (known) return known;
      if (now < coupon.validFrom || now >= coupon.validTo)
        throw problem('CONFLICT', 'the coupon is not valid now');
      const counted = await coupons.updateOne(
        { _id: coupon._id, claims: { $lt: coupon.maxClaims } },
        { $inc: { claims: 1 } },
      );
      if (counted.matchedCount === 0) {
        // The last one may be the rider's own, claimed at the same moment.
        const own = await held.findOne({ _id: id });
        if (own) return own;
      }
      if (counted.matchedCount === 0) throw problem('CONFLICT', 'no coupons are left');
      const document = riderCoupon(coupon, userId, now);
      try {
        await held.insertOne(document);
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        // Claimed twice at once: the second count is taken back.
        await coupons.updateOne({ _id: coupon._id }, { $inc: { claims: -1 } });
        return (await held.findOne({ _id: id })) ?? document;
      }
      return document;
    },
    async usable(tenantId, userId) {
      const now = isoNow(deps.clock);
      const mine = await held
        .find({ tenantId, userId }, { sort: { createdAt: -1, _id: 1 }, limit: 100 })
        .toArray();
      return mine
        .filter((one) => one.state === 'available' && one.validFrom <= now && now < one.validTo)
        .sort((a, b) => a.validTo.localeCompare(b.validTo) || a._id.localeCompare(b._id));
    },
    async reserve(id, orderId) {
      const taken = await held.updateOne(
        { _id: id, $or: [{ state: 'available' }, { state: 'reserved', orderId }] },
        { $set: { state: 'reserved', orderId, updatedAt: isoNow(deps.clock) }, $inc: { version: 1 } },
      );
      if (taken.matchedCount === 1) return true;
      return (await held.findOne({ _id: id, orderId, state: 'used' }, { projection: { _id: 1 } })) !== null;
    },
    async consume(orderId) {
      await held.updateMany(
        { orderId, state: 'reserved' },
        { $set: { state: 'used', updatedAt: isoNow(deps.clock) }, $inc: { version: 1 } },
      );
    },
    async giveBack(orderId) {
      await held.updateMany(
        { orderId, state: 'reserved' },
        { $set: { state: 'available', orderId: null, updatedAt: isoNow(deps.clock) }, $inc: { version: 1 } },
      );
    },
  };
}

import { z } from 'zod';
import { ORDER_STATES } from '../domain/order.js';
import { deviceSchema } from '../messages/envelope.js';
import { readingMessageSchema } from '../messages/readings.js';
import { SWAP_STEPS } from '../messages/uplink.js';
import { idSchema, isoTimeSchema } from './common.js';
import { stored } from './stored.js';

export const orderStepSchema = z.object({
  at: isoTimeSchema,
  state: z.enum(ORDER_STATES),
  /** Station step behind it, if one. */
  step: z.enum(SWAP_STEPS).optional(),
  who: z.string(),
  what: z.string(),
  slot: z.number().int().optional(),
  packId: z.string().optional(),
  reason: z.string().optional(),
  /** Until when the rider has to act on it; after that the station goes on by itself. */
  until: isoTimeSchema.optional(),
  /** The station was asked for a pack and to take none back: what stood of the rider's deposit then, in fen. */
  depositFen: z.number().int().min(0).optional(),
});
export type OrderStep = z.infer<typeof orderStepSchema>;

/** GET /core/v0/orders/{id} */
export const orderSchema = z.object({
  ...stored,
  kind: z.literal('swap'),
  state: z.enum(ORDER_STATES),
  /** `remote` from the app, `station` created by the station, `operator` from admin, `offline` reconciled later. */
  origin: z.enum(['remote', 'station', 'operator', 'offline']),
  userId: z.string(),
  vehicleId: z.string(),
  stationId: z.string(),
  commandId: z.string().nullable(),
  packClass: z.string().nullable(),
  returned: z
    .object({
      packId: z.string().optional(),
      slot: z.number().int().optional(),
      reading: readingMessageSchema.optional(),
      at: isoTimeSchema,
      /** When the rider took it home again, because no charged one could be given. */
      givenBackAt: isoTimeSchema.optional(),
    })
    .nullable(),
  dispensed: z
    .object({
      packId: z.string().optional(),
      slot: z.number().int().optional(),
      reading: readingMessageSchema.optional(),
      at: isoTimeSchema,
    })
    .nullable(),
  price: z.object({
    planVersion: z.string(),
    /** How the total comes about, line by line; they add up to it. */
    lines: z.array(
      z.object({
        label: z.string(),
        amountFen: z.number().int(),
        /** What kind of line it is, for clients that word it themselves. */
        code: z.enum(['base', 'energy', 'tariff', 'subscription', 'coupon', 'cap']).optional(),
        labelEn: z.string().optional(),
      }),
    ),
    totalFen: z.number().int(),
    currency: z.literal('CNY'),
    /** Tax that the total includes. */
    taxFen: z.number().int().optional(),
    taxRateBp: z.number().int().optional(),
    /** True while the total is the most it can become: energy is billed when the packs have been read. */
    estimate: z.boolean().optional(),
    /** Whose wallet pays, when it is not the rider's. */
    payerUserId: z.string().optional(),
    /** What the price uses up: reserved with the order, spent or given back with the money. */
    benefits: z.array(z.object({ kind: z.enum(['subscription', 'coupon']), id: z.string() })).optional(),
  }),
  /** Held when authorised, captured once when the pack left, released otherwise; `owed` when a pack left and the wallet was short. */
  payment: z.object({
    state: z.enum(['none', 'held', 'captured', 'released', 'owed']),
    amountFen: z.number().int(),
    chargeId: z.string().nullable(),
  }),
  reason: z.string().nullable(),
  timeline: z.array(orderStepSchema),
  expiresAt: isoTimeSchema.nullable(),
  completedAt: isoTimeSchema.nullable(),
});
export type Order = z.infer<typeof orderSchema>;

/** `auto`, `swap`, or the id of a subscription. */
export const payBySchema = idSchema;

/**
 * POST /core/v0/orders (rider, operator) and the 2021 plan's POST /core/v0/order (station).
 * A station's own body may use the plan's words `user` and `vehicle`.
 */
export const orderCreateSchema = z.strictObject({
  userId: idSchema.optional(),
  user: idSchema.optional(),
  vehicleId: idSchema.optional(),
  vehicle: idSchema.optional(),
  stationId: deviceSchema.optional(),
  /**
   * What pays (riders and operators): `auto` = what is best for the rider, `swap` = this swap alone, without a plan, or the id of a
   * subscription. Default `auto`.
   */
  payBy: payBySchema.optional(),
  /** Id that the station gave its swap; with the device it makes the order unique. */
  requestId: z.string().min(1).max(64).optional(),
  startedAt: isoTimeSchema.optional(),
  /** The swap pass that the station honoured without a network: the swap has happened already. */
  pass: z.string().max(1_000).optional(),
});
export type OrderCreate = z.infer<typeof orderCreateSchema>;

/** PUT /core/v0/order/{id} by a station completes (or fails) the order; facts go into the timeline as evidence. */
export const orderUpdateSchema = z.strictObject({
  state: z
    .enum(['returned', 'dispensed', 'completed', 'failed', 'refused', 'cancelled', 'resolved'])
    .optional(),
  returnedPackId: idSchema.optional(),
  returnedSlot: z.number().int().min(1).optional(),
  dispensedPackId: idSchema.optional(),
  dispensedSlot: z.number().int().min(1).optional(),
  reason: z.string().max(64).optional(),
  note: z.string().max(500).optional(),
  at: isoTimeSchema.optional(),
});
export type OrderUpdate = z.infer<typeof orderUpdateSchema>;

import { z } from 'zod';
import { isTimeZone, MAX_OPENING_SPANS } from '../domain/opening-hours.js';
import { faultOfVin, isPlate } from '../domain/vehicle-numbers.js';
import { deviceSchema } from '../messages/envelope.js';
import { readingMessageSchema, slotMessageSchema, stationMessageSchema } from '../messages/readings.js';
import { COMMAND_STATES } from '../messages/uplink.js';
import { idSchema, isoTimeSchema, moneySchema } from './common.js';
import { orderSchema } from './order-resources.js';
import { stored } from './stored.js';

/** GET /core/v0/users/{id}, also /auth/v1/users/{id}. */
export const userSchema = z.object({
  ...stored,
  phone: z.string().optional(),
  name: z.string(),
  status: z.enum(['active', 'suspended', 'closed']),
  realName: z.enum(['none', 'pending', 'verified', 'rejected']).default('none'),
  locale: z.enum(['zh-CN', 'en']).default('zh-CN'),
  /** Spendable balance of the wallet. */
  balanceFen: z.number().int(),
  vehicleIds: z.array(z.string()),
});
export type User = z.infer<typeof userSchema>;
export const userCreateSchema = z.strictObject({
  name: z.string().min(1).max(64),
  phone: z.string().regex(/^\+?[0-9]{6,15}$/),
  locale: z.enum(['zh-CN', 'en']).optional(),
});
export const userPatchSchema = z.strictObject({
  name: z.string().min(1).max(64).optional(),
  status: z.enum(['active', 'suspended', 'closed']).optional(),
  locale: z.enum(['zh-CN', 'en']).optional(),
});

/** GET /core/v0/vehicles/{id} */
export const vehicleSchema = z.object({
  ...stored,
  plate: z.string().optional(),
  vin: z.string().optional(),
  model: z.string().optional(),
  packClass: z.string(),
  packSlots: z.number().int().min(1).max(8),
  ownerUserId: z.string().nullable(),
  /** A transfer that its receiver has not accepted yet. */
  pendingTransfer: z
    .object({ toUserId: z.string(), by: z.string(), at: isoTimeSchema })
    .nullable()
    .optional(),
  /** Serials of the packs that it holds by the custody ledger. */
  packIds: z.array(z.string()),
});
export type Vehicle = z.infer<typeof vehicleSchema>;
export const vehicleCreateSchema = z.strictObject({
  plate: z.string().min(1).max(16).refine(isPlate, { error: 'a plate, for example 京A·D0001' }).optional(),
  /** ISO 3779, with its check digit where the law asks for one. */
  vin: z
    .string()
    .regex(/^[A-HJ-NPR-Z0-9]{17}$/, { error: '17 capital letters and digits without I, O and Q' })
    .superRefine((vin, context) => {
      const fault = faultOfVin(vin);
      if (fault !== null) context.addIssue({ code: 'custom', message: fault });
    })
    .optional(),
  model: z.string().max(64).optional(),
  packClass: z.string().min(1).max(32),
  packSlots: z.number().int().min(1).max(8).optional(),
  ownerUserId: idSchema.optional(),
  packIds: z.array(idSchema).max(8).optional(),
});
export const vehiclePatchSchema = vehicleCreateSchema.partial();

/** GET /core/v0/batteries/{id}: a pack; `id` is its serial. */
export const batterySchema = z.object({
  ...stored,
  packClass: z.string(),
  model: z.string().optional(),
  status: z.enum(['in-service', 'quarantined', 'retired']),
  /** Why it may not leave a station; null or absent while it may. */
  quarantine: z
    .object({ at: isoTimeSchema, by: z.string(), code: z.string(), note: z.string() })
    .nullable()
    .optional(),
  /** Who let it go again last, and why. */
  quarantineLifted: z.object({ at: isoTimeSchema, by: z.string(), note: z.string() }).optional(),
  /** The one that holds it now. */
  custodian: z.object({
    kind: z.enum(['station', 'vehicle', 'depot', 'transit', 'maker', 'unknown']),
    id: z.string().optional(),
    slot: z.number().int().optional(),
    since: isoTimeSchema,
  }),
  lastReading: readingMessageSchema.nullable(),
  lastSeenAt: isoTimeSchema.nullable(),
});
export type Battery = z.infer<typeof batterySchema>;

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'a time of day, 00:00 to 23:59' });
/** Spans of every week in the station's time zone; null = always open, an empty list = closed. */
export const openingHoursSchema = z
  .array(
    z.strictObject({
      from: timeOfDay,
      /** Not after `from` = on the next day. */
      to: z.union([timeOfDay, z.literal('24:00')], { error: 'a time of day, 00:00 to 24:00' }),
      /** 0 = Sunday; every day when absent. */
      weekdays: z.array(z.number().int().min(0).max(6)).min(1).max(7).optional(),
    }),
  )
  .max(MAX_OPENING_SPANS)
  .nullable();

/** GET /core/v0/stations/{id}: `id` is the device number. */
export const stationSchema = z.object({
  ...stored,
  name: z.string(),
  device: deviceSchema,
  lifecycle: z.enum(['draft', 'commissioned', 'live', 'maintenance', 'retired']),
  topics: z.enum(['own', 'shared']),
  location: z
    .object({
      lat: z.number().min(-90).max(90),
      lon: z.number().min(-180).max(180),
      address: z.string().optional(),
    })
    .nullable(),
  timeZone: z.string(),
  /** When riders may enter the place where it stands. */
  openingHours: openingHoursSchema,
  /** The region that it belongs to. */
  regionId: z.string().nullable(),
  online: z.boolean(),
  lastSeenAt: isoTimeSchema.nullable(),
  epoch: z.number().int().nullable(),
  versions: z.record(z.string(), z.string()).optional(),
  info: stationMessageSchema.nullable(),
  slots: z.array(
    slotMessageSchema.extend({
      reading: readingMessageSchema.nullable().optional(),
      updatedAt: isoTimeSchema.optional(),
    }),
  ),
  /** Packs that could leave now, by class. */
  ready: z.record(z.string(), z.number().int()),
  emptySlots: z.number().int(),
});
export type Station = z.infer<typeof stationSchema>;
export const stationCreateSchema = z.strictObject({
  device: deviceSchema,
  name: z.string().min(1).max(80),
  topics: z.enum(['own', 'shared']).optional(),
  location: z
    .strictObject({
      lat: z.number().min(-90).max(90),
      lon: z.number().min(-180).max(180),
      address: z.string().max(200).optional(),
    })
    .optional(),
  timeZone: z
    .string()
    .max(64)
    .refine(isTimeZone, { error: 'an IANA time zone, for example Asia/Shanghai' })
    .optional(),
  openingHours: openingHoursSchema.optional(),
  regionId: z.string().max(64).nullable().optional(),
});
export const stationPatchSchema = stationCreateSchema
  .omit({ device: true })
  .partial()
  .extend({
    lifecycle: z.enum(['draft', 'commissioned', 'live', 'maintenance', 'retired']).optional(),
  });
/** What riders see of a station. */
export const publicStationSchema = stationSchema
  .pick({
    id: true,
    name: true,
    location: true,
    timeZone: true,
    openingHours: true,
    online: true,
    ready: true,
    emptySlots: true,
    lastSeenAt: true,
  })
  .extend({
    slotCount: z.number().int(),
    inService: z.boolean(),
    /** Packs that could leave now, of all classes. */
    readyNow: z.number().int(),
    /** How many will be ready by when if nobody takes one, from the charge curves: packs that are ready now count in. */
    readyBy: z.array(
      z.object({
        at: isoTimeSchema,
        count: z.number().int(),
        /** The same by class of pack. */
        ready: z.record(z.string(), z.number().int()),
      }),
    ),
  });
export type PublicStation = z.infer<typeof publicStationSchema>;

/** What a slot is good for as riders see it; `off` = it may not be used now. */
export const PUBLIC_SLOT_STATES = ['ready', 'charging', 'occupied', 'empty', 'off'] as const;
/** GET /core/v0/public/stations/{id}: with what is in each slot, without the serials of packs. */
export const publicStationDetailSchema = publicStationSchema.extend({
  slots: z.array(
    z.object({
      slot: z.number().int(),
      state: z.enum(PUBLIC_SLOT_STATES),
      /** Class of packs that it takes. */
      packClass: z.string().nullable(),
      socPct: z.number().nullable(),
      /** When the pack in it will be ready, if nobody takes another one. */
      readyAt: isoTimeSchema.nullable(),
    }),
  ),
});
export type PublicStationDetail = z.infer<typeof publicStationDetailSchema>;

/** GET /core/v0/commands/{id}, POST /core/v0/stations/{id}/commands */
export const commandSchema = z.object({
  ...stored,
  stationId: z.string(),
  type: z.number().int(),
  name: z.string(),
  data: z.unknown(),
  state: z.enum(['queued', 'sent', ...COMMAND_STATES]),
  reason: z.string().nullable(),
  detail: z.string().nullable(),
  /** Facts that the station answered with, for example the version of the configuration that it applied. */
  result: z.record(z.string(), z.unknown()).nullable().optional(),
  by: z.string(),
  orderId: z.string().nullable(),
  /** The request that asked for it; null for what the hub does by itself. */
  requestId: z.string().nullable().optional(),
  ttlMs: z.number().int(),
  issuedAt: isoTimeSchema,
  settledAt: isoTimeSchema.nullable(),
  history: z.array(z.object({ at: isoTimeSchema, state: z.string(), reason: z.string().optional() })),
});
export type Command = z.infer<typeof commandSchema>;
export const commandCreateSchema = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('SERVER_ASK_INFO') }),
  z.strictObject({ name: z.literal('SERVER_ASK_RESTART'), force: z.boolean().optional() }),
  z.strictObject({
    name: z.literal('SERVER_ASK_DISCONNECT'),
    reconnectAfterS: z.number().int().min(0).max(604_800).optional(),
  }),
  z.strictObject({
    name: z.literal('SERVER_OPEN_SLOT'),
    slot: z.number().int().min(1).max(512),
    reason: z.string().min(3).max(500),
  }),
]);

/** Server-sent events of GET /core/v0/events: `event:` is the type, `data:` this. */
export const liveEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('station'), id: z.string(), tenantId: z.string(), station: stationSchema }),
  z.object({
    type: z.literal('order'),
    id: z.string(),
    tenantId: z.string(),
    userId: z.string(),
    stationId: z.string(),
    order: orderSchema,
  }),
  z.object({ type: z.literal('command'), id: z.string(), tenantId: z.string(), command: commandSchema }),
  z.object({
    type: z.literal('alarm'),
    id: z.string(),
    tenantId: z.string(),
    stationId: z.string(),
    code: z.string(),
    state: z.string(),
    severity: z.string(),
  }),
]);
export type LiveEvent = z.infer<typeof liveEventSchema>;

export const chargeSchema = z.object({
  ...stored,
  orderId: z.string(),
  /** Whose wallet paid. */
  userId: z.string(),
  ...moneySchema.shape,
  /** What of it was given back. */
  refundedFen: z.number().int().optional(),
});
export type Charge = z.infer<typeof chargeSchema>;

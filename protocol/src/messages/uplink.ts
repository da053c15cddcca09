import { z } from 'zod';
import { STATION_LOG_LEVELS } from './downlink.js';
import { timeSchema } from './envelope.js';
import { MESSAGE_LIMITS } from './limits.js';
import { readingMessageSchema, slotMessageSchema, stationMessageSchema } from './readings.js';
import { MSG_TYPE } from './types.js';

const readings = z.array(readingMessageSchema).max(MESSAGE_LIMITS.maxReadings);

/** STATION_INFO: `battery` is one reading (2021 plan) or an array. */
export const stationInfoDataSchema = z.object({
  battery: z.union([readings, readingMessageSchema]).optional(),
  slots: z.array(slotMessageSchema).max(512).optional(),
  station: stationMessageSchema.optional(),
  /** The SERVER_ASK_INFO that asked for it. */
  commandId: z.string().max(64).optional(),
});
export type StationInfoData = z.infer<typeof stationInfoDataSchema>;

/** Steps of a swap as the station reports them, in the order of a clean In-Out swap. Source: design section 6. */
export const SWAP_STEPS = [
  'accepted',
  'return-door-released',
  'return-door-opened',
  'pack-inserted',
  'return-door-closed',
  'returned',
  'dispense-door-released',
  'dispense-door-opened',
  'pack-taken',
  'dispensed',
  'completed',
  'refused',
  'failed',
  'unknown',
] as const;
export type SwapStep = (typeof SWAP_STEPS)[number];

export const swapEventSchema = z.object({
  kind: z.literal('swap'),
  step: z.enum(SWAP_STEPS),
  swapId: z.string().max(64),
  orderId: z.string().max(64).optional(),
  /** The command or local start that began it. */
  requestId: z.string().max(64).optional(),
  user: z.string().max(64).optional(),
  vehicle: z.string().max(64).optional(),
  slot: z.number().int().min(1).optional(),
  /** The pack the step is about, with the reading that supports it. */
  packId: z.string().max(64).optional(),
  reading: readingMessageSchema.optional(),
  /** Named outcome of refused, failed and unknown, see `SWAP_REASONS`. */
  reason: z.string().max(64).optional(),
  detail: z.string().max(MESSAGE_LIMITS.maxTextLength).optional(),
  /** How long the rider has from `at` on for what the step asks of them (put in, take out, shut the door), milliseconds. */
  leftMs: z.number().int().min(0).max(86_400_000).optional(),
  /** With `failed`: slots whose returned packs the rider took home again. */
  givenBack: z.array(z.number().int().min(1)).max(8).optional(),
  at: timeSchema,
});
export type SwapEvent = z.infer<typeof swapEventSchema>;

export const doorEventSchema = z.object({
  kind: z.literal('door'),
  slot: z.number().int().min(1),
  state: z.enum(['open', 'closed']),
  /** False when no command or swap accounts for the edge. */
  expected: z.boolean(),
  at: timeSchema,
});

export const packEventSchema = z.object({
  kind: z.literal('pack'),
  slot: z.number().int().min(1),
  state: z.enum(['in', 'out']),
  packId: z.string().max(64).optional(),
  expected: z.boolean(),
  at: timeSchema,
});

export const alarmEventSchema = z.object({
  kind: z.literal('alarm'),
  /** Stable code, for example `pack-over-temperature`. */
  code: z.string().max(64),
  state: z.enum(['raised', 'cleared']),
  severity: z.enum(['info', 'warning', 'critical']),
  slot: z.number().int().min(1).optional(),
  packId: z.string().max(64).optional(),
  detail: z.string().max(MESSAGE_LIMITS.maxTextLength).optional(),
  at: timeSchema,
});

export const operatorEventSchema = z.object({
  kind: z.literal('operator'),
  action: z.string().max(64),
  who: z.string().max(64),
  slot: z.number().int().min(1).optional(),
  detail: z.string().max(MESSAGE_LIMITS.maxTextLength).optional(),
  at: timeSchema,
});

/** Oldest-first thinning of telemetry: which sequence numbers of which epoch will never come. */
export const thinnedEventSchema = z.object({
  kind: z.literal('thinned'),
  epoch: z.number().int().min(0),
  ranges: z.array(z.tuple([z.number().int().min(0), z.number().int().min(0)])).max(1_000),
  count: z.number().int().min(1),
  at: timeSchema,
});

export const stationEventDataSchema = z.discriminatedUnion('kind', [
  swapEventSchema,
  doorEventSchema,
  packEventSchema,
  alarmEventSchema,
  operatorEventSchema,
  thinnedEventSchema,
]);
export type StationEventData = z.infer<typeof stationEventDataSchema>;

export const COMMAND_STATES = [
  'received',
  'started',
  'done',
  'failed',
  'rejected',
  'expired',
  'unknown',
] as const;
export type CommandState = (typeof COMMAND_STATES)[number];

export const commandResultDataSchema = z.object({
  commandId: z.string().max(64),
  state: z.enum(COMMAND_STATES),
  reason: z.string().max(64).optional(),
  detail: z.string().max(MESSAGE_LIMITS.maxTextLength).optional(),
  /** Extra facts of the answer, for example the applied configuration's version. */
  result: z.record(z.string(), z.unknown()).optional(),
});
export type CommandResultData = z.infer<typeof commandResultDataSchema>;

export const telemetryDataSchema = z.object({
  readings,
  slots: z.array(slotMessageSchema).max(512).optional(),
});
export type TelemetryData = z.infer<typeof telemetryDataSchema>;

export const stationLogDataSchema = z.object({
  lines: z
    .array(
      z.object({
        at: timeSchema,
        level: z.enum(STATION_LOG_LEVELS),
        msg: z.string().max(MESSAGE_LIMITS.maxTextLength),
        /** Of these the hub's log search knows `requestId`, `orderId` and `commandId`. */
        fields: z.record(z.string(), z.unknown()).optional(),
      }),
    )
    .max(500),
});
export type StationLogData = z.infer<typeof stationLogDataSchema>;

/** Schema of `data` by uplink type. */
export const UPLINK_DATA_SCHEMAS = {
  [MSG_TYPE.STATION_INFO]: stationInfoDataSchema,
  [MSG_TYPE.STATION_EVENT]: stationEventDataSchema,
  [MSG_TYPE.COMMAND_RESULT]: commandResultDataSchema,
  [MSG_TYPE.TELEMETRY]: telemetryDataSchema,
  [MSG_TYPE.STATION_LOG]: stationLogDataSchema,
} as const;

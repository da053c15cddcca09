import { z } from 'zod';
import { DEVICE_PATTERN } from '../topics.js';

/**
 * The envelope of every MQTT message, seed fields first. Everything beyond the 2021 plan's four fields is optional on input:
 * `{device, type, data, time}` alone is a valid message. Unknown fields are ignored. Source: design section 4.
 */

/** ISO 8601, or the plan's `2016-2-1`. */
export const timeSchema = z
  .string()
  .max(40)
  .refine((text) => parseTime(text) !== null, {
    error: 'time: use ISO 8601, for example 2026-11-22T08:00:00.000Z',
  });

/** Milliseconds since 1970 of an ISO 8601 text or of the plan's `2016-2-1` (taken as UTC midnight); null when it is neither. */
export function parseTime(text: string): number | null {
  const plan = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  if (plan) {
    const [year, month, day] = [Number(plan[1]), Number(plan[2]), Number(plan[3])];
    const ms = Date.UTC(year, month - 1, day);
    const date = new Date(ms);
    return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? ms : null;
  }
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(text)) return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}

export const deviceSchema = z.string().regex(DEVICE_PATTERN, {
  error: 'device: 1 to 64 letters, digits, - or _',
});

export const clockQualitySchema = z.object({
  /** The station believes its wall clock (NTP or the hub's time). */
  synced: z.boolean(),
  /** Station clock minus hub clock, milliseconds, when known. */
  offsetMs: z.number().int().optional(),
});
export type ClockQuality = z.infer<typeof clockQualitySchema>;

const seedFields = {
  device: deviceSchema,
  type: z.number().int().min(0).max(65_535),
  data: z.unknown().optional(),
  time: timeSchema,
};

/** Station → hub. `epoch`/`seq` are absent on a station written to the 2021 plan alone. */
export const uplinkEnvelopeSchema = z.object({
  ...seedFields,
  v: z.number().int().min(1).max(255).optional(),
  id: z.string().max(64).optional(),
  epoch: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  seq: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  historical: z.boolean().optional(),
  clock: clockQualitySchema.optional(),
});
export type UplinkEnvelope = z.infer<typeof uplinkEnvelopeSchema>;

/** Hub → station. `ttlMs` counts on the station's monotonic clock from receipt. */
export const downlinkEnvelopeSchema = z.object({
  ...seedFields,
  v: z.number().int().min(1).max(255).optional(),
  id: z.string().min(1).max(64).optional(),
  issuedAt: timeSchema.optional(),
  ttlMs: z.number().int().min(1).max(86_400_000).optional(),
  /** Conditions that must still hold at the station, see `preconditionSchema` in commands. */
  precondition: z.record(z.string(), z.unknown()).optional(),
  /** The request that asked for it: the station names it in its own log lines about the command. */
  requestId: z.string().max(64).optional(),
});
export type DownlinkEnvelope = z.infer<typeof downlinkEnvelopeSchema>;

/** Retained on `state/{device}`: birth by the agent, `offline` by its last will or a planned goodbye. */
export const stationStateSchema = z.object({
  device: deviceSchema,
  online: z.boolean(),
  /** Count of the agent's starts on its database; the hub ignores a will of an older epoch. */
  epoch: z.number().int().min(0),
  seq: z.number().int().min(0).optional(),
  /** Random identity of the agent's database, to tell two agents with one device number apart. */
  instanceId: z.string().max(64).optional(),
  /**
   * Random names of the latest starts on this database, this one last. The hub knows the newest that it let in: a database that does not
   * is a copy of this one from before that start.
   */
  starts: z.array(z.string().max(32)).max(64).optional(),
  versions: z
    .object({
      agent: z.string().max(40),
      config: z.string().max(80).optional(),
      cabinetFirmware: z.string().max(40).optional(),
    })
    .optional(),
  configHash: z.string().max(80).optional(),
  /** Version of the configuration that the hub set last and that is in force; absent while the station runs on its file alone. */
  configVersion: z.string().max(80).optional(),
  lastCommandId: z.string().max(64).optional(),
  /** Why it went away: absent on a birth. */
  reason: z.enum(['will', 'stopping', 'disconnect-command', 'fenced']).optional(),
  time: timeSchema.optional(),
});
export type StationState = z.infer<typeof stationStateSchema>;

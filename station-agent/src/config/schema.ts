import { deviceSchema } from '@voltbay/protocol';
import { z } from 'zod';
import { hardwareConfigSchema, pollingConfigSchema } from '../hardware/config.js';

/** The config file as an operator writes it. Units are in the key names. */

const seconds = (min: number, max: number, fallback: number) =>
  z.number().int().min(min).max(max).default(fallback);

export const swapSchema = z
  .strictObject({
    minDispenseSocPct: z.number().min(0).max(100).default(80),
    returnTimeoutS: seconds(1, 3_600, 120),
    collectTimeoutS: seconds(1, 3_600, 120),
    maxTemperatureDeciC: z.number().int().min(-400).max(1_500).default(550),
    minTemperatureDeciC: z.number().int().min(-400).max(1_500).default(-200),
  })
  .superRefine(({ minTemperatureDeciC, maxTemperatureDeciC }, context) => {
    if (minTemperatureDeciC >= maxTemperatureDeciC)
      context.addIssue({
        code: 'custom',
        path: ['minTemperatureDeciC'],
        message: 'must be lower than swap.maxTemperatureDeciC',
      });
  });

export const uplinkSchema = z.strictObject({
  infoIntervalS: seconds(1, 86_400, 30),
  window: z.number().int().min(1).max(1_000).default(64),
  keepaliveS: seconds(1, 3_600, 30),
});

/** How far the station goes on trust while the hub cannot be reached: docs/protocol/offline-pass.md. */
export const offlineSchema = z.strictObject({
  enabled: z.boolean().default(true),
  maxSwaps: z.number().int().min(0).max(1_000).default(20),
  maxDebtFen: z.number().int().min(0).max(10_000_000).default(50_000),
  maxHours: z.number().int().min(1).max(720).default(24),
  maxTrustAgeS: seconds(60, 2_592_000, 86_400),
});

const clockFace = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as "07:30"');

/** When and how packs are charged. Times are the station's own. */
export const chargingSchema = z.strictObject({
  /** What one charger gives at most. */
  maxCurrentMa: z.number().int().min(500).max(100_000).default(10_000),
  /** What the site may draw in all; absent = no limit. */
  sitePowerW: z.number().min(100).max(1_000_000).optional(),
  /** Absent = the machine's own, which costs less memory. */
  timeZone: z.string().refine(isTimeZone, 'must be a time zone such as "Asia/Shanghai"').optional(),
  /** So many packs are ready by then, every day. */
  ready: z
    .array(
      z.strictObject({
        by: clockFace,
        count: z.number().int().min(1).max(512),
        packClass: z.string().min(1).max(32).optional(),
      }),
    )
    .max(24)
    .default([]),
  /** Prices by time of day; a window may pass midnight. Outside all of them the dearest price counts. */
  tariff: z
    .array(z.strictObject({ from: clockFace, to: clockFace, fenPerKwh: z.number().min(0).max(10_000) }))
    .max(24)
    .default([]),
});
export type ChargingConfig = z.infer<typeof chargingSchema>;

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** When a pack is looked at more closely. */
export const limitsSchema = z.strictObject({
  /** Difference between highest and lowest cell. */
  imbalanceMv: z.number().int().min(20).max(2_000).default(200),
  /** A pack that warms faster than this stops charging, 0.1 °C a minute. */
  heatingDeciCPerMin: z.number().int().min(5).max(1_000).default(30),
});
export type LimitsConfig = z.infer<typeof limitsSchema>;

/** Prometheus endpoint on 127.0.0.1. */
export const metricsSchema = z.strictObject({ port: z.number().int().min(0).max(65_535) });

/** Updates of the agent itself: docs/runbooks/agent-update.md. Without `publicKeys` none is accepted. */
export const updateSchema = z.strictObject({
  /** Where releases are installed; `current` there points to the running one. */
  root: z.string().min(1).max(400).default('/opt/voltbay-agent'),
  /** Ed25519 keys that may sign an update: 32 bytes, base64url. */
  publicKeys: z
    .array(z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be an Ed25519 public key: 32 bytes in base64url'))
    .max(8)
    .default([]),
  /** A new version, or a new configuration, must work by then. */
  healthS: seconds(5, 3_600, 120),
  maxMiB: z.number().int().min(1).max(2_000).default(200),
});

export const configFileSchema = z.strictObject({
  device: deviceSchema,
  hub: z.strictObject({
    apiUrl: z.url({ protocol: /^https?$/, error: 'use an http:// or https:// address' }),
    mqttUrl: z.url({
      protocol: /^(mqtts?|wss?)$/,
      error: 'use an mqtt://, mqtts://, ws:// or wss:// address',
    }),
  }),
  dataDir: z.string().min(1),
  enrolCode: z.string().min(6).max(64).optional(),
  hardware: hardwareConfigSchema,
  polling: pollingConfigSchema.prefault({}),
  swap: swapSchema.prefault({}),
  uplink: uplinkSchema.prefault({}),
  offline: offlineSchema.prefault({}),
  charging: chargingSchema.prefault({}),
  limits: limitsSchema.prefault({}),
  metrics: metricsSchema.optional(),
  update: updateSchema.prefault({}),
  topics: z.enum(['own', 'shared']).default('own'),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});

export type SwapConfig = z.infer<typeof swapSchema>;
export type UplinkConfig = z.infer<typeof uplinkSchema>;

/**
 * Validated and frozen. `dataDir` is absolute, `hash` identifies the content, `file` is where it came from, `version` names the
 * configuration of the hub that is laid over the file (null = none).
 */
export type AgentConfig = z.infer<typeof configFileSchema> & {
  hash: string;
  file: string | null;
  version: string | null;
};

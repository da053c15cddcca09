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

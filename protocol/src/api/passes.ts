import { z } from 'zod';
import { deviceSchema } from '../messages/envelope.js';
import { idSchema, isoTimeSchema } from './common.js';

/** Prefix of the code that a rider shows at a station without a network. Format: docs/protocol/offline-pass.md. */
export const PASS_CODE_PREFIX = 'voltbay:pass:';
/** `typ` in the pass's protected header: no other token of the hub is taken for a pass. */
export const PASS_TYPE = 'swap-pass+jwt';
export const PASS_AUDIENCE = 'station-offline';
/** Longest pass as text: a station's reader takes no more. */
export const MAX_PASS_CHARS = 850;

/** Claims of a swap pass. Short names: the whole must fit into a code that a phone shows. */
export const passClaimsSchema = z.object({
  aud: z.literal(PASS_AUDIENCE),
  /** Single use. */
  jti: z.string().min(16).max(40),
  /** Rider. */
  sub: idSchema,
  /** Tenant. */
  tid: z.string().min(1).max(64),
  /** Vehicle. */
  veh: idSchema,
  /** Pack class. */
  cls: z.string().min(1).max(32),
  /** Packs that the rider holds and may bring back. */
  pk: z.array(z.string().max(64)).max(8),
  /** Plan limit: most that the swap may cost, fen. */
  max: z.number().int().min(0),
  /** Seconds since 1970. */
  iat: z.number().int(),
  exp: z.number().int(),
});
export type PassClaims = z.infer<typeof passClaimsSchema>;

/** POST /core/v0/passes (rider). Answers the pass once: the hub keeps its digest only. */
export const passCreateSchema = z.strictObject({
  vehicleId: idSchema,
  /** Life in seconds. Default 14 400. */
  ttlS: z.number().int().min(300).max(86_400).optional(),
});
export const passSchema = z.object({
  id: z.string(),
  userId: z.string(),
  vehicleId: z.string(),
  packClass: z.string(),
  maxPriceFen: z.number().int(),
  issuedAt: isoTimeSchema,
  expiresAt: isoTimeSchema,
  state: z.enum(['issued', 'spent', 'revoked', 'expired']),
  revokedAt: isoTimeSchema.nullable(),
  spentAt: isoTimeSchema.nullable(),
  spentAtStationId: deviceSchema.nullable(),
  orderId: z.string().nullable(),
});
export type Pass = z.infer<typeof passSchema>;
export const issuedPassSchema = z.object({ ...passSchema.shape, pass: z.string(), code: z.string() });
export type IssuedPass = z.infer<typeof issuedPassSchema>;

/** GET /core/v0/pass-revocations (station): passes still within their life that must not be honoured. */
export const passRevocationsSchema = z.object({
  asOf: isoTimeSchema,
  revoked: z.array(z.string()).max(10_000),
});
export type PassRevocations = z.infer<typeof passRevocationsSchema>;

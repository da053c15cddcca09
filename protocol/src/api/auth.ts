import { z } from 'zod';
import { deviceSchema } from '../messages/envelope.js';
import { AUDIENCES } from './common.js';

/** Stargate, `/auth/v1`. Source: design section 5. */

export const phoneSchema = z
  .string()
  .regex(/^\+?[0-9]{6,15}$/, { error: 'phone: 6 to 15 digits, optional +' });

/** POST /auth/v1/otp: sends a one-time code to a rider's phone. 202. */
export const otpRequestSchema = z.strictObject({ phone: phoneSchema });
/** POST /auth/v1/token */
export const tokenRequestSchema = z.discriminatedUnion('grantType', [
  z.strictObject({ grantType: z.literal('otp'), phone: phoneSchema, code: z.string().regex(/^[0-9]{4,8}$/) }),
  z.strictObject({
    grantType: z.literal('password'),
    username: z.string().min(1).max(64),
    password: z.string().min(1).max(256),
    totp: z
      .string()
      .regex(/^[0-9]{6}$/)
      .optional(),
  }),
  z.strictObject({
    grantType: z.literal('station'),
    device: deviceSchema,
    secret: z.string().min(1).max(256),
  }),
  z.strictObject({ grantType: z.literal('refresh'), refreshToken: z.string().min(1).max(512) }),
]);
export type TokenRequest = z.infer<typeof tokenRequestSchema>;

export const tokenResponseSchema = z.object({
  accessToken: z.string(),
  tokenType: z.literal('Bearer'),
  expiresInS: z.number().int(),
  /** Absent for stations: they sign in again. */
  refreshToken: z.string().optional(),
});
export type TokenResponse = z.infer<typeof tokenResponseSchema>;

/** POST /auth/v1/stations/enroll: a commissioning code becomes the station's secret, shown once. */
export const enrollRequestSchema = z.strictObject({ device: deviceSchema, code: z.string().min(6).max(64) });
export const enrollResponseSchema = z.object({
  device: deviceSchema,
  secret: z.string(),
  mqttUrl: z.string(),
  apiUrl: z.string(),
  topics: z.enum(['own', 'shared']),
});
export type EnrollResponse = z.infer<typeof enrollResponseSchema>;

export const sessionSchema = z.object({
  id: z.string(),
  audience: z.enum(AUDIENCES),
  createdAt: z.string(),
  lastUsedAt: z.string(),
  userAgent: z.string().optional(),
  current: z.boolean(),
});
export type Session = z.infer<typeof sessionSchema>;

/** GET /auth/v1/me */
export const principalSchema = z.object({
  sub: z.string(),
  audience: z.enum(AUDIENCES),
  tenantId: z.string(),
  name: z.string().optional(),
  roles: z.array(z.string()),
  permissions: z.array(z.string()),
  device: z.string().optional(),
});
export type PrincipalInfo = z.infer<typeof principalSchema>;

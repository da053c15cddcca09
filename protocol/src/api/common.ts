import { z } from 'zod';

/** Shared pieces of the REST contract. Source: design section 5. Times are ISO 8601 UTC, money is integer fen. */

export const idSchema = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z0-9_.:-]+$/, { error: 'letters, digits, _ . : -' });
export const isoTimeSchema = z.iso.datetime();
export const currencySchema = z.literal('CNY');
export const moneySchema = z.object({ amountFen: z.number().int(), currency: currencySchema });
export type Money = z.infer<typeof moneySchema>;

/** RFC 9457 problem with our members. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().optional(),
  instance: z.string().optional(),
  code: z.string(),
  requestId: z.string(),
  /** Reason code of a station's refusal, see SWAP_REASONS. */
  reason: z.string().optional(),
  /** The resource it is about, for example the order that is unknown. */
  resourceId: z.string().optional(),
  /** Field errors: JSON path and message. */
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
export type Problem = z.infer<typeof problemSchema>;

/** Where the token's bearer stands; `aud` of the token. */
export const AUDIENCES = ['rider', 'operator', 'station', 'api-key'] as const;
export type Audience = (typeof AUDIENCES)[number];

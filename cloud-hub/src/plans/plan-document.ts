import { idSchema, isoTimeSchema } from '@voltbay/protocol';
import { z } from 'zod';
import { type AsDocument, defineCollection } from '../db/index.js';

export const PLAN_KINDS = ['per-swap', 'bundle', 'period', 'per-kwh', 'deposit', 'enterprise'] as const;

/** What a plan gives, besides its price. Each kind has its own members. */
export const planTermsSchema = z.strictObject({
  /** bundle: swaps in it. */
  swaps: z.number().int().min(1).max(10_000).optional(),
  /** bundle: days that it is valid. */
  validDays: z.number().int().min(1).max(3_660).optional(),
  /** period: its length; swaps are free in it, up to `swaps` if given. */
  length: z
    .union([
      z.strictObject({ days: z.number().int().min(1).max(366) }),
      z.strictObject({ months: z.number().int().min(1).max(24) }),
    ])
    .optional(),
  /** per-kwh: most that a swap costs; held until the packs were read. */
  holdFen: z.number().int().min(1).max(1_000_000).optional(),
  /** per-kwh: price of a swap whose packs could not be read. */
  withoutReadingFen: z.number().int().min(0).max(1_000_000).optional(),
  /** per-swap, per-kwh, enterprise: most that a rider pays in a day at the station's time. */
  dayCapFen: z.number().int().min(1).max(10_000_000).optional(),
});
export type PlanTerms = z.infer<typeof planTermsSchema>;

/** One version of a price. Versions are never changed: an order pins the one it was priced by. */
export const planSchema = z.object({
  /** `per-swap@3` */
  id: z.string(),
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
  plan: idSchema,
  kind: z.enum(PLAN_KINDS),
  name: z.string(),
  nameEn: z.string().optional(),
  /** Counts the versions of this plan from 1. */
  planVersion: z.number().int().min(1),
  /** Price of a swap, of the bundle, of a period, of a kWh, or the deposit; tax included. */
  amountFen: z.number().int().min(0),
  currency: z.literal('CNY'),
  taxRateBp: z.number().int().optional(),
  terms: planTermsSchema.optional(),
  createdBy: z.string(),
});
export type Plan = z.infer<typeof planSchema>;
/** `_id` is `{tenant}/per-swap@3`: two operators who make the next version at once cannot both succeed. */
export type PlanDocument = AsDocument<Plan>;
export const plansCollection = defineCollection<PlanDocument>('plans', [
  { name: 'tenant-plan', key: { tenantId: 1, plan: 1, planVersion: 1, _id: 1 } },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
]);

export const publicPlanId = (document: Pick<PlanDocument, 'plan' | 'planVersion'>): string =>
  `${document.plan}@${document.planVersion}`;
export const toPlan = ({ _id, ...rest }: PlanDocument): Plan => ({ ...rest, id: publicPlanId(rest) });
export const planVersionSchema = z.string().regex(/^[a-z0-9-]{1,40}@\d{1,6}$/, {
  error: 'a plan and its version, for example per-swap@1',
});

/** What a kind must say; a text names what is missing or too much. */
export function faultOfTerms(kind: Plan['kind'], terms: PlanTerms): string | null {
  const needed: Readonly<Record<Plan['kind'], readonly (keyof PlanTerms)[]>> = {
    'per-swap': [],
    bundle: ['swaps', 'validDays'],
    period: ['length'],
    'per-kwh': ['holdFen', 'withoutReadingFen'],
    deposit: [],
    enterprise: [],
  };
  const optional: Readonly<Record<Plan['kind'], readonly (keyof PlanTerms)[]>> = {
    'per-swap': ['dayCapFen'],
    bundle: [],
    period: ['swaps'],
    'per-kwh': ['dayCapFen'],
    deposit: [],
    enterprise: ['dayCapFen'],
  };
  for (const name of needed[kind])
    if (terms[name] === undefined) return `terms.${name}: needed by a ${kind} plan`;
  for (const name of Object.keys(terms) as (keyof PlanTerms)[])
    if (terms[name] !== undefined && !needed[kind].includes(name) && !optional[kind].includes(name))
      return `terms.${name}: a ${kind} plan has none`;
  return null;
}

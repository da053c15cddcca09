import { isoNow } from '../clock.js';
import { type Database, isDuplicateKey } from '../db/index.js';
import { problem } from '../http/problem.js';
import type { Clock } from '../ports.js';
import {
  faultOfTerms,
  type Plan,
  type PlanDocument,
  type PlanTerms,
  plansCollection,
} from './plan-document.js';

export * from './plan-document.js';

export const PER_SWAP = 'per-swap';
const DEFAULT_PRICE_FEN = 600;

export type PlanVersion = {
  tenantId: string;
  plan?: string;
  kind?: Plan['kind'];
  name: string;
  nameEn?: string;
  amountFen: number;
  taxRateBp?: number;
  terms?: PlanTerms;
  by: string;
};

export interface Plans {
  /** The tenant's current per-swap price; its first version is made on first use. */
  perSwap(tenantId: string): Promise<PlanDocument>;
  /** One version, by its public id; null when there is none. */
  find(tenantId: string, id: string): Promise<PlanDocument | null>;
  /** The newest version of a plan. */
  latest(tenantId: string, plan: string): Promise<PlanDocument | null>;
  /** Makes the next version. Throws VALIDATION for terms that do not fit the kind, CONFLICT when somebody was quicker. */
  publish(version: PlanVersion): Promise<PlanDocument>;
}

export function createPlans(deps: { database: Database; clock: Clock }): Plans {
  const plans = deps.database.collection(plansCollection);
  const latest: Plans['latest'] = (tenantId, plan) =>
    plans.findOne({ tenantId, plan }, { sort: { planVersion: -1 } });
  const insert = async (planVersion: number, wanted: PlanVersion): Promise<PlanDocument> => {
    const now = isoNow(deps.clock);
    const {
      tenantId,
      plan = PER_SWAP,
      kind = 'per-swap',
      name,
      nameEn,
      amountFen,
      taxRateBp,
      terms,
      by,
    } = wanted;
    const document: PlanDocument = {
      _id: `${tenantId}/${plan}@${planVersion}`,
      tenantId,
      version: 1,
      createdAt: now,
      updatedAt: now,
      plan,
      kind,
      name,
      ...(nameEn === undefined ? {} : { nameEn }),
      planVersion,
      amountFen,
      currency: 'CNY',
      ...(taxRateBp === undefined ? {} : { taxRateBp }),
      ...(terms === undefined ? {} : { terms }),
      createdBy: by,
    };
    await plans.insertOne(document);
    return document;
  };
  return {
    latest,
    find: (tenantId, id) => plans.findOne({ _id: `${tenantId}/${id}`, tenantId }),
    async perSwap(tenantId) {
      let plan = await latest(tenantId, PER_SWAP);
      if (!plan) {
        await insert(1, {
          tenantId,
          name: '单次换电',
          nameEn: 'One swap',
          amountFen: DEFAULT_PRICE_FEN,
          by: 'hub',
        }).catch((error) => {
          if (!isDuplicateKey(error)) throw error;
        });
        plan = await latest(tenantId, PER_SWAP);
      }
      if (!plan) throw problem('UNAVAILABLE', 'no price is set');
      return plan;
    },
    async publish(wanted) {
      const plan = wanted.plan ?? PER_SWAP;
      const current = await latest(wanted.tenantId, plan);
      const kind = wanted.kind ?? current?.kind ?? 'per-swap';
      const invalid = (path: string, message: string) =>
        problem('VALIDATION', `${path}: ${message}`, { errors: [{ path, message }] });
      if (current && current.kind !== kind)
        throw invalid('body.kind', `${plan} is a ${current.kind} plan: give another plan name`);
      if (plan === PER_SWAP && kind !== 'per-swap')
        throw invalid('body.kind', 'per-swap is the per-swap plan');
      const fault = faultOfTerms(kind, wanted.terms ?? {});
      if (fault) throw invalid('body.terms', fault);
      try {
        return await insert((current?.planVersion ?? 0) + 1, { ...wanted, plan, kind });
      } catch (error) {
        if (isDuplicateKey(error)) throw problem('CONFLICT', 'another version was published just now');
        throw error;
      }
    },
  };
}

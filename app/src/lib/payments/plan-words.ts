import { formatFen } from '@voltbay/protocol/client';
import type { Plan } from '../api/money-api.js';
import type { Translate } from '../i18n/create-i18n.js';
import type { Language } from '../preferences.js';

type Named = { name: string; nameEn?: string | null | undefined };

/** Names come from the operator in both languages, or in Chinese only. */
export const planName = (plan: Named, language: Language): string =>
  language === 'en' && plan.nameEn ? plan.nameEn : plan.name;

/** The newest version of each plan; older ones can no longer be bought. */
export function latestVersions(plans: readonly Plan[]): Plan[] {
  const newest = new Map<string, Plan>();
  for (const plan of plans) {
    const known = newest.get(plan.plan);
    if (!known || known.planVersion < plan.planVersion) newest.set(plan.plan, plan);
  }
  return [...newest.values()].sort((a, b) => a.amountFen - b.amountFen);
}

/** What is bought, in one line: "10 swaps within 30 days". */
export function planTerms(plan: Plan, t: Translate, language: Language): string {
  const terms = plan.terms ?? {};
  const { length } = terms;
  switch (plan.kind) {
    case 'bundle':
      return t('plans.bundle', { swaps: terms.swaps ?? 0, days: terms.validDays ?? 0 });
    case 'period': {
      const time =
        length && 'months' in length
          ? t(length.months === 1 ? 'plans.month' : 'plans.months', { count: length.months })
          : t('plans.days', { count: length?.days ?? 0 });
      return terms.swaps === undefined
        ? t('plans.periodUnlimited', { time })
        : t('plans.periodLimited', { time, swaps: terms.swaps });
    }
    case 'per-kwh':
      return t('plans.perKwh', { amount: formatFen(terms.holdFen ?? 0, language) });
    case 'deposit':
      return t('plans.deposit');
    default:
      return t('plans.perSwap');
  }
}

/** The price with what it is for: "¥6.00 a swap". */
export function planPrice(plan: Plan, t: Translate, language: Language): string {
  const amount = formatFen(plan.amountFen, language, plan.currency);
  if (plan.kind === 'per-swap') return t('plans.aSwap', { amount });
  if (plan.kind === 'per-kwh') return t('plans.aKwh', { amount });
  return amount;
}

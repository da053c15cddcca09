import type { Order } from '@voltbay/protocol';
import { taxInside } from '../finance/accounts.js';

/** Everything a price depends on. Nothing else does: the same input gives the same price, today and in a dispute next year. */
export type PricingInput = {
  plan: {
    /** `per-swap@3` */
    planVersion: string;
    kind: 'per-swap' | 'per-kwh' | 'enterprise';
    name: string;
    nameEn: string | null;
    /** Of a swap, or of a kWh. */
    amountFen: number;
    taxRateBp: number;
    /** Most that a rider pays in a day; null = no cap. */
    dayCapFen: number | null;
    /** Most that an energy swap costs; it is held until the packs have been read. */
    holdFen: number;
    /** Price of an energy swap whose packs could not be read. */
    withoutReadingFen: number;
  };
  /** `estimate`: before the swap; a number: energy that the rider took, Wh; `unread`: the swap is over and nobody knows. */
  energyWh: number | 'estimate' | 'unread';
  /** The band of the station's tariff at this moment. */
  band: { name: string; nameEn: string | null; changeBp: number } | null;
  /** Covers the swap. */
  subscription: { id: string; name: string; nameEn: string | null } | null;
  coupon: {
    id: string;
    name: string;
    nameEn: string | null;
    /** Off the price, fen; or basis points of it. */
    off: { amountFen: number } | { percentBp: number };
    /** Only from this price on. */
    minFen: number;
    maxOffFen: number | null;
  } | null;
  /** What the rider was charged today already. */
  spentTodayFen: number;
  payerUserId: string | null;
  /** What was held for the order: the final price never exceeds it. Null before. */
  heldFen: number | null;
};

type Line = Order['price']['lines'][number];
/** Basis points of an amount, half up, for amounts of either sign. */
const share = (amountFen: number, bp: number): number =>
  Math.sign(amountFen) * Math.sign(bp) * Math.round((Math.abs(amountFen) * Math.abs(bp)) / 10_000);
const label = (name: string, nameEn: string | null): Pick<Line, 'label' | 'labelEn'> => ({
  label: name,
  ...(nameEn === null ? {} : { labelEn: nameEn }),
});

/**
 * The price of a swap, line by line: base or energy, tariff of the hour, subscription, coupon, cap. Never negative; the lines add up to
 * the total; with what was spent today it is not above the day's cap.
 */
export function priceOrder(input: PricingInput): Order['price'] {
  const { plan } = input;
  const lines: Line[] = [];
  const benefits: NonNullable<Order['price']['benefits']> = [];
  let totalFen = 0;
  const add = (line: Line) => {
    if (line.amountFen === 0 && line.code !== 'base' && line.code !== 'energy') return;
    lines.push(line);
    totalFen += line.amountFen;
  };

  add(baseLine(input));
  // Before an energy swap the most is shown and held, whatever the hour.
  if (input.band && (plan.kind !== 'per-kwh' || typeof input.energyWh === 'number'))
    add({
      code: 'tariff',
      ...label(input.band.name, input.band.nameEn),
      amountFen: Math.max(-totalFen, share(totalFen, input.band.changeBp)),
    });
  // What was held is the most: a dear hour does not make more of it.
  if (plan.kind === 'per-kwh' && totalFen > plan.holdFen)
    add({ code: 'cap', label: '单次封顶', labelEn: 'Most of one swap', amountFen: plan.holdFen - totalFen });
  if (input.subscription) {
    benefits.push({ kind: 'subscription', id: input.subscription.id });
    add({
      code: 'subscription',
      ...label(input.subscription.name, input.subscription.nameEn),
      amountFen: -totalFen,
    });
  }
  const { coupon } = input;
  if (coupon && totalFen > 0 && totalFen >= coupon.minFen) {
    const wished = 'amountFen' in coupon.off ? coupon.off.amountFen : share(totalFen, coupon.off.percentBp);
    const offFen = Math.max(0, Math.min(wished, coupon.maxOffFen ?? wished, totalFen));
    if (offFen > 0) {
      benefits.push({ kind: 'coupon', id: coupon.id });
      add({ code: 'coupon', ...label(coupon.name, coupon.nameEn), amountFen: -offFen });
    }
  }
  if (plan.dayCapFen !== null) {
    const leftFen = Math.max(0, plan.dayCapFen - input.spentTodayFen);
    if (totalFen > leftFen)
      add({ code: 'cap', label: '当日封顶', labelEn: 'Daily cap', amountFen: leftFen - totalFen });
  }
  if (input.heldFen !== null && totalFen > input.heldFen)
    add({
      code: 'cap',
      label: '不超过预授权',
      labelEn: 'No more than was held',
      amountFen: input.heldFen - totalFen,
    });
  return {
    planVersion: plan.planVersion,
    lines,
    totalFen,
    currency: 'CNY',
    taxFen: taxInside(totalFen, plan.taxRateBp),
    taxRateBp: plan.taxRateBp,
    ...(plan.kind === 'per-kwh' && input.energyWh === 'estimate' ? { estimate: true } : {}),
    ...(input.payerUserId === null ? {} : { payerUserId: input.payerUserId }),
    ...(benefits.length === 0 ? {} : { benefits }),
  };
}

function baseLine({ plan, energyWh }: PricingInput): Line {
  if (plan.kind !== 'per-kwh')
    return { code: 'base', ...label(plan.name, plan.nameEn), amountFen: plan.amountFen };
  if (energyWh === 'estimate')
    return {
      code: 'energy',
      label: `${plan.name}（最高，按实际电量结算）`,
      labelEn: `${plan.nameEn ?? plan.name} (at most; billed by energy)`,
      amountFen: plan.holdFen,
    };
  if (energyWh === 'unread')
    return {
      code: 'energy',
      label: `${plan.name}（未读到电量）`,
      labelEn: `${plan.nameEn ?? plan.name} (energy not read)`,
      amountFen: Math.min(plan.withoutReadingFen, plan.holdFen),
    };
  const kwh = (Math.max(0, energyWh) / 1_000).toFixed(3);
  return {
    code: 'energy',
    label: `${plan.name} ${kwh} kWh`,
    labelEn: `${plan.nameEn ?? plan.name} ${kwh} kWh`,
    amountFen: Math.round((Math.max(0, energyWh) * plan.amountFen) / 1_000),
  };
}

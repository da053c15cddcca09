import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { energyInPackWh, fairEnergyWh } from './fair-energy.js';
import { type PricingInput, priceOrder } from './price-order.js';
import { periodEnd, prorateBundle, proratePeriod } from './proration.js';

const fen = fc.integer({ min: 0, max: 1_000_000 });
const inputs: fc.Arbitrary<PricingInput> = fc.record({
  plan: fc.record({
    planVersion: fc.constant('per-swap@1'),
    kind: fc.constantFrom('per-swap' as const, 'per-kwh' as const, 'enterprise' as const),
    name: fc.constant('换电'),
    nameEn: fc.option(fc.constant('Swap'), { nil: null }),
    amountFen: fen,
    taxRateBp: fc.integer({ min: 0, max: 2_000 }),
    dayCapFen: fc.option(fen, { nil: null }),
    holdFen: fen,
    withoutReadingFen: fen,
  }),
  energyWh: fc.oneof(
    fc.constant('estimate' as const),
    fc.constant('unread' as const),
    fc.integer({ min: -100, max: 10_000 }),
  ),
  band: fc.option(
    fc.record({
      name: fc.constant('峰'),
      nameEn: fc.constant(null),
      changeBp: fc.integer({ min: -20_000, max: 20_000 }),
    }),
    { nil: null },
  ),
  subscription: fc.option(fc.constant({ id: 's-1', name: '月卡', nameEn: 'Monthly' }), { nil: null }),
  coupon: fc.option(
    fc.record({
      id: fc.constant('c-1'),
      name: fc.constant('券'),
      nameEn: fc.constant(null),
      off: fc.oneof(
        fc.record({ amountFen: fen }),
        fc.record({ percentBp: fc.integer({ min: 0, max: 10_000 }) }),
      ),
      minFen: fen,
      maxOffFen: fc.option(fen, { nil: null }),
    }),
    { nil: null },
  ),
  spentTodayFen: fen,
  payerUserId: fc.constant(null),
  heldFen: fc.option(fen, { nil: null }),
});
const base: PricingInput = {
  plan: {
    planVersion: 'per-swap@1',
    kind: 'per-swap',
    name: '单次换电',
    nameEn: 'One swap',
    amountFen: 600,
    taxRateBp: 600,
    dayCapFen: null,
    holdFen: 0,
    withoutReadingFen: 0,
  },
  energyWh: 'estimate',
  band: null,
  subscription: null,
  coupon: null,
  spentTodayFen: 0,
  payerUserId: null,
  heldFen: null,
};
const perKwh = {
  ...base.plan,
  kind: 'per-kwh' as const,
  amountFen: 120,
  holdFen: 900,
  withoutReadingFen: 600,
};

describe('priceOrder', () => {
  it('is a whole, never negative sum of its lines, the same every time, within the cap, with its tax inside', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const price = priceOrder(input);
        expect(price.totalFen).toBeGreaterThanOrEqual(0);
        expect(price.lines.reduce((sum, line) => sum + line.amountFen, 0)).toBe(price.totalFen);
        expect(price.lines.every((line) => Number.isSafeInteger(line.amountFen))).toBe(true);
        expect(priceOrder(structuredClone(input))).toEqual(price);
        const { dayCapFen } = input.plan;
        if (dayCapFen !== null)
          expect(price.totalFen).toBeLessThanOrEqual(Math.max(0, dayCapFen - input.spentTodayFen));
        if (input.subscription) expect(price.totalFen).toBe(0);
        if (input.plan.kind === 'per-kwh') expect(price.totalFen).toBeLessThanOrEqual(input.plan.holdFen);
        expect(price.taxFen).toBeGreaterThanOrEqual(0);
        expect(price.taxFen).toBeLessThanOrEqual(price.totalFen);
      }),
      { numRuns: 2_000 },
    );
  });

  it('the final price of an energy swap is never above what was held for it', () => {
    fc.assert(
      fc.property(inputs, fc.integer({ min: 0, max: 20_000 }), (input, energyWh) => {
        const plan = { ...input.plan, kind: 'per-kwh' as const };
        const held = priceOrder({ ...input, plan, energyWh: 'estimate', heldFen: null });
        const final = priceOrder({ ...input, plan, energyWh, heldFen: held.totalFen });
        expect(final.totalFen).toBeLessThanOrEqual(held.totalFen);
      }),
    );
  });

  it('shows base, tariff, coupon and cap in that order', () => {
    const price = priceOrder({
      ...base,
      plan: { ...base.plan, dayCapFen: 1_000 },
      band: { name: '峰时', nameEn: 'Peak', changeBp: 5_000 },
      coupon: {
        id: 'c',
        name: '新人券',
        nameEn: null,
        off: { amountFen: 100 },
        minFen: 500,
        maxOffFen: null,
      },
      spentTodayFen: 400,
    });
    expect(price.lines.map(({ code, amountFen }) => [code, amountFen])).toEqual([
      ['base', 600],
      ['tariff', 300],
      ['coupon', -100],
      ['cap', -200],
    ]);
    expect(price).toMatchObject({ totalFen: 600, taxFen: 34, benefits: [{ kind: 'coupon', id: 'c' }] });
  });

  it('a subscription covers the swap and leaves the coupon for another day', () => {
    const price = priceOrder({
      ...base,
      subscription: { id: 's', name: '月卡', nameEn: null },
      coupon: { id: 'c', name: '券', nameEn: null, off: { percentBp: 5_000 }, minFen: 0, maxOffFen: null },
    });
    expect(price).toMatchObject({ totalFen: 0, benefits: [{ kind: 'subscription', id: 's' }] });
  });

  it('bills energy by the Wh and falls back to a fixed price when the packs could not be read', () => {
    expect(priceOrder({ ...base, plan: perKwh }).totalFen).toBe(900);
    expect(priceOrder({ ...base, plan: perKwh, energyWh: 1_234 })).toMatchObject({
      totalFen: 148,
      lines: [{ code: 'energy', labelEn: 'One swap 1.234 kWh', amountFen: 148 }],
    });
    expect(priceOrder({ ...base, plan: perKwh, energyWh: 1_234 }).estimate).toBeUndefined();
    expect(priceOrder({ ...base, plan: perKwh, energyWh: 99_000 }).totalFen).toBe(900);
    expect(priceOrder({ ...base, plan: perKwh, energyWh: 'unread' }).totalFen).toBe(600);
  });
});

describe('fair energy', () => {
  const pack = (remainingMah: number, voltageMv: number) => ({
    reading: { remainingMah, voltageMv } as never,
    at: '2026-11-22T08:00:00.000Z',
  });
  it('is what left less what came back, by each pack’s own charge', () => {
    expect(fairEnergyWh({ dispensed: pack(30_000, 53_000), returned: pack(8_000, 49_500) })).toBe(1_194);
    expect(fairEnergyWh({ dispensed: pack(8_000, 49_500), returned: pack(30_000, 53_000) })).toBe(0);
    expect(fairEnergyWh({ dispensed: pack(8_000, 49_500), returned: null })).toBeNull();
    expect(energyInPackWh({ voltageMv: 50_000, capacityMah: 20_000, socPct: 50 })).toBe(500);
    expect(energyInPackWh({ voltageMv: 50_000 })).toBeNull();
    expect(energyInPackWh({ voltageMv: 0, remainingMah: 1 })).toBeNull();
  });
});

describe('proration', () => {
  it('gives back whole unused days and unused swaps, never more than was paid', () => {
    const month = {
      amountFen: 3_000,
      startsAt: '2026-11-01T00:00:00.000Z',
      endsAt: '2026-12-01T00:00:00.000Z',
    };
    expect(proratePeriod({ ...month, at: '2026-11-11T12:00:00.000Z' })).toBe(1_900);
    expect(proratePeriod({ ...month, at: '2026-11-30T00:00:00.001Z' })).toBe(0);
    expect(proratePeriod({ ...month, at: '2027-01-01T00:00:00.000Z' })).toBe(0);
    expect(prorateBundle({ amountFen: 5_000, swaps: 10, swapsLeft: 3 })).toBe(1_500);
    fc.assert(
      fc.property(
        fen,
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 0, max: 500 }),
        (amountFen, swaps, swapsLeft) => {
          const back = prorateBundle({ amountFen, swaps, swapsLeft });
          expect(back).toBeGreaterThanOrEqual(0);
          expect(back).toBeLessThanOrEqual(amountFen);
        },
      ),
    );
  });
  it('a month from the 31st ends on the last day of the next', () => {
    expect(periodEnd('2026-01-31T10:00:00.000Z', { months: 1 })).toBe('2026-02-28T10:00:00.000Z');
    expect(periodEnd('2026-11-22T10:00:00.000Z', { months: 1 })).toBe('2026-12-22T10:00:00.000Z');
    expect(periodEnd('2026-11-22T10:00:00.000Z', { days: 1 })).toBe('2026-11-23T10:00:00.000Z');
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChargeForecastInput, forecastReady, socAfterCharging } from './charge-forecast.js';

const PACK: ChargeForecastInput = {
  socPct: 20,
  targetSocPct: 80,
  capacityMah: 40_000,
  chargeLimitMa: 10_000,
};
const packs = fc.record({
  socPct: fc.double({ min: 0, max: 100, noNaN: true }),
  targetSocPct: fc.double({ min: 0, max: 100, noNaN: true }),
  capacityMah: fc.integer({ min: 1_000, max: 200_000 }),
  chargeLimitMa: fc.integer({ min: 100, max: 60_000 }),
  currentMa: fc.option(fc.integer({ min: 1, max: 60_000 }), { nil: undefined }),
  minDeciC: fc.option(fc.integer({ min: 0, max: 300 }), { nil: undefined }),
  maxDeciC: fc.option(fc.integer({ min: 300, max: 540 }), { nil: undefined }),
});
const minutes = (input: ChargeForecastInput): number => forecastReady(input) ?? Number.POSITIVE_INFINITY;

describe('forecastReady', () => {
  it('divides charge by current below the knee', () => {
    // 60 % of 40 Ah at 10 A, 99 % kept: 2.424 h.
    expect(forecastReady(PACK)).toBe(146);
  });

  it('takes longer for the last tenth than for any other', () => {
    const tenth = (from: number) => minutes({ ...PACK, socPct: from, targetSocPct: from + 10 });
    for (const from of [0, 20, 40, 60, 80]) expect(tenth(90)).toBeGreaterThan(tenth(from));
  });

  it('is 0 for a pack that is there', () => {
    expect(forecastReady({ ...PACK, socPct: 80 })).toBe(0);
    expect(forecastReady({ ...PACK, socPct: 95, chargeLimitMa: 0 })).toBe(0);
  });

  it.each([
    ['nothing flows', { chargeLimitMa: 0 }],
    ['the capacity is not known', { capacityMah: 0 }],
    ['a value is no number', { socPct: Number.NaN }],
    ['the wish is beyond full', { targetSocPct: 101 }],
    ['the pack is frozen', { minDeciC: -1 }],
    ['the pack is too hot', { maxDeciC: 550 }],
  ])('is null when %s', (_why, change) => {
    expect(forecastReady({ ...PACK, ...change })).toBeNull();
  });

  it('expects a pack that takes less than it may to go on so', () => {
    expect(minutes({ ...PACK, currentMa: 5_000 })).toBeGreaterThan(1.9 * minutes(PACK));
    expect(minutes({ ...PACK, currentMa: 20_000 })).toBe(minutes(PACK));
  });

  it('always gets there, in whole minutes, when charge flows', () => {
    fc.assert(
      fc.property(packs, (pack) => {
        const result = forecastReady(pack);
        expect(result).not.toBeNull();
        expect(Number.isInteger(result)).toBe(true);
        expect(result).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('never gets later with more charge, more current, a lower wish or a smaller pack', () => {
    fc.assert(
      fc.property(packs, fc.double({ min: 0, max: 1, noNaN: true }), (pack, share) => {
        const plain = { ...pack, currentMa: undefined };
        const later = minutes(plain);
        const more = plain.socPct + share * (100 - plain.socPct);
        expect(minutes({ ...plain, socPct: more })).toBeLessThanOrEqual(later);
        expect(minutes({ ...plain, targetSocPct: plain.targetSocPct * share })).toBeLessThanOrEqual(later);
        const stronger = plain.chargeLimitMa * (1 + share);
        expect(minutes({ ...plain, chargeLimitMa: stronger })).toBeLessThanOrEqual(later);
        const smaller = plain.capacityMah * (1 - share / 2);
        expect(minutes({ ...plain, capacityMah: smaller })).toBeLessThanOrEqual(later);
      }),
    );
  });

  it('adds up over any stop between, to the rounding of minutes', () => {
    fc.assert(
      fc.property(packs, fc.double({ min: 0, max: 1, noNaN: true }), (pack, share) => {
        const plain = { ...pack, currentMa: undefined };
        fc.pre(plain.socPct < plain.targetSocPct);
        const stop = plain.socPct + share * (plain.targetSocPct - plain.socPct);
        const parts = minutes({ ...plain, targetSocPct: stop }) + minutes({ ...plain, socPct: stop });
        expect(Math.abs(parts - minutes(plain))).toBeLessThanOrEqual(2);
      }),
    );
  });
});

describe('socAfterCharging', () => {
  it('is where the forecast says it will be', () => {
    fc.assert(
      fc.property(packs, (pack) => {
        fc.pre(pack.socPct < pack.targetSocPct);
        const needed = minutes(pack);
        expect(socAfterCharging(pack, needed)).toBeGreaterThanOrEqual(pack.targetSocPct - 1e-6);
        if (needed > 1) expect(socAfterCharging(pack, needed - 1)).toBeLessThanOrEqual(pack.targetSocPct);
      }),
    );
  });

  it('stays where it is when nothing flows', () => {
    expect(socAfterCharging({ ...PACK, chargeLimitMa: 0 }, 60)).toBe(20);
  });
});

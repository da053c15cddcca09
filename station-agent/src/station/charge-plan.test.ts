import { socAfterCharging } from '@voltbay/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chargingSchema } from '../config/schema.js';
import { isDearAt, minuteOfDay, promisesAt } from './charge-hours.js';
import {
  type ChargeablePack,
  type ChargePlanInput,
  MARGIN_MINUTES,
  MARGIN_SHARE,
  minutesToKeep,
  planCharge,
  powerOf,
} from './charge-plan.js';
import { createSiteMeter } from './site-meter.js';

const pack = (slot: number): fc.Arbitrary<ChargeablePack> =>
  fc.record({
    slot: fc.constant(slot),
    packClass: fc.constantFrom('A', 'B'),
    socPct: fc.integer({ min: 0, max: 100 }),
    capacityMah: fc.integer({ min: 20_000, max: 60_000 }),
    voltageMv: fc.integer({ min: 44_000, max: 58_000 }),
    maxMa: fc.constantFrom(5_000, 10_000, 15_000),
  });
const packs = fc
  .integer({ min: 1, max: 8 })
  .chain((n) => fc.tuple(...Array.from({ length: n }, (_, i) => pack(i + 1))));
const inputs: fc.Arbitrary<ChargePlanInput> = fc.record({
  packs,
  readyByClass: fc.constantFrom<Readonly<Record<string, number>>>({}, { A: 1 }, { A: 2, B: 1 }),
  powerW: fc.option(fc.integer({ min: 0, max: 6_000 }), { freq: 4 }),
  readySocPct: fc.constantFrom(80, 90),
  promises: fc.array(
    fc.record({
      count: fc.integer({ min: 1, max: 6 }),
      inMinutes: fc.integer({ min: 1, max: 900 }),
      packClass: fc.constantFrom(undefined, 'A'),
    }),
    { maxLength: 3 },
  ),
  isDear: fc.boolean(),
});

const STEP_MINUTES = 5;

describe('a charge plan', () => {
  it('stays within the site’s power and every charger’s limit, and names each pack once with a reason', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const plan = planCharge(input);
        expect(plan.map(({ slot }) => slot)).toEqual(input.packs.map(({ slot }) => slot));
        let watt = 0;
        for (const { slot, limitMa } of plan) {
          const one = input.packs.find((candidate) => candidate.slot === slot);
          expect(limitMa).toBeGreaterThanOrEqual(0);
          expect(limitMa).toBeLessThanOrEqual(one?.maxMa ?? 0);
          watt += powerOf(limitMa, one?.voltageMv ?? 0);
        }
        if (input.powerW !== null) expect(watt).toBeLessThanOrEqual(input.powerW + 1e-6);
      }),
      { numRuns: 500 },
    );
  });

  it('charges nothing in dear hours that no promise needs, and everything there is power for in cheap ones', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        for (const { limitMa, reason } of planCharge({ ...input, promises: [], isDear: true })) {
          expect([limitMa, reason]).toEqual([0, 'waits-for-cheap-hours']);
        }
        for (const { slot, limitMa } of planCharge({ ...input, powerW: null, isDear: false }))
          expect(limitMa).toBe(input.packs.find((one) => one.slot === slot)?.maxMa);
      }),
    );
  });

  it('keeps every promise that is within reach, however dear it is meanwhile, and hurries for the others', () => {
    fc.assert(
      fc.property(
        packs,
        fc.option(fc.integer({ min: 600, max: 4_000 }), { freq: 3 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 60, max: 900 }),
        (stock, powerW, count, by) => {
          const readySocPct = 80;
          const isReady = ({ socPct }: ChargeablePack): boolean => socPct >= readySocPct;
          const inputAt = (now: readonly ChargeablePack[], minute: number): ChargePlanInput => ({
            packs: now.filter((one) => !isReady(one)),
            readyByClass: { any: now.filter(isReady).length },
            powerW,
            readySocPct,
            promises: [{ count, inMinutes: by - minute }],
            isDear: true,
          });
          const neededMinutes = minutesToKeep(inputAt(stock, 0));
          const wanted = Math.min(count, stock.length);
          if (neededMinutes * MARGIN_SHARE + MARGIN_MINUTES > by) {
            const hurried = planCharge(inputAt(stock, 0)).filter(({ reason }) => reason === 'promised');
            if (neededMinutes < Number.POSITIVE_INFINITY) expect(hurried.length).toBeGreaterThan(0);
            return;
          }
          let now = stock.map((one) => ({ ...one }));
          for (let minute = 0; minute < by; minute += STEP_MINUTES) {
            const plan = planCharge(inputAt(now, minute));
            now = now.map((one) => {
              const chargeLimitMa = plan.find(({ slot }) => slot === one.slot)?.limitMa ?? 0;
              if (chargeLimitMa === 0) return one;
              const { socPct, capacityMah } = one;
              return {
                ...one,
                socPct: socAfterCharging({ socPct, capacityMah, chargeLimitMa }, STEP_MINUTES),
              };
            });
          }
          expect(now.filter(isReady).length).toBeGreaterThanOrEqual(wanted);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('hours', () => {
  const config = chargingSchema.parse({
    timeZone: 'Asia/Shanghai',
    ready: [{ by: '07:30', count: 4, packClass: 'A' }],
    tariff: [
      { from: '23:00', to: '07:00', fenPerKwh: 30 },
      { from: '10:00', to: '15:00', fenPerKwh: 110 },
      { from: '15:00', to: '23:00', fenPerKwh: 70 },
    ],
  });
  const at = (clock: string): number =>
    minuteOfDay(Date.parse(`2026-11-22T${clock}:00+08:00`), config.timeZone);

  it('are the station’s own, and windows pass midnight', () => {
    expect([at('00:10'), at('23:59')]).toEqual([10, 1_439]);
    const dear = ['06:59', '07:00', '12:00', '22:59', '23:00'].map((clock) => isDearAt(config, at(clock)));
    expect(dear).toEqual([false, true, true, true, false]);
    expect(isDearAt(chargingSchema.parse({}), 0)).toBe(false);
  });

  it('count a promise down and start it over when its time has come', () => {
    const left = ['07:00', '07:29', '07:30', '08:30'].map(
      (clock) => promisesAt(config, at(clock))[0]?.inMinutes,
    );
    expect(left).toEqual([30, 1, 1_440, 1_380]);
  });
});

describe('the meter', () => {
  it('tells what is drawn besides the chargers, and starts over with a new meter', () => {
    const meter = createSiteMeter();
    for (let minute = 0; minute <= 10; minute++)
      meter.observe({ meterWh: 5_000 + minute * 20 }, 1_000, minute * 60_000);
    expect(meter.otherW()).toBeCloseTo(200, 0);
    meter.observe({ meterWh: 3 }, 1_000, 660_000);
    expect(meter.otherW()).toBeCloseTo(200, 0);
  });
});

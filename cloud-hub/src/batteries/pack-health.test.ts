import { describe, expect, it } from 'vitest';
import type { BatteryDayDocument } from './battery-days.js';
import { packHealth } from './pack-health.js';
import { type QuarantineRules, quarantineFault } from './quarantine.js';

const day = (n: number, more: Partial<BatteryDayDocument> = {}): BatteryDayDocument => {
  const name = new Date(Date.UTC(2026, 0, 1 + n)).toISOString().slice(0, 10);
  return {
    _id: `P/${name}`,
    tenantId: 't',
    packId: 'P',
    day: name,
    readings: 10,
    seenS: 3_600,
    hotS: 0,
    coldS: 0,
    inMah: 1_000,
    outMah: 900,
    expireAt: new Date(),
    ...more,
  };
};
const none = { reading: null, at: null };

describe('health of a pack', () => {
  it('follows the line through its days and tells when 70 % is reached', () => {
    const days = Array.from({ length: 31 }, (_, n) => day(n, { sohPct: 95 - n * 0.1 }));
    const { trend, sohPct, throughput } = packHealth('P', none, days);
    expect(sohPct).toBeCloseTo(92);
    expect(trend?.sohPctPerMonth).toBeCloseTo(-3.04, 2);
    expect(trend?.seventyPctAt?.slice(0, 10)).toBe('2026-09-08');
    expect(throughput).toEqual({ inAh: 31, outAh: 27.9 });
  });

  it('says nothing of a trend with too few days, and nothing of an end when it does not fall', () => {
    const few = Array.from({ length: 6 }, (_, n) => day(n, { sohPct: 90 - n }));
    expect(packHealth('P', none, few).trend).toBeNull();
    const flat = Array.from({ length: 20 }, (_, n) => day(n, { sohPct: 90 }));
    expect(packHealth('P', none, flat).trend).toMatchObject({ sohPctPerMonth: 0, seventyPctAt: null });
    expect(packHealth('P', none, [])).toMatchObject({ sohPct: null, imbalanceMv: null, trend: null });
  });

  it('adds up exposure and keeps the last week’s worst imbalance', () => {
    const days = [
      day(0, { maxImbalanceMv: 300, hotS: 1_800 }),
      ...Array.from({ length: 7 }, (_, n) =>
        day(n + 1, { maxImbalanceMv: 20 + n, coldS: 360, alarms: ['low_soc'] }),
      ),
    ];
    expect(packHealth('P', none, days)).toMatchObject({
      imbalanceMv: 26,
      temperature: { hotH: 0.5, coldH: 0.7, watchedH: 8 },
      alarms: [{ code: 'low_soc', days: 7 }],
    });
  });
});

describe('quarantine', () => {
  const rules: QuarantineRules = { minSohPct: 60, maxImbalanceMv: 400, maxDeciC: 700, maxCycles: 1_000 };
  it.each([
    [{ sohPct: 59 }, 'LOW_SOH'],
    [{ sohPct: 0 }, null],
    [{ sohPct: 60 }, null],
    [{ cycles: 1_001 }, 'CYCLES'],
    [{ temperaturesDeciC: [250, 701] }, 'TOO_HOT'],
    [{ cellMv: [3_000, 3_401] }, 'IMBALANCE'],
    [{ cellMv: [3_000, 3_401], currentMa: -20_000 }, null],
    [{ alarms: ['low_soc', 'cell_fault'] }, 'ALARM'],
    [{ alarms: ['low_soc', 'cell_over_voltage'] }, null],
  ])('%j → %s', (reading, code) => {
    expect(quarantineFault(reading, rules)?.code ?? null).toBe(code);
    const off: QuarantineRules = { minSohPct: 0, maxImbalanceMv: 0, maxDeciC: 0, maxCycles: 0 };
    if (code !== 'ALARM') expect(quarantineFault(reading, off)).toBeNull();
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aPack } from '../../test/builders.js';
import { chemistryOf, openCircuitMv } from './chemistry.js';

/** Energy held by cells between two states of charge, by numeric integration over the published curve. */
function curveWh(chemistry: 'LFP' | 'NMC', capacityMah: number, fromSoc: number, toSoc: number): number {
  const steps = 2_000;
  const width = (toSoc - fromSoc) / steps;
  let mv = 0;
  for (let i = 0; i < steps; i += 1) mv += openCircuitMv(chemistryOf(chemistry), fromSoc + (i + 0.5) * width);
  return ((mv / steps) * (toSoc - fromSoc) * capacityMah) / 1e6;
}

describe('open-circuit voltage', () => {
  it('rises with the state of charge', () => {
    const soc = fc.double({ min: -0.05, max: 1.05, noNaN: true });
    fc.assert(
      fc.property(fc.constantFrom('LFP' as const, 'NMC' as const), soc, soc, (name, a, b) => {
        const chemistry = chemistryOf(name);
        const [low, high] = a < b ? [a, b] : [b, a];
        expect(openCircuitMv(chemistry, high)).toBeGreaterThanOrEqual(openCircuitMv(chemistry, low));
      }),
    );
  });
});

describe('pack', () => {
  const drive = fc.array(
    fc.record({
      seconds: fc.integer({ min: 1, max: 600 }),
      currentMa: fc.integer({ min: -25_000, max: 25_000 }),
    }),
    { minLength: 1, maxLength: 25 },
  );

  it('conserves energy: what passes the terminals is what the cells hold and what became heat', () => {
    fc.assert(
      fc.property(drive, fc.constantFrom('A', 'B'), (steps, packClass) => {
        const pack = aPack({ packClass, soc: 0.5 });
        const before = pack.memory().cells;
        let terminalWh = 0;
        let movedWh = 0;
        for (const { seconds, currentMa } of steps) {
          const flowedMa = pack.step(seconds * 1000, currentMa, 24);
          const meanMv = pack.ocvMv() + (flowedMa * pack.resistanceMohm()) / 1000;
          terminalWh += (meanMv * flowedMa * seconds) / 3.6e9;
          movedWh += Math.abs((meanMv * flowedMa * seconds) / 3.6e9);
        }
        const energy = pack.energy();
        expect(energy.terminalWh).toBeCloseTo(energy.storedWh + energy.heatWh, 6);
        expect(energy.heatWh).toBeGreaterThanOrEqual(0);
        const chemistry = pack.spec.chemistry;
        const heldWh = pack.memory().cells.reduce((sum, cell, i) => {
          const start = before[i];
          if (!start) return sum;
          const from = start.chargeMah / start.capacityMah;
          return sum + curveWh(chemistry, start.capacityMah, from, cell.chargeMah / cell.capacityMah);
        }, 0);
        // Capacity fades a little while the curve is walked; the rest voltage is read at the end of each step.
        const tolerance = 0.02 * movedWh + 0.5;
        expect(Math.abs(energy.storedWh - heldWh)).toBeLessThan(tolerance);
        expect(Math.abs(energy.terminalWh - terminalWh)).toBeLessThan(0.03 * movedWh + 0.5);
      }),
      { numRuns: 60 },
    );
  });

  it('gains state of charge all the time while it charges, and loses it while it is used', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.05, max: 0.9, noNaN: true }),
        fc.integer({ min: 500, max: 20_000 }),
        fc.boolean(),
        (soc, amountMa, charging) => {
          const pack = aPack({ soc });
          let last = pack.soc();
          for (let i = 0; i < 30; i += 1) {
            const flowed = pack.step(30_000, charging ? amountMa : -amountMa, 24);
            const now = pack.soc();
            if (charging) expect(now).toBeGreaterThanOrEqual(last - 1e-9);
            else expect(now).toBeLessThanOrEqual(last + 1e-9);
            if (flowed === 0) break;
            last = now;
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('gives back less energy than it took', () => {
    const pack = aPack({ soc: 0.4 });
    for (let i = 0; i < 360; i += 1) pack.step(10_000, 10_000, 24);
    for (let i = 0; i < 360; i += 1) pack.step(10_000, -10_000, 24);
    expect(pack.energy().terminalWh).toBeGreaterThan(5);
    expect(Math.abs(pack.soc() - 0.4)).toBeLessThan(0.01);
  });

  it('opens its discharge MOSFET when a cell is empty and its charge MOSFET when one is too full', () => {
    const empty = aPack({ soc: 0.06 });
    let flowed = -1;
    for (let i = 0; i < 500 && flowed < 0; i += 1) flowed = empty.step(10_000, -15_000, 24);
    expect(flowed).toBe(0);
    expect(empty.snapshot()).toMatchObject({ dischargeMos: false, chargeMos: true });
    const full = aPack({ soc: 0.99 });
    for (let i = 0; i < 500 && full.step(10_000, 15_000, 24) > 0; i += 1);
    expect(full.snapshot()).toMatchObject({ dischargeMos: true, chargeMos: false });
    expect([...full.snapshot().protections]).toEqual(['cell-over-voltage']);
  });

  it('warms up under load and cools down to its surroundings', () => {
    const pack = aPack({ soc: 0.9, temperatureC: 20 });
    pack.step(1_800_000, -40_000, 20);
    const hot = pack.temperatureC();
    expect(hot).toBeGreaterThan(22);
    pack.step(48 * 3_600_000, 0, 20);
    expect(pack.temperatureC()).toBeGreaterThan(19.99);
    expect(pack.temperatureC()).toBeLessThan(20.5);
  });

  it('wears: more cycles, less capacity, more resistance, and faster when hot', () => {
    const cool = aPack({ soc: 0.5 });
    const hot = aPack({ soc: 0.5 });
    hot.setTemperature(45, true);
    for (const pack of [cool, hot]) {
      for (let i = 0; i < 100; i += 1) {
        pack.step(3_600_000, 10_000, 24);
        pack.step(3_600_000, -10_000, 24);
      }
    }
    expect(cool.snapshot().cycles).toBeGreaterThan(25);
    expect(cool.snapshot().sohPct).toBeLessThan(99.9);
    expect(hot.snapshot().sohPct).toBeLessThan(cool.snapshot().sohPct);
    hot.setTemperature(24, false);
    expect(hot.resistanceMohm()).toBeGreaterThan(cool.resistanceMohm());
  });

  it('refuses to charge frozen and takes it up again when warm', () => {
    const pack = aPack({ temperatureC: -8 });
    expect(pack.step(1_000, 5_000, -8)).toBe(0);
    pack.setTemperature(10, false);
    expect(pack.step(1_000, 5_000, 10)).toBe(5_000);
  });

  it('is the same pack again from its memory', () => {
    const first = aPack({ soc: 0.3, cycles: 40 });
    first.step(3_600_000, 8_000, 24);
    const again = aPack({ memory: first.memory() });
    again.step(1, 0, 24);
    first.step(1, 0, 24);
    expect(again.snapshot()).toEqual(first.snapshot());
  });
});

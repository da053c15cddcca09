import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aPack } from '../../test/builders.js';
import { createCharger, shareSitePower } from './charger.js';
import { chemistryOf } from './chemistry.js';
import type { Pack } from './pack.js';

function chargerFor(pack: Pack, limitMa = 15_000) {
  const setpointMv = chemistryOf(pack.spec.chemistry).chargeMv * pack.spec.seriesCells;
  const cutoffMa = pack.spec.designCapacityMah / 20;
  return createCharger({ setpointMv, maxMa: 20_000, cutoffMa, efficiency: 0.93 }, limitMa);
}

const feed = (pack: Pack) => ({ pack, mains: true, allowedW: 10_000, ambientC: 24 });

describe('charger', () => {
  it.each(['A', 'B'])(
    'fills a class %s pack by constant current, then constant voltage, and stops',
    (packClass) => {
      const pack = aPack({ packClass, soc: 0.2 });
      const charger = chargerFor(pack);
      const currents: number[] = [];
      let hours = 0;
      while (hours < 6) {
        charger.step({ dtMs: 60_000, ...feed(pack) });
        hours += 1 / 60;
        currents.push(charger.outputMa());
        expect(charger.outputMv()).toBeLessThanOrEqual(charger.spec.setpointMv + 1);
        if (charger.state() === 'off') break;
      }
      expect(hours).toBeLessThan(5);
      expect(currents[0]).toBe(15_000);
      expect(Math.min(...currents.slice(0, -1))).toBeLessThan(4_000);
      expect(pack.soc()).toBeGreaterThan(0.97);
      expect([...pack.snapshot().protections]).toEqual([]);
    },
  );

  it('takes more from the mains than it gives to the pack', () => {
    const pack = aPack({ soc: 0.3 });
    const charger = chargerFor(pack);
    const usedWh = charger.step({ dtMs: 600_000, ...feed(pack) });
    expect(usedWh).toBeGreaterThan(pack.energy().terminalWh);
    expect(usedWh * 0.93).toBeCloseTo(pack.energy().terminalWh, 0);
  });

  it('gives nothing without mains, at limit 0, in fault, or into an empty slot', () => {
    const pack = aPack();
    const charger = chargerFor(pack);
    const give = () => {
      charger.step({ dtMs: 1_000, ...feed(pack) });
      return charger.outputMa();
    };
    expect(give()).toBeGreaterThan(0);
    charger.step({ dtMs: 1_000, ...feed(pack), mains: false });
    expect(charger.outputMa()).toBe(0);
    charger.setLimit(0);
    expect(give()).toBe(0);
    charger.setLimit(5_000);
    charger.setFault(true);
    expect(give()).toBe(0);
    expect(charger.state()).toBe('fault');
    charger.setFault(false);
    expect(give()).toBe(5_000);
    charger.step({ dtMs: 1_000, ...feed(pack), pack: undefined });
    expect([charger.outputMa(), charger.outputMv(), charger.state()]).toEqual([0, 0, 'off']);
  });

  it('obeys the power that the site allows it', () => {
    const pack = aPack({ soc: 0.3 });
    const charger = chargerFor(pack);
    charger.step({ dtMs: 1_000, ...feed(pack), allowedW: 100 });
    const mainsW = (charger.outputMa() * charger.outputMv()) / 1e6 / 0.93;
    expect(mainsW).toBeLessThanOrEqual(100.5);
    expect(mainsW).toBeGreaterThan(95);
  });
});

describe('site power', () => {
  it('never shares out more than the limit, and never more than was asked', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 3_000, noNaN: true }), { maxLength: 16 }),
        fc.double({ min: 0, max: 20_000, noNaN: true }),
        (demands, limit) => {
          const shares = shareSitePower(demands, limit);
          const sum = shares.reduce((total, w) => total + w, 0);
          expect(sum).toBeLessThanOrEqual(limit + 1e-6);
          for (const [i, share] of shares.entries())
            expect(share).toBeLessThanOrEqual((demands[i] ?? 0) + 1e-9);
        },
      ),
    );
  });
});

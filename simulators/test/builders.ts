import { createPack, type Pack, type PackOptions, type PackSnapshot } from '../src/physics/pack.js';
import { createRandom } from '../src/random.js';
import { specOf } from '../src/station/pack-stock.js';

export function aPack(options: Partial<Omit<PackOptions, 'spec'>> & { packClass?: string } = {}): Pack {
  const { packClass = 'A', ...rest } = options;
  return createPack({ serial: 'VB-T-0001', spec: specOf(packClass), random: createRandom(7), ...rest });
}

/** A measurement of a healthy, resting 15-cell pack; fields can be replaced. */
export function aSnapshot(change: Partial<PackSnapshot> = {}): PackSnapshot {
  return {
    serial: 'VB-T-0001',
    packClass: 'A',
    model: 'US3000C',
    seriesCells: 15,
    voltageMv: 50_000,
    currentMa: 0,
    cellMv: Array.from({ length: 15 }, () => 3333),
    temperaturesDeciC: [250, 250, 250, 250],
    mosTemperatureDeciC: 260,
    socPct: 60,
    sohPct: 100,
    remainingMah: 30_000,
    capacityMah: 50_000,
    designCapacityMah: 50_000,
    cycles: 10,
    chargeMos: true,
    dischargeMos: true,
    balancing: [],
    protections: new Set(),
    limits: {
      chargeMv: 53_250,
      dischargeMv: 45_000,
      chargeMa: 37_000,
      dischargeMa: 37_000,
      overVoltageMv: 3_650,
      underVoltageMv: 2_800,
      chargeMaxC: 60,
      chargeMinC: -10,
      dischargeMaxC: 60,
    },
    ...change,
  };
}

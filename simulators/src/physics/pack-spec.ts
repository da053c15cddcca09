import type { ChemistryName } from './chemistry.js';

/** How a pack can be talked to, besides its NFC label. */
export type PackLanguage = 'rs485' | 'uart' | 'ble';

/** Whose electronics a Bluetooth pack has. */
export type PackMake = 'jbd' | 'jk' | 'daly';

/** A model of pack: what all packs of one class have in common. */
export interface PackSpec {
  readonly packClass: string;
  readonly model: string;
  readonly chemistry: ChemistryName;
  readonly seriesCells: number;
  readonly designCapacityMah: number;
  readonly cellResistanceMohm: number;
  readonly massKg: number;
  /** Limits that the pack's electronics enforce. */
  readonly maxChargeMa: number;
  readonly maxDischargeMa: number;
  readonly chargeMaxC: number;
  readonly chargeMinC: number;
  readonly dischargeMaxC: number;
  readonly languages: readonly PackLanguage[];
}

const SPECS: readonly PackSpec[] = [
  {
    packClass: 'A',
    model: 'VB-A48',
    chemistry: 'LFP',
    seriesCells: 16,
    designCapacityMah: 30_000,
    cellResistanceMohm: 2.4,
    massKg: 14,
    maxChargeMa: 30_000,
    maxDischargeMa: 60_000,
    chargeMaxC: 55,
    chargeMinC: 0,
    dischargeMaxC: 65,
    languages: ['rs485', 'uart'],
  },
  {
    packClass: 'B',
    model: 'VB-B60',
    chemistry: 'NMC',
    seriesCells: 17,
    designCapacityMah: 24_000,
    cellResistanceMohm: 3.2,
    massKg: 9,
    maxChargeMa: 24_000,
    maxDischargeMa: 60_000,
    chargeMaxC: 50,
    chargeMinC: 0,
    dischargeMaxC: 65,
    languages: ['ble'],
  },
];

/** The built-in pack models: class A is 48 V LFP on a wire, class B is 60 V NMC over Bluetooth. */
export function builtInPackSpecs(): readonly PackSpec[] {
  return SPECS;
}

/** Cell chemistries that the simulated packs are built of. */
export type ChemistryName = 'LFP' | 'NMC';

/** What a cell chemistry does, independent of any one cell. */
export interface Chemistry {
  readonly name: ChemistryName;
  /** Open-circuit voltage against state of charge, ascending, 25 °C. */
  readonly ocvMv: readonly (readonly [soc: number, mv: number])[];
  /** Constant-voltage setpoint of a charger, per cell. */
  readonly chargeMv: number;
  /** Protection thresholds of the pack's electronics, per cell. */
  readonly overVoltageMv: number;
  readonly overVoltageReleaseMv: number;
  readonly underVoltageMv: number;
  readonly underVoltageReleaseMv: number;
  /** Full cycles until 80 % of the design capacity is left at 25 °C. */
  readonly cycleLife: number;
}

// The curves follow the published rest-voltage tables of common 3.2 V LFP and 3.7 V NMC cells; the last
// point is the charger's setpoint, so that a constant-voltage charge ends by itself at 100 %.
const LFP: Chemistry = {
  name: 'LFP',
  ocvMv: [
    [0, 2600],
    [0.02, 2900],
    [0.05, 3060],
    [0.1, 3180],
    [0.2, 3235],
    [0.3, 3265],
    [0.4, 3280],
    [0.5, 3290],
    [0.6, 3300],
    [0.7, 3315],
    [0.8, 3330],
    [0.9, 3340],
    [0.95, 3350],
    [0.98, 3390],
    [0.99, 3440],
    [1, 3550],
  ],
  chargeMv: 3550,
  overVoltageMv: 3650,
  overVoltageReleaseMv: 3450,
  underVoltageMv: 2500,
  underVoltageReleaseMv: 2900,
  cycleLife: 2500,
};

const NMC: Chemistry = {
  name: 'NMC',
  ocvMv: [
    [0, 3000],
    [0.02, 3220],
    [0.05, 3350],
    [0.1, 3440],
    [0.2, 3540],
    [0.3, 3600],
    [0.4, 3640],
    [0.5, 3690],
    [0.6, 3760],
    [0.7, 3850],
    [0.8, 3950],
    [0.9, 4060],
    [1, 4180],
  ],
  chargeMv: 4180,
  overVoltageMv: 4250,
  overVoltageReleaseMv: 4100,
  underVoltageMv: 2900,
  underVoltageReleaseMv: 3200,
  cycleLife: 1200,
};

export function chemistryOf(name: ChemistryName): Chemistry {
  return name === 'LFP' ? LFP : NMC;
}

/**
 * Open-circuit voltage in mV at a state of charge (1 = full). Outside 0…1 the curve goes on steeply, as real
 * cells do when they are pushed past full or empty.
 */
export function openCircuitMv(chemistry: Chemistry, soc: number): number {
  const curve = chemistry.ocvMv;
  const first = curve[0];
  const last = curve[curve.length - 1];
  if (!first || !last) return 0;
  if (soc <= first[0]) return Math.max(0, first[1] + (soc - first[0]) * 20_000);
  if (soc >= last[0]) return last[1] + (soc - last[0]) * 10_000;
  for (let i = 1; i < curve.length; i += 1) {
    const high = curve[i];
    const low = curve[i - 1];
    if (!high || !low || soc > high[0]) continue;
    return low[1] + ((soc - low[0]) / (high[0] - low[0])) * (high[1] - low[1]);
  }
  return last[1];
}

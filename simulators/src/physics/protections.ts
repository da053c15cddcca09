import type { Chemistry } from './chemistry.js';
import type { PackSpec } from './pack-spec.js';

/** Conditions under which a pack's electronics open a MOSFET. */
export type ProtectionFlag =
  | 'cell-over-voltage'
  | 'cell-under-voltage'
  | 'charge-over-temperature'
  | 'charge-under-temperature'
  | 'discharge-over-temperature'
  | 'charge-over-current'
  | 'discharge-over-current';

export interface Protections {
  readonly flags: ReadonlySet<ProtectionFlag>;
}

export interface ProtectionInputs {
  readonly highestCellMv: number;
  readonly lowestCellMv: number;
  readonly temperatureC: number;
  readonly currentMa: number;
  readonly chemistry: Chemistry;
  readonly spec: PackSpec;
}

interface Rule {
  readonly flag: ProtectionFlag;
  raise(inputs: ProtectionInputs): boolean;
  clear(inputs: ProtectionInputs): boolean;
}

// Raising and clearing differ (hysteresis), or a MOSFET would chatter at the threshold.
const RULES: readonly Rule[] = [
  {
    flag: 'cell-over-voltage',
    raise: ({ highestCellMv, chemistry }) => highestCellMv > chemistry.overVoltageMv,
    clear: ({ highestCellMv, chemistry }) => highestCellMv < chemistry.overVoltageReleaseMv,
  },
  {
    flag: 'cell-under-voltage',
    raise: ({ lowestCellMv, chemistry }) => lowestCellMv < chemistry.underVoltageMv,
    clear: ({ lowestCellMv, chemistry }) => lowestCellMv > chemistry.underVoltageReleaseMv,
  },
  {
    flag: 'charge-over-temperature',
    raise: ({ temperatureC, spec }) => temperatureC > spec.chargeMaxC,
    clear: ({ temperatureC, spec }) => temperatureC < spec.chargeMaxC - 5,
  },
  {
    flag: 'charge-under-temperature',
    raise: ({ temperatureC, spec }) => temperatureC < spec.chargeMinC,
    clear: ({ temperatureC, spec }) => temperatureC > spec.chargeMinC + 3,
  },
  {
    flag: 'discharge-over-temperature',
    raise: ({ temperatureC, spec }) => temperatureC > spec.dischargeMaxC,
    clear: ({ temperatureC, spec }) => temperatureC < spec.dischargeMaxC - 5,
  },
  {
    flag: 'charge-over-current',
    raise: ({ currentMa, spec }) => currentMa > spec.maxChargeMa * 1.1,
    clear: ({ currentMa }) => currentMa <= 0,
  },
  {
    flag: 'discharge-over-current',
    raise: ({ currentMa, spec }) => -currentMa > spec.maxDischargeMa * 1.1,
    clear: ({ currentMa }) => currentMa >= 0,
  },
];

/** The next set of protection flags from the present one and what is measured. */
export function nextProtections(before: Protections, inputs: ProtectionInputs): Protections {
  const flags = new Set<ProtectionFlag>();
  for (const rule of RULES) {
    const wasOn = before.flags.has(rule.flag);
    if (wasOn ? !rule.clear(inputs) : rule.raise(inputs)) flags.add(rule.flag);
  }
  return { flags };
}

import type { Pack } from './pack.js';

export type ChargerState = 'off' | 'on' | 'fault';

export interface ChargerSpec {
  /** Constant-voltage setpoint. */
  readonly setpointMv: number;
  readonly maxMa: number;
  /** Below this current at the setpoint the charge is over. */
  readonly cutoffMa: number;
  /** Output power over mains power, 0…1. */
  readonly efficiency: number;
}

/** One slot's CC/CV charger. Pure: `step` is told the power it may take and the pack it feeds. */
export interface Charger {
  readonly spec: ChargerSpec;
  limitMa(): number;
  setLimit(limitMa: number): void;
  state(): ChargerState;
  outputMa(): number;
  outputMv(): number;
  /** Mains power that it would draw now if nothing held it back, W. */
  demandW(pack: Pack | undefined, mains: boolean): number;
  /** Feeds the pack for a time. `allowedW` caps the mains power. Returns the mains energy used, Wh. */
  step(step: {
    dtMs: number;
    pack: Pack | undefined;
    mains: boolean;
    allowedW: number;
    ambientC: number;
  }): number;
  setFault(fault: boolean): void;
}

/** A full pack is topped up again when it has fallen below this. */
const RESTART_SOC = 0.97;
const MAX_STEP_MS = 5_000;

export function createCharger(spec: ChargerSpec, initialLimitMa = 0): Charger {
  let limitMa = Math.min(initialLimitMa, spec.maxMa);
  let fault = false;
  let full = false;
  let outputMa = 0;
  let outputMv = 0;
  let fedSerial: string | undefined;

  /** Current that CC/CV control would push into the pack, mA. */
  function controlMa(pack: Pack): number {
    const headroomMv = spec.setpointMv - pack.ocvMv();
    if (headroomMv <= 0) return 0;
    const constantVoltageMa = (headroomMv / pack.resistanceMohm()) * 1000;
    return Math.min(limitMa, constantVoltageMa);
  }

  const enabled = (pack: Pack | undefined, mains: boolean): pack is Pack =>
    pack !== undefined && mains && !fault && limitMa > 0;

  function noteCharge(pack: Pack): void {
    if (pack.serial !== fedSerial) full = false;
    fedSerial = pack.serial;
    if (full && pack.soc() < RESTART_SOC) full = false;
  }

  function demandMa(pack: Pack | undefined, mains: boolean): number {
    if (!enabled(pack, mains) || (full && pack.serial === fedSerial && pack.soc() >= RESTART_SOC)) return 0;
    return controlMa(pack);
  }

  return {
    spec,
    limitMa: () => limitMa,
    setLimit(value) {
      limitMa = Math.max(0, Math.min(value, spec.maxMa));
      if (limitMa === 0) full = false;
    },
    state: () => (fault ? 'fault' : outputMa > 0 ? 'on' : 'off'),
    outputMa: () => Math.round(outputMa),
    outputMv: () => Math.round(outputMv),
    demandW(pack, mains) {
      const ma = demandMa(pack, mains);
      return pack && ma > 0
        ? (ma * (pack.ocvMv() + (ma * pack.resistanceMohm()) / 1000)) / 1e6 / spec.efficiency
        : 0;
    },
    step({ dtMs, pack, mains, allowedW, ambientC }) {
      outputMa = 0;
      outputMv = 0;
      if (!pack) return 0;
      noteCharge(pack);
      let usedWh = 0;
      for (let left = dtMs; left > 0; left -= MAX_STEP_MS) {
        const part = Math.min(left, MAX_STEP_MS);
        const wantedMa = demandMa(pack, mains);
        const ocvMv = pack.ocvMv();
        const resistanceMohm = pack.resistanceMohm();
        const terminalMv = ocvMv + (wantedMa * resistanceMohm) / 1000;
        const capMa = terminalMv > 0 ? (allowedW * spec.efficiency * 1e6) / terminalMv : 0;
        const flowedMa = pack.step(part, Math.min(wantedMa, capMa), ambientC);
        outputMa = flowedMa;
        outputMv = flowedMa > 0 ? ocvMv + (flowedMa * resistanceMohm) / 1000 : 0;
        usedWh += ((flowedMa * outputMv) / 1e6 / spec.efficiency) * (part / 3_600_000);
        const held = wantedMa > capMa;
        if (enabled(pack, mains) && !held && wantedMa < Math.min(spec.cutoffMa, limitMa)) full = true;
      }
      return usedWh;
    },
    setFault(value) {
      fault = value;
      if (fault) outputMa = 0;
    },
  };
}

/**
 * Shares a site's power among chargers: each gets what it asks for while the sum fits, otherwise the same share of
 * its demand. Demands and result in W, same order.
 */
export function shareSitePower(demandsW: readonly number[], siteLimitW: number): number[] {
  const total = demandsW.reduce((sum, w) => sum + w, 0);
  const factor = total > siteLimitW ? siteLimitW / total : 1;
  return demandsW.map((w) => w * factor);
}

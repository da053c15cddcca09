import type { Random } from '../random.js';
import { type Cell, cellOcvMv, cellTerminalMv, resistanceAtMohm } from './cell.js';
import { type Chemistry, chemistryOf } from './chemistry.js';
import type { PackSpec } from './pack-spec.js';
import { nextProtections, type ProtectionFlag, type Protections } from './protections.js';

/** What survives a restart: everything that the past has done to a pack. */
export interface PackMemory {
  cells: Cell[];
  temperatureC: number;
  throughputMah: number;
}

export interface PackOptions {
  serial: string;
  spec: PackSpec;
  random: Random;
  /** 0…1, default 0.5. Ignored when `memory` is given, as is all below. */
  soc?: number;
  sohPct?: number;
  cycles?: number;
  temperatureC?: number;
  memory?: PackMemory;
}

/** What the pack's own electronics measure: rounded as they would, in wire order. */
export interface PackSnapshot {
  readonly serial: string;
  readonly packClass: string;
  readonly model: string;
  readonly seriesCells: number;
  readonly voltageMv: number;
  /** Positive = charging. */
  readonly currentMa: number;
  readonly cellMv: readonly number[];
  /** Four cell-group sensors. */
  readonly temperaturesDeciC: readonly number[];
  readonly mosTemperatureDeciC: number;
  readonly socPct: number;
  readonly sohPct: number;
  readonly remainingMah: number;
  readonly capacityMah: number;
  readonly designCapacityMah: number;
  readonly cycles: number;
  readonly chargeMos: boolean;
  readonly dischargeMos: boolean;
  readonly balancing: readonly boolean[];
  readonly protections: ReadonlySet<ProtectionFlag>;
  readonly limits: {
    readonly chargeMv: number;
    readonly dischargeMv: number;
    readonly chargeMa: number;
    readonly dischargeMa: number;
    readonly overVoltageMv: number;
    readonly underVoltageMv: number;
    readonly chargeMaxC: number;
    readonly chargeMinC: number;
    readonly dischargeMaxC: number;
  };
}

/** Running totals since the pack object was made, for energy balance checks. */
export interface PackEnergy {
  /** Through the terminals, in minus out. */
  readonly terminalWh: number;
  /** Into the cells' chemistry, in minus out (the integral of open-circuit voltage times current). */
  readonly storedWh: number;
  /** Lost as heat: resistance, and charge bled off by the balancer. */
  readonly heatWh: number;
}

/** A physical battery pack. Pure: it only changes in `step` and in the named human or fault actions. */
export interface Pack {
  readonly serial: string;
  readonly spec: PackSpec;
  readonly chemistry: Chemistry;
  /** Sum of the open-circuit voltages, mV. */
  ocvMv(): number;
  /** Sum of the internal resistances at the present temperature, mΩ. */
  resistanceMohm(): number;
  /** 0…1 as the pack's electronics count it: what can still be drawn over what fits between empty and full. */
  soc(): number;
  temperatureC(): number;
  /** Applies a current for a time. Returns what really flowed: open MOSFETs let nothing through. Positive charges. */
  step(dtMs: number, currentMa: number, ambientC: number): number;
  snapshot(): PackSnapshot;
  energy(): PackEnergy;
  memory(): PackMemory;
  /** Heats or cools the whole pack at once; with `hold` the temperature stays until released with undefined. */
  setTemperature(temperatureC: number | undefined, hold: boolean): void;
  /** Shifts the charge of one cell, as an internal short or a bad weld would. */
  shiftCell(index: number, deltaMah: number): void;
  setSoc(soc: number): void;
}

const MAX_STEP_MS = 10_000;
const BALANCE_MA = 60;
const MS_PER_HOUR = 3_600_000;

export function createPack(options: PackOptions): Pack {
  const { serial, spec } = options;
  const chemistry = chemistryOf(spec.chemistry);
  const memory = options.memory ?? makeMemory(options);
  const { cells } = memory;
  const energy = { terminalWh: 0, storedWh: 0, heatWh: 0 };
  // Sensors sit at different places: a fixed offset each, in kelvin.
  const sensorOffsets = [0, 1, 2, 3].map((n) => options.random.fork(`sensor${n}`).between(-0.8, 0.8));
  let protections: Protections = { flags: new Set() };
  let heldC: number | undefined;
  let lastMa = 0;
  let balancing = cells.map(() => false);

  const ocvMv = () => cells.reduce((sum, cell) => sum + cellOcvMv(cell, chemistry), 0);
  const resistanceMohm = () =>
    cells.reduce((sum, cell) => sum + resistanceAtMohm(cell, memory.temperatureC), 0);
  const remainingMah = () => Math.max(0, Math.min(...cells.map((cell) => cell.chargeMah)));
  const headroomMah = () => Math.max(0, Math.min(...cells.map((cell) => cell.capacityMah - cell.chargeMah)));
  const capacityMah = () => remainingMah() + headroomMah();
  const cellVoltages = () =>
    cells.map((cell) => cellTerminalMv(cell, chemistry, lastMa, memory.temperatureC));
  const cycles = () => memory.throughputMah / (2 * spec.designCapacityMah);

  function protect(): void {
    const voltages = cellVoltages();
    protections = nextProtections(protections, {
      highestCellMv: Math.max(...voltages),
      lowestCellMv: Math.min(...voltages),
      temperatureC: memory.temperatureC,
      currentMa: lastMa,
      chemistry,
      spec,
    });
  }

  function wear(amountMah: number): void {
    memory.throughputMah += amountMah;
    // 20 % of the design capacity goes over the cycle life; every 10 K above 25 °C doubles the speed.
    const heatFactor = 2 ** Math.max(0, (memory.temperatureC - 25) / 10);
    const fade = ((0.2 / chemistry.cycleLife) * heatFactor * amountMah) / (2 * spec.designCapacityMah);
    for (const cell of cells) {
      cell.capacityMah = Math.max(
        spec.designCapacityMah * 0.2,
        cell.capacityMah - spec.designCapacityMah * fade,
      );
      cell.resistanceMohm += spec.cellResistanceMohm * fade * 2.5;
    }
  }

  function balance(hours: number, currentMa: number): number {
    const voltages = cells.map((cell) => cellOcvMv(cell, chemistry));
    const lowest = Math.min(...voltages);
    const fromMv = chemistry.chargeMv - 150;
    let bledWh = 0;
    balancing = voltages.map((mv) => currentMa > 0 && mv > fromMv && mv - lowest > 8);
    balancing.forEach((on, i) => {
      const cell = cells[i];
      if (!on || !cell) return;
      bledWh += (BALANCE_MA * hours * (voltages[i] ?? 0)) / 1e6;
      cell.chargeMah -= BALANCE_MA * hours;
    });
    return bledWh;
  }

  function subStep(dtMs: number, wantedMa: number, ambientC: number): number {
    const hours = dtMs / MS_PER_HOUR;
    const open =
      (wantedMa > 0 && !chargeAllowed(protections)) || (wantedMa < 0 && !dischargeAllowed(protections));
    const currentMa = open ? 0 : wantedMa;
    const resistance = resistanceMohm();
    const ocvBefore = ocvMv();
    for (const cell of cells) cell.chargeMah += currentMa * hours;
    // The mean of both ends makes the integral of a piecewise linear curve exact.
    const ocvMean = (ocvBefore + ocvMv()) / 2;
    const storedWh = (ocvMean * currentMa * hours) / 1e6;
    const ohmicWh = (currentMa * currentMa * resistance * hours) / 1e9;
    const bledWh = balance(hours, currentMa);
    energy.storedWh += storedWh - bledWh;
    energy.heatWh += ohmicWh + bledWh;
    energy.terminalWh += storedWh + ohmicWh;
    lastMa = currentMa;
    if (currentMa !== 0) wear(Math.abs(currentMa) * hours);
    warm(dtMs, ohmicWh + bledWh, ambientC);
    protect();
    return currentMa;
  }

  function warm(dtMs: number, heatWh: number, ambientC: number): void {
    if (heldC !== undefined) {
      memory.temperatureC = heldC;
      return;
    }
    const heatCapacity = spec.massKg * 950;
    const kelvinPerWatt = 0.55;
    const seconds = dtMs / 1000;
    const watts = seconds > 0 ? (heatWh * 3600) / seconds : 0;
    // Exact solution of one heat capacity behind one thermal resistance: stable for any step.
    const target = ambientC + watts * kelvinPerWatt;
    const decay = Math.exp(-seconds / (heatCapacity * kelvinPerWatt));
    memory.temperatureC = target + (memory.temperatureC - target) * decay;
  }

  protect();

  return {
    serial,
    spec,
    chemistry,
    ocvMv,
    resistanceMohm,
    soc: () => socOf(remainingMah(), capacityMah()),
    temperatureC: () => memory.temperatureC,
    step(dtMs, currentMa, ambientC) {
      let movedMah = 0;
      for (let left = dtMs; left > 0; left -= MAX_STEP_MS) {
        const part = Math.min(left, MAX_STEP_MS);
        movedMah += subStep(part, currentMa, ambientC) * part;
      }
      return dtMs > 0 ? movedMah / dtMs : 0;
    },
    snapshot() {
      const cellMv = cellVoltages().map(Math.round);
      const capacity = capacityMah();
      const deciC = (offset: number) => Math.round((memory.temperatureC + offset) * 10);
      return {
        serial,
        packClass: spec.packClass,
        model: spec.model,
        seriesCells: spec.seriesCells,
        voltageMv: cellMv.reduce((sum, mv) => sum + mv, 0),
        currentMa: Math.round(lastMa),
        cellMv,
        temperaturesDeciC: sensorOffsets.map(deciC),
        mosTemperatureDeciC: deciC(Math.min(25, (lastMa / 10_000) ** 2 * 1.5)),
        socPct: socOf(remainingMah(), capacity) * 100,
        sohPct: Math.min(100, (Math.min(...cells.map((c) => c.capacityMah)) / spec.designCapacityMah) * 100),
        remainingMah: Math.round(remainingMah()),
        capacityMah: Math.round(capacity),
        designCapacityMah: spec.designCapacityMah,
        cycles: Math.floor(cycles()),
        chargeMos: chargeAllowed(protections),
        dischargeMos: dischargeAllowed(protections),
        balancing,
        protections: protections.flags,
        limits: {
          chargeMv: chemistry.chargeMv * spec.seriesCells,
          dischargeMv: chemistry.underVoltageMv * spec.seriesCells,
          chargeMa: spec.maxChargeMa,
          dischargeMa: spec.maxDischargeMa,
          overVoltageMv: chemistry.overVoltageMv,
          underVoltageMv: chemistry.underVoltageMv,
          chargeMaxC: spec.chargeMaxC,
          chargeMinC: spec.chargeMinC,
          dischargeMaxC: spec.dischargeMaxC,
        },
      };
    },
    energy: () => ({ ...energy }),
    memory: () => ({ ...memory, cells: cells.map((cell) => ({ ...cell })) }),
    setTemperature(temperatureC, hold) {
      heldC = hold ? temperatureC : undefined;
      if (temperatureC !== undefined) memory.temperatureC = temperatureC;
      protect();
    },
    shiftCell(index, deltaMah) {
      const cell = cells[index];
      if (cell) cell.chargeMah = Math.max(0, cell.chargeMah + deltaMah);
      protect();
    },
    setSoc(soc) {
      for (const cell of cells) cell.chargeMah = cell.capacityMah * soc;
      protect();
    },
  };
}

function socOf(remainingMah: number, capacityMah: number): number {
  return capacityMah > 0 ? Math.min(1, Math.max(0, remainingMah / capacityMah)) : 0;
}

const CHARGE_BLOCKERS: readonly ProtectionFlag[] = [
  'cell-over-voltage',
  'charge-over-temperature',
  'charge-under-temperature',
  'charge-over-current',
];
const DISCHARGE_BLOCKERS: readonly ProtectionFlag[] = [
  'cell-under-voltage',
  'discharge-over-temperature',
  'discharge-over-current',
];

function chargeAllowed(protections: Protections): boolean {
  return !CHARGE_BLOCKERS.some((flag) => protections.flags.has(flag));
}

function dischargeAllowed(protections: Protections): boolean {
  return !DISCHARGE_BLOCKERS.some((flag) => protections.flags.has(flag));
}

/** Cells of one pack differ: capacity by ±0.8 %, resistance by ±6 %, charge by ±0.15 % of capacity. */
function makeMemory(options: PackOptions): PackMemory {
  const { spec } = options;
  const random = options.random.fork(`cells-${options.serial}`);
  const health = (options.sohPct ?? 100) / 100;
  const soc = options.soc ?? 0.5;
  const cells = Array.from({ length: spec.seriesCells }, () => {
    const capacityMah = spec.designCapacityMah * health * (1 + random.between(0, 0.008));
    return {
      capacityMah,
      chargeMah: Math.max(0, capacityMah * (soc + random.between(-0.0015, 0.0015))),
      resistanceMohm: spec.cellResistanceMohm * (1 + random.between(-0.06, 0.06) + (1 - health) * 2.5),
    };
  });
  return {
    cells,
    temperatureC: options.temperatureC ?? 24,
    throughputMah: (options.cycles ?? 0) * 2 * spec.designCapacityMah,
  };
}

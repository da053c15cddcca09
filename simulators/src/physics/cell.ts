import { type Chemistry, openCircuitMv } from './chemistry.js';

/** One cell (or one parallel group of cells) of a pack. */
export interface Cell {
  chargeMah: number;
  /** What it can hold now; falls with wear. */
  capacityMah: number;
  /** Internal resistance at 25 °C, mΩ; rises with wear. */
  resistanceMohm: number;
}

export function cellSoc(cell: Cell): number {
  return cell.chargeMah / cell.capacityMah;
}

export function cellOcvMv(cell: Cell, chemistry: Chemistry): number {
  return openCircuitMv(chemistry, cellSoc(cell));
}

/** Resistance at a temperature: below 25 °C it rises by 2 % per kelvin, above it falls a little. */
export function resistanceAtMohm(cell: Cell, temperatureC: number): number {
  const delta = 25 - temperatureC;
  const factor = delta > 0 ? 1 + 0.02 * Math.min(delta, 60) : Math.max(0.8, 1 + 0.004 * delta);
  return cell.resistanceMohm * factor;
}

/** Terminal voltage under a current; positive current charges. */
export function cellTerminalMv(cell: Cell, chemistry: Chemistry, currentMa: number, temperatureC: number) {
  return cellOcvMv(cell, chemistry) + (currentMa * resistanceAtMohm(cell, temperatureC)) / 1000;
}

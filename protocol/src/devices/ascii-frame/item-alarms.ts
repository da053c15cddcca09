import type { PackAlarm } from '../../domain/reading.js';

/** Value of one item in a status answer: 0 normal, 1 below its limit, 2 above, others a fault of its own. */
export const ITEM_ALARM = { below: 1, above: 2 } as const;

/** Per-item states of a status answer (command 44), as the whole family sends them. */
export type ItemStates = {
  cellStates: number[];
  temperatureStates: number[];
  chargeCurrentState: number;
  packVoltageState: number;
  dischargeCurrentState: number;
};

/** Names of the items that are not normal, without repeats. */
export function itemAlarms(states: ItemStates): PackAlarm[] {
  const found = new Set<PackAlarm>();
  const mark = (value: number, below: PackAlarm, above: PackAlarm): void => {
    if (value === ITEM_ALARM.below) found.add(below);
    else if (value === ITEM_ALARM.above) found.add(above);
    else if (value !== 0) found.add('other_fault');
  };
  for (const value of states.cellStates) mark(value, 'cell_under_voltage', 'cell_over_voltage');
  for (const value of states.temperatureStates) mark(value, 'under_temperature', 'over_temperature');
  mark(states.packVoltageState, 'pack_under_voltage', 'pack_over_voltage');
  mark(states.chargeCurrentState, 'charge_over_current', 'charge_over_current');
  mark(states.dischargeCurrentState, 'discharge_over_current', 'discharge_over_current');
  return [...found];
}

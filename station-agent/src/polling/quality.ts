import type { PackReading } from '@voltbay/protocol';
import type { SlotReading } from '../hardware/ports.js';

/** Limits outside which a value is a fault of the sensor or the frame, not a state of a pack. */
const CELL_MV = { min: 500, max: 5_000 };
const PACK_MV = { min: 1_000, max: 1_000_000 };
const CURRENT_MA = 1_000_000;
const TEMPERATURE_DECI_C = { min: -500, max: 1_500 };
/** Cells and pack voltage come from different converters; more than this apart they contradict each other. */
const SUM_TOLERANCE = 0.05;
/** No charger or load moves the state of charge faster. */
const SOC_STEP_PCT = 30;
const SOC_STEP_WITHIN_MS = 60_000;

type Previous = Pick<SlotReading, 'monotonicMs' | 'reading'> | null;

/**
 * What speaks against a reading: `implausible` a value that no pack can have, or that jumped; `disagreeing` two values of one reading
 * contradict each other. Empty when nothing does.
 */
export function judgeReading(reading: PackReading, monotonicMs: number, previous: Previous): string[] {
  const flags: string[] = [];
  if (isImplausible(reading) || socJumped(reading, monotonicMs, previous)) flags.push('implausible');
  if (sumDisagrees(reading) || capacityDisagrees(reading)) flags.push('disagreeing');
  return flags;
}

function isImplausible(reading: PackReading): boolean {
  const { voltageMv, currentMa, socPct, cellMv, temperaturesDeciC, mosTemperatureDeciC } = reading;
  if (voltageMv === undefined || currentMa === undefined || socPct === undefined) return true;
  if (voltageMv < PACK_MV.min || voltageMv > PACK_MV.max || Math.abs(currentMa) > CURRENT_MA) return true;
  if (socPct < 0 || socPct > 100) return true;
  if (cellMv.some((mv) => mv < CELL_MV.min || mv > CELL_MV.max)) return true;
  const temperatures = [
    ...temperaturesDeciC,
    ...(mosTemperatureDeciC === undefined ? [] : [mosTemperatureDeciC]),
  ];
  return temperatures.some((value) => value < TEMPERATURE_DECI_C.min || value > TEMPERATURE_DECI_C.max);
}

function socJumped(reading: PackReading, monotonicMs: number, previous: Previous): boolean {
  if (!previous || monotonicMs - previous.monotonicMs > SOC_STEP_WITHIN_MS) return false;
  const [now, before] = [reading.socPct, previous.reading.socPct];
  return now !== undefined && before !== undefined && Math.abs(now - before) > SOC_STEP_PCT;
}

function sumDisagrees({ voltageMv, cellMv }: PackReading): boolean {
  if (voltageMv === undefined || cellMv.length === 0) return false;
  const sum = cellMv.reduce((total, mv) => total + mv, 0);
  return Math.abs(sum - voltageMv) > voltageMv * SUM_TOLERANCE;
}

/** The charge left can not be clearly more than a full pack holds. */
function capacityDisagrees({ remainingMah, capacityMah }: PackReading): boolean {
  if (remainingMah === undefined || capacityMah === undefined || capacityMah === 0) return false;
  return remainingMah > capacityMah * 1.1;
}

import type { LimitsConfig } from '../config/schema.js';
import type { SlotReading } from '../hardware/ports.js';
import type { Alarms } from './alarms.js';

/** A pack is balanced again when its cells are this much closer than the limit. */
const BALANCED_SHARE = 0.75;
/** Cells drift apart under load, and near full, without anything being wrong: judged at rest or in gentle charge. */
const GENTLE_MA = 5_000;
const NEARLY_FULL_PCT = 97;
/** Warming is judged over this span: shorter ones measure the sensor's steps. */
const SPAN_MS = 60_000;

type Warmth = { deciC: number; monotonicMs: number };

/**
 * Watches what a pack's own protection reports late or not at all: cells that drift apart, and a pack that warms too fast to be charging
 * normally. A pack that is `heating` must not be charged until it has left the slot or cooled down.
 */
export function createPackWatch(deps: { limits: LimitsConfig; alarms: Alarms }) {
  const { limits, alarms } = deps;
  const since = new Map<number, Warmth>();
  const heating = new Map<number, number>();

  function watchCells({ slot, reading }: SlotReading): void {
    const { cellMv, currentMa = 0, socPct = 0 } = reading;
    if (cellMv.length < 2) return;
    const spreadMv = Math.max(...cellMv) - Math.min(...cellMv);
    if (spreadMv < limits.imbalanceMv * BALANCED_SHARE) alarms.clear('pack-imbalance', slot);
    else if (spreadMv > limits.imbalanceMv && Math.abs(currentMa) <= GENTLE_MA && socPct < NEARLY_FULL_PCT)
      alarms.raise('pack-imbalance', 'warning', { slot, detail: `cells differ by ${spreadMv} mV` });
  }

  function watchWarmth({ slot, reading, monotonicMs }: SlotReading): void {
    if (reading.temperaturesDeciC.length === 0) return;
    const deciC = Math.max(...reading.temperaturesDeciC);
    const from = since.get(slot);
    const hotDeciC = heating.get(slot);
    if (hotDeciC !== undefined && deciC <= hotDeciC - limits.heatingDeciCPerMin) {
      heating.delete(slot);
      alarms.clear('pack-heating', slot);
    }
    if (!from || deciC < from.deciC) {
      since.set(slot, { deciC, monotonicMs });
      return;
    }
    const spanMs = monotonicMs - from.monotonicMs;
    if (spanMs < SPAN_MS) return;
    since.set(slot, { deciC, monotonicMs });
    const perMinute = ((deciC - from.deciC) * 60_000) / spanMs;
    if (perMinute <= limits.heatingDeciCPerMin) return;
    heating.set(slot, Math.max(deciC, hotDeciC ?? deciC));
    alarms.raise('pack-heating', 'critical', { slot, detail: `${(perMinute / 10).toFixed(1)} °C a minute` });
  }

  return {
    watch(reading: SlotReading): void {
      watchCells(reading);
      watchWarmth(reading);
    },
    isHeating: (slot: number): boolean => heating.has(slot),
    /** The pack has left. */
    forget(slot: number): void {
      since.delete(slot);
      heating.delete(slot);
      alarms.clear('pack-imbalance', slot);
      alarms.clear('pack-heating', slot);
    },
  };
}
export type PackWatch = ReturnType<typeof createPackWatch>;

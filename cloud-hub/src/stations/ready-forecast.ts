import { forecastReady, type PublicStation, type Station } from '@voltbay/protocol';

type SlotView = Station['slots'][number];
export type ReadyBy = PublicStation['readyBy'];

/** A pack below this cannot leave when the station itself does not say which ones are ready. */
export const READY_SOC_PCT = 80;
/** A station that keeps packs beyond that waits for a fuller one. */
const FULLER_SOC_PCT = 95;
/** What a charger gives when the pack's own current is not known, mA. */
const CHARGE_LIMIT_MA = 10_000;
/** What does not keep a pack from being charged. */
const ORDINARY_ALARMS: ReadonlySet<string> = new Set([
  'low_soc',
  'cell_under_voltage',
  'pack_under_voltage',
  'cell_imbalance',
]);
/** What riders bring back, as a rule; and a pack whose capacity is not known. */
const RETURNED_SOC_PCT = 20;
const USUAL_CAPACITY_MAH = 40_000;
const MAX_ENTRIES = 8;
const MINUTE_MS = 60_000;

export const packClassOf = (slot: SlotView): string => slot.packClass ?? slot.reading?.packClass ?? 'unknown';

/** When the packs that are being charged will be ready, soonest first. What cannot be known is left out. */
export function packForecasts(
  slots: readonly SlotView[],
  nowMs: number,
): { slot: number; packClass: string; atMs: number }[] {
  return slots
    .flatMap((slot) => {
      const minutes = minutesUntilReady(slot);
      if (minutes === null) return [];
      // The reading may be a while old: the pack has been charging since.
      const sinceMs = Math.min(nowMs, slot.updatedAt ? Date.parse(slot.updatedAt) : nowMs);
      const atMs = Math.max(sinceMs + minutes * MINUTE_MS, nowMs);
      return [
        { slot: slot.slot, packClass: packClassOf(slot), atMs: Math.ceil(atMs / MINUTE_MS) * MINUTE_MS },
      ];
    })
    .sort((a, b) => a.atMs - b.atMs || a.slot - b.slot);
}

/** How long a pack that riders bring back takes until it can leave again, by the packs that are in the station; ms. */
export function rechargeMs(slots: readonly SlotView[]): number {
  const capacities = slots
    .map(({ reading }) => reading?.capacityMah ?? reading?.designCapacityMah ?? 0)
    .filter((mah) => mah > 0)
    .sort((a, b) => a - b);
  const minutes = forecastReady({
    socPct: RETURNED_SOC_PCT,
    targetSocPct: READY_SOC_PCT,
    capacityMah: capacities[Math.floor(capacities.length / 2)] ?? USUAL_CAPACITY_MAH,
    chargeLimitMa: CHARGE_LIMIT_MA,
  });
  return (minutes ?? 0) * MINUTE_MS;
}

function minutesUntilReady(slot: SlotView): number | null {
  const { reading } = slot;
  if (!reading || slot.enabled === false || slot.occupied === false) return null;
  const charging = slot.use === undefined ? slot.charging === true : slot.use === 'charging';
  if (!charging || reading.socPct === undefined) return null;
  if (reading.quality?.length || reading.alarms?.some((alarm) => !ORDINARY_ALARMS.has(alarm))) return null;
  const flowingMa = Math.max(reading.currentMa ?? 0, slot.chargerMa ?? 0);
  const temperatures = reading.temperaturesDeciC ?? [];
  return forecastReady({
    socPct: reading.socPct,
    // One that is beyond the usual mark and still not ready waits for the next one.
    targetSocPct: reading.socPct < READY_SOC_PCT ? READY_SOC_PCT : Math.max(FULLER_SOC_PCT, reading.socPct),
    capacityMah: reading.capacityMah ?? reading.designCapacityMah ?? 0,
    chargeLimitMa: Math.max(CHARGE_LIMIT_MA, flowingMa),
    ...(flowingMa > 0 ? { currentMa: flowingMa } : {}),
    ...(temperatures.length > 0
      ? { minDeciC: Math.min(...temperatures), maxDeciC: Math.max(...temperatures) }
      : {}),
  });
}

/** How many packs will be ready by when, with those that are ready now, if nobody takes one. `promised` are spoken for, by class. */
export function readyByTime(
  ready: Readonly<Record<string, number>>,
  forecasts: readonly { packClass: string; atMs: number }[],
  promised: Readonly<Record<string, number>> = {},
): ReadyBy {
  const entries: ReadyBy = [];
  const counts: Record<string, number> = { ...ready };
  const left = new Map(Object.entries(promised));
  for (const { packClass, atMs } of forecasts) {
    const spoken = left.get(packClass) ?? 0;
    if (spoken > 0) {
      left.set(packClass, spoken - 1);
      continue;
    }
    counts[packClass] = (counts[packClass] ?? 0) + 1;
    const entry = {
      at: new Date(atMs).toISOString(),
      count: Object.values(counts).reduce((sum, count) => sum + count, 0),
      ready: { ...counts },
    };
    if (entries.at(-1)?.at === entry.at) entries[entries.length - 1] = entry;
    else if (entries.length < MAX_ENTRIES) entries.push(entry);
    else break;
  }
  return entries;
}

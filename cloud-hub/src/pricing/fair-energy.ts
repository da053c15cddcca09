import type { Order } from '@voltbay/protocol';

type Reading = NonNullable<NonNullable<Order['returned']>['reading']>;

/** Energy that stands in a pack, Wh; null when the reading does not say. Prefers counted charge over a percentage. */
export function energyInPackWh(
  reading: Partial<Pick<Reading, 'voltageMv' | 'remainingMah' | 'capacityMah' | 'socPct'>> | undefined,
): number | null {
  if (!reading?.voltageMv || reading.voltageMv <= 0) return null;
  const mah =
    reading.remainingMah ??
    (reading.capacityMah !== undefined && reading.socPct !== undefined
      ? (reading.capacityMah * reading.socPct) / 100
      : null);
  return mah === null || mah < 0 ? null : (mah * reading.voltageMv) / 1_000_000;
}

/**
 * What a rider took: energy of the pack that left less energy of the pack that came back, in whole Wh, never below zero. Each pack is
 * measured with its own capacity, so an aged pack that is "full" counts for what it really holds. Null when either was not read.
 */
export function fairEnergyWh(order: Pick<Order, 'returned' | 'dispensed'>): number | null {
  const out = energyInPackWh(order.dispensed?.reading);
  const back = energyInPackWh(order.returned?.reading);
  if (out === null || back === null) return null;
  return Math.max(0, Math.round(out - back));
}

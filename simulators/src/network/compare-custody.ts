import type { StationState } from '../station/station-state.js';
import type { StoredCustody } from './hub-records.js';

/** Where every pack really is: in a slot of a station, or with a vehicle. */
export type PhysicalCustody = ReadonlyMap<
  string,
  { kind: 'station'; id: string; slot: number } | { kind: 'vehicle'; id: string }
>;

/** The truth about one simulated station and the vehicles whose riders carry packs. */
export function physicalCustody(
  station: Pick<StationState, 'device' | 'slots'>,
  held: ReadonlyMap<string, string>,
): PhysicalCustody {
  const where = new Map<
    string,
    { kind: 'station'; id: string; slot: number } | { kind: 'vehicle'; id: string }
  >();
  for (const { slot, pack } of station.slots)
    if (pack) where.set(pack.serial, { kind: 'station', id: station.device, slot });
  for (const [vehicleId, serial] of held) where.set(serial, { kind: 'vehicle', id: vehicleId });
  return where;
}

/** Each difference between where packs are and where the hub says they are, as a sentence; empty = they agree, slot by slot. */
export function compareCustody(truth: PhysicalCustody, custody: readonly StoredCustody[]): string[] {
  const recorded = new Map(custody.map((entry) => [entry.packId, entry]));
  const differences: string[] = [];
  for (const [serial, place] of truth) {
    const entry = recorded.get(serial);
    const real = placeName(place);
    const said = entry ? placeName(entry) : 'nowhere';
    if (real !== said) differences.push(`${serial} is ${real}; the hub says ${said}`);
  }
  for (const entry of custody)
    if (entry.kind !== 'unknown' && !truth.has(entry.packId))
      differences.push(`${entry.packId} is nowhere; the hub says ${placeName(entry)}`);
  return differences;
}

const placeName = ({ kind, id, slot }: { kind: string; id?: string; slot?: number }): string =>
  [kind, id, slot === undefined ? '' : `slot ${slot}`].filter(Boolean).join(' ');

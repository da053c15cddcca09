import type { Station } from '../api/resources.js';

/** What the colour of a slot says, the same in every picture of a cabinet. */
export const SLOT_TONES = [
  'ready',
  'charging',
  'waiting',
  'empty',
  'swap',
  'reserved',
  'fault',
  'off',
  'unknown',
] as const;
export type SlotTone = (typeof SLOT_TONES)[number];

export type StationSlot = Station['slots'][number];

/** A pack that is merely low is no fault: it is why it sits in the charger. */
const HARMLESS_ALARMS: ReadonlySet<string> = new Set(['low_soc']);

/** Alarms of the pack that need somebody, without the harmless ones. */
export const slotAlarms = (slot: StationSlot): string[] =>
  (slot.reading?.alarms ?? []).filter((alarm) => !HARMLESS_ALARMS.has(alarm));

/** Most urgent first: what a person must see wins over what is merely going on. */
export function slotTone(slot: StationSlot): SlotTone {
  if (slot.lock === 'jam' || slot.use === 'faulty' || slotAlarms(slot).length > 0) return 'fault';
  if (slot.use === 'swap') return 'swap';
  if (slot.enabled === false || slot.use === 'maintenance') return 'off';
  if (slot.use === 'reserved') return 'reserved';
  if (slot.occupied === false || slot.use === 'empty') return 'empty';
  if (slot.use === 'ready') return 'ready';
  if (slot.charging || slot.reading?.charge || slot.use === 'charging') return 'charging';
  if (slot.occupied) return 'waiting';
  return 'unknown';
}

/** The hottest sensor of the pack, 0.1 °C; undefined when it reported none. */
export function hottestDeciC(slot: StationSlot): number | undefined {
  const sensors = slot.reading?.temperaturesDeciC ?? [];
  return sensors.length > 0 ? Math.max(...sensors) : undefined;
}

/** Label, serial or id of the pack in the slot, whichever is known. */
export const slotPackId = (slot: StationSlot): string | undefined =>
  slot.tag ?? slot.reading?.packId ?? slot.reading?.serial;

/** Slots by tone, for a summary line. */
export function countTones(slots: readonly StationSlot[]): Record<SlotTone, number> {
  const counts = Object.fromEntries(SLOT_TONES.map((tone) => [tone, 0])) as Record<SlotTone, number>;
  for (const slot of slots) counts[slotTone(slot)] += 1;
  return counts;
}

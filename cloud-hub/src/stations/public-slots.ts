import type { PublicStationDetail, Station } from '@voltbay/protocol';
import { packForecasts } from './ready-forecast.js';
import { isEmpty, isReady } from './station-view.js';

type Slot = Station['slots'][number];
type PublicSlot = PublicStationDetail['slots'][number];

/** What riders see of each slot: what it is good for and how full its pack is. Serials, doors and readings stay inside. */
export function publicSlots(station: Station, nowMs: number): PublicSlot[] {
  const readyAt = new Map(
    packForecasts(station.slots, nowMs).map(({ slot, atMs }) => [slot, new Date(atMs).toISOString()]),
  );
  return station.slots.map((slot) => {
    const state = stateOf(slot);
    const packed = state !== 'empty' && state !== 'off';
    return {
      slot: slot.slot,
      state,
      packClass: slot.packClass ?? slot.reading?.packClass ?? null,
      socPct: packed ? (slot.reading?.socPct ?? null) : null,
      // What an absent station charges is not known.
      readyAt: state === 'charging' && station.online ? (readyAt.get(slot.slot) ?? null) : null,
    };
  });
}

function stateOf(slot: Slot): PublicSlot['state'] {
  if (slot.enabled === false || slot.use === 'faulty' || slot.use === 'maintenance') return 'off';
  if (isReady(slot, slot.reading ?? null)) return 'ready';
  if (isEmpty(slot)) return 'empty';
  const charging = slot.use === undefined ? slot.charging === true : slot.use === 'charging';
  return charging ? 'charging' : 'occupied';
}

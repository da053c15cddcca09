import type { PublicStation, ReadingMessage, SlotMessage, Station } from '@voltbay/protocol';
import { packClassOf, packForecasts, READY_SOC_PCT, readyByTime } from './ready-forecast.js';
import type { StationDocument, StationLiveDocument } from './station-documents.js';

/** REST form of a station: what was registered and what it last reported. */
export function stationView(station: StationDocument, live: StationLiveDocument | null): Station {
  const slots = live ? slotsOf(live) : [];
  return {
    id: station._id,
    tenantId: station.tenantId,
    version: station.version,
    createdAt: station.createdAt,
    updatedAt: station.updatedAt,
    name: station.name,
    device: station._id,
    lifecycle: station.lifecycle,
    topics: station.topics,
    location: station.location,
    timeZone: station.timeZone,
    openingHours: station.openingHours ?? null,
    regionId: station.regionId ?? null,
    online: live?.online ?? false,
    lastSeenAt: live?.lastSeenAt ?? null,
    epoch: live?.epoch ?? null,
    ...(live?.versions ? { versions: live.versions } : {}),
    info: live?.info ?? null,
    slots,
    ready: readyByClass(slots),
    emptySlots: slots.filter(isEmpty).length,
  };
}

/** `promised`: packs that riders on the way were told they would find, by class. */
export function publicStationView(
  station: Station,
  nowMs: number,
  promised: Readonly<Record<string, number>> = {},
): PublicStation {
  const inService =
    station.online &&
    station.lifecycle === 'live' &&
    (station.info?.mode === undefined || station.info.mode === 'in-service');
  return {
    id: station.id,
    name: station.name,
    location: station.location,
    timeZone: station.timeZone,
    openingHours: station.openingHours,
    online: station.online,
    ready: station.ready,
    emptySlots: station.emptySlots,
    lastSeenAt: station.lastSeenAt,
    slotCount: station.slots.length,
    inService,
    readyNow: Object.values(station.ready).reduce((sum, count) => sum + count, 0),
    // What an absent station charges is not known.
    readyBy: inService ? readyByTime(station.ready, packForecasts(station.slots, nowMs), promised) : [],
  };
}

type SlotView = Station['slots'][number];

function slotsOf(live: StationLiveDocument): SlotView[] {
  const numbers = new Set([...Object.keys(live.slots), ...Object.keys(live.readings)]);
  return [...numbers]
    .map(Number)
    .sort((a, b) => a - b)
    .map((slot) => ({
      ...live.slots[slot],
      slot,
      reading: live.readings[slot] ?? null,
      ...(live.slotSeenAt[slot] ? { updatedAt: live.slotSeenAt[slot] } : {}),
    }));
}

function readyByClass(slots: readonly SlotView[]): Record<string, number> {
  const ready: Record<string, number> = {};
  for (const slot of slots) {
    if (!isReady(slot, slot.reading ?? null)) continue;
    const packClass = packClassOf(slot);
    ready[packClass] = (ready[packClass] ?? 0) + 1;
  }
  return ready;
}

export function isReady(slot: SlotMessage, reading: ReadingMessage | null): boolean {
  if (slot.enabled === false) return false;
  if (slot.use !== undefined) return slot.use === 'ready';
  return (
    slot.occupied !== false &&
    (reading?.socPct ?? 0) >= READY_SOC_PCT &&
    !reading?.alarms?.length &&
    !reading?.quality?.length
  );
}

export function isEmpty(slot: SlotMessage): boolean {
  if (slot.enabled === false) return false;
  return slot.use === undefined ? slot.occupied === false : slot.use === 'empty';
}

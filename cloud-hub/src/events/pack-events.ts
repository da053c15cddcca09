import { type BatteryDocument, batteriesCollection, batteryView } from '../batteries/battery-documents.js';
import type { Database } from '../db/index.js';
import { vehiclesCollection } from '../vehicles/vehicles.js';
import type { DomainEvent } from './domain-events.js';
import { type EventSource, sourceOf } from './event-feed.js';

/** Quarantined and released packs; a rider whose vehicle holds one is called back. */
export function createPackEvents(deps: {
  ownerOf(tenantId: string, vehicleId: string): Promise<string | null>;
}): (battery: BatteryDocument) => Promise<DomainEvent[]> {
  return async (battery) => {
    const { quarantine, quarantineLifted, custodian } = battery;
    const base = {
      userId: null,
      stationId: custodian.kind === 'station' ? (custodian.id ?? null) : null,
      data: {
        ...batteryView(battery),
        lastReading: null,
        packId: battery._id,
        code: quarantine?.code ?? null,
        detail: quarantine?.note ?? null,
      },
    };
    const events: DomainEvent[] = [];
    if (quarantineLifted)
      events.push({
        ...base,
        key: `pack:${battery._id}:released:${quarantineLifted.at}`,
        type: 'pack.released',
        at: quarantineLifted.at,
      });
    if (!quarantine) return events;
    const named = `pack:${battery._id}:quarantined:${quarantine.at}`;
    events.push({ ...base, key: named, type: 'pack.quarantined', at: quarantine.at });
    if (custodian.kind === 'vehicle' && custodian.id !== undefined) {
      const userId = await deps.ownerOf(battery.tenantId, custodian.id);
      if (userId !== null)
        events.push({ ...base, userId, key: `${named}:recall`, type: 'pack.recalled', at: quarantine.at });
    }
    return events;
  };
}

export const packSource = (database: Database): EventSource =>
  sourceOf(
    'batteries',
    database.collection(batteriesCollection),
    createPackEvents({
      async ownerOf(tenantId, vehicleId) {
        const vehicle = await database.collection(vehiclesCollection).findOne({ _id: vehicleId, tenantId });
        return vehicle?.ownerUserId ?? null;
      },
    }),
  );

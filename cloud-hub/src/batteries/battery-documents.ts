import type { Battery } from '@voltbay/protocol';
import { type AsDocument, defineCollection } from '../db/index.js';

/** A battery pack; `_id` is its serial. */
export type BatteryDocument = AsDocument<Battery> & {
  /** Keys of the newest handovers, so that a repeat changes nothing. */
  custodyKeys: string[];
};

export type Custodian = Battery['custodian'];

/** One handover, never changed. `_id` is its key. */
export type CustodyEventDocument = {
  _id: string;
  packId: string;
  tenantId: string;
  to: { kind: Custodian['kind']; id?: string; slot?: number };
  /** ISO 8601, time of the handover. */
  at: string;
  recordedAt: string;
  evidence: Record<string, unknown>;
};

export const batteriesCollection = defineCollection<BatteryDocument>('batteries', [
  { name: 'tenant-id', key: { tenantId: 1, _id: 1 } },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-status', key: { tenantId: 1, status: 1, _id: 1 } },
  { name: 'tenant-class', key: { tenantId: 1, packClass: 1, _id: 1 } },
  { name: 'tenant-seen', key: { tenantId: 1, lastSeenAt: 1, _id: 1 } },
  { name: 'updated', key: { updatedAt: 1, _id: 1 } },
  { name: 'custodian', key: { tenantId: 1, 'custodian.kind': 1, 'custodian.id': 1, _id: 1 } },
]);
export const custodyEventsCollection = defineCollection<CustodyEventDocument>('custody_events', [
  { name: 'tenant-pack-at', key: { tenantId: 1, packId: 1, at: 1, _id: 1 } },
]);

export function batteryView(document: BatteryDocument): Battery {
  const { _id, custodyKeys: _keys, ...rest } = document;
  return { id: _id, ...rest };
}

/** A pack that nobody registered, seen for the first time. */
export function newBattery(options: {
  id: string;
  tenantId: string;
  packClass: string;
  custodian: Custodian;
  now: string;
}): BatteryDocument {
  return {
    _id: options.id,
    tenantId: options.tenantId,
    version: 1,
    createdAt: options.now,
    updatedAt: options.now,
    packClass: options.packClass,
    status: 'in-service',
    custodian: options.custodian,
    lastReading: null,
    lastSeenAt: null,
    custodyKeys: [],
  };
}

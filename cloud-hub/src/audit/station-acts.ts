import { MSG_TYPE, type StationEventData } from '@voltbay/protocol';
import { isoAt } from '../clock.js';
import type { Database } from '../db/index.js';
import type { Projection } from '../ingest/projector.js';
import { eventTimeMs } from '../ingest/uplink-parse.js';
import { auditCollection } from './audit-document.js';
import type { AuditLog } from './audit-log.js';

/**
 * Takes what technicians did at a station into the tenant's audit chain, whenever the station tells of it: `station.open-slot` and the
 * like, at the time of the act. A message that comes again is found by its identity and not entered twice.
 */
export function createStationActsProjection(deps: { database: Database; log: AuditLog }): Projection {
  const entries = deps.database.collection(auditCollection);
  return {
    name: 'station-acts',
    async project(batch) {
      for (const entry of batch) {
        if (entry.kind !== 'message' || entry.message.type !== MSG_TYPE.STATION_EVENT) continue;
        const { _id: message, device, tenantId } = entry.message;
        const event = entry.message.data as StationEventData;
        if (event.kind !== 'operator') continue;
        const at = isoAt(eventTimeMs(entry.message, event.at));
        const target = `stations/${device}`;
        const known = await entries.findOne({ tenantId, target, at, 'detail.message': message });
        if (known) continue;
        const [, kind = 'technician', id = event.who] = /^([a-z]{1,32}):(.+)$/.exec(event.who) ?? [];
        await deps.log.record({
          tenantId,
          at,
          actor: { kind, id, name: null },
          action: `station.${event.action}`,
          target,
          outcome: 'ok',
          detail: {
            message,
            ...(event.slot !== undefined && { slot: event.slot }),
            ...(event.detail !== undefined && { reason: event.detail }),
          },
        });
      }
    },
  };
}

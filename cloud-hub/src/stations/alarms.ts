import { MSG_TYPE, type StationEventData } from '@voltbay/protocol';
import type { AnyBulkWriteOperation } from 'mongodb';
import { MongoBulkWriteError } from 'mongodb';
import { isoAt, isoNow } from '../clock.js';
import type { Database } from '../db/index.js';
import type { IngestEntry, Projection } from '../ingest/projector.js';
import type { Clock, LiveBus } from '../ports.js';
import { type AlarmDocument, alarmsCollection } from './station-documents.js';

export type AlarmChange = {
  device: string;
  tenantId: string;
  code: string;
  state: 'raised' | 'cleared';
  severity: 'info' | 'warning' | 'critical';
  slot?: number;
  packId?: string;
  detail?: string;
  /** ISO 8601. */
  at: string;
  /** Makes changes of one instant distinct; the message's key. */
  order: string;
};

export interface Alarms {
  readonly projection: Projection;
  /** Raises or clears; a change that is older than the newest known one is ignored. */
  apply(changes: readonly AlarmChange[]): Promise<void>;
  acknowledge(id: string, tenantId: string, by: string): Promise<AlarmDocument | null>;
  /** Passes a raised alarm on; once per raise. Null: no such alarm, cleared, or escalated already. */
  escalate(id: string, tenantId: string, by: string): Promise<AlarmDocument | null>;
  /** Escalates critical alarms that nobody acknowledged in the tenant's time. Safe in several processes. */
  escalateOverdue(tenantId: string, afterS: number): Promise<number>;
}

export function createAlarms(deps: { database: Database; live: LiveBus; clock: Clock }): Alarms {
  const { live, clock } = deps;
  const alarms = deps.database.collection(alarmsCollection);

  async function apply(changes: readonly AlarmChange[]): Promise<void> {
    if (changes.length === 0) return;
    const now = isoNow(clock);
    try {
      await alarms.bulkWrite(
        changes.map((change) => alarmWrite(change, now)),
        { ordered: false },
      );
    } catch (error) {
      // The guarded upsert of an older change runs into the document it did not match: that is the guard.
      if (!onlyDuplicates(error)) throw error;
    }
    for (const change of changes) {
      if (change.code === 'door-unexpected' && change.state === 'cleared') continue;
      live.publish({
        type: 'alarm',
        id: alarmId(change),
        tenantId: change.tenantId,
        stationId: change.device,
        code: change.code,
        state: change.state,
        severity: change.severity,
      });
    }
  }

  const escalate: Alarms['escalate'] = async (id, tenantId, by) => {
    const escalated = await alarms.findOneAndUpdate(
      { _id: id, tenantId, state: 'raised', escalatedAt: null },
      { $set: { escalatedAt: isoNow(clock), escalatedBy: by }, $inc: { version: 1 } },
      { returnDocument: 'after' },
    );
    if (escalated)
      live.publish({
        type: 'alarm',
        id,
        tenantId,
        stationId: escalated.stationId,
        code: escalated.code,
        state: 'escalated',
        severity: escalated.severity,
      });
    return escalated;
  };

  return {
    apply,
    escalate,
    async escalateOverdue(tenantId, afterS) {
      const overdue = await alarms
        .find(
          {
            tenantId,
            state: 'raised',
            severity: 'critical',
            acknowledgedAt: null,
            escalatedAt: null,
            raisedAt: { $lte: isoAt(clock.now() - afterS * 1_000) },
          },
          { projection: { _id: 1 }, limit: 200 },
        )
        .toArray();
      let count = 0;
      for (const { _id } of overdue) if (await escalate(_id, tenantId, 'hub')) count += 1;
      return count;
    },
    projection: {
      name: 'alarms',
      project: (entries) => apply(entries.flatMap(alarmChanges)),
    },
    acknowledge: (id, tenantId, by) =>
      alarms.findOneAndUpdate(
        { _id: id, tenantId },
        { $set: { acknowledgedBy: by, acknowledgedAt: isoNow(clock) }, $inc: { version: 1 } },
        { returnDocument: 'after' },
      ),
  };
}

/** Identity of an alarm: where it can stand only once. Codes come from stations: what is no id letter is replaced. */
export function alarmId(change: Pick<AlarmChange, 'device' | 'code' | 'slot' | 'packId'>): string {
  const parts = [change.device, change.code, change.slot ?? '-', change.packId ?? '-'];
  return parts.map((part) => String(part).replace(/[^A-Za-z0-9_.-]/g, '_')).join(':');
}

function alarmWrite(change: AlarmChange, now: string): AnyBulkWriteOperation<AlarmDocument> {
  const order = `${change.at}|${change.order}`;
  const raised = change.state === 'raised';
  return {
    updateOne: {
      filter: { _id: alarmId(change), order: { $lt: order } },
      update: {
        $set: {
          state: change.state,
          severity: change.severity,
          detail: change.detail ?? null,
          updatedAt: now,
          order,
          ...(raised
            ? {
                raisedAt: change.at,
                clearedAt: null,
                acknowledgedBy: null,
                acknowledgedAt: null,
                escalatedAt: null,
                escalatedBy: null,
                workOrderId: null,
              }
            : { clearedAt: change.at }),
        },
        $inc: { version: 1, count: raised ? 1 : 0 },
        $setOnInsert: {
          tenantId: change.tenantId,
          createdAt: now,
          stationId: change.device,
          code: change.code,
          slot: change.slot ?? null,
          packId: change.packId ?? null,
        },
      },
      // What was never raised is not cleared either.
      upsert: raised,
    },
  };
}

function onlyDuplicates(error: unknown): boolean {
  if (!(error instanceof MongoBulkWriteError)) return false;
  const errors = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
  return errors.length > 0 && errors.every(({ code }) => code === 11000);
}

/** Alarms in a station's event: those it names, and an opening or a pack movement that nothing accounts for. */
function alarmChanges(entry: IngestEntry): AlarmChange[] {
  if (entry.kind === 'refusal') {
    const { device, tenantId, alarm: code, detail, at } = entry;
    return [{ device, tenantId, code, detail, at, state: 'raised', severity: 'critical', order: 'hub' }];
  }
  if (entry.kind !== 'message' || entry.message.type !== MSG_TYPE.STATION_EVENT) return [];
  const { device, tenantId, at, _id: order } = entry.message;
  const event = entry.message.data as StationEventData;
  const base = { device, tenantId, at, order };
  switch (event.kind) {
    case 'alarm':
      return [
        {
          ...base,
          code: event.code,
          state: event.state,
          severity: event.severity,
          slot: event.slot,
          packId: event.packId,
          detail: event.detail,
        },
      ];
    case 'door':
      return event.expected && event.state === 'open'
        ? []
        : [
            {
              ...base,
              code: 'door-unexpected',
              state: event.state === 'open' ? 'raised' : 'cleared',
              severity: 'critical',
              slot: event.slot,
            },
          ];
    case 'pack':
      return event.expected
        ? []
        : [
            {
              ...base,
              code: event.state === 'out' ? 'pack-taken-unexpected' : 'pack-put-unexpected',
              state: 'raised',
              severity: event.state === 'out' ? 'critical' : 'warning',
              slot: event.slot,
              packId: event.packId,
            },
          ];
    default:
      return [];
  }
}

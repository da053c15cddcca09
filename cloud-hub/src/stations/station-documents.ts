import type { ReadingMessage, SlotMessage, Station, StationMessage } from '@voltbay/protocol';
import { defineCollection, type Stored } from '../db/index.js';

/** What operators register: changes rarely, carries the ETag. `_id` is the device number. */
export type StationDocument = Stored & {
  name: string;
  lifecycle: Station['lifecycle'];
  topics: Station['topics'];
  location: Station['location'];
  timeZone: string;
  /** Older documents have none: always open. */
  openingHours?: Station['openingHours'];
  /** Older documents have none. */
  regionId?: string | null;
  /** Copy of the live state for filters; written at each change of it, without a new version. */
  online: boolean;
};

/** What the station last reported: changes all the time, written by ingest alone. `_id` is the device number. */
export type StationLiveDocument = {
  _id: string;
  tenantId: string;
  online: boolean;
  /** ISO 8601. */
  lastSeenAt: string | null;
  /** Why it is offline: reason of the goodbye, `will`, `disconnected`, `silent`. */
  offlineReason: string | null;
  /** Grows when a station comes with another database than before; sequence numbers count within it. */
  incarnation: number;
  instanceId: string | null;
  /** Name of the agent's start that was let in last; absent in documents of an older hub. */
  startId?: string | null;
  epoch: number | null;
  /** Newest message that the live state shows. */
  seq: number | null;
  versions: Record<string, string> | null;
  configHash: string | null;
  /** Older documents have none. */
  configVersion?: string | null;
  lastCommandId: string | null;
  info: StationMessage | null;
  /** By slot number as text. */
  slots: Record<string, SlotMessage>;
  readings: Record<string, ReadingMessage>;
  slotSeenAt: Record<string, string>;
};

/** One document per station, code, slot and pack: raised and cleared again over its life. */
export type AlarmDocument = Stored & {
  stationId: string;
  code: string;
  state: 'raised' | 'cleared';
  severity: 'info' | 'warning' | 'critical';
  slot: number | null;
  packId: string | null;
  detail: string | null;
  raisedAt: string | null;
  clearedAt: string | null;
  /** Times it was raised. */
  count: number;
  acknowledgedBy: string | null;
  acknowledgedAt: string | null;
  /** When it was passed on because nobody looked after it; older documents have none of these three. */
  escalatedAt?: string | null;
  /** Operator, or `hub` when its time was over. */
  escalatedBy?: string | null;
  workOrderId?: string | null;
  /** Time and message of the newest change: older ones that come late are ignored. */
  order: string;
};

export const stationsCollection = defineCollection<StationDocument>('stations', [
  { name: 'tenant-id', key: { tenantId: 1, _id: 1 } },
  { name: 'tenant-name', key: { tenantId: 1, name: 1, _id: 1 } },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-lifecycle', key: { tenantId: 1, lifecycle: 1, _id: 1 } },
  { name: 'tenant-online', key: { tenantId: 1, online: 1, _id: 1 } },
  { name: 'tenant-region', key: { tenantId: 1, regionId: 1, _id: 1 } },
  { name: 'lifecycle', key: { lifecycle: 1, _id: 1 } },
  { name: 'online', key: { online: 1 } },
]);
export const stationLiveCollection = defineCollection<StationLiveDocument>('station_live', [
  { name: 'online-seen', key: { online: 1, lastSeenAt: 1 } },
]);
export const alarmsCollection = defineCollection<AlarmDocument>('alarms', [
  { name: 'tenant-updated', key: { tenantId: 1, updatedAt: 1, _id: 1 } },
  { name: 'tenant-station', key: { tenantId: 1, stationId: 1, updatedAt: 1 } },
  { name: 'tenant-state', key: { tenantId: 1, state: 1, updatedAt: 1 } },
  { name: 'updated', key: { updatedAt: 1, _id: 1 } },
]);

export const WORK_ORDER_STATES = ['open', 'assigned', 'in-progress', 'done', 'cancelled'] as const;
export type WorkOrderState = (typeof WORK_ORDER_STATES)[number];
/** Work at a station: what is to be done, by whom, and what became of it. */
export type WorkOrderDocument = Stored & {
  stationId: string;
  title: string;
  detail: string | null;
  priority: 'low' | 'normal' | 'urgent';
  state: WorkOrderState;
  /** Operator id; set from `assigned` on. */
  assignee: string | null;
  alarmIds: string[];
  createdBy: string;
  /** ISO 8601. */
  dueAt: string | null;
  closedAt: string | null;
  log: { at: string; by: string; state: WorkOrderState; note: string | null }[];
};
export const workOrdersCollection = defineCollection<WorkOrderDocument>('work_orders', [
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-station', key: { tenantId: 1, stationId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-state', key: { tenantId: 1, state: 1, createdAt: 1, _id: 1 } },
]);

/** The live document of a station that was never heard of. */
export function emptyLive(device: string, tenantId: string): StationLiveDocument {
  return {
    _id: device,
    tenantId,
    online: false,
    lastSeenAt: null,
    offlineReason: null,
    incarnation: 0,
    instanceId: null,
    epoch: null,
    seq: null,
    versions: null,
    configHash: null,
    lastCommandId: null,
    info: null,
    slots: {},
    readings: {},
    slotSeenAt: {},
  };
}

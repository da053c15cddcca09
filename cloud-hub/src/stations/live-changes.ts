import {
  MSG_TYPE,
  type ReadingMessage,
  type SlotMessage,
  type StationEventData,
  type StationInfoData,
  type StationMessage,
  type TelemetryData,
} from '@voltbay/protocol';
import type { MessageDocument } from '../ingest/message-document.js';
import { readingsOf } from '../ingest/uplink-parse.js';

/** What a batch of one station's messages changes in its live state; later messages win slot by slot. */
export type LiveChanges = {
  device: string;
  tenantId: string;
  /** Position of the newest message; null numbers on stations that do not number. */
  incarnation: number;
  epoch: number | null;
  seq: number | null;
  /** ISO 8601, hub time. */
  seenAt: string;
  info: StationMessage | null;
  slots: Map<number, SlotMessage>;
  /** Facts of single events about slots whose full state did not come in this batch. */
  slotFacts: Map<number, Partial<SlotMessage>>;
  readings: Map<number, ReadingMessage & { slot: number }>;
  /** Any content besides "was heard of". */
  touched: boolean;
};

/** Folds messages into changes per station. Historical messages say that a station lives, not how it is now. */
export function foldLiveChanges(messages: readonly MessageDocument[]): LiveChanges[] {
  const byDevice = new Map<string, LiveChanges>();
  for (const message of messages) {
    const changes = byDevice.get(message.device) ?? emptyChanges(message);
    byDevice.set(message.device, changes);
    changes.seenAt = message.receivedAt.toISOString();
    if (message.historical || !isNewer(message, changes)) continue;
    changes.incarnation = message.incarnation;
    changes.epoch = message.epoch;
    changes.seq = message.seq;
    apply(changes, message);
  }
  return [...byDevice.values()];
}

function emptyChanges(message: MessageDocument): LiveChanges {
  return {
    device: message.device,
    tenantId: message.tenantId,
    incarnation: message.incarnation,
    epoch: null,
    seq: null,
    seenAt: '',
    info: null,
    slots: new Map(),
    slotFacts: new Map(),
    readings: new Map(),
    touched: false,
  };
}

function isNewer(message: MessageDocument, changes: LiveChanges): boolean {
  if (message.epoch === null || changes.epoch === null) return true;
  if (message.incarnation !== changes.incarnation) return message.incarnation > changes.incarnation;
  if (message.epoch !== changes.epoch) return message.epoch > changes.epoch;
  return (message.seq ?? 0) > (changes.seq ?? -1);
}

function apply(changes: LiveChanges, message: MessageDocument): void {
  if (message.type === MSG_TYPE.STATION_INFO || message.type === MSG_TYPE.TELEMETRY) {
    const data = message.data as StationInfoData | TelemetryData | null;
    if (data && 'station' in data && data.station) changes.info = data.station;
    for (const slot of data?.slots ?? []) {
      changes.slots.set(slot.slot, slot);
      changes.slotFacts.delete(slot.slot);
    }
    for (const reading of readingsOf(message.type, message.data)) changes.readings.set(reading.slot, reading);
    changes.touched = true;
    return;
  }
  if (message.type !== MSG_TYPE.STATION_EVENT) return;
  const event = message.data as StationEventData;
  if (event.kind === 'door') note(changes, event.slot, { door: event.state });
  if (event.kind === 'pack') note(changes, event.slot, { occupied: event.state === 'in' });
}

function note(changes: LiveChanges, slot: number, facts: Partial<SlotMessage>): void {
  const whole = changes.slots.get(slot);
  if (whole) changes.slots.set(slot, { ...whole, ...facts });
  else changes.slotFacts.set(slot, { ...changes.slotFacts.get(slot), ...facts });
  changes.touched = true;
}

/** `$set` of the live document for these changes. */
export function liveUpdate(changes: LiveChanges): Record<string, unknown> {
  const set: Record<string, unknown> = {};
  if (changes.epoch !== null) {
    set.incarnation = changes.incarnation;
    set.epoch = changes.epoch;
    set.seq = changes.seq;
  }
  if (changes.info) set.info = changes.info;
  const touched = new Set<number>();
  for (const [slot, state] of changes.slots) {
    set[`slots.${slot}`] = state;
    touched.add(slot);
  }
  for (const [slot, facts] of changes.slotFacts) {
    set[`slots.${slot}.slot`] = slot;
    for (const [name, value] of Object.entries(facts)) set[`slots.${slot}.${name}`] = value;
    touched.add(slot);
  }
  for (const [slot, reading] of changes.readings) {
    set[`readings.${slot}`] = reading;
    touched.add(slot);
  }
  for (const slot of touched) set[`slotSeenAt.${slot}`] = changes.seenAt;
  return set;
}

import type { ClockQuality } from '@voltbay/protocol';
import { defineCollection } from '../db/index.js';

/**
 * One uplink message. `_id` is the identity under which it is stored once: device / incarnation / epoch / seq with fixed-width
 * numbers, so that a range of `_id` is a range of sequence numbers. Messages of stations that do not number them get a random one.
 */
export type MessageDocument = {
  _id: string;
  device: string;
  tenantId: string;
  type: number;
  /** Sequence within the epoch; null when the station does not number its messages. */
  incarnation: number;
  epoch: number | null;
  seq: number | null;
  /** The station's own id of the message. */
  messageId?: string;
  /** ISO 8601. The station's time, or the hub's where the station's clock cannot be believed. */
  at: string;
  historical?: boolean;
  clock?: ClockQuality;
  data: unknown;
  /** The JSON text of `data`, as the station wrote it or once the hub has: the store and the projections use the same. */
  text?: string;
  /** Why it is kept but not acted upon: the station set it aside. `data` is then the text as it came. */
  refused?: string;
  detail?: string;
  /** Process run that stored it, for finishing what a killed one left. */
  run: string;
  /** A Date, for the expiry index. */
  receivedAt: Date;
};

/**
 * A message as the store holds it: what the station said is one JSON text. Nobody asks the store about what is inside (projections answer
 * that), and one text costs a fraction of a nested document at every step of the way to the disk.
 */
export type StoredMessage = Omit<MessageDocument, 'data' | 'text'> & { json: string };

export const dataText = (message: MessageDocument): string => {
  message.text ??= JSON.stringify(message.data);
  return message.text;
};
export function storedMessage(message: MessageDocument): StoredMessage {
  const { _id, device, tenantId, type, incarnation, epoch, seq, at, run, receivedAt } = message;
  const json = dataText(message);
  // Field by field: a copy by the spread costs as much as all the rest of it.
  const stored: StoredMessage = {
    _id,
    device,
    tenantId,
    type,
    incarnation,
    epoch,
    seq,
    at,
    run,
    receivedAt,
    json,
  };
  if (message.messageId !== undefined) stored.messageId = message.messageId;
  if (message.historical !== undefined) stored.historical = message.historical;
  if (message.clock !== undefined) stored.clock = message.clock;
  if (message.refused !== undefined) stored.refused = message.refused;
  if (message.detail !== undefined) stored.detail = message.detail;
  return stored;
}
/** Also of a message written before what it says became text. */
export const messageOf = (stored: StoredMessage | MessageDocument): MessageDocument => {
  if ('data' in stored) return stored;
  const { json, ...rest } = stored;
  return { ...rest, data: JSON.parse(json) };
};

/** Progress of one hub process: all its messages before `projectedTo` were projected. */
export type IngestRunDocument = {
  _id: string;
  startedAt: string;
  heartbeatAt: string;
  /** `receivedAt` of the newest batch that is projected. */
  projectedTo: Date;
  /** The run that finished what this one left. */
  finishedBy?: string;
  closed: boolean;
};

/** Every seq ≤ `upTo` of this device, incarnation and epoch is stored. Written now and then; the messages tell the rest. */
export type WatermarkDocument = { _id: string; device: string; upTo: number; updatedAt: Date };

/** A message that a projection refuses again and again: kept for a person, so that later ones flow. */
export type DeadLetterDocument = {
  _id: string;
  messageId: string;
  projection: string;
  device: string;
  error: string;
  at: string;
};

export const DEFAULT_RETENTION_DAYS = 30;

export const messagesCollectionSpec = (retentionDays: number) =>
  defineCollection<StoredMessage>('messages', [
    // The only index beside `_id`: it expires messages, and it finds those that a killed process left unprojected. Each further one
    // costs every message; what is asked by station or pack is answered by projections.
    { name: 'received-ttl', key: { receivedAt: 1 }, expireAfterSeconds: retentionDays * 86_400 },
  ]);
export const messagesCollection = messagesCollectionSpec(DEFAULT_RETENTION_DAYS);
export const ingestRunsCollection = defineCollection<IngestRunDocument>('ingest_runs', [
  { name: 'closed-heartbeat', key: { closed: 1, heartbeatAt: 1 } },
]);
export const watermarksCollection = defineCollection<WatermarkDocument>('watermarks', []);
export const deadLettersCollection = defineCollection<DeadLetterDocument>('ingest_dead_letters', [
  { name: 'at', key: { at: 1 } },
]);

const digits = (value: number): string => String(value).padStart(16, '0');

/** Identity of an epoch's numbering; also the `_id` of its watermark. */
export const epochKey = (device: string, incarnation: number, epoch: number): string =>
  `${device}/${incarnation}/${digits(epoch)}`;
export const messageKey = (epoch: string, seq: number): string => `${epoch}/${digits(seq)}`;
/** Sequence number in a message key. */
export const seqOfKey = (key: string): number => Number(key.slice(-16));

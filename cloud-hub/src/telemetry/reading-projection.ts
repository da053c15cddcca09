import { MSG_TYPE, type TelemetryData } from '@voltbay/protocol';
import { MongoBulkWriteError } from 'mongodb';
import type { Database } from '../db/index.js';
import type { MessageDocument } from '../ingest/message-document.js';
import type { Projection } from '../ingest/projector.js';
import { packIdOf, readingsOf } from '../ingest/uplink-parse.js';
import {
  MAX_BUCKET_SAMPLES,
  MAX_BUCKET_SPAN_MS,
  type ReadingBucketDocument,
  type ReadingSample,
  readingsCollection,
  storedBucket,
} from './reading-documents.js';

/** Keeps recent readings in buckets, a batch of messages at a time. */
export function createReadingProjection(deps: { database: Database }): Projection {
  const buckets = deps.database.collection(readingsCollection);
  return {
    name: 'readings',
    async project(entries) {
      const messages = entries.flatMap((entry) =>
        entry.kind === 'message' && carriesReadings(entry.message) ? [entry.message] : [],
      );
      const documents = bucketsOf(messages);
      if (documents.length === 0) return;
      const texts = new Map(messages.map((message) => [message._id, readingsText(message)]));
      try {
        await buckets.insertMany(
          documents.map((bucket) => storedBucket(bucket, ({ id }) => texts.get(id))),
          { ordered: false },
        );
      } catch (error) {
        // The same batch again after a crash.
        if (!(error instanceof MongoBulkWriteError && error.code === 11000)) throw error;
      }
    },
  };
}

const carriesReadings = ({ type }: MessageDocument): boolean =>
  type === MSG_TYPE.STATION_INFO || type === MSG_TYPE.TELEMETRY;

const TELEMETRY_HEAD = '{"readings":';

/** The JSON text of a message's readings where it was written with the message and nothing is to be added; else undefined. */
export function readingsText({ type, data, text }: MessageDocument): string | undefined {
  if (type !== MSG_TYPE.TELEMETRY || !text?.startsWith(TELEMETRY_HEAD)) return undefined;
  const { readings, ...more } = data as TelemetryData;
  const whole = Object.keys(more).length === 0 && readings.every(({ slot }) => slot !== undefined);
  return whole ? text.slice(TELEMETRY_HEAD.length, -1) : undefined;
}

/** Messages of a batch as buckets: by station, in order of time, within the limits. Pure. */
export function bucketsOf(messages: readonly MessageDocument[]): ReadingBucketDocument[] {
  const byDevice = new Map<string, { message: MessageDocument; sample: ReadingSample }[]>();
  for (const message of messages) {
    const readings = readingsOf(message.type, message.data);
    if (readings.length === 0) continue;
    const sample = { id: message._id, at: message.at, historical: message.historical ?? false, readings };
    const samples = byDevice.get(message.device);
    if (samples) samples.push({ message, sample });
    else byDevice.set(message.device, [{ message, sample }]);
  }
  const documents: ReadingBucketDocument[] = [];
  for (const entries of byDevice.values()) {
    entries.sort((a, b) => compareText(a.sample.at, b.sample.at) || compareText(a.sample.id, b.sample.id));
    let start = 0;
    for (let end = 1; end <= entries.length; end++) {
      const [first, next] = [entries[start], entries[end]];
      if (!first) break;
      const full =
        !next ||
        end - start >= MAX_BUCKET_SAMPLES ||
        Date.parse(next.sample.at) - Date.parse(first.sample.at) > MAX_BUCKET_SPAN_MS;
      if (!full) continue;
      documents.push(
        bucket(
          first.message,
          entries.slice(start, end).map(({ sample }) => sample),
        ),
      );
      start = end;
    }
  }
  return documents;
}

function bucket(message: MessageDocument, samples: ReadingSample[]): ReadingBucketDocument {
  const packs = new Set<string>();
  for (const { readings } of samples)
    for (const reading of readings) {
      const id = packIdOf(reading);
      if (id !== null) packs.add(id);
    }
  return {
    // The count tells a batch that was cut differently after a crash from a mere repeat.
    _id: `${message._id}+${samples.length}`,
    tenantId: message.tenantId,
    device: message.device,
    from: samples[0]?.at ?? message.at,
    to: samples.at(-1)?.at ?? message.at,
    packs: [...packs],
    samples,
    receivedAt: message.receivedAt,
  };
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

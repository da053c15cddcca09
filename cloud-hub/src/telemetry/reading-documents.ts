import type { ReadingMessage } from '@voltbay/protocol';
import { defineCollection } from '../db/index.js';

/** Readings that a station sent at one time. */
export type ReadingSample = {
  /** Key of the message. */
  id: string;
  /** ISO 8601. */
  at: string;
  historical: boolean;
  readings: (ReadingMessage & { slot: number })[];
};

/**
 * Samples of one station that arrived together: one document and a handful of index entries however many they are. A bucket spans
 * `MAX_BUCKET_SPAN_MS` at most, which lets a query bound its search. A sample may stand in two buckets after a crash: readers drop
 * the second.
 */
export type ReadingBucketDocument = {
  _id: string;
  tenantId: string;
  device: string;
  /** Time of the oldest and the newest sample. */
  from: string;
  to: string;
  packs: string[];
  samples: ReadingSample[];
  /** A Date, for the expiry index. */
  receivedAt: Date;
};

/** A bucket as the store holds it: its samples are one JSON text, which costs a fraction of nested documents to write. */
export type StoredReadingBucket = Omit<ReadingBucketDocument, 'samples'> & { samplesJson: string };

/** `textOf`: the JSON text of the readings of a sample, where it was written already. */
export const storedBucket = (
  { samples, ...rest }: ReadingBucketDocument,
  textOf: (sample: ReadingSample) => string | undefined = () => undefined,
): StoredReadingBucket => ({
  ...rest,
  samplesJson: `[${samples.map((sample) => sampleText(sample, textOf(sample))).join(',')}]`,
});

function sampleText({ readings, ...rest }: ReadingSample, text = JSON.stringify(readings)): string {
  return `${JSON.stringify(rest).slice(0, -1)},"readings":${text}}`;
}

/** Also of a bucket written before its samples became text. */
export const bucketOf = (stored: StoredReadingBucket | ReadingBucketDocument): ReadingBucketDocument => {
  if ('samples' in stored) return stored;
  const { samplesJson, ...rest } = stored;
  return { ...rest, samples: JSON.parse(samplesJson) };
};

export const MAX_BUCKET_SPAN_MS = 600_000;
export const MAX_BUCKET_SAMPLES = 100;
const RETENTION_DAYS = 30;

export const readingsCollection = defineCollection<StoredReadingBucket>('readings', [
  { name: 'device-to', key: { device: 1, to: 1 } },
  { name: 'packs-to', key: { packs: 1, to: 1 } },
  { name: 'received-ttl', key: { receivedAt: 1 }, expireAfterSeconds: RETENTION_DAYS * 86_400 },
]);

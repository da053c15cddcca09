import type { Database } from '../db/index.js';
import { packIdOf } from '../ingest/uplink-parse.js';
import {
  bucketOf,
  MAX_BUCKET_SPAN_MS,
  type ReadingBucketDocument,
  type ReadingSample,
  readingsCollection,
} from './reading-documents.js';

export type StationSample = ReadingSample & { stationId: string };

export type ReadingQuery = {
  tenantId: string;
  /** ISO 8601 with milliseconds, both inclusive. */
  from?: string;
  to?: string;
  limit: number;
  /** Continues after this sample. */
  after?: { at: string; id: string };
};

/** Recent readings, newest first. They reach back as far as buckets are kept (expiry index). */
export interface Readings {
  ofStation(stationId: string, query: ReadingQuery): Promise<StationSample[]>;
  /** Samples hold this pack's readings only. `stationIds` limits them to some stations. */
  ofPack(packId: string, query: ReadingQuery & { stationIds?: readonly string[] }): Promise<StationSample[]>;
}

const EARLIEST = '0000';
const LATEST_MS = 253_370_764_800_000;

export function createReadings(deps: { database: Database }): Readings {
  const buckets = deps.database.collection(readingsCollection);

  /**
   * Buckets come by their newest sample; a sample is certain to be next as soon as no bucket to come can hold a newer one. That is a
   * merge over the few buckets that overlap.
   */
  async function find(
    filter: Record<string, unknown>,
    query: ReadingQuery,
    shape: (sample: ReadingSample) => ReadingSample | null,
  ): Promise<StationSample[]> {
    const from = query.from ?? EARLIEST;
    const newest = [query.to, query.after?.at].filter((text) => text !== undefined).sort()[0];
    const newestMs = newest === undefined ? LATEST_MS : Date.parse(newest);
    const found = buckets
      .find({
        ...filter,
        tenantId: query.tenantId,
        to: { $gte: from, $lte: new Date(newestMs + MAX_BUCKET_SPAN_MS).toISOString() },
        from: { $lte: new Date(newestMs).toISOString() },
      })
      .sort({ to: -1 })
      .batchSize(50);
    const page: StationSample[] = [];
    let open: StationSample[] = [];
    const emit = (until: string) => {
      open.sort(newerFirst);
      let taken = 0;
      for (const sample of open) {
        if (sample.at <= until || page.length >= query.limit) break;
        taken++;
        if (page.at(-1)?.id !== sample.id) page.push(sample);
      }
      open = open.slice(taken);
    };
    const inRange = ({ at, id }: ReadingSample) =>
      at >= from &&
      (newest === undefined || at <= newest) &&
      (!query.after || at < query.after.at || (at === query.after.at && id < query.after.id));
    for await (const bucket of found) {
      emit(bucket.to);
      if (page.length >= query.limit) return page;
      open.push(...samplesOf(bucketOf(bucket), inRange, shape));
    }
    emit('');
    return page;
  }

  return {
    ofStation: (stationId, query) => find({ device: stationId }, query, (sample) => sample),
    ofPack(packId, query) {
      const stations = query.stationIds ? { device: { $in: [...query.stationIds] } } : {};
      return find({ packs: packId, ...stations }, query, (sample) => {
        const readings = sample.readings.filter((reading) => packIdOf(reading) === packId);
        return readings.length > 0 ? { ...sample, readings } : null;
      });
    },
  };
}

function samplesOf(
  bucket: ReadingBucketDocument,
  inRange: (sample: ReadingSample) => boolean,
  shape: (sample: ReadingSample) => ReadingSample | null,
): StationSample[] {
  return bucket.samples.flatMap((sample) => {
    const shaped = inRange(sample) ? shape(sample) : null;
    return shaped ? [{ ...shaped, stationId: bucket.device }] : [];
  });
}

function newerFirst(a: StationSample, b: StationSample): number {
  if (a.at !== b.at) return a.at < b.at ? 1 : -1;
  return a.id < b.id ? 1 : a.id > b.id ? -1 : 0;
}

import { MSG_TYPE, type ReadingMessage } from '@voltbay/protocol';
import type { Database } from '../db/index.js';
import { type MessageDocument, messagesCollection } from '../ingest/message-document.js';
import { packIdOf, readingsOf } from '../ingest/uplink-parse.js';

/** Readings that a station sent at one time. */
export type ReadingSample = {
  /** Key of the stored message. */
  id: string;
  at: string;
  stationId: string;
  historical: boolean;
  readings: (ReadingMessage & { slot: number })[];
};

export type ReadingQuery = {
  tenantId: string;
  /** ISO 8601, both inclusive. */
  from?: string;
  to?: string;
  limit: number;
  /** Continues after this sample. */
  after?: { at: string; id: string };
};

/**
 * Recent readings, newest first, straight from the stored messages: nothing is written twice. They reach back as far as messages are
 * kept (expiry index on `receivedAt`).
 */
export interface Readings {
  ofStation(stationId: string, query: ReadingQuery): Promise<ReadingSample[]>;
  /** Samples hold this pack's readings only. `stationIds` limits them to some stations. */
  ofPack(packId: string, query: ReadingQuery & { stationIds?: readonly string[] }): Promise<ReadingSample[]>;
}

const EARLIEST = '0000';
const LATEST = '9999';

export function createReadings(deps: { database: Database }): Readings {
  const messages = deps.database.collection(messagesCollection);

  async function find(filter: Record<string, unknown>, query: ReadingQuery): Promise<MessageDocument[]> {
    const { after } = query;
    const to = query.to ?? LATEST;
    return messages
      .find({
        ...filter,
        tenantId: query.tenantId,
        at: { $gte: query.from ?? EARLIEST, $lte: after && after.at < to ? after.at : to },
        ...(after ? { $or: [{ at: { $lt: after.at } }, { _id: { $lt: after.id } }] } : {}),
      })
      .sort({ at: -1, _id: -1 })
      .limit(query.limit)
      .toArray();
  }

  const sample = (message: MessageDocument): ReadingSample => ({
    id: message._id,
    at: message.at,
    stationId: message.device,
    historical: message.historical ?? false,
    readings: readingsOf(message.type, message.data),
  });

  return {
    async ofStation(stationId, query) {
      const types = [MSG_TYPE.STATION_INFO, MSG_TYPE.TELEMETRY];
      const found = await find({ device: stationId, type: { $in: types } }, query);
      return found.map(sample);
    },
    async ofPack(packId, query) {
      const stations = query.stationIds ? { device: { $in: [...query.stationIds] } } : {};
      const found = await find({ packs: packId, ...stations }, query);
      return found.map(sample).map((each) => ({
        ...each,
        readings: each.readings.filter((reading) => packIdOf(reading) === packId),
      }));
    },
  };
}

import { isoAt, isoNow } from '../clock.js';
import { type Database, isDuplicateKey } from '../db/index.js';
import type { Clock, CustodyLedger } from '../ports.js';
import { batteriesCollection, custodyEventsCollection, newBattery } from './battery-documents.js';

/**
 * Station clocks differ a little: a handover up to this much older than the known one still counts when it arrives later. An older
 * one (a backlog after hours offline) is recorded and moves nothing.
 */
const CLOCK_TOLERANCE_MS = 300_000;
const MAX_KEYS = 100;
const UNKNOWN_SINCE = '1970-01-01T00:00:00.000Z';

/**
 * Who holds a pack. The current custodian is one field of one document, so that there is exactly one at any time; the handovers are an
 * append-only list with their evidence.
 */
export function createCustodyLedger(deps: { database: Database; clock: Clock }): CustodyLedger {
  const { clock } = deps;
  const batteries = deps.database.collection(batteriesCollection);
  const events = deps.database.collection(custodyEventsCollection);

  async function insertOnce(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
  }

  return {
    async handOver({ key, packId, tenantId, to, at, evidence }) {
      const now = isoNow(clock);
      // The ledger first: should the process die here, the repeat finds the entry and moves the pack.
      await insertOnce(() =>
        events.insertOne({ _id: key, packId, tenantId, to, at, recordedAt: now, evidence }),
      );
      const known = await batteries.findOne({ _id: packId }, { projection: { _id: 1 } });
      if (!known)
        await insertOnce(() =>
          batteries.insertOne(
            newBattery({
              id: packId,
              tenantId,
              packClass: 'unknown',
              custodian: { kind: 'unknown', since: UNKNOWN_SINCE },
              now,
            }),
          ),
        );
      await batteries.updateOne(
        {
          _id: packId,
          tenantId,
          custodyKeys: { $ne: key },
          'custodian.since': { $lte: isoAt(Date.parse(at) + CLOCK_TOLERANCE_MS) },
        },
        {
          $set: { custodian: { ...to, since: at }, updatedAt: now },
          $push: { custodyKeys: { $each: [key], $slice: -MAX_KEYS } },
          $inc: { version: 1 },
        },
      );
    },
  };
}

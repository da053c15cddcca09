import { MSG_TYPE, type ReadingMessage, type StationEventData } from '@voltbay/protocol';
import { MongoBulkWriteError } from 'mongodb';
import { isoAt, isoNow } from '../clock.js';
import { type Database, pieces } from '../db/index.js';
import type { MessageDocument } from '../ingest/message-document.js';
import type { Projection } from '../ingest/projector.js';
import { eventTimeMs, packIdOf, readingsOf } from '../ingest/uplink-parse.js';
import type { Logger } from '../logger.js';
import type { Clock, CustodyLedger } from '../ports.js';
import type { BatteryDays } from './battery-days.js';
import { batteriesCollection, newBattery } from './battery-documents.js';
import type { Quarantine } from './quarantine.js';

export interface BatteryProjection extends Projection {
  start(): void;
  /** Writes the newest readings that wait. */
  stop(): Promise<void>;
}

type Seen = { reading: ReadingMessage; at: string; device: string; tenantId: string };

/** A pack's newest reading is written this often at most; every reading stands in the stored messages anyway. */
const WRITE_EVERY_MS = 1_000;
/** And its day's sums this long after the first reading that they count: few at a time, and not all packs at once. */
const DAYS_AFTER_MS = 300_000;
const MAX_WAITING = 20_000;

/** Newest reading of each pack, packs nobody registered, and custody by unexpected pack movements (swaps report their own). */
export function createBatteryProjection(deps: {
  database: Database;
  custody: CustodyLedger;
  clock: Clock;
  logger: Logger;
  days: BatteryDays;
  quarantine: Pick<Quarantine, 'watch'>;
}): BatteryProjection {
  const { custody, clock, logger } = deps;
  const batteries = deps.database.collection(batteriesCollection);
  const waiting = new Map<string, Seen>();
  let timer: NodeJS.Timeout | null = null;
  let writing: Promise<void> = Promise.resolve();

  async function write(): Promise<void> {
    await writeNewest();
    await deps.days.flush(clock.now() - DAYS_AFTER_MS);
  }

  async function writeNewest(): Promise<void> {
    if (waiting.size === 0) return;
    const batch = [...waiting];
    waiting.clear();
    const now = isoNow(clock);
    const writes = batch.map(([id, { reading, at, device, tenantId }]) => {
      const fresh = newBattery({
        id,
        tenantId,
        packClass: reading.packClass ?? 'unknown',
        custodian: {
          kind: 'station',
          id: device,
          ...(reading.slot === undefined ? {} : { slot: reading.slot }),
          since: at,
        },
        now,
      });
      const { lastReading: _reading, lastSeenAt: _seen, _id, ...onInsert } = fresh;
      return {
        updateOne: {
          filter: { _id, tenantId },
          update: { $set: { lastReading: reading, lastSeenAt: at }, $setOnInsert: onInsert },
          upsert: true,
        },
      };
    });
    for (const piece of pieces(writes)) {
      try {
        await batteries.bulkWrite(piece, { ordered: false });
      } catch (error) {
        // A serial that another tenant registered: theirs is not touched.
        if (!(error instanceof MongoBulkWriteError && error.code === 11000)) throw error;
      }
    }
    await deps.quarantine.watch(
      batch.map(([packId, { tenantId, reading }]) => ({ packId, tenantId, reading })),
    );
  }

  function writeSoon(): void {
    writing = writing.then(write).catch((error) => logger.warn({ err: error }, 'pack readings not written'));
  }

  async function packMoved(message: MessageDocument, event: PackEvent) {
    if (event.packId === undefined || event.expected) return;
    await custody.handOver({
      key: `${message._id}/pack`,
      packId: event.packId,
      tenantId: message.tenantId,
      to:
        event.state === 'in'
          ? { kind: 'station', id: message.device, slot: event.slot }
          : { kind: 'unknown', id: message.device },
      at: isoAt(eventTimeMs(message, event.at)),
      evidence: { message: message._id, slot: event.slot, movement: event.state },
    });
  }

  return {
    name: 'batteries',
    start() {
      timer ??= setInterval(writeSoon, WRITE_EVERY_MS);
      timer.unref();
    },
    async stop() {
      if (timer) clearInterval(timer);
      timer = null;
      writeSoon();
      await writing;
      await deps.days.flush();
    },
    async project(entries) {
      for (const entry of entries) {
        if (entry.kind !== 'message') continue;
        const { message } = entry;
        for (const reading of readingsOf(message.type, message.data)) {
          const id = packIdOf(reading);
          if (!id) continue;
          deps.days.note({ packId: id, tenantId: message.tenantId }, reading, message.at);
          if (!message.historical && waiting.size < MAX_WAITING)
            waiting.set(id, {
              reading,
              at: message.at,
              device: message.device,
              tenantId: message.tenantId,
            });
        }
        if (message.type !== MSG_TYPE.STATION_EVENT) continue;
        const event = message.data as StationEventData;
        if (event.kind === 'pack') await packMoved(message, event);
      }
    },
  };
}

type PackEvent = Extract<StationEventData, { kind: 'pack' }>;

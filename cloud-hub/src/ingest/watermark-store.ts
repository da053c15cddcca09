import type { Collection } from 'mongodb';
import { gatherReads } from '../db/index.js';
import type { Clock } from '../ports.js';
import { messageKey, type StoredMessage, seqOfKey, type WatermarkDocument } from './message-document.js';
import { createWatermark, type Watermark } from './watermark.js';

export type EpochWatermark = {
  readonly key: string;
  readonly device: string;
  readonly watermark: Watermark;
  /** `upTo` that the database has. */
  savedUpTo: number;
  lookedAtMs: number;
};

/** Watermarks of the epochs that are being received, loaded on first use and saved now and then. */
export interface WatermarkStore {
  peek(key: string): EpochWatermark | undefined;
  load(device: string, key: string): Promise<EpochWatermark>;
  /** Reads again what other processes stored, when there is a gap and the last look is a while ago. */
  lookAgain(epoch: EpochWatermark): Promise<void>;
  /** Saves what moved since the last call. */
  save(): Promise<void>;
  gapped(): number;
  readonly size: number;
}

export function createWatermarkStore(deps: {
  watermarks: Collection<WatermarkDocument>;
  messages: Collection<StoredMessage>;
  clock: Clock;
  maxEpochs?: number;
  lookAgainMs?: number;
}): WatermarkStore {
  const { watermarks, messages, clock, maxEpochs = 30_000, lookAgainMs = 1_000 } = deps;
  const epochs = new Map<string, EpochWatermark>();
  const loading = new Map<string, Promise<EpochWatermark>>();
  const moved = new Set<EpochWatermark>();
  const savedOf = gatherReads(watermarks, ['upTo']);

  /** Adds what is stored beyond `upTo`; `/` sorts directly before `0`. */
  async function scan(key: string, watermark: Watermark): Promise<void> {
    const from = watermark.upTo >= 0 ? { $gt: messageKey(key, watermark.upTo) } : { $gte: `${key}/` };
    const stored = messages.find(
      { _id: { ...from, $lt: `${key}0` } },
      { projection: { _id: 1 }, sort: { _id: 1 }, batchSize: 5_000 },
    );
    for await (const { _id } of stored) watermark.add(seqOfKey(_id));
  }

  async function read(device: string, key: string): Promise<EpochWatermark> {
    const saved = await savedOf(key);
    const watermark = createWatermark(saved?.upTo ?? -1);
    await scan(key, watermark);
    const epoch = {
      key,
      device,
      watermark,
      savedUpTo: saved?.upTo ?? -1,
      lookedAtMs: clock.now(),
    };
    if (epochs.size >= maxEpochs) forgetOldest();
    epochs.set(key, epoch);
    return epoch;
  }

  function forgetOldest(): void {
    for (const [key, epoch] of epochs) {
      if (moved.has(epoch)) continue;
      epochs.delete(key);
      return;
    }
  }

  return {
    get size() {
      return epochs.size;
    },
    gapped() {
      let count = 0;
      for (const { watermark } of epochs.values()) if (watermark.gapped) count++;
      return count;
    },
    peek(key) {
      const epoch = epochs.get(key);
      if (epoch) moved.add(epoch);
      return epoch;
    },
    load(device, key) {
      const running = loading.get(key);
      if (running) return running;
      const promise = read(device, key).finally(() => loading.delete(key));
      loading.set(key, promise);
      return promise;
    },
    async lookAgain(epoch) {
      if (!epoch.watermark.gapped || clock.now() - epoch.lookedAtMs < lookAgainMs) return;
      epoch.lookedAtMs = clock.now();
      await scan(epoch.key, epoch.watermark);
    },
    async save() {
      const changed = [...moved].filter(({ watermark, savedUpTo }) => watermark.upTo > savedUpTo);
      moved.clear();
      if (changed.length === 0) return;
      const targets = changed.map((epoch) => ({ epoch, upTo: epoch.watermark.upTo }));
      await watermarks.bulkWrite(
        targets.map(({ epoch, upTo }) => ({
          updateOne: {
            filter: { _id: epoch.key },
            update: {
              $max: { upTo },
              $set: { updatedAt: new Date(clock.now()) },
              $setOnInsert: { device: epoch.device },
            },
            upsert: true,
          },
        })),
        { ordered: false },
      );
      for (const { epoch, upTo } of targets) epoch.savedUpTo = upTo;
    },
  };
}

import { mkdirSync } from 'node:fs';
import type { Clock } from '../clock.js';
import { type CommandJournal, createCommandJournal } from './command-journal.js';
import { type Db, openDatabase } from './database.js';
import { createMetaStore, type MetaStore } from './meta-store.js';
import { createOutbox, type Outbox } from './outbox.js';
import { createRestQueue, type RestQueue } from './rest-queue.js';
import { acquireInstanceLock } from './single-instance.js';
import { createStationState, type StationStateStore } from './station-state.js';
import { createSwapJournal, type SwapJournal } from './swap-journal.js';

export interface Storage {
  readonly db: Db;
  readonly epoch: number;
  readonly instanceId: string;
  readonly outbox: Outbox;
  readonly commands: CommandJournal;
  readonly swaps: SwapJournal;
  readonly state: StationStateStore;
  readonly rest: RestQueue;
  readonly meta: MetaStore;
  /** One durable step: everything in it is stored together or not at all, and costs one fsync. */
  transact<T>(work: () => T): T;
  close(): void;
}

/** The agent's database with all its stores, locked for this process. Throws as `openDatabase` and `acquireInstanceLock` do. */
export function openStorage(dataDir: string, clock: Clock): Storage {
  mkdirSync(dataDir, { recursive: true, mode: 0o750 });
  const lock = acquireInstanceLock(dataDir);
  try {
    const opened = openDatabase(dataDir);
    const { db, epoch, instanceId } = opened;
    const outbox = createOutbox(db, { epoch, clock });
    return {
      db,
      epoch,
      instanceId,
      outbox,
      commands: createCommandJournal(db, { epoch, clock }),
      swaps: createSwapJournal(db, clock),
      state: createStationState(db, clock),
      rest: createRestQueue(db, clock),
      meta: createMetaStore(db),
      transact: <T>(work: () => T): T => outbox.keepingSeq(() => db.transaction(work)()),
      close() {
        opened.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

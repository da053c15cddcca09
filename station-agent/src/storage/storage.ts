import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import { AgentError } from '../errors.js';
import { type CommandJournal, createCommandJournal } from './command-journal.js';
import { type Db, databaseFile, openDatabase } from './database.js';
import { createMetaStore, type MetaStore } from './meta-store.js';
import { createOutbox, type Outbox } from './outbox.js';
import { createPassLedger, type PassLedger } from './pass-ledger.js';
import { createReserve, freeBytes, type Reserve } from './reserve.js';
import { createRestQueue, type RestQueue } from './rest-queue.js';
import { applyRetention, databaseSize } from './retention.js';
import { type Salvage, salvageRows, setAsideDatabase } from './salvage.js';
import { acquireInstanceLock } from './single-instance.js';
import { createStationState, type StationStateStore } from './station-state.js';
import type { FaultListener, StorageFault } from './storage-fault.js';
import { createSwapJournal, type SwapJournal } from './swap-journal.js';

export interface Storage {
  readonly db: Db;
  readonly epoch: number;
  readonly instanceId: string;
  /** Random names of the latest starts on this database, this one last. */
  readonly starts: readonly string[];
  readonly outbox: Outbox;
  readonly commands: CommandJournal;
  readonly swaps: SwapJournal;
  readonly state: StationStateStore;
  readonly rest: RestQueue;
  readonly meta: MetaStore;
  readonly passes: PassLedger;
  readonly reserve: Reserve;
  /** What was saved of a damaged database when this one was opened; null when it was sound. */
  readonly salvage: Salvage | null;
  /** Every fault of the database, whoever met it. Called from inside the failing call: act later. */
  onFault(listener: FaultListener): () => void;
  faultCounts(): Record<StorageFault, number>;
  /** `diskFreeBytes` null where the system does not say. */
  size(): { bytes: number; freeBytes: number; diskFreeBytes: number | null };
  /** Removes old settled records and gives free pages back. */
  retain(): number;
  /** One durable step: everything in it is stored together or not at all, and costs one fsync. */
  transact<T>(work: () => T): T;
  close(): void;
}

/** Says that the file was found damaged while the agent ran, where a quick check at the next start may not see it. */
const suspectFile = (dataDir: string): string => join(dataDir, 'agent.suspect');

/**
 * The agent's database with all its stores, locked for this process. A damaged one is set aside and salvaged: a station must run again by
 * itself. Throws as `openDatabase` (but for `DATABASE_DAMAGED`) and `acquireInstanceLock` do.
 */
export function openStorage(dataDir: string, clock: Clock): Storage {
  mkdirSync(dataDir, { recursive: true, mode: 0o750 });
  const lock = acquireInstanceLock(dataDir);
  try {
    const listeners = new Set<FaultListener>();
    const counts: Record<StorageFault, number> = { full: 0, fatal: 0, corrupt: 0 };
    const onFault: FaultListener = (fault, error) => {
      counts[fault] += 1;
      if (fault === 'corrupt') markSuspect(dataDir);
      for (const listener of listeners) listener(fault, error);
    };
    const { opened, salvage } = openOrSalvage(dataDir, clock, onFault);
    const { db, epoch, instanceId, starts } = opened;
    const reserve = createReserve(dataDir);
    reserve.refill();
    const outbox = createOutbox(db, { epoch, clock, spare: reserve.spend });
    return {
      db,
      epoch,
      instanceId,
      starts,
      outbox,
      salvage,
      reserve,
      commands: createCommandJournal(db, { epoch, clock }),
      swaps: createSwapJournal(db),
      state: createStationState(db, clock),
      rest: createRestQueue(db, clock),
      meta: createMetaStore(db),
      passes: createPassLedger(db, clock),
      transact: <T>(work: () => T): T => outbox.keepingSeq(() => db.transaction(work)(), true),
      onFault(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      faultCounts: () => ({ ...counts }),
      size: () => ({ ...databaseSize(db), diskFreeBytes: freeBytes(dataDir) }),
      retain: () => applyRetention(db, clock),
      close() {
        listeners.clear();
        opened.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function openOrSalvage(dataDir: string, clock: Clock, onFault: FaultListener) {
  const suspect = existsSync(suspectFile(dataDir)) && existsSync(databaseFile(dataDir));
  if (!suspect)
    try {
      return { opened: openDatabase(dataDir, undefined, { onFault }), salvage: null };
    } catch (error) {
      if (!(error instanceof AgentError) || error.code !== 'DATABASE_DAMAGED') throw error;
    }
  const aside = setAsideDatabase(dataDir, clock.nowMs());
  let salvage: Salvage | null = null;
  const opened = openDatabase(dataDir, undefined, {
    onFault,
    beforeStart(db) {
      salvage = salvageRows(dataDir, aside, db);
    },
  });
  rmSync(suspectFile(dataDir), { force: true });
  return { opened, salvage: salvage as Salvage | null };
}

function markSuspect(dataDir: string): void {
  try {
    writeFileSync(suspectFile(dataDir), '');
  } catch {
    // The next start's check may still find it.
  }
}

import { statSync } from 'node:fs';
import type { Db } from './database.js';
import { storageFaultOf } from './storage-fault.js';

/** Pages after which SQLite moves the log into the file by itself. */
export const CHECKPOINT_PAGES = 200;
/** A log this long means that moving it no longer succeeds, which SQLite does not tell its writers. */
const LONG_LOG_BYTES = 1_300_000;
/** Each moved page costs room in the log: only as many are moved as are in the way. */
const BITE_PAGES = 8;
const MAX_BITES = 20;

/**
 * The write-ahead log, watched: when the file cannot grow, the log does, until nothing can be written any more, not even the removal of
 * what is in the way. That is noticed while there is room left in the log to make room.
 */
export function createWriteLog(db: Db) {
  const file = `${db.name}-wal`;
  return {
    isLong(): boolean {
      try {
        return statSync(file).size > LONG_LOG_BYTES;
      } catch {
        return false;
      }
    },
    flush,
    /**
     * Makes the file shorter by its free pages, then moves the log: what lies beyond the file's new end need not be written any more.
     * False when there is still no room.
     */
    shorten(): boolean {
      try {
        for (let bite = 0; bite < MAX_BITES; bite++) {
          // One page a step: exec goes on to the end, pragma() would stop at the first.
          db.exec(`PRAGMA incremental_vacuum(${BITE_PAGES})`);
          if (flush()) return true;
        }
      } catch (error) {
        if (storageFaultOf(error) !== 'full') throw error;
      }
      return flush();
    },
  };

  /** Moves the log into the file; the log starts over in the room that it has. False when there is no room for it. */
  function flush(): boolean {
    try {
      db.pragma('wal_checkpoint(TRUNCATE)');
      return true;
    } catch (error) {
      if (storageFaultOf(error) === 'full') return false;
      throw error;
    }
  }
}

import type { PackReading } from '@voltbay/protocol';
import type { Clock } from '../clock.js';
import type { SlotReading, SlotSense } from '../hardware/ports.js';
import type { Db } from './database.js';

export type StoredSlot = SlotSense & { tag: string | null; fault: string | null; updatedAtMs: number };
export type StoredPack = {
  slot: number;
  packId: string | null;
  source: string;
  transport: 'serial' | 'ble';
  reading: PackReading;
  quality: string[];
  atMs: number;
};
export type Hold = {
  holdId: string;
  kind: 'reservation' | 'quarantine';
  packId: string | null;
  packClass: string | null;
  orderId: string | null;
  untilMs: number | null;
};

export type StationStateStore = ReturnType<typeof createStationState>;

/** What the agent last knew of slots and packs, and which packs are held. Survives a restart; the hardware is scanned again anyway. */
export function createStationState(db: Db, clock: Clock) {
  const putSlot = db.prepare(
    `INSERT INTO slots (slot, door, lock, occupied, charger, tag, fault, updated_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (slot) DO UPDATE SET door = excluded.door, lock = excluded.lock, occupied = excluded.occupied,
       charger = excluded.charger, tag = excluded.tag, fault = excluded.fault, updated_at_ms = excluded.updated_at_ms`,
  );
  const putPack = db.prepare(
    `INSERT INTO packs (slot, pack_id, source, transport, reading, quality, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (slot) DO UPDATE SET pack_id = excluded.pack_id, source = excluded.source, transport = excluded.transport,
       reading = excluded.reading, quality = excluded.quality, at_ms = excluded.at_ms`,
  );
  const dropPack = db.prepare('DELETE FROM packs WHERE slot = ?');
  const putHold = db.prepare(
    'INSERT OR REPLACE INTO holds (hold_id, kind, pack_id, pack_class, order_id, until_ms) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const dropHold = db.prepare('DELETE FROM holds WHERE hold_id = ?');
  const dropOrderHolds = db.prepare("DELETE FROM holds WHERE kind = 'reservation' AND order_id = ?");
  const dropBlocks = db.prepare("DELETE FROM holds WHERE kind = 'quarantine'");
  const dropExpired = db.prepare('DELETE FROM holds WHERE until_ms IS NOT NULL AND until_ms < ?');
  const selectHolds = db.prepare<
    [number],
    {
      hold_id: string;
      kind: Hold['kind'];
      pack_id: string | null;
      pack_class: string | null;
      order_id: string | null;
      until_ms: number | null;
    }
  >('SELECT * FROM holds WHERE until_ms IS NULL OR until_ms >= ? ORDER BY hold_id');
  return {
    slots: (): StoredSlot[] => readSlots(db),
    packs: (): StoredPack[] => readPacks(db),
    saveSlots(slots: readonly StoredSlot[]): void {
      db.transaction(() => {
        for (const slot of slots)
          putSlot.run(
            slot.slot,
            slot.door,
            slot.lock,
            slot.occupied === null ? null : Number(slot.occupied),
            slot.charger,
            slot.tag,
            slot.fault,
            slot.updatedAtMs,
          );
      })();
    },
    savePacks(packs: readonly (SlotReading & { packId: string | null })[]): void {
      db.transaction(() => {
        for (const pack of packs)
          putPack.run(
            pack.slot,
            pack.packId,
            pack.source,
            pack.transport,
            JSON.stringify(pack.reading),
            JSON.stringify(pack.quality),
            pack.atMs,
          );
      })();
    },
    removePack: (slot: number): void => void dropPack.run(slot),
    hold(hold: Hold): void {
      putHold.run(hold.holdId, hold.kind, hold.packId, hold.packClass, hold.orderId, hold.untilMs);
    },
    /** Packs that may leave for nobody. `replace`: these and no others. */
    blockPacks(packIds: readonly string[], { replace }: { replace: boolean }): void {
      db.transaction(() => {
        if (replace) dropBlocks.run();
        for (const packId of packIds)
          putHold.run(`quarantine:${packId}`, 'quarantine', packId, null, null, null);
      })();
    },
    release: (holdId: string): boolean => dropHold.run(holdId).changes > 0,
    releaseOrder: (orderId: string): boolean => dropOrderHolds.run(orderId).changes > 0,
    holds(): Hold[] {
      return selectHolds.all(clock.nowMs()).map((row) => ({
        holdId: row.hold_id,
        kind: row.kind,
        packId: row.pack_id,
        packClass: row.pack_class,
        orderId: row.order_id,
        untilMs: row.until_ms,
      }));
    },
    pruneHolds: (): void => void dropExpired.run(clock.nowMs() - 86_400_000),
  };
}

export function readSlots(db: Db): StoredSlot[] {
  type Raw = Omit<StoredSlot, 'occupied' | 'updatedAtMs'> & {
    occupied: number | null;
    updated_at_ms: number;
  };
  return db
    .prepare<[], Raw>('SELECT * FROM slots ORDER BY slot')
    .all()
    .map(({ occupied, updated_at_ms, ...rest }) => ({
      ...rest,
      occupied: occupied === null ? null : occupied === 1,
      updatedAtMs: updated_at_ms,
    }));
}

export function readPacks(db: Db): StoredPack[] {
  type Raw = {
    slot: number;
    pack_id: string | null;
    source: string;
    transport: 'serial' | 'ble';
    reading: string;
    quality: string;
    at_ms: number;
  };
  return db
    .prepare<[], Raw>('SELECT * FROM packs ORDER BY slot')
    .all()
    .map((row) => ({
      slot: row.slot,
      packId: row.pack_id,
      source: row.source,
      transport: row.transport,
      reading: JSON.parse(row.reading) as PackReading,
      quality: JSON.parse(row.quality) as string[],
      atMs: row.at_ms,
    }));
}

import type { Db } from './database.js';

/** Small durable facts: service mode, last command, until when the station stays away. */
export type MetaStore = ReturnType<typeof createMetaStore>;
export type MetaKey =
  | 'serviceMode'
  | 'disconnectUntilMs'
  | 'lastCommandId'
  /** Written to see whether writing works. */
  | 'probe'
  /** Keys and revocations for offline passes, with the time they were fetched. */
  | 'passTrust'
  /** Last time that the hub was reached, wall clock. */
  | 'hubSeenAtMs'
  | 'appliedConfigVersion';

export function createMetaStore(db: Db) {
  const read = db.prepare<[string], { value: string }>('SELECT value FROM meta WHERE key = ?');
  const write = db.prepare(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  );
  const remove = db.prepare('DELETE FROM meta WHERE key = ?');
  return {
    get: (key: MetaKey): string | null => read.get(key)?.value ?? null,
    set(key: MetaKey, value: string | null): void {
      if (value === null) remove.run(key);
      else write.run(key, value);
    },
  };
}

/** Passes that were honoured without a network, each once; what offline verification needs from the hub. */
export const offlinePasses = {
  version: 2,
  name: 'offline-passes',
  sql: `
    CREATE TABLE spent_passes (
      jti TEXT PRIMARY KEY,
      swap_id TEXT NOT NULL,
      user TEXT NOT NULL,
      price_fen INTEGER NOT NULL,
      spent_at_ms INTEGER NOT NULL,
      expires_at_ms INTEGER NOT NULL,
      reconciled_at_ms INTEGER
    ) WITHOUT ROWID;
    CREATE INDEX spent_passes_open ON spent_passes (spent_at_ms) WHERE reconciled_at_ms IS NULL;
  `,
} as const;

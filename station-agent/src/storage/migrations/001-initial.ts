/** First schema: outbox, journals, current state, calls to the hub's REST service. */
export const initial = {
  version: 1,
  name: 'initial',
  breaking: true,
  sql: `
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

    -- One row per uplink message until SERVER_ACK covers it.
    CREATE TABLE outbox (
      epoch INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      lane INTEGER NOT NULL,
      type INTEGER NOT NULL,
      id TEXT NOT NULL,
      at_ms INTEGER NOT NULL,
      data TEXT NOT NULL,
      PRIMARY KEY (epoch, seq)
    ) WITHOUT ROWID;

    -- Rows that the hub will never store as they are; kept for people.
    CREATE TABLE quarantine (
      epoch INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      lane INTEGER NOT NULL,
      type INTEGER NOT NULL,
      id TEXT NOT NULL,
      at_ms INTEGER NOT NULL,
      data TEXT NOT NULL,
      code TEXT NOT NULL,
      refused_at_ms INTEGER NOT NULL,
      PRIMARY KEY (epoch, seq)
    ) WITHOUT ROWID;

    CREATE TABLE commands (
      id TEXT PRIMARY KEY,
      type INTEGER NOT NULL,
      data TEXT NOT NULL,
      state TEXT NOT NULL,
      reason TEXT,
      detail TEXT,
      epoch INTEGER NOT NULL,
      received_at_ms INTEGER NOT NULL,
      updated_at_ms INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX commands_open ON commands (state) WHERE state IN ('received', 'started');
    CREATE INDEX commands_updated ON commands (updated_at_ms);

    CREATE TABLE swaps (
      swap_id TEXT PRIMARY KEY,
      request TEXT NOT NULL,
      outcome TEXT,
      reason TEXT,
      started_at_ms INTEGER NOT NULL,
      ended_at_ms INTEGER
    ) WITHOUT ROWID;
    CREATE INDEX swaps_open ON swaps (started_at_ms) WHERE outcome IS NULL;

    -- What the runner decided and saw, in order; the swap's state is their fold.
    CREATE TABLE swap_steps (
      swap_id TEXT NOT NULL REFERENCES swaps (swap_id),
      n INTEGER NOT NULL,
      at_ms INTEGER NOT NULL,
      step TEXT NOT NULL,
      PRIMARY KEY (swap_id, n)
    ) WITHOUT ROWID;

    CREATE TABLE slots (
      slot INTEGER PRIMARY KEY,
      door TEXT NOT NULL,
      lock TEXT NOT NULL,
      occupied INTEGER,
      charger TEXT NOT NULL,
      tag TEXT,
      fault TEXT,
      updated_at_ms INTEGER NOT NULL
    );

    CREATE TABLE packs (
      slot INTEGER PRIMARY KEY,
      pack_id TEXT,
      source TEXT NOT NULL,
      transport TEXT NOT NULL,
      reading TEXT NOT NULL,
      quality TEXT NOT NULL,
      at_ms INTEGER NOT NULL
    );

    -- A pack that may only leave for one order (until a time), or not at all ('quarantine', no end).
    CREATE TABLE holds (
      hold_id TEXT PRIMARY KEY,
      kind TEXT NOT NULL,
      pack_id TEXT,
      pack_class TEXT,
      order_id TEXT,
      until_ms INTEGER
    ) WITHOUT ROWID;

    CREATE TABLE rest_calls (
      n INTEGER PRIMARY KEY AUTOINCREMENT,
      kind TEXT NOT NULL,
      swap_id TEXT NOT NULL,
      idempotency_key TEXT NOT NULL UNIQUE,
      body TEXT NOT NULL,
      attempts INTEGER NOT NULL DEFAULT 0,
      next_at_ms INTEGER NOT NULL,
      state TEXT NOT NULL DEFAULT 'waiting',
      answer TEXT,
      created_at_ms INTEGER NOT NULL
    );
    CREATE INDEX rest_calls_waiting ON rest_calls (n) WHERE state = 'waiting';
  `,
} as const;

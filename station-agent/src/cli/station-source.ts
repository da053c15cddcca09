import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { ReadingMessage, SlotMessage } from '@voltbay/protocol';
import { commandLines, quarantineLines, swapLines } from '../control/journal-views.js';
import { queueLines } from '../control/views.js';
import { AgentError, messageOf } from '../errors.js';
import { readingMessage } from '../station/reading-message.js';
import { type Db, openDatabaseReadOnly } from '../storage/database.js';
import { outboxStats, peekOutbox } from '../storage/outbox.js';
import { readPacks, readSlots } from '../storage/station-state.js';
import { askAgent } from './control-client.js';

export type Question =
  | 'status'
  | 'slots'
  | 'packs'
  | 'queue-stats'
  | 'queue-peek'
  | 'quarantine'
  | 'commands'
  | 'swaps';
export type Source = { live: boolean; data: unknown };

/** Where the data of a station is: `--data`, or `dataDir` of `--config`. The rest of the config may be broken. */
export function dataDirOf(options: { config?: string | undefined; data?: string | undefined }): string {
  if (options.data !== undefined) return resolve(options.data);
  if (options.config === undefined)
    throw new AgentError('BAD_USAGE', 'name the station: --config FILE (or --data DIRECTORY)');
  let dataDir: unknown;
  try {
    dataDir = (JSON.parse(readFileSync(options.config, 'utf8')) as { dataDir?: unknown }).dataDir;
  } catch (error) {
    throw new AgentError('CONFIG_UNREADABLE', `cannot read ${options.config}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  if (typeof dataDir !== 'string')
    throw new AgentError('CONFIG_INVALID', `${options.config}: dataDir: missing; add it (string)`);
  return resolve(dirname(resolve(options.config)), dataDir);
}

/** The running agent's answer, or what its database says when none runs. Throws `NOT_RUNNING` when there is neither. */
export async function askStation(
  dataDir: string,
  question: Question,
  args: { limit?: number } = {},
): Promise<Source> {
  const live = await askAgent(dataDir, { command: question, args });
  if (live !== null) return { live: true, data: live };
  const db = openDatabaseReadOnly(dataDir);
  if (!db)
    throw new AgentError(
      'NOT_RUNNING',
      `no agent runs on ${dataDir} and there is no database in it; check the path`,
    );
  try {
    return { live: false, data: fromDatabase(db, question, args.limit ?? 10) };
  } finally {
    db.close();
  }
}

function fromDatabase(db: Db, question: Question, limit: number): unknown {
  const meta = (key: string): string | null =>
    db.prepare<[string], { value: string }>('SELECT value FROM meta WHERE key = ?').get(key)?.value ?? null;
  const waitingCalls =
    db.prepare<[], { n: number }>("SELECT count(*) AS n FROM rest_calls WHERE state = 'waiting'").get()?.n ??
    0;
  switch (question) {
    case 'status':
      return {
        device: null,
        running: false,
        epoch: Number(meta('epoch') ?? 0),
        mode: meta('serviceMode') ?? 'in-service',
        outbox: outboxStats(db),
        restCalls: waitingCalls,
        openSwaps:
          db.prepare<[], { n: number }>('SELECT count(*) AS n FROM swaps WHERE outcome IS NULL').get()?.n ??
          0,
      };
    case 'slots':
      return readSlots(db).map(
        (slot): SlotMessage => ({
          slot: slot.slot,
          door: slot.door,
          lock: slot.lock,
          occupied: slot.occupied,
          ...(slot.tag && { tag: slot.tag }),
          charging: slot.charger === 'on',
          enabled: slot.fault === null,
        }),
      );
    case 'packs':
      return readPacks(db).map(
        ({ packId, ...pack }): ReadingMessage =>
          readingMessage({ ...pack, ...(packId !== null && { packId }) }),
      );
    case 'queue-stats':
      return { ...outboxStats(db), restCalls: waitingCalls };
    case 'queue-peek':
      return queueLines(peekOutbox(db, limit));
    case 'quarantine':
      return quarantineLines(db, limit);
    case 'commands':
      return commandLines(db, limit);
    case 'swaps':
      return swapLines(db, limit);
  }
}

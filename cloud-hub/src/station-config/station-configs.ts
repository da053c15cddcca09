import { type Command, MSG_TYPE } from '@voltbay/protocol';
import { uuidv7 } from 'uuidv7';
import { isoAt, isoNow } from '../clock.js';
import { type Database, isDuplicateKey } from '../db/index.js';
import { StationOfflineError } from '../errors.js';
import { etagOf, problem } from '../http/index.js';
import type { Logger } from '../logger.js';
import type { Clock, CommandDispatcher } from '../ports.js';
import { stationLiveCollection } from '../stations/station-documents.js';
import {
  type ConfigState,
  configId,
  type StationConfigDocument,
  stationConfigsCollection,
} from './config-documents.js';
import { configOutcome } from './config-outcome.js';

export interface StationConfigs {
  newest(tenantId: string, stationId: string): Promise<StationConfigDocument | null>;
  version(tenantId: string, stationId: string, number: number): Promise<StationConfigDocument | null>;
  /**
   * Writes the next version down and sends it; a station that is away gets it when it is back. Throws PRECONDITION_FAILED when `after`
   * is not the newest number (0 = there is none).
   */
  set(wish: {
    tenantId: string;
    stationId: string;
    after: number | null;
    config: Record<string, unknown>;
    note: string | null;
    by: string;
  }): Promise<StationConfigDocument>;
  /** What the station reported to be in force. */
  reported(stationId: string): Promise<{ version: string | null; hash: string | null; online: boolean }>;
  onCommandSettled(command: Command): Promise<void>;
  /** Sends what has to be sent again. Safe in several processes. */
  sweep(): Promise<void>;
}

/** An agent that applies a configuration watches itself for a while before it answers. */
const TTL_MS = 60_000;
const AWAY_MS = 5_000;
const FIRST_RETRY_MS = 90_000;
const LAST_RETRY_MS = 30 * 60_000;
const BATCH = 100;
const UNDECIDED: readonly ConfigState[] = ['pending', 'unknown'];
const IN_FLIGHT: readonly Command['state'][] = ['queued', 'sent', 'received', 'started'];

export function createStationConfigs(deps: {
  database: Database;
  clock: Clock;
  logger: Logger;
  dispatcher: CommandDispatcher;
}): StationConfigs {
  const { clock } = deps;
  const configs = deps.database.collection(stationConfigsCollection);
  const live = deps.database.collection(stationLiveCollection);

  const newest: StationConfigs['newest'] = (tenantId, stationId) =>
    configs.findOne({ tenantId, stationId }, { sort: { number: -1 } });
  const reported: StationConfigs['reported'] = async (stationId) => {
    const state = await live.findOne({ _id: stationId });
    return {
      version: state?.configVersion ?? null,
      hash: state?.configHash ?? null,
      online: state?.online ?? false,
    };
  };
  /** Decides a version that is not decided yet. */
  const decide = (
    id: string,
    set: Partial<StationConfigDocument>,
    filter: object = {},
    from: readonly ConfigState[] = UNDECIDED,
  ) =>
    configs.findOneAndUpdate(
      { _id: id, state: { $in: [...from] }, ...filter },
      { $set: { ...set, updatedAt: isoNow(clock) }, $inc: { version: 1 } },
      { returnDocument: 'after' },
    );

  /** One attempt to bring a version to its station. Answers the document as it stands then. */
  const push = async (document: StationConfigDocument): Promise<StationConfigDocument> => {
    const { _id, tenantId, stationId, number } = document;
    const nowMs = clock.now();
    // A command that is on its way is waited for: the station tries a configuration before it says that it works.
    const sent = document.commandId === null ? null : await deps.dispatcher.get(document.commandId);
    if (sent && IN_FLIGHT.includes(sent.state))
      return (await decide(_id, { nextAt: isoAt(nowMs + AWAY_MS) })) ?? document;
    const state = await reported(stationId);
    if (state.version === String(number)) {
      const applied = {
        state: 'applied',
        nextAt: null,
        confirmedAt: isoAt(nowMs),
        hash: state.hash,
      } as const;
      return (await decide(_id, applied)) ?? document;
    }
    if (!state.online) return (await decide(_id, { nextAt: isoAt(nowMs + AWAY_MS) })) ?? document;
    const retryMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(10, document.attempts));
    const commandId = uuidv7();
    // The number of attempts is the guard: of several processes one sends.
    const claimed = await decide(
      _id,
      { commandId, attempts: document.attempts + 1, nextAt: isoAt(nowMs + retryMs) },
      { attempts: document.attempts },
    );
    if (!claimed) return document;
    try {
      await deps.dispatcher.send({
        id: commandId,
        device: stationId,
        tenantId,
        type: MSG_TYPE.SERVER_SET_CONFIG,
        data: { version: String(number), config: document.config },
        ttlMs: TTL_MS,
        by: document.by,
      });
      return claimed;
    } catch (error) {
      if (!(error instanceof StationOfflineError)) throw error;
      return (await decide(_id, { nextAt: isoAt(nowMs + AWAY_MS) })) ?? claimed;
    }
  };

  return {
    newest,
    reported,
    version: (tenantId, stationId, number) =>
      configs.findOne({ _id: configId(stationId, number), tenantId, stationId }),
    async set({ tenantId, stationId, after, config, note, by }) {
      const current = await newest(tenantId, stationId);
      const present = current?.number ?? 0;
      const stale = (number: number) =>
        problem('PRECONDITION_FAILED', `the configuration is at version ${number} now`, {
          headers: { ETag: etagOf(number) },
        });
      if (after !== null && after !== present) throw stale(present);
      const [number, now] = [present + 1, isoNow(clock)];
      const document: StationConfigDocument = {
        _id: configId(stationId, number),
        tenantId,
        version: 1,
        createdAt: now,
        updatedAt: now,
        stationId,
        number,
        config,
        note,
        by,
        state: 'pending',
        errors: [],
        commandId: null,
        attempts: 0,
        nextAt: now,
        confirmedAt: null,
        hash: null,
      };
      try {
        await configs.insertOne(document);
      } catch (error) {
        if (isDuplicateKey(error)) throw stale(number);
        throw error;
      }
      if (current) await decide(current._id, { state: 'superseded', nextAt: null });
      return push(document);
    },
    async onCommandSettled(command) {
      if (command.type !== MSG_TYPE.SERVER_SET_CONFIG) return;
      const { version } = (command.data ?? {}) as { version?: unknown };
      const id = configId(command.stationId, Number(version));
      const outcome = configOutcome(command);
      const nowMs = clock.now();
      const decided = outcome !== null && outcome.state !== 'unknown';
      await decide(
        id,
        {
          ...(outcome ?? {}),
          nextAt: decided ? null : isoAt(nowMs + AWAY_MS),
          ...(outcome?.state === 'applied' ? { confirmedAt: isoAt(nowMs) } : {}),
        },
        { commandId: command.id },
        // One that a station showed while it tried it may still be taken back.
        decided && outcome.state !== 'applied' ? [...UNDECIDED, 'applied'] : UNDECIDED,
      );
      // What it answered holds until its next birth says it again.
      if (outcome?.state === 'applied')
        await live.updateOne(
          { _id: command.stationId },
          { $set: { configVersion: String(version), ...(outcome.hash ? { configHash: outcome.hash } : {}) } },
        );
    },
    async sweep() {
      const due = await configs
        .find({ nextAt: { $gt: '', $lte: isoNow(clock) } }, { sort: { nextAt: 1 }, limit: BATCH })
        .toArray();
      for (const document of due) {
        try {
          const latest = await newest(document.tenantId, document.stationId);
          if (latest && latest.number !== document.number)
            await decide(document._id, { state: 'superseded', nextAt: null });
          else await push(document);
        } catch (error) {
          deps.logger.warn({ device: document.stationId, err: error }, 'a configuration was not sent');
        }
      }
    },
  };
}

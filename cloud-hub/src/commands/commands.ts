import {
  type Command,
  type CommandResultData,
  DEFAULT_COMMAND_TTL_MS,
  DOWNLINK_DATA_SCHEMAS,
  describeIssues,
  MSG_TYPE,
  msgTypeName,
} from '@voltbay/protocol';
import { uuidv7 } from 'uuidv7';
import type { z } from 'zod';
import { isoAt } from '../clock.js';
import { type Database, isDuplicateKey } from '../db/index.js';
import { HubError, StationOfflineError } from '../errors.js';
import type { MessageDocument } from '../ingest/message-document.js';
import type { Projection } from '../ingest/projector.js';
import type { Logger } from '../logger.js';
import type { Clock, CommandDispatcher, DispatchRequest, LiveBus } from '../ports.js';
import { currentRequestId } from '../request-context.js';
import type { StationRegistry } from '../stations/station-registry.js';
import { type CommandDocument, commandsCollection, commandView } from './command-documents.js';
import { canMove, isSettled, statesBefore } from './command-state.js';
import { createCommandWaiters } from './command-waiters.js';
import { resultFacts } from './result-facts.js';
import { createToldCommands } from './told-commands.js';

/** The command after a result, as the projection writes it. */
function withResult(command: Command, result: CommandResultData, at: string, now: string): Command {
  const { state, reason, detail, result: facts } = result;
  return {
    ...command,
    state,
    reason: reason ?? null,
    detail: detail ?? null,
    result: resultFacts(facts),
    version: command.version + 1,
    updatedAt: now,
    settledAt: isSettled(state) ? now : command.settledAt,
    history: [...command.history, { at, state, ...(reason === undefined ? {} : { reason }) }].slice(
      -MAX_HISTORY,
    ),
  };
}

/** How commands reach stations; normally the `StationLink`. */
export interface CommandPath {
  reaches(device: string): boolean | undefined;
  send(device: string, topics: 'own' | 'shared', payload: string): Promise<boolean>;
}

export type CommandsDeps = {
  database: Database;
  registry: StationRegistry;
  path: CommandPath;
  live: LiveBus;
  /** Told of each settled command, and of one that became `unknown`; may be told twice. */
  onSettled(command: Command): Promise<void>;
  clock: Clock;
  logger: Logger;
};

export interface Commands extends CommandDispatcher {
  /** Applies COMMAND_RESULT messages. */
  readonly projection: Projection;
  /** The command, or what was told of it since it was written down. */
  newest(command: Command): Command;
  /** A message that has come and is not stored yet: told to those who take the station's word. */
  overheard(message: MessageDocument): void;
  /** Messages that are stored just now: who waits for a command here is told before the projection has written it down. */
  heard(messages: readonly MessageDocument[]): void;
  /**
   * Commands whose time is over and that nobody answered become `unknown` (reason NO_ANSWER): the station may have acted on one and be
   * without a network. A station that counts its starts is then asked again, with the same id and a time that is over: it reports what
   * it recorded, or that the command came too late, and acts in no case. Called by a timer; safe in several processes. Returns how many
   * became `unknown`.
   */
  sweep(): Promise<number>;
}

const POLL_MS = 250;
const MAX_HISTORY = 30;
/** How long after a command's time the station's word about it may take. */
const ANSWER_GRACE_MS = 5_000;
/** A started swap may take its time; after this much of silence its outcome is not known. */
const MAX_RUN_MS = 900_000;
/** A command without an answer is asked about again after this, then after twice its age, for so long. */
const ASK_AGAIN_MS = 15_000;
const ASK_AGAIN_FOR_MS = 24 * 3_600_000;
/** With the old `issuedAt` this is over before it arrives: the station can only say what it knows. */
const ASKING_TTL_MS = 1;
const SWEEP_BATCH = 200;

export function createCommands(deps: CommandsDeps): Commands {
  const { registry, path, live, clock, logger } = deps;
  const commands = deps.database.collection(commandsCollection);
  const waiters = createCommandWaiters();

  const told = createToldCommands();

  function announce(command: Command): void {
    const known = told.stored(command.id);
    // Results of one batch are heard together and written one by one: the newest one told stays.
    if (known && command.version > known.version) told.keep(command);
    waiters.tell(command);
    live.publish({ type: 'command', id: command.id, tenantId: command.tenantId, command });
  }

  async function settle(command: Command): Promise<void> {
    if (isSettled(command.state) || command.state === 'unknown') await deps.onSettled(command);
  }

  async function reachable(device: string): Promise<boolean> {
    const known = path.reaches(device);
    if (known !== undefined) return known;
    return (await registry.load(device))?.online ?? false;
  }

  async function send(request: DispatchRequest): Promise<Command> {
    const name = msgTypeName(request.type);
    const schemas: Readonly<Record<number, z.ZodType | undefined>> = DOWNLINK_DATA_SCHEMAS;
    const schema = schemas[request.type];
    if (!name || !schema || request.type === MSG_TYPE.SERVER_ACK)
      throw new HubError('BAD_COMMAND', `type ${request.type} is no command`);
    const data = schema.safeParse(request.data ?? undefined);
    if (!data.success) throw new HubError('BAD_COMMAND', describeIssues(data.error, 'data'));
    const station = registry.peek(request.device) ?? (await registry.load(request.device));
    if (!station || station.tenantId !== request.tenantId || !(await reachable(request.device)))
      throw new StationOfflineError(request.device);

    const nowMs = clock.now();
    const now = isoAt(nowMs);
    const ttlMs = request.ttlMs ?? DEFAULT_COMMAND_TTL_MS;
    const document: CommandDocument = {
      _id: request.id ?? uuidv7(),
      tenantId: request.tenantId,
      version: 1,
      createdAt: now,
      updatedAt: now,
      stationId: request.device,
      type: request.type,
      name,
      data: data.data ?? null,
      state: 'sent',
      reason: null,
      detail: null,
      result: null,
      by: request.by,
      orderId: request.orderId ?? null,
      requestId: currentRequestId(),
      ttlMs,
      issuedAt: now,
      settledAt: null,
      history: [{ at: now, state: 'sent' }],
      dueAt: isoAt(nowMs + ttlMs + ANSWER_GRACE_MS),
    };
    // Written before anything is published: whatever the station reports finds its command.
    try {
      await commands.insertOne(document);
    } catch (error) {
      // The caller's own id came before: that command was journalled, and sending it again could not make it truer.
      const known = request.id !== undefined && isDuplicateKey(error) ? await get(request.id) : null;
      if (known) return known;
      throw error;
    }
    told.keep(commandView(document));
    const sent = await path.send(
      request.device,
      station.topics,
      JSON.stringify({
        device: request.device,
        type: request.type,
        ...(data.data === undefined ? {} : { data: data.data }),
        time: now,
        v: 1,
        id: document._id,
        issuedAt: now,
        ttlMs,
        ...(request.precondition ? { precondition: request.precondition } : {}),
        ...(document.requestId ? { requestId: document.requestId } : {}),
      }),
    );
    if (!sent) {
      await move(document._id, 'failed', {
        reason: 'STATION_OFFLINE',
        detail: 'the session ended before it was sent',
      });
      throw new StationOfflineError(request.device);
    }
    const command = told.stored(document._id) ?? commandView(document);
    live.publish({ type: 'command', id: command.id, tenantId: command.tenantId, command });
    return command;
  }

  /** One guarded step; null when the command is not there or already further. */
  async function move(
    id: string,
    state: Command['state'],
    facts: { device?: string; at?: string } & Pick<CommandResultData, 'reason' | 'detail' | 'result'>,
  ): Promise<Command | null> {
    const now = isoAt(clock.now());
    const settled = isSettled(state);
    const document = await commands.findOneAndUpdate(
      {
        _id: id,
        state: { $in: [...statesBefore(state)] },
        ...(facts.device === undefined ? {} : { stationId: facts.device }),
      },
      {
        $set: {
          state,
          reason: facts.reason ?? null,
          detail: facts.detail ?? null,
          result: resultFacts(facts.result),
          updatedAt: now,
          ...(settled ? { settledAt: now } : {}),
          ...(settled || state === 'unknown' ? { dueAt: null } : {}),
          ...(state === 'started' ? { dueAt: isoAt(clock.now() + MAX_RUN_MS) } : {}),
        },
        $push: {
          history: {
            $each: [{ at: facts.at ?? now, state, ...(facts.reason ? { reason: facts.reason } : {}) }],
            $slice: -MAX_HISTORY,
          },
        },
        $inc: { version: 1 },
      },
      { returnDocument: 'after' },
    );
    return document ? commandView(document) : null;
  }

  async function askAgain(document: CommandDocument): Promise<void> {
    const nowMs = clock.now();
    const ageMs = nowMs - Date.parse(document.createdAt);
    const dueAt = ageMs > ASK_AGAIN_FOR_MS ? null : isoAt(nowMs + Math.max(ASK_AGAIN_MS, ageMs));
    const still = await commands.updateOne({ _id: document._id, state: 'unknown' }, { $set: { dueAt } });
    const station = registry.peek(document.stationId) ?? (await registry.load(document.stationId));
    // A station written to the 2021 plan knows neither ids nor times: it would act.
    if (still.matchedCount === 0 || !station || station.epoch === null) return;
    if (!(await reachable(document.stationId))) return;
    await path.send(
      document.stationId,
      station.topics,
      JSON.stringify({
        device: document.stationId,
        type: document.type,
        ...(document.data === null ? {} : { data: document.data }),
        time: document.issuedAt,
        v: 1,
        id: document._id,
        issuedAt: document.issuedAt,
        ttlMs: ASKING_TTL_MS,
      }),
    );
  }

  async function stored(commandId: string): Promise<Command | null> {
    const document = await commands.findOne({ _id: commandId });
    return document ? commandView(document) : null;
  }

  /** What somebody was told is never taken back: a result that is not written down yet counts. */
  async function get(commandId: string): Promise<Command | null> {
    const known = await stored(commandId);
    return known && told.newest(known);
  }

  async function applyResult(device: string, at: string, result: CommandResultData): Promise<void> {
    const moved = await move(result.commandId, result.state, {
      device,
      reason: result.reason,
      detail: result.detail,
      result: result.result,
      at,
    });
    if (moved) {
      announce(moved);
      await settle(moved);
      return;
    }
    // A repeat after a crash between the move and what follows from it.
    const current = await stored(result.commandId);
    if (current?.stationId === device && current.state === result.state) await settle(current);
  }

  function hear({ type, device, at, data }: MessageDocument, early: boolean): void {
    if (type !== MSG_TYPE.COMMAND_RESULT) return;
    const result = data as CommandResultData;
    const known = early ? told.newestOf(result.commandId) : told.stored(result.commandId);
    if (!known || known.stationId !== device || !waiters.waitedFor(known.id)) return;
    if (!canMove(known.state, result.state)) return;
    const next = withResult(known, result, at, isoAt(clock.now()));
    told.keep(next, { early });
    waiters.tell(next, early);
  }

  return {
    send,
    get,
    newest: told.newest,
    async waitFor(commandId, { states, timeoutMs, early = false }) {
      const waiter = waiters.wait(commandId, { states, early });
      const deadline = clock.now() + timeoutMs;
      let timer: NodeJS.Timeout | undefined;
      try {
        for (;;) {
          const current = told.stored(commandId) ?? (await get(commandId));
          const leftMs = deadline - clock.now();
          // An order names its command just before it is written: another process may look in between.
          if (!current && leftMs <= 0) throw new HubError('NOT_FOUND', `no command ${commandId}`);
          if (current && (isSettled(current.state) || states.includes(current.state) || leftMs <= 0))
            return current;
          // Another process may learn the answer: look now and then.
          const next = await Promise.race([
            waiter.told,
            new Promise<null>((resolve) => {
              timer = setTimeout(resolve, Math.min(POLL_MS, leftMs), null);
            }),
          ]);
          clearTimeout(timer);
          if (next) return next;
          const known = told.stored(commandId);
          const written = known && (await stored(commandId));
          if (written && written.version > known.version) told.keep(written);
        }
      } finally {
        clearTimeout(timer);
        waiter.cancel();
      }
    },
    overheard: (message) => hear(message, true),
    heard(messages) {
      for (const message of messages) hear(message, false);
    },
    async sweep() {
      const overdue = await commands
        .find({ dueAt: { $lte: isoAt(clock.now()), $gt: '' } })
        .sort({ dueAt: 1 })
        .limit(SWEEP_BATCH)
        .toArray();
      let count = 0;
      for (const document of overdue) {
        const { _id, stationId } = document;
        if (document.state === 'unknown') {
          await askAgain(document);
          continue;
        }
        const moved = await move(_id, 'unknown', { reason: 'NO_ANSWER' });
        if (!moved) {
          // Further than `unknown` allows (a started swap that runs on): the station will tell.
          await commands.updateOne({ _id }, { $set: { dueAt: null } });
          continue;
        }
        count++;
        logger.info({ commandId: _id, device: stationId }, 'command without an answer');
        announce(moved);
        await settle(moved);
        await askAgain(document);
      }
      return count;
    },
    projection: {
      name: 'commands',
      async project(entries) {
        const byCommand = new Map<string, (() => Promise<void>)[]>();
        for (const entry of entries) {
          if (entry.kind !== 'message' || entry.message.type !== MSG_TYPE.COMMAND_RESULT) continue;
          const { device, at } = entry.message;
          const result = entry.message.data as CommandResultData;
          const steps = byCommand.get(result.commandId) ?? [];
          steps.push(() => applyResult(device, at, result));
          byCommand.set(result.commandId, steps);
        }
        await Promise.all(
          [...byCommand.values()].map(async (steps) => {
            for (const step of steps) await step();
          }),
        );
      },
    },
  };
}

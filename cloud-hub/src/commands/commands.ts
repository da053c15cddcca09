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
import type { StationEntry, StationRegistry } from '../stations/station-registry.js';
import { type CommandDocument, commandsCollection, commandView } from './command-documents.js';
import { canMove, isSettled, LOOKING, statesBefore } from './command-state.js';
import { createCommandSweep } from './command-sweep.js';
import { createCommandWaiters } from './command-waiters.js';
import { MAX_HISTORY, resultFacts, withResult } from './result-facts.js';
import { createToldCommands } from './told-commands.js';

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
/** How long after a command's time the station's word about it may take. */
const ANSWER_GRACE_MS = 5_000;
/** A started swap may take its time; after this much of silence its outcome is not known. */
const MAX_RUN_MS = 900_000;

export function createCommands(deps: CommandsDeps): Commands {
  const { registry, path, live, clock } = deps;
  const commands = deps.database.collection(commandsCollection);
  const waiters = createCommandWaiters();

  const told = createToldCommands();
  /** Commands that were published and are still being written down. */
  const writing = new Map<string, Promise<unknown>>();

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

  /** The link's word where it has one; else that of the station, whose births and goodbyes come to every process by themselves. */
  function reachable(station: StationEntry): boolean | Promise<boolean> {
    const known = path.reaches(station.device);
    if (known !== undefined) return known;
    if (station.epoch !== null) return station.online;
    // Of one that announces neither, another process may know more.
    return registry.load(station.device).then((loaded) => loaded?.online ?? false);
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
    if (!station || station.tenantId !== request.tenantId) throw new StationOfflineError(request.device);
    const there = reachable(station);
    if (!(typeof there === 'boolean' ? there : await there)) throw new StationOfflineError(request.device);

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
    const publish = () =>
      path.send(
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
    let sent: boolean;
    if (LOOKING.has(request.type) && request.id === undefined)
      sent = await publishAndWrite(document, publish);
    else {
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
      sent = await publish();
    }
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

  /**
   * A command that only looks moves nothing, so that it may be on its way while it is written down; the caller hears of it when both are
   * done. An answer that comes first is kept for whoever is about to wait for it.
   */
  async function publishAndWrite(
    document: CommandDocument,
    publish: () => Promise<boolean>,
  ): Promise<boolean> {
    const { _id: id } = document;
    told.keep(commandView(document));
    const published = publish();
    // The message leaves at the end of this turn: the store's driver would otherwise do its work first.
    const written = new Promise<void>((resolve) => process.nextTick(resolve)).then(() =>
      commands.insertOne(document),
    );
    writing.set(id, written);
    try {
      const [sent] = await Promise.all([published, written]);
      return sent;
    } catch (error) {
      told.forget(id);
      throw error;
    } finally {
      writing.delete(id);
    }
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
    await writing.get(result.commandId)?.catch(() => undefined);
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
    if (!known || known.stationId !== device) return;
    if (!waiters.waitedFor(known.id) && !writing.has(known.id)) return;
    if (!canMove(known.state, result.state)) return;
    const next = withResult(known, result, at, isoAt(clock.now()));
    told.keep(next, { early });
    waiters.tell(next, early);
  }

  const sweeper = createCommandSweep({
    ...deps,
    reachable,
    async giveUp(id) {
      const moved = await move(id, 'unknown', { reason: 'NO_ANSWER' });
      if (!moved) return false;
      announce(moved);
      await settle(moved);
      return true;
    },
  });

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
          const known = early ? told.newestOf(commandId) : told.stored(commandId);
          const current = known ?? (await get(commandId));
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
          const seen = told.stored(commandId);
          const written = seen && (await stored(commandId));
          if (written && written.version > seen.version) told.keep(written);
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
    sweep: sweeper.run,
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

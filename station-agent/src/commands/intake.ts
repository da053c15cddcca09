import {
  type CommandResultData,
  type CommandState,
  type DownlinkEnvelope,
  MSG_TYPE,
  msgTypeName,
  parseDownlink,
  type ServerAckData,
} from '@voltbay/protocol';
import { uuidv7 } from 'uuidv7';
import type { Clock } from '../clock.js';
import type { CrashPoint } from '../crash-point.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../logger.js';
import type { NewMessage } from '../storage/outbox.js';
import type { Storage } from '../storage/storage.js';
import { storageFaultOf } from '../storage/storage-fault.js';
import type { HubClock } from '../uplink/hub-clock.js';
import type { Downlink } from '../uplink/session.js';
import { derivedCommandId } from './command-id.js';
import { commandDeadline } from './expiry.js';
import { failedPrecondition, type StationFacts } from './precondition.js';

/** A journalled command on its way to its handler. */
export type Command = {
  id: string;
  type: number;
  data: unknown;
  /** The request at the hub that asked for it: named in the log lines about it. */
  requestId?: string;
  /** Past this the command must not act; monotonic milliseconds. */
  deadlineMs: number;
};

export type Settlement = {
  state: Extract<CommandState, 'done' | 'failed' | 'rejected' | 'expired' | 'unknown'>;
  reason?: string;
  detail?: string;
  result?: Record<string, unknown>;
  /** Becomes durable in the same transaction. */
  together?: () => void;
};

/** What a handler can say while it works. Each call is durable and reported to the hub in one transaction. */
export type CommandReport = {
  /** About to act; `together` becomes durable in the same transaction. */
  started(together?: () => void): void;
  /** True when the deadline has passed: settle as `expired` instead of acting. */
  isLate(): boolean;
};

/**
 * Acts on one type of command. Resolves with the settlement, or with null when the command goes on by itself (a swap) and is settled
 * by whoever ends it.
 */
export type CommandHandler = (
  command: Command,
  report: CommandReport,
) => Promise<Settlement | null> | Settlement | null;

export type CommandIntake = ReturnType<typeof createCommandIntake>;

type Deps = {
  device: string;
  storage: Storage;
  hubClock: HubClock;
  clock: Clock;
  log: Logger;
  handlers: ReadonlyMap<number, CommandHandler>;
  facts: StationFacts;
  onAck(ack: ServerAckData): void;
  onRetained(topic: string): void;
  crashPoint: CrashPoint;
};

/** So long the same words without an id are the same command, counted from its end. */
const SAME_WORDS_MS = 60_000;

/** Commands that only look: nothing moves, so that one journal entry, with the answer, says all there is to know. */
const LOOKING: ReadonlySet<number> = new Set([MSG_TYPE.SERVER_ASK_INFO]);

/** What ties the log lines of a command to those of the hub. */
function correlation({ requestId, data }: DownlinkEnvelope): { requestId?: string; orderId?: string } {
  const { orderId } = (data ?? {}) as { orderId?: unknown };
  return {
    ...(requestId !== undefined && { requestId }),
    ...(typeof orderId === 'string' && { orderId }),
  };
}

/** COMMAND_RESULT as an outbox message. */
export const resultMessage = (data: CommandResultData): NewMessage => ({
  lane: 'money',
  type: MSG_TYPE.COMMAND_RESULT,
  data,
});

/**
 * Takes what the hub sends. Every command is journalled before anything moves, acts at most once, and never late; a repeat is answered
 * with what is recorded.
 */
export function createCommandIntake(deps: Deps) {
  const { storage, clock, hubClock, log, crashPoint } = deps;
  const counters = { malformed: 0, foreign: 0, retained: 0, unsupported: 0, repeated: 0, accepted: 0 };
  const inHand = new Set<Promise<void>>();
  /** Commands in hand whose journal entry is written with their end. */
  const unwritten = new Map<string, { journal(end: Settlement): void; about: object }>();

  function take(message: Downlink): void {
    const receivedMs = clock.monotonicMs();
    if (message.retained) {
      counters.retained += 1;
      deps.onRetained(message.topic);
      return;
    }
    const parsed = parseDownlink(message.payload);
    const envelope = 'envelope' in parsed ? parsed.envelope : null;
    if (!envelope) {
      counters.malformed += 1;
      log.warn(
        { topic: message.topic, detail: parsed.ok ? '' : parsed.detail },
        'unreadable message from the hub',
      );
      return;
    }
    if (envelope.device !== deps.device) {
      counters.foreign += 1;
      return;
    }
    if (envelope.type === MSG_TYPE.SERVER_ACK) {
      if (parsed.ok) deps.onAck(parsed.envelope.data as ServerAckData);
      else counters.malformed += 1;
      return;
    }
    const handler = deps.handlers.get(envelope.type);
    if (!parsed.ok)
      refuse(envelope, parsed.code === 'UNSUPPORTED' ? 'UNSUPPORTED' : 'BAD_COMMAND', parsed.detail);
    else if (!handler)
      refuse(envelope, 'UNSUPPORTED', `${msgTypeName(envelope.type) ?? envelope.type} is not handled`);
    else accept(envelope, handler, receivedMs);
  }

  /** An answer without a journal row: nothing could have acted. */
  function refuse(envelope: DownlinkEnvelope, reason: 'UNSUPPORTED' | 'BAD_COMMAND', detail: string): void {
    if (reason === 'UNSUPPORTED') counters.unsupported += 1;
    else counters.malformed += 1;
    log.warn({ type: envelope.type, commandId: envelope.id, reason, detail }, 'command refused');
    if (envelope.id !== undefined)
      storage.outbox.enqueue([
        resultMessage({ commandId: envelope.id, state: 'rejected', reason, detail: detail.slice(0, 500) }),
      ]);
  }

  function accept(envelope: DownlinkEnvelope, handler: CommandHandler, receivedMs: number): void {
    const id = envelope.id ?? ownCommandId(envelope);
    if (unwritten.has(id)) {
      // Its answer is on the way.
      counters.repeated += 1;
      return;
    }
    const known = storage.commands.find(id);
    if (known) {
      counters.repeated += 1;
      log.info({ commandId: id, state: known.state }, 'command repeated; reporting what is recorded');
      storage.outbox.enqueue([
        resultMessage({
          commandId: id,
          state: known.state,
          ...(known.reason && { reason: known.reason }),
          ...(known.detail && { detail: known.detail }),
        }),
      ]);
      return;
    }
    counters.accepted += 1;
    const { type, data } = envelope;
    const deadlineMs = commandDeadline(envelope, { monotonicMs: receivedMs, hubMs: hubClock.hubNowMs() });
    const refusal: Settlement | null =
      deadlineMs === null ? { state: 'expired', reason: 'EXPIRED' } : refusedByPrecondition(envelope);
    const journal = ({
      state,
      reason,
      detail,
    }: Pick<CommandResultData, 'state' | 'reason' | 'detail'>): void => {
      storage.commands.add({ id, type, data, state, reason, detail });
      storage.meta.set('lastCommandId', id);
    };
    const about = { type: msgTypeName(type) ?? type, ...correlation(envelope) };
    if (LOOKING.has(type) && !refusal) unwritten.set(id, { journal, about });
    else
      storage.transact(() => {
        journal({ state: 'received' });
        storage.outbox.enqueue([resultMessage({ commandId: id, state: 'received' })]);
        if (refusal) settle(id, refusal);
      });
    crashPoint('command:received');
    if (refusal || deadlineMs === null) return;
    // One line says all there is to know of a command that only looks, too: that of its end.
    if (!unwritten.has(id)) log.info({ commandId: id, ...about }, 'command received');
    const { requestId } = envelope;
    const command: Command = { id, type, data, deadlineMs, ...(requestId !== undefined && { requestId }) };
    const work = execute(command, about, handler).finally(() => {
      unwritten.delete(id);
      inHand.delete(work);
    });
    inHand.add(work);
  }

  /**
   * Identity of a message of the 2021 plan, which has none. Its `time` may be a mere date, so the same words mean the same command only
   * for a while: a rider who swaps twice a day is served twice.
   */
  function ownCommandId(envelope: DownlinkEnvelope): string {
    if (envelope.type === MSG_TYPE.SERVER_ASK_INFO) return uuidv7();
    const base = derivedCommandId(envelope);
    for (let n = 0; ; n++) {
      const id = n === 0 ? base : `${base}-${n}`;
      const known = storage.commands.find(id);
      const open = known?.state === 'received' || known?.state === 'started';
      if (!known || open || Math.abs(clock.nowMs() - known.updatedAtMs) < SAME_WORDS_MS) return id;
    }
  }

  function refusedByPrecondition(envelope: DownlinkEnvelope): Settlement | null {
    const failed = failedPrecondition(envelope.precondition, deps.facts);
    return failed === null ? null : { state: 'rejected', reason: 'PRECONDITION', detail: failed };
  }

  /** Records the end of a command and reports it. Safe inside a caller's transaction. */
  function settle(id: string, { together, ...said }: Settlement): void {
    const { state, reason, detail } = said;
    const looked = unwritten.get(id);
    storage.transact(() => {
      if (looked) looked.journal(said);
      else storage.commands.setState(id, state, reason, detail);
      together?.();
      storage.outbox.enqueue([resultMessage({ commandId: id, ...said })]);
    });
    unwritten.delete(id);
    // Said when the answer is on its way.
    setImmediate(() => log.info({ commandId: id, ...looked?.about, state, reason }, 'command settled'));
  }

  async function execute(command: Command, about: object, handler: CommandHandler): Promise<void> {
    const { id } = command;
    const isLate = (): boolean => clock.monotonicMs() >= command.deadlineMs;
    try {
      const outcome = handler(command, {
        isLate,
        started(together) {
          storage.transact(() => {
            storage.commands.setState(id, 'started');
            storage.outbox.enqueue([resultMessage({ commandId: id, state: 'started' })]);
            together?.();
          });
          crashPoint('command:started');
        },
      });
      // What is known at once is journalled at once, before anything else that the message brings about.
      const settlement = outcome instanceof Promise ? await outcome : outcome;
      if (settlement) settle(id, settlement);
    } catch (error) {
      log.error({ err: error, commandId: id, ...about }, 'command failed');
      fail(id, error);
    }
  }

  /** A fault, not an outcome. Where even that cannot be journalled the row stays open and the next start settles it. */
  function fail(id: string, error: unknown): void {
    try {
      const started = storage.commands.find(id)?.state === 'started';
      const full = storageFaultOf(error) === 'full';
      const reason = full ? 'DISK_FULL' : started ? 'INTERRUPTED' : 'HARDWARE_SILENT';
      settle(id, { state: started ? 'unknown' : 'failed', reason, detail: messageOf(error).slice(0, 500) });
    } catch (again) {
      log.error({ err: again, commandId: id }, 'command not settled');
    }
  }

  return {
    take,
    settle,
    counters: () => ({ ...counters }),
    /** Waits for handlers that are still at work. */
    idle: async (): Promise<void> => {
      await Promise.all(inHand);
    },
  };
}

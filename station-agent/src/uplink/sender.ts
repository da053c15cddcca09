import type { ServerAckData } from '@voltbay/protocol';
import { type Clock, isoTime } from '../clock.js';
import type { Logger } from '../logger.js';
import type { Outbox, OutboxPosition, OutboxRow } from '../storage/outbox.js';
import type { HubClock } from './hub-clock.js';

export type Publish = (payload: string) => Promise<void>;
export type Sender = ReturnType<typeof createSender>;

type Deps = {
  device: string;
  outbox: Outbox;
  hubClock: HubClock;
  clock: Clock;
  log: Logger;
  /** Rows in flight at most, for the live lane and for the backlog each. */
  window: number;
  /** Unacknowledged for so long while connected: sent again. */
  resendAfterMs?: number;
};

/** Rows between two positions, walked once per session. */
type Stretch = {
  cursor: OutboxPosition;
  upTo: () => OutboxPosition;
  inFlight: Map<string, number>;
  historical: boolean;
};

/** Acknowledgements are settled together after this time, or when so many have come. */
const SETTLE_ACKS_MS = 30;
const MAX_PENDING_ACKS = 200;

const START: OutboxPosition = { epoch: -1, seq: -1 };
const keyOf = (epoch: number, seq: number): string => `${epoch}:${seq}`;

/**
 * Sends outbox rows in two bounded windows: what arose in this session goes first and never waits behind what piled up before it.
 * The rows stay in SQLite until SERVER_ACK; a new session, or silence, sends what is unacknowledged again.
 */
export function createSender(deps: Deps) {
  const { device, outbox, hubClock, clock, log, window, resendAfterMs = 20_000 } = deps;
  let publish: Publish | null = null;
  let live: Stretch | null = null;
  let backlog: Stretch | null = null;
  let scheduled = false;
  let lastProgressMs = 0;
  let timer: NodeJS.Timeout | null = null;
  const acks: ServerAckData[] = [];
  let ackTimer: NodeJS.Timeout | null = null;

  function envelope(row: OutboxRow, historical: boolean): string {
    const quality = JSON.stringify(hubClock.quality());
    const head = JSON.stringify({ device, type: row.type });
    const tail = JSON.stringify({
      time: isoTime(row.atMs),
      v: 1,
      id: row.id,
      epoch: row.epoch,
      seq: row.seq,
      historical,
    });
    // The row's data is JSON already: it is spliced in instead of being parsed and written again.
    return `${head.slice(0, -1)},"data":${row.data},${tail.slice(1, -1)},"clock":${quality}}`;
  }

  function fill(stretch: Stretch, send: Publish): void {
    const room = window - stretch.inFlight.size;
    if (room <= 0) return;
    for (const row of outbox.read(stretch.cursor, stretch.upTo(), room)) {
      const { epoch, seq } = row;
      stretch.cursor = { epoch, seq };
      stretch.inFlight.set(keyOf(epoch, seq), clock.monotonicMs());
      send(envelope(row, stretch.historical)).catch((error: unknown) => {
        log.debug(
          { err: error, epoch, seq },
          'publish did not complete; it is sent again in the next session',
        );
      });
    }
  }

  function pump(): void {
    scheduled = false;
    if (!publish) return;
    if (live) fill(live, publish);
    if (backlog) fill(backlog, publish);
  }

  /** Rows are read once the transaction that wrote them is over, which is synchronous. */
  function schedule(): void {
    if (scheduled || !publish) return;
    scheduled = true;
    queueMicrotask(pump);
  }

  function restart(stretch: Stretch, from: OutboxPosition): void {
    stretch.inFlight.clear();
    stretch.cursor = from;
  }

  function resendWhenSilent(): void {
    const waiting = (live?.inFlight.size ?? 0) + (backlog?.inFlight.size ?? 0);
    if (waiting === 0 || clock.monotonicMs() - lastProgressMs < resendAfterMs) return;
    log.warn({ waiting }, 'no acknowledgement from the hub; sending again');
    lastProgressMs = clock.monotonicMs();
    if (backlog) restart(backlog, START);
    if (live) restart(live, backlog?.upTo() ?? START);
    schedule();
  }

  /**
   * Removes what was acknowledged, many acknowledgements in one transaction: a removal that is lost in a crash costs a repeat, which the
   * hub knows, so it need not hold up a command's answer with an fsync of its own.
   */
  function settleAcks(): void {
    if (ackTimer) clearTimeout(ackTimer);
    ackTimer = null;
    const due = acks.splice(0);
    if (due.length === 0) return;
    try {
      outbox.acknowledge(due);
    } catch (error) {
      log.error({ err: error }, 'acknowledged messages not removed; they are sent again');
    }
  }

  return {
    /** A session is up: everything unacknowledged is due, rows from now on are live. */
    open(send: Publish): void {
      settleAcks();
      const boundary = outbox.head();
      publish = send;
      lastProgressMs = clock.monotonicMs();
      backlog = { cursor: START, upTo: () => boundary, inFlight: new Map(), historical: true };
      live = {
        cursor: boundary,
        upTo: () => outbox.head(),
        inFlight: new Map(),
        historical: false,
      };
      timer ??= setInterval(resendWhenSilent, Math.max(50, resendAfterMs / 4));
      schedule();
    },
    close(): void {
      settleAcks();
      publish = null;
      live = null;
      backlog = null;
      if (timer) clearInterval(timer);
      timer = null;
    },
    schedule,
    /** SERVER_ACK. Rows that the hub never will store are set aside; later ones flow on. */
    acknowledge(ack: ServerAckData): void {
      if (ack.hubTime) hubClock.learn(ack.hubTime);
      for (const { seq, code } of ack.refused ?? [])
        log.error({ epoch: ack.epoch, seq, code }, 'the hub refused a message; set aside');
      const refused = new Set((ack.refused ?? []).map(({ seq }) => seq));
      const also = new Set(ack.also ?? []);
      for (const stretch of [live, backlog])
        for (const key of stretch?.inFlight.keys() ?? []) {
          const [epoch, seq] = key.split(':').map(Number);
          if (epoch !== ack.epoch || seq === undefined) continue;
          if (seq <= ack.upTo || also.has(seq) || refused.has(seq)) {
            stretch?.inFlight.delete(key);
            lastProgressMs = clock.monotonicMs();
          }
        }
      acks.push(ack);
      if (acks.length >= MAX_PENDING_ACKS) settleAcks();
      else ackTimer ??= setTimeout(settleAcks, SETTLE_ACKS_MS);
      schedule();
    },
    settleAcks,
    inFlight: (): number => (live?.inFlight.size ?? 0) + (backlog?.inFlight.size ?? 0),
  };
}

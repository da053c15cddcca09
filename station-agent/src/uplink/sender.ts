import type { ServerAckData } from '@voltbay/protocol';
import { type Clock, isoTime } from '../clock.js';
import type { Logger } from '../logger.js';
import type { Outbox, OutboxPosition, OutboxRow } from '../storage/outbox.js';
import type { HubClock } from './hub-clock.js';
import { createRowTimes } from './row-times.js';

export type Publish = (payload: string) => Promise<void>;
export type Sender = ReturnType<typeof createSender>;

type Deps = {
  device: string;
  outbox: Outbox;
  hubClock: HubClock;
  clock: Clock;
  /** What the machine's own clock says, by which records were labelled before the hub was heard. */
  wall: Clock;
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
  /** When each row in flight was sent, by `epoch:seq`. */
  inFlight: Map<string, number>;
  /** When the latest sent row was sent that has been acknowledged: what was sent before it and is not, is missing. */
  acknowledgedSentMs: number;
  historical: boolean;
};

/** Acknowledgements are settled together after this time, or when so many have come. */
const SETTLE_ACKS_MS = 30;
const MAX_PENDING_ACKS = 200;
/** The backlog waits so long for the hub's time, by which its own times are judged; a hub of the 2021 plan never tells it. */
const WAIT_FOR_TIME_MS = 3_000;

const START: OutboxPosition = { epoch: -1, seq: -1 };
const keyOf = (epoch: number, seq: number): string => `${epoch}:${seq}`;

/**
 * Sends outbox rows in two bounded windows: what arose in this session goes first and never waits behind what piled up before it.
 * The rows stay in SQLite until SERVER_ACK; a new session sends what is unacknowledged again, and so does a row's absence among what
 * the hub has stored.
 */
export function createSender(deps: Deps) {
  const { device, outbox, hubClock, clock, log, window, resendAfterMs = 20_000 } = deps;
  const rowTimes = createRowTimes({ epoch: outbox.epoch, wall: deps.wall, hubClock });
  let publish: Publish | null = null;
  let live: Stretch | null = null;
  let backlog: Stretch | null = null;
  let scheduled = false;
  let lastProgressMs = 0;
  let timer: NodeJS.Timeout | null = null;
  const acks: ServerAckData[] = [];
  let ackTimer: NodeJS.Timeout | null = null;
  let timeTimer: NodeJS.Timeout | null = null;

  function envelope(row: OutboxRow, historical: boolean): string {
    const quality = JSON.stringify(rowTimes.quality(row));
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
      sendRow(row, stretch, send);
    }
  }

  function sendRow(row: OutboxRow, stretch: Stretch, send: Publish): void {
    const { epoch, seq } = row;
    stretch.inFlight.set(keyOf(epoch, seq), clock.monotonicMs());
    send(envelope(row, stretch.historical)).catch((error: unknown) => {
      log.debug({ err: error, epoch, seq }, 'publish did not complete; it is sent again in the next session');
    });
  }

  function pump(): void {
    scheduled = false;
    if (!publish) return;
    try {
      if (live) fill(live, publish);
      if (backlog && (hubClock.hubNowMs() !== null || timeTimer === null)) fill(backlog, publish);
    } catch (error) {
      log.error({ err: error }, 'waiting messages not read');
    }
  }

  /** Rows are read once the transaction that wrote them is over, which is synchronous. */
  function schedule(): void {
    queueMicrotask(() => rowTimes.written(outbox.head().seq));
    if (scheduled || !publish) return;
    scheduled = true;
    queueMicrotask(pump);
  }

  /**
   * A row is missing when nothing at all is acknowledged any more, or when one that was sent after it is: a hub that stored the later
   * and not the earlier has not got it, however much else flows.
   */
  function resendMissing(): void {
    if (!publish) return;
    const nowMs = clock.monotonicMs();
    const silent = nowMs - lastProgressMs >= resendAfterMs;
    let sent = 0;
    for (const stretch of [live, backlog]) {
      if (!stretch) continue;
      for (const [key, sentMs] of [...stretch.inFlight]) {
        if (nowMs - sentMs < resendAfterMs || !(silent || sentMs < stretch.acknowledgedSentMs)) continue;
        const [epoch = 0, seq = 0] = key.split(':').map(Number);
        const [row] = outbox.read({ epoch, seq: seq - 1 }, { epoch, seq }, 1);
        stretch.inFlight.delete(key);
        if (!row) continue;
        sendRow(row, stretch, publish);
        sent += 1;
      }
    }
    if (sent === 0) return;
    log.warn({ sent }, 'not acknowledged by the hub; sent again');
    lastProgressMs = nowMs;
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
      const stretch = (cursor: OutboxPosition, upTo: () => OutboxPosition, historical: boolean): Stretch => ({
        cursor,
        upTo,
        inFlight: new Map(),
        acknowledgedSentMs: Number.NEGATIVE_INFINITY,
        historical,
      });
      backlog = stretch(START, () => boundary, true);
      live = stretch(boundary, () => outbox.head(), false);
      timer ??= setInterval(
        () => {
          try {
            resendMissing();
          } catch (error) {
            log.error({ err: error }, 'missing messages not sent again');
          }
        },
        Math.max(50, resendAfterMs / 4),
      );
      if (timeTimer) clearTimeout(timeTimer);
      timeTimer = setTimeout(() => {
        timeTimer = null;
        schedule();
      }, WAIT_FOR_TIME_MS);
      schedule();
    },
    close(): void {
      settleAcks();
      publish = null;
      live = null;
      backlog = null;
      if (timer) clearInterval(timer);
      if (timeTimer) clearTimeout(timeTimer);
      timer = null;
      timeTimer = null;
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
        for (const [key, sentMs] of stretch?.inFlight ?? []) {
          const [epoch, seq] = key.split(':').map(Number);
          if (!stretch || epoch !== ack.epoch || seq === undefined) continue;
          if (seq <= ack.upTo || also.has(seq) || refused.has(seq)) {
            stretch.inFlight.delete(key);
            stretch.acknowledgedSentMs = Math.max(stretch.acknowledgedSentMs, sentMs);
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

import type { Command, LiveEvent, OpeningHours, SwapEvent } from '@voltbay/protocol';

/** How the hub's features meet. Each is implemented in one feature folder and handed out by the composition root. */

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
}

/** Stargate, for the broker and for `POST /auth/v1/token`. */
export interface StationAuthenticator {
  authenticate(
    device: string,
    secret: string,
  ): Promise<{ ok: true; tenantId: string; credentialId: string } | { ok: false }>;
  /** Called with the device whose credentials were revoked: live sessions must be closed. */
  onRevoked(listener: (device: string) => void): () => void;
}

/** Stations, for orders: what must be known before a swap is dispatched. */
export interface StationDirectory {
  get(device: string): Promise<StationFacts | null>;
}
export type StationFacts = {
  device: string;
  tenantId: string;
  name: string;
  online: boolean;
  lifecycle: 'draft' | 'commissioned' | 'live' | 'maintenance' | 'retired';
  topics: 'own' | 'shared';
  /** Null = always open. */
  openingHours: OpeningHours | null;
  timeZone: string;
};

export type DispatchRequest = {
  /** Id of the command when the caller has to write it down before it is sent; new by default. */
  id?: string;
  device: string;
  tenantId: string;
  type: number;
  data?: unknown;
  ttlMs?: number;
  precondition?: Record<string, unknown>;
  /** Principal that asked, for the audit. */
  by: string;
  orderId?: string;
};

/** Commands to stations with result tracking: a `commands` document is written before anything is published. */
export interface CommandDispatcher {
  /** Journals and publishes. Throws `StationOfflineError` when the station has no live session (nothing is sent then). */
  send(request: DispatchRequest): Promise<Command>;
  /**
   * Resolves with the command as soon as it is in one of `states` or settled (`done`, `failed`, `rejected`, `expired`), or as it stands
   * at the time-out. Works for a command that another hub process sent.
   */
  waitFor(
    commandId: string,
    options: {
      states: readonly Command['state'][];
      timeoutMs: number;
      /**
       * The station's word is enough: it is in the station's journal and comes again until the hub has stored it. Without, it is stored here
       * before anybody is told.
       */
      early?: boolean;
    },
  ): Promise<Command>;
  get(commandId: string): Promise<Command | null>;
}

/** Orders, for ingest: facts that stations report. All are idempotent; they may come twice, late and out of order. */
export interface OrderProgress {
  onSwapEvent(
    source: { device: string; tenantId: string; epoch: number | null; seq: number | null },
    /** Its `at` is the true time as far as it is known. */
    event: SwapEvent,
  ): Promise<void>;
  onCommandSettled(command: Command): Promise<void>;
}

/** Pack custody, for orders and stations: exactly one custodian at a time, each handover with its evidence. Idempotent by `key`. */
export interface CustodyLedger {
  handOver(move: {
    key: string;
    packId: string;
    tenantId: string;
    to: {
      kind: 'station' | 'vehicle' | 'depot' | 'transit' | 'maker' | 'unknown';
      id?: string;
      slot?: number;
    };
    at: string;
    evidence: Record<string, unknown>;
  }): Promise<void>;
}

/** Live pages: events to every subscriber of this process. Slow subscribers are dropped, never waited for. */
export interface LiveBus {
  publish(event: LiveEvent): void;
  subscribe(filter: (event: LiveEvent) => boolean, signal: AbortSignal): AsyncIterable<LiveEvent>;
}

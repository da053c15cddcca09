import type { StationState } from '@voltbay/protocol';

/** Bytes a station published for the hub, with what the broker knows about the publisher. */
export type Uplink = {
  /** Who published: proven by the sign-in on the embedded broker, the topic's owner on an external one. */
  device: string;
  payload: Uint8Array;
  /**
   * Incarnation of the station's database as the session's birth told it; undefined when the link does not know, then ingest takes
   * the registry's.
   */
  incarnation?: number;
};

/** A birth, a goodbye or a last will, already checked. */
export type StateUplink = { device: string; state: StationState; incarnation?: number };

/**
 * Where a link hands its messages. A returned promise means "wait": the link takes nothing more from that publisher until it
 * resolves. That is the whole back-pressure.
 */
export interface UplinkSink {
  info(uplink: Uplink): undefined | Promise<void>;
  state(uplink: StateUplink): undefined | Promise<void>;
  /** A session of the device began or its last one ended. External brokers do not tell. */
  presence(change: { device: string; connected: boolean }): void;
  /** Counted and logged once per station. */
  refused(refusal: { device: string | null; code: string; detail: string }): void;
}

/** The hub's way to its stations: the embedded broker, or a client of an external one. */
export interface StationLink {
  start(sink: UplinkSink): Promise<void>;
  /** Stops taking uplinks, closes sessions or the connection. Idempotent. */
  stop(): Promise<void>;
  /** Whether a message would reach somebody now. `undefined` = the link cannot know, ask the registry. */
  reaches(device: string): boolean | undefined;
  /** Publishes on the station's control topic (`shared`: the bare one), QoS 1, never retained. False when there is nobody to take it. */
  send(device: string, topics: 'own' | 'shared', payload: string): Promise<boolean>;
  /** Closes the device's sessions; the number of them. */
  disconnect(device: string, reason: string): number;
  stats(): Record<string, number>;
}

import type { UplinkSink } from '../broker/station-link.js';
import type { Database } from '../db/index.js';
import type { Logger } from '../logger.js';
import type { Clock } from '../ports.js';
import type { StationRegistry } from '../stations/station-registry.js';
import type { MessageDocument } from './message-document.js';
import type { ProjectionOrder } from './projector.js';

export type IngestDeps = {
  database: Database;
  registry: StationRegistry;
  /** In this order for every batch. */
  projections: ProjectionOrder;
  /** Publishes to a station's control topic; false when it has no session. Normally `link.send`. */
  send(device: string, topics: 'own' | 'shared', payload: string): Promise<boolean>;
  /** Told of a message as it comes, before it is stored. Must be quick and not throw. */
  onTaken?(message: MessageDocument): void;
  /** Told of messages right after they are stored, before they are projected. Must be quick and not throw. */
  onStored?(messages: readonly MessageDocument[]): void;
  logger: Logger;
  clock: Clock;
  /** True when other hub processes store messages of the same stations (`MQTT_URL`). */
  shared: boolean;
  limits?: Partial<IngestLimits>;
};

export type IngestLimits = {
  maxQueued: number;
  maxQueuedBytes: number;
  /** Messages and bytes of one insert. */
  maxBatch: number;
  maxBatchBytes: number;
};

export const DEFAULT_LIMITS: IngestLimits = {
  maxQueued: 4_000,
  maxQueuedBytes: 32 * 1_048_576,
  maxBatch: 1_000,
  maxBatchBytes: 8 * 1_048_576,
};

/** After a batch of so many a moment's wait for so many more makes fewer writes, and fewer acknowledgements, of the same messages. */
export const GATHER = { from: 32, until: 256, ms: 5 } as const;

/** Uplinks in, stored once, acknowledged after the write, projected into the features. */
export interface Ingest {
  readonly sink: UplinkSink;
  /** Finishes what stopped processes left, then takes messages. */
  start(): Promise<void>;
  /** Stores, acknowledges and projects what was taken, then stops. The link must be stopped before. */
  stop(): Promise<void>;
  /** Resolves when everything taken so far is stored and projected. */
  settled(): Promise<void>;
  stats(): Record<string, number>;
}

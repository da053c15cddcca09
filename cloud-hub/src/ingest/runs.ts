import type { Collection } from 'mongodb';
import { isoAt, isoNow } from '../clock.js';
import type { Logger } from '../logger.js';
import type { Clock } from '../ports.js';
import {
  type IngestRunDocument,
  type MessageDocument,
  messageOf,
  type StoredMessage,
} from './message-document.js';
import type { IngestEntry } from './projector.js';

/**
 * What a killed process left: messages that it stored and acknowledged but did not project. Each process run keeps one document with how
 * far it came; another run finds the dead ones and projects the rest.
 */
export interface IngestRuns {
  readonly id: string;
  start(): Promise<void>;
  /** All messages received up to this time by this run are projected. */
  reached(receivedAt: Date): void;
  save(): Promise<void>;
  /**
   * Projects what dead runs left, oldest first. `exclusive`: the store has one owner, so that every other run is dead.
   * Returns the number of messages projected.
   */
  finishOthers(options: {
    exclusive: boolean;
    project: (entries: readonly IngestEntry[]) => Promise<void>;
  }): Promise<number>;
  close(): Promise<void>;
}

/** A run that is silent for longer is taken for dead; saves come every few seconds. */
const DEAD_AFTER_MS = 30_000;
const BATCH = 500;

export function createIngestRuns(deps: {
  id: string;
  runs: Collection<IngestRunDocument>;
  messages: Collection<StoredMessage>;
  clock: Clock;
  logger: Logger;
}): IngestRuns {
  const { id, runs, messages, clock, logger } = deps;
  let projectedTo = new Date(clock.now());

  async function finish(
    run: IngestRunDocument,
    project: (entries: readonly IngestEntry[]) => Promise<void>,
  ): Promise<number> {
    let count = 0;
    let batch: MessageDocument[] = [];
    const projectBatch = async () => {
      const last = batch.at(-1);
      if (!last) return;
      batch.sort((a, b) => (a._id < b._id ? -1 : 1));
      await project(batch.map((message) => ({ kind: 'message', message })));
      count += batch.length;
      batch = [];
      await runs.updateOne(
        { _id: run._id },
        { $set: { projectedTo: last.receivedAt, heartbeatAt: isoNow(clock), finishedBy: id } },
      );
    };
    // The batch at the boundary may be half done: it is projected again.
    const left = messages
      .find({ run: run._id, receivedAt: { $gte: run.projectedTo }, refused: { $exists: false } })
      .sort({ receivedAt: 1 })
      .batchSize(BATCH);
    for await (const message of left) {
      if (batch[0] && batch[0].receivedAt.getTime() !== message.receivedAt.getTime()) await projectBatch();
      batch.push(messageOf(message));
    }
    await projectBatch();
    await runs.updateOne({ _id: run._id }, { $set: { closed: true } });
    return count;
  }

  return {
    id,
    async start() {
      const now = isoNow(clock);
      await runs.insertOne({ _id: id, startedAt: now, heartbeatAt: now, projectedTo, closed: false });
    },
    reached(receivedAt) {
      if (receivedAt > projectedTo) projectedTo = receivedAt;
    },
    async save() {
      await runs.updateOne(
        { _id: id },
        { $set: { projectedTo, heartbeatAt: isoNow(clock), closed: false } },
        { upsert: false },
      );
    },
    async finishOthers({ exclusive, project }) {
      const silentSince = isoAt(clock.now() - (exclusive ? 0 : DEAD_AFTER_MS));
      const dead = await runs
        .find({ closed: false, heartbeatAt: { $lte: silentSince } })
        .sort({ heartbeatAt: 1 })
        .toArray();
      let count = 0;
      for (const run of dead) {
        if (run._id === id) continue;
        // Whoever changes the heartbeat first does the work.
        const claim = await runs.updateOne(
          { _id: run._id, closed: false, heartbeatAt: run.heartbeatAt },
          { $set: { heartbeatAt: isoNow(clock), finishedBy: id } },
        );
        if (claim.modifiedCount === 0 && !exclusive) continue;
        const finished = await finish(run, project);
        count += finished;
        if (finished > 0)
          logger.info({ run: run._id, messages: finished }, 'finished what a stopped hub left');
      }
      return count;
    },
    async close() {
      await runs.updateOne({ _id: id }, { $set: { projectedTo, heartbeatAt: isoNow(clock), closed: true } });
    },
  };
}

import { type Command, MSG_TYPE } from '@voltbay/protocol';
import { uuidv7 } from 'uuidv7';
import { z } from 'zod';
import { isoNow } from '../clock.js';
import type { Database } from '../db/index.js';
import { StationOfflineError } from '../errors.js';
import type { Clock, CommandDispatcher } from '../ports.js';
import { stationLiveCollection } from '../stations/station-documents.js';
import { defineTask, handleTask, type TaskHandler, TryLaterError } from '../tasks/index.js';
import {
  type ReleaseDocument,
  type RolloutDocument,
  type RolloutState,
  type RolloutStationDocument,
  releasesCollection,
  rolloutStationId,
  rolloutStationsCollection,
  rolloutsCollection,
} from './release-documents.js';
import { planStep, type StationFact } from './rollout-plan.js';

export const rolloutTask = defineTask({
  kind: 'releases.roll-out',
  summary: 'Bring a release to stations, stage by stage',
  input: z.object({ rolloutId: z.string(), run: z.number().int() }),
  retry: { maxAttempts: 20, baseMs: 2_000, capMs: 60_000 },
});

/** What is needed to have the work done; normally the task store. */
export type RolloutQueue = {
  enqueue(
    spec: typeof rolloutTask,
    task: { tenantId: string; key: string; input: { rolloutId: string; run: number }; by: string },
  ): Promise<unknown>;
};

export interface Rollouts {
  readonly handler: TaskHandler;
  /** Writes a rollout and its stations down and begins. */
  begin(
    rollout: Omit<
      RolloutDocument,
      keyof ReturnType<typeof emptyRollout> | '_id' | 'createdAt' | 'updatedAt' | 'total'
    >,
    stationIds: readonly string[],
    queue: RolloutQueue,
  ): Promise<RolloutDocument>;
  /** Null: no such rollout, or it is in none of the states `from`. */
  move(
    tenantId: string,
    id: string,
    from: readonly RolloutState[],
    to: { state: RolloutState; reason: string | null },
    queue?: { queue: RolloutQueue; by: string },
  ): Promise<RolloutDocument | null>;
  stations(rolloutId: string): Promise<RolloutStationDocument[]>;
  onCommandSettled(command: Command): Promise<void>;
}

/** Downloading and restarting takes a while; the command itself must begin within this. */
const TTL_MS = 10 * 60_000;
const LOOK_EVERY_MS = 2_000;

const emptyRollout = () => ({
  version: 1,
  state: 'running' as const,
  reason: null,
  stage: 0,
  stageDoneAt: null,
  failuresSeen: 0,
  run: 1,
});

export function createRollouts(deps: {
  database: Database;
  clock: Clock;
  dispatcher: CommandDispatcher;
}): Rollouts {
  const { clock } = deps;
  const rollouts = deps.database.collection(rolloutsCollection);
  const members = deps.database.collection(rolloutStationsCollection);
  const releases = deps.database.collection(releasesCollection);
  const live = deps.database.collection(stationLiveCollection);

  const stations: Rollouts['stations'] = (rolloutId) =>
    members.find({ rolloutId }, { sort: { position: 1 } }).toArray();
  const setMember = (_id: string, filter: object, set: Partial<RolloutStationDocument>) =>
    members.updateOne({ _id, ...filter }, { $set: { ...set, updatedAt: isoNow(clock) } });
  const enqueue = (rollout: RolloutDocument, queue: RolloutQueue, by: string) =>
    queue.enqueue(rolloutTask, {
      tenantId: rollout.tenantId,
      key: `rollout:${rollout._id}:${rollout.run}`,
      input: { rolloutId: rollout._id, run: rollout.run },
      by,
    });

  const tell = async (
    rollout: RolloutDocument,
    release: ReleaseDocument,
    station: RolloutStationDocument,
  ) => {
    const commandId = uuidv7();
    const { matchedCount } = await members.updateOne(
      { _id: station._id, state: 'waiting', attempts: station.attempts },
      {
        $set: { state: 'sent', commandId, attempts: station.attempts + 1, updatedAt: isoNow(clock) },
      },
    );
    if (matchedCount === 0) return;
    try {
      await deps.dispatcher.send({
        id: commandId,
        device: station.stationId,
        tenantId: rollout.tenantId,
        type: MSG_TYPE.SERVER_UPDATE,
        data: {
          url: `/core/v0/releases/${release._id}/artifact`,
          version: release.releaseVersion,
          sha256: release.sha256,
          signature: release.signature,
          ...(rollout.window ? { window: rollout.window } : {}),
        },
        ttlMs: TTL_MS,
        by: rollout.createdBy,
      });
    } catch (error) {
      if (!(error instanceof StationOfflineError)) throw error;
      // It went away just now: not its fault, and it is told when it is back.
      await setMember(station._id, { commandId }, { state: 'waiting', attempts: station.attempts });
    }
  };

  /** One look at a rollout. Answers whether there is more to do. */
  const step = async (rolloutId: string, run: number): Promise<boolean> => {
    const rollout = await rollouts.findOne({ _id: rolloutId });
    if (rollout?.state !== 'running' || rollout.run !== run) return false;
    const release = await releases.findOne({ _id: rollout.releaseId, tenantId: rollout.tenantId });
    const change = (set: Partial<RolloutDocument>) =>
      rollouts.updateOne(
        { _id: rolloutId, state: 'running', run },
        { $set: { ...set, updatedAt: isoNow(clock) }, $inc: { version: 1 } },
      );
    if (release?.state !== 'ready') {
      await change({ state: 'paused', reason: 'the release was withdrawn' });
      return false;
    }
    const all = await stations(rolloutId);
    const states = await live
      .find(
        { _id: { $in: all.map(({ stationId }) => stationId) } },
        { projection: { online: 1, versions: 1, tenantId: 1 } },
      )
      .toArray();
    const facts = new Map<string, StationFact>(
      states.map(({ _id, online, versions }) => [_id, { online, agentVersion: versions?.agent ?? null }]),
    );
    const none: StationFact = { online: false, agentVersion: null };
    const { send, settle, next } = planStep(rollout, all, (id) => facts.get(id) ?? none, clock.now());
    for (const { position, state, reason } of settle)
      await setMember(
        rolloutStationId(rolloutId, position),
        { state: { $in: ['waiting', 'sent', 'unknown'] } },
        { state, reason },
      );
    for (const station of all) if (send.includes(station.position)) await tell(rollout, release, station);
    switch (next.kind) {
      case 'pause':
        await change({ state: 'paused', reason: next.reason });
        return false;
      case 'done':
        await change({ state: 'done', stageDoneAt: isoNow(clock) });
        return false;
      case 'stage-done':
        await change({ stageDoneAt: isoNow(clock) });
        return true;
      case 'next-stage':
        await change({ stage: rollout.stage + 1, stageDoneAt: null });
        return true;
      default:
        return true;
    }
  };

  return {
    stations,
    handler: handleTask(rolloutTask, async ({ input, signal }) => {
      signal.throwIfAborted();
      if (await step(input.rolloutId, input.run))
        throw new TryLaterError('ROLLING_OUT', 'stations are being updated', {
          delayMs: LOOK_EVERY_MS,
          counts: false,
        });
      const rollout = await rollouts.findOne({ _id: input.rolloutId });
      return { state: rollout?.state ?? 'gone' };
    }),
    async begin(input, stationIds, queue) {
      const now = isoNow(clock);
      const rollout: RolloutDocument = {
        ...emptyRollout(),
        ...input,
        _id: `ro-${uuidv7()}`,
        createdAt: now,
        updatedAt: now,
        total: stationIds.length,
      };
      await members.insertMany(
        stationIds.map((stationId, position) => ({
          _id: rolloutStationId(rollout._id, position),
          tenantId: input.tenantId,
          rolloutId: rollout._id,
          position,
          stationId,
          state: 'waiting' as const,
          commandId: null,
          attempts: 0,
          reason: null,
          updatedAt: now,
        })),
      );
      await rollouts.insertOne(rollout);
      await enqueue(rollout, queue, input.createdBy);
      return rollout;
    },
    async move(tenantId, id, from, { state, reason }, resume) {
      const current = await rollouts.findOne({ _id: id, tenantId });
      if (!current) return null;
      const resumes = state === 'running';
      const failed = resumes
        ? (await stations(id)).filter((station) => station.state === 'failed').length
        : current.failuresSeen;
      const moved = await rollouts.findOneAndUpdate(
        { _id: id, tenantId, state: { $in: [...from] } },
        {
          $set: { state, reason, failuresSeen: failed, updatedAt: isoNow(clock) },
          $inc: { version: 1, run: resumes ? 1 : 0 },
        },
        { returnDocument: 'after' },
      );
      if (moved && resumes && resume) await enqueue(moved, resume.queue, resume.by);
      return moved;
    },
    async onCommandSettled(command) {
      if (command.type !== MSG_TYPE.SERVER_UPDATE) return;
      const member = await members.findOne({ commandId: command.id });
      if (!member) return;
      const open = { commandId: command.id, state: { $in: ['sent', 'unknown'] } };
      const { reason, state } = command;
      if (state === 'done') await setMember(member._id, open, { state: 'done', reason: null });
      else if (state === 'unknown') await setMember(member._id, open, { state: 'unknown', reason });
      // Late, or the session ended before it was sent: it never began there.
      else if (state === 'expired' || reason === 'STATION_OFFLINE')
        await setMember(member._id, open, { state: 'waiting', reason: reason ?? 'EXPIRED' });
      else await setMember(member._id, open, { state: 'failed', reason: reason ?? state.toUpperCase() });
    },
  };
}

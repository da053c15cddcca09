import type { StationState } from '@voltbay/protocol';
import type { AnyBulkWriteOperation } from 'mongodb';
import type { Database } from '../db/index.js';
import type { IngestEntry, Projection } from '../ingest/projector.js';
import type { Clock } from '../ports.js';
import { foldLiveChanges, type LiveChanges, liveUpdate } from './live-changes.js';
import { type StationLiveDocument, stationLiveCollection, stationsCollection } from './station-documents.js';
import type { StationRegistry } from './station-registry.js';

/** A station without births that is silent for longer counts as offline. */
const SILENT_AFTER_MS = 180_000;

export type StationProjectionDeps = {
  database: Database;
  registry: StationRegistry;
  clock: Clock;
  /** Told which stations changed, for live pages. */
  changed(devices: readonly string[]): void;
};

export interface StationProjection extends Projection {
  /** All stations offline: at the start of a hub whose own broker holds every session. */
  markAllOffline(): Promise<void>;
  /** Stations that say neither birth nor goodbye, and are silent: offline. Returns how many. */
  sweepSilent(): Promise<number>;
}

type LiveWrite = AnyBulkWriteOperation<StationLiveDocument>;

/** Keeps the live state of stations: newest messages, births, goodbyes. Every write is guarded by (incarnation, epoch, seq). */
export function createStationProjection(deps: StationProjectionDeps): StationProjection {
  const { registry, clock } = deps;
  const live = deps.database.collection(stationLiveCollection);
  const stations = deps.database.collection(stationsCollection);

  async function project(entries: readonly IngestEntry[]): Promise<void> {
    const changed = new Set<string>();
    let messages: Extract<IngestEntry, { kind: 'message' }>['message'][] = [];
    const writes: LiveWrite[] = [];
    const heard = new Map<string, string>();
    const edges = new Set<string>();
    const flushMessages = () => {
      for (const changes of foldLiveChanges(messages)) {
        writes.push(messageWrite(changes));
        heard.set(changes.device, changes.seenAt);
        changed.add(changes.device);
      }
      messages = [];
    };
    for (const entry of entries) {
      if (entry.kind === 'message') {
        messages.push(entry.message);
        continue;
      }
      if (entry.kind === 'refusal') continue;
      // Births and goodbyes stand in line with the messages around them.
      flushMessages();
      writes.push(
        ...(entry.kind === 'state'
          ? stateWrites(entry.device, entry.incarnation, entry.state, entry.at)
          : presenceWrites(entry)),
      );
      changed.add(entry.device);
      edges.add(entry.device);
    }
    flushMessages();
    if (writes.length > 0) {
      const { matchedCount } = await live.bulkWrite(writes, { ordered: true });
      // A message that is older than what is shown changes nothing of it: its station was heard of all the same.
      if (matchedCount < writes.length && heard.size > 0)
        await live.bulkWrite(
          [...heard].map(([_id, seenAt]) => ({ updateOne: { filter: { _id }, update: seen(seenAt) } })),
          { ordered: false },
        );
    }
    await copyOnline([...edges, ...unnumbered(entries).filter((device) => !registry.peek(device)?.online)]);
    if (changed.size > 0) deps.changed([...changed]);
  }

  /** The registered document carries a copy of `online` for filters; what counts is the live one. */
  async function copyOnline(devices: readonly string[]): Promise<void> {
    const unique = [...new Set(devices)];
    if (unique.length === 0) return;
    const states = await live.find({ _id: { $in: unique } }, { projection: { online: 1 } }).toArray();
    if (states.length === 0) return;
    await stations.bulkWrite(
      states.map(({ _id, online }) => ({
        updateOne: { filter: { _id, online: { $ne: online } }, update: { $set: { online } } },
      })),
      { ordered: false },
    );
    for (const { _id, online } of states) registry.noteOnline(_id, online);
  }

  return {
    name: 'stations',
    project,
    async markAllOffline() {
      await live.updateMany({ online: true }, { $set: { online: false, offlineReason: 'hub-restarted' } });
      await stations.updateMany({ online: true }, { $set: { online: false } });
    },
    async sweepSilent() {
      const before = new Date(clock.now() - SILENT_AFTER_MS).toISOString();
      const silent = await live
        .find({ online: true, lastSeenAt: { $lt: before }, epoch: null }, { projection: { _id: 1 } })
        .limit(1_000)
        .toArray();
      if (silent.length === 0) return 0;
      const ids = silent.map(({ _id }) => _id);
      await live.updateMany(
        { _id: { $in: ids }, epoch: null, lastSeenAt: { $lt: before } },
        { $set: { online: false, offlineReason: 'silent' } },
      );
      await copyOnline(ids);
      deps.changed(ids);
      return ids.length;
    },
  };
}

/** Stations without births are online because they are heard of. */
const unnumbered = (entries: readonly IngestEntry[]): string[] =>
  entries.flatMap((entry) =>
    entry.kind === 'message' && entry.message.epoch === null ? [entry.message.device] : [],
  );

const seen = (at: string) => ({ $max: { lastSeenAt: at } });

function messageWrite(changes: LiveChanges): LiveWrite {
  const { device: _id, incarnation, epoch, seq, seenAt } = changes;
  const set = liveUpdate(changes);
  if (Object.keys(set).length === 0) return { updateOne: { filter: { _id }, update: seen(seenAt) } };
  if (epoch === null) {
    const online = changes.touched ? { online: true, offlineReason: null } : {};
    return { updateOne: { filter: { _id }, update: { ...seen(seenAt), $set: { ...online, ...set } } } };
  }
  const notNewer = {
    $or: [
      { incarnation: { $lt: incarnation } },
      { incarnation, epoch: null },
      { incarnation, epoch: { $lt: epoch } },
      { incarnation, epoch, seq: null },
      { incarnation, epoch, seq: { $lt: seq ?? 0 } },
    ],
  };
  return { updateOne: { filter: { _id, ...notNewer }, update: { ...seen(seenAt), $set: set } } };
}

function stateWrites(_id: string, incarnation: number, state: StationState, at: string): LiveWrite[] {
  const current = {
    $or: [
      { incarnation: { $lt: incarnation } },
      { incarnation, epoch: null },
      // A will or birth of an older epoch says nothing any more.
      { incarnation, epoch: { $lte: state.epoch } },
    ],
  };
  if (!state.online)
    return [
      {
        updateOne: {
          filter: { _id, incarnation, epoch: { $lte: state.epoch } },
          update: { $set: { online: false, offlineReason: state.reason ?? 'will' } },
        },
      },
    ];
  // Sequence numbers begin anew with an epoch.
  const newEpoch = {
    $or: [{ incarnation: { $lt: incarnation } }, { epoch: null }, { epoch: { $lt: state.epoch } }],
  };
  return [
    { updateOne: { filter: { _id, ...newEpoch }, update: { $set: { seq: null } } } },
    {
      updateOne: {
        filter: { _id, ...current },
        update: {
          $set: {
            online: true,
            offlineReason: null,
            incarnation,
            epoch: state.epoch,
            instanceId: state.instanceId ?? null,
            startId: state.starts?.at(-1) ?? null,
            versions: versionsOf(state),
            configHash: state.configHash ?? null,
            configVersion: state.configVersion ?? null,
            lastCommandId: state.lastCommandId ?? null,
          },
          $max: { lastSeenAt: at },
        },
      },
    },
  ];
}

function versionsOf(state: StationState): Record<string, string> | null {
  if (!state.versions) return null;
  return Object.fromEntries(
    Object.entries(state.versions).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  );
}

function presenceWrites(change: { device: string; connected: boolean; at: string }): LiveWrite[] {
  const { device: _id, connected, at } = change;
  return [
    connected
      ? // Stations that announce themselves by a birth are online from there on; the others by being connected.
        {
          updateOne: {
            filter: { _id, epoch: null },
            update: { $set: { online: true, offlineReason: null }, $max: { lastSeenAt: at } },
          },
        }
      : {
          updateOne: {
            filter: { _id, online: true },
            update: { $set: { online: false, offlineReason: 'disconnected' } },
          },
        },
  ];
}

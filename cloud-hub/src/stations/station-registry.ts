import type { OpeningHours, StationState } from '@voltbay/protocol';
import { type Database, gatherReads } from '../db/index.js';
import type { Logger } from '../logger.js';
import type { Clock } from '../ports.js';
import {
  emptyLive,
  type StationDocument,
  type StationLiveDocument,
  stationLiveCollection,
  stationsCollection,
} from './station-documents.js';

/** What ingest, broker and dispatch need of a station at once, kept in memory. */
export type StationEntry = {
  readonly device: string;
  readonly tenantId: string;
  name: string;
  lifecycle: StationDocument['lifecycle'];
  topics: StationDocument['topics'];
  openingHours: OpeningHours | null;
  timeZone: string;
  online: boolean;
  incarnation: number;
  instanceId: string | null;
  epoch: number | null;
  startId: string | null;
  /** Clock reading of the last birth that was seen here; the database hears of it a moment later. */
  bornAtMs: number;
  /** Clock reading of the last load from the database. */
  loadedAtMs: number;
};

/** `fenced`: another agent is live, with another database, or with one of which this one is a copy. */
export type BirthVerdict =
  | { kind: 'ok'; incarnation: number }
  | { kind: 'fenced'; code: 'DUPLICATE_IDENTITY' | 'CLONED_DATABASE' };

/**
 * Read-through cache of registered stations. Entries older than `maxAgeMs` are read again in the background, so that a change made by
 * another hub process arrives within that time.
 */
export interface StationRegistry {
  peek(device: string): StationEntry | undefined;
  load(device: string): Promise<StationEntry | null>;
  /** After a change of the registered fields. */
  refresh(device: string): Promise<void>;
  /**
   * What a birth means. Another database behind the same device number gets the next incarnation, so that its sequence numbers are
   * not taken for repeats; while the known one is live, the newcomer is fenced off. An epoch that went back is a restored copy: a
   * new incarnation too. So is a database that does not know the start that was let in last; while that one is live it is a clone.
   */
  birth(state: StationState, live: { epoch: number; instanceId: string | null } | null): BirthVerdict;
  /** A will or a planned goodbye; one of an older epoch says nothing. */
  goodbye(state: StationState): void;
  /** What the live state says now. A birth that it does not show yet counts more. */
  noteOnline(device: string, online: boolean): void;
  readonly size: number;
}

export type StationRegistryDeps = {
  database: Database;
  clock: Clock;
  logger: Logger;
  maxAgeMs?: number;
  maxEntries?: number;
};

const REGISTERED = ['tenantId', 'name', 'lifecycle', 'topics', 'openingHours', 'timeZone'] as const;
type Registered = Pick<StationDocument, '_id' | (typeof REGISTERED)[number]>;
const IDENTITY = ['online', 'incarnation', 'instanceId', 'epoch', 'startId'] as const;
type Identity = Pick<StationLiveDocument, (typeof IDENTITY)[number]>;

const REFRESH_TOGETHER_MS = 1_000;
/** How long the live state may take to show a birth. */
const BIRTH_LAG_MS = 2_000;

export function createStationRegistry(deps: StationRegistryDeps): StationRegistry {
  const { database, clock, logger, maxAgeMs = 15_000, maxEntries = 50_000 } = deps;
  const live = database.collection(stationLiveCollection);
  const stationOf = gatherReads(database.collection(stationsCollection), REGISTERED);
  const liveOf = gatherReads(live, IDENTITY);
  const entries = new Map<string, StationEntry>();
  const loading = new Map<string, Promise<StationEntry | null>>();

  const bornJustNow = (entry: StationEntry | undefined): boolean =>
    entry !== undefined && clock.now() - entry.bornAtMs < BIRTH_LAG_MS;

  async function read(device: string): Promise<StationEntry | null> {
    const [station, found] = await Promise.all([stationOf(device), liveOf(device)]);
    if (!station) {
      entries.delete(device);
      return null;
    }
    return keep(station, found ?? (await createLive(device, station.tenantId)));
  }

  async function createLive(device: string, tenantId: string): Promise<StationLiveDocument> {
    const document = emptyLive(device, tenantId);
    await live.updateOne({ _id: device }, { $setOnInsert: document }, { upsert: true });
    return document;
  }

  function keep(station: Registered, known: Identity): StationEntry {
    const held = entries.get(station._id);
    // Memory may be ahead of the database: births are decided here and written a moment later.
    const ahead =
      held &&
      (held.incarnation > known.incarnation ||
        (held.incarnation === known.incarnation && (held.epoch ?? -1) >= (known.epoch ?? -1)));
    const identity = ahead ? held : known;
    const entry: StationEntry = {
      device: station._id,
      tenantId: station.tenantId,
      name: station.name,
      lifecycle: station.lifecycle,
      topics: station.topics,
      openingHours: station.openingHours ?? null,
      timeZone: station.timeZone,
      online: known.online || bornJustNow(held),
      incarnation: identity.incarnation,
      instanceId: identity.instanceId,
      epoch: identity.epoch,
      startId: identity.startId ?? null,
      bornAtMs: held?.bornAtMs ?? Number.NEGATIVE_INFINITY,
      loadedAtMs: clock.now(),
    };
    if (held) Object.assign(held, entry);
    else {
      if (entries.size >= maxEntries) {
        const oldest = entries.keys().next().value;
        if (oldest !== undefined) entries.delete(oldest);
      }
      entries.set(station._id, entry);
    }
    return entries.get(station._id) ?? entry;
  }

  function load(device: string): Promise<StationEntry | null> {
    const running = loading.get(device);
    if (running) return running;
    const promise = read(device).finally(() => loading.delete(device));
    loading.set(device, promise);
    return promise;
  }

  const aged = new Set<string>();
  /** Nobody waits for it, so that all of a second are read together. */
  function refreshSoon(device: string): void {
    if (aged.size === 0) setTimeout(refreshAged, REFRESH_TOGETHER_MS).unref();
    aged.add(device);
  }
  function refreshAged(): void {
    for (const device of aged)
      load(device).catch((cause) => logger.warn({ err: cause, device }, 'station not refreshed'));
    aged.clear();
  }

  return {
    get size() {
      return entries.size;
    },
    load,
    goodbye(state) {
      const entry = entries.get(state.device);
      if (!entry || (entry.epoch !== null && state.epoch < entry.epoch)) return;
      entry.bornAtMs = Number.NEGATIVE_INFINITY;
      entry.online = false;
    },
    noteOnline(device, online) {
      const entry = entries.get(device);
      if (entry) entry.online = online || bornJustNow(entry);
    },
    refresh: async (device) => void (await load(device)),
    peek(device) {
      const entry = entries.get(device);
      if (entry && clock.now() - entry.loadedAtMs > maxAgeMs && !loading.has(device)) {
        entry.loadedAtMs = clock.now();
        refreshSoon(device);
      }
      return entry;
    },
    birth(state, liveAgent) {
      const entry = entries.get(state.device);
      if (!entry) return { kind: 'ok', incarnation: 0 };
      const instanceId = state.instanceId ?? null;
      const other = liveAgent?.instanceId && instanceId && liveAgent.instanceId !== instanceId;
      if (other) return { kind: 'fenced', code: 'DUPLICATE_IDENTITY' };
      const replaced = entry.instanceId !== null && instanceId !== null && entry.instanceId !== instanceId;
      const wentBack = entry.epoch !== null && state.epoch < entry.epoch;
      const forked = !replaced && entry.startId !== null && state.starts?.includes(entry.startId) === false;
      if (forked && liveAgent) return { kind: 'fenced', code: 'CLONED_DATABASE' };
      if (replaced || wentBack || forked) entry.incarnation += 1;
      entry.instanceId = instanceId ?? entry.instanceId;
      entry.epoch = state.epoch;
      entry.startId = state.starts?.at(-1) ?? null;
      entry.online = true;
      entry.bornAtMs = clock.now();
      return { kind: 'ok', incarnation: entry.incarnation };
    },
  };
}

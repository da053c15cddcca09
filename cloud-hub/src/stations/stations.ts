import type { PublicStation, PublicStationDetail, Station } from '@voltbay/protocol';
import { isoNow } from '../clock.js';
import { type Database, isDuplicateKey } from '../db/index.js';
import type { Logger } from '../logger.js';
import type { Clock, LiveBus, StationDirectory } from '../ports.js';
import { type Alarms, createAlarms } from './alarms.js';
import { publicSlots } from './public-slots.js';
import {
  emptyLive,
  type StationDocument,
  stationLiveCollection,
  stationsCollection,
} from './station-documents.js';
import { createStationProjection, type StationProjection } from './station-projection.js';
import { createStationRegistry, type StationRegistry } from './station-registry.js';
import { publicStationView, stationView } from './station-view.js';

export type StationsDeps = {
  database: Database;
  clock: Clock;
  logger: Logger;
  live: LiveBus & { readonly idle?: boolean };
  /** Packs that riders on the way were promised, by station and class. */
  promised?(): Promise<ReadonlyMap<string, Record<string, number>>>;
};

export type NewStation = {
  device: string;
  tenantId: string;
  name: string;
  lifecycle?: StationDocument['lifecycle'];
  topics?: StationDocument['topics'];
  location?: StationDocument['location'];
  timeZone?: string;
  openingHours?: StationDocument['openingHours'];
  regionId?: string | null;
};

export interface Stations extends StationDirectory {
  readonly registry: StationRegistry;
  readonly projection: StationProjection;
  readonly alarms: Alarms;
  /** Registers a station. `exists` when the device number is taken, by any tenant. */
  create(station: NewStation): Promise<{ ok: true; station: Station } | { ok: false; code: 'DUPLICATE' }>;
  /** With what they last reported; in the order of `documents`. */
  withLive(documents: readonly StationDocument[]): Promise<Station[]>;
  /** Stations that riders see, of all tenants or one; cached for two seconds. */
  publicList(tenantId?: string): Promise<PublicStation[]>;
  /** One of them with its slots; null when riders see none of that number. */
  publicStation(device: string): Promise<PublicStationDetail | null>;
  start(): void;
  stop(): void;
}

type PublicEntry = { tenantId: string; station: PublicStation; full: Station };

const EVENT_DELAY_MS = 150;
const SWEEP_EVERY_MS = 15_000;
const PUBLIC_CACHE_MS = 2_000;
const MAX_PUBLIC = 2_000;
/** How old a station's facts may be before a swap; changes made by this process are seen at once. */
const FACTS_MAX_AGE_MS = 2_000;
const DEFAULT_TIME_ZONE = 'Asia/Shanghai';

/** The stations feature: registry, live state, alarms. */
export function createStations(deps: StationsDeps): Stations {
  const { database, clock, logger, live } = deps;
  const stations = database.collection(stationsCollection);
  const liveStates = database.collection(stationLiveCollection);
  const registry = createStationRegistry({ database, clock, logger });
  const alarms = createAlarms({ database, live, clock });
  const changedDevices = new Set<string>();
  let eventTimer: NodeJS.Timeout | null = null;
  let sweepTimer: NodeJS.Timeout | null = null;
  let publicCache: { at: number; list: Promise<PublicEntry[]> } | null = null;

  const projection = createStationProjection({
    database,
    registry,
    clock,
    changed(devices) {
      if (live.idle) return;
      for (const device of devices) changedDevices.add(device);
      eventTimer ??= setTimeout(() => {
        eventTimer = null;
        publishChanged().catch((error) => logger.warn({ err: error }, 'station events not published'));
      }, EVENT_DELAY_MS);
    },
  });

  async function publishChanged(): Promise<void> {
    const devices = [...changedDevices];
    changedDevices.clear();
    const documents = await stations.find({ _id: { $in: devices } }).toArray();
    for (const station of await withLive(documents))
      live.publish({ type: 'station', id: station.id, tenantId: station.tenantId, station });
  }

  async function withLive(documents: readonly StationDocument[]): Promise<Station[]> {
    if (documents.length === 0) return [];
    const states = await liveStates.find({ _id: { $in: documents.map(({ _id }) => _id) } }).toArray();
    const byDevice = new Map(states.map((state) => [state._id, state]));
    return documents.map((document) => stationView(document, byDevice.get(document._id) ?? null));
  }

  async function readPublic(): Promise<PublicEntry[]> {
    const documents = await stations
      .find({ lifecycle: { $in: ['live', 'maintenance'] } })
      .sort({ lifecycle: 1, _id: 1 })
      .limit(MAX_PUBLIC)
      .toArray();
    const [list, promised] = await Promise.all([withLive(documents), deps.promised?.()]);
    return list.map((station) => ({
      tenantId: station.tenantId,
      station: publicStationView(station, clock.now(), promised?.get(station.id)),
      full: station,
    }));
  }

  function publicEntries(): Promise<PublicEntry[]> {
    if (!publicCache || clock.now() - publicCache.at > PUBLIC_CACHE_MS) {
      const list = readPublic();
      publicCache = { at: clock.now(), list };
      list.catch(() => {
        publicCache = null;
      });
    }
    return publicCache.list;
  }

  return {
    registry,
    projection,
    alarms,
    withLive,
    async get(device) {
      const known = registry.peek(device);
      const fresh = known && clock.now() - known.loadedAtMs < FACTS_MAX_AGE_MS;
      const entry = fresh ? known : await registry.load(device);
      if (!entry) return null;
      const { tenantId, name, online, lifecycle, topics, openingHours, timeZone } = entry;
      return { device, tenantId, name, online, lifecycle, topics, openingHours, timeZone };
    },
    async create(input) {
      const now = isoNow(clock);
      const document: StationDocument = {
        _id: input.device,
        tenantId: input.tenantId,
        version: 1,
        createdAt: now,
        updatedAt: now,
        name: input.name,
        lifecycle: input.lifecycle ?? 'draft',
        topics: input.topics ?? 'own',
        location: input.location ?? null,
        timeZone: input.timeZone ?? DEFAULT_TIME_ZONE,
        openingHours: input.openingHours ?? null,
        regionId: input.regionId ?? null,
        online: false,
      };
      try {
        await stations.insertOne(document);
      } catch (error) {
        if (isDuplicateKey(error)) return { ok: false, code: 'DUPLICATE' };
        throw error;
      }
      const liveState = emptyLive(input.device, input.tenantId);
      await liveStates.updateOne({ _id: input.device }, { $setOnInsert: liveState }, { upsert: true });
      await registry.refresh(input.device);
      return { ok: true, station: stationView(document, liveState) };
    },
    async publicList(tenantId) {
      return (await publicEntries())
        .filter((entry) => tenantId === undefined || entry.tenantId === tenantId)
        .map(({ station }) => station);
    },
    async publicStation(device) {
      const entry = (await publicEntries()).find(({ station }) => station.id === device);
      return entry ? { ...entry.station, slots: publicSlots(entry.full, clock.now()) } : null;
    },
    start() {
      sweepTimer ??= setInterval(() => {
        projection
          .sweepSilent()
          .catch((error) => logger.warn({ err: error }, 'silent stations not looked for'));
      }, SWEEP_EVERY_MS);
      sweepTimer.unref();
    },
    stop() {
      if (sweepTimer) clearInterval(sweepTimer);
      if (eventTimer) clearTimeout(eventTimer);
      sweepTimer = null;
      eventTimer = null;
    },
  };
}

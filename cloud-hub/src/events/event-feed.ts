import { isoAt } from '../clock.js';
import { type Database, defineCollection, isDuplicateKey } from '../db/index.js';
import type { Clock } from '../ports.js';
import type { DomainEvent, DomainEvents } from './domain-events.js';

/** Newest `updatedAt` whose events are published. `_id` is the source. */
export type EventCursorDocument = { _id: string; at: string };
export const eventCursorsCollection = defineCollection<EventCursorDocument>('event_cursors', []);

const BATCH = 500;
/** A write may be seen after a later one: that much is read again each time. */
const RECENT_MS = 3_000;
/** Writers' clocks differ by more than that now and then: every `OVERLAP_EVERY_MS` this much is read again. */
const OVERLAP_MS = 30_000;
const OVERLAP_EVERY_MS = 10_000;
const REMEMBERED = 20_000;

type ReadAgain = typeof RECENT_MS | typeof OVERLAP_MS;
type Filter = Record<string, unknown>;
type FindOptions = { sort: Record<string, 1>; limit: number };
type Followed = { _id: string; tenantId: string; updatedAt: string };
type Source<T> = { find(filter: Filter, options: FindOptions): { toArray(): Promise<T[]> } };
type EventsOf<T> = (document: T) => DomainEvent[] | Promise<DomainEvent[]>;

/**
 * A collection whose documents tell by themselves what happened to them. It needs an index on (updatedAt, _id), and each event a time
 * that does not change when the document is written again.
 */
export type EventSource = { name: string; collection: Source<Followed>; eventsOf: EventsOf<Followed> };

/** One entry of the feed. The driver's own filter types cannot be written for several collections at once. */
export const sourceOf = <T extends Followed>(
  name: string,
  collection: unknown,
  eventsOf: EventsOf<T>,
): EventSource => ({
  name,
  collection: collection as Source<Followed>,
  eventsOf: eventsOf as unknown as EventsOf<Followed>,
});

export interface EventFeed {
  /** Publishes what changed since the last time. Safe in several processes; what a killed one missed is found again. */
  run(): Promise<number>;
}

/** Finds events in what is stored, so that no feature has to write to two places and none is lost by a kill between. */
export function createEventFeed(deps: {
  database: Database;
  clock: Clock;
  events: DomainEvents;
  sources: readonly EventSource[];
}): EventFeed {
  const cursors = deps.database.collection(eventCursorsCollection);
  const published = new Set<string>();

  const advance = async (source: string, at: string) => {
    try {
      await cursors.updateOne({ _id: source }, { $max: { at } }, { upsert: true });
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
  };
  const publish = async (tenantId: string, event: DomainEvent): Promise<number> => {
    const known = `${tenantId}/${event.key}`;
    if (published.has(known)) return 0;
    await deps.events.publish(tenantId, event);
    if (published.size >= REMEMBERED) published.clear();
    published.add(known);
    return 1;
  };
  /** When this process has looked last, by how far back. */
  const lookedMs: Record<ReadAgain, number | null> = { [RECENT_MS]: null, [OVERLAP_MS]: null };
  const follow = async (
    { name, collection, eventsOf }: EventSource,
    cursor: EventCursorDocument | undefined,
    readAgainMs: ReadAgain,
  ): Promise<number> => {
    if (!cursor) {
      // The first start ever: what is old already is not news.
      await advance(name, isoAt(deps.clock.now()));
      return 0;
    }
    const news = isoAt(Date.parse(cursor.at) - OVERLAP_MS);
    let count = 0;
    let from: Filter = { updatedAt: changedSince(Date.parse(cursor.at), lookedMs[readAgainMs], readAgainMs) };
    for (;;) {
      const changed = await collection.find(from, { sort: { updatedAt: 1, _id: 1 }, limit: BATCH }).toArray();
      for (const document of changed)
        for (const event of await eventsOf(document))
          if (event.at >= news) count += await publish(document.tenantId, event);
      const last = changed.at(-1);
      if (last && last.updatedAt > cursor.at) await advance(name, last.updatedAt);
      if (!last || changed.length < BATCH) return count;
      from = {
        // The index is read from there on, and not from the first page again.
        updatedAt: { $gte: last.updatedAt },
        $or: [{ updatedAt: { $gt: last.updatedAt } }, { _id: { $gt: last._id } }],
      };
    }
  };

  return {
    async run() {
      let count = 0;
      const nowMs = deps.clock.now();
      const isRecent = nowMs - (lookedMs[OVERLAP_MS] ?? Number.NEGATIVE_INFINITY) < OVERLAP_EVERY_MS;
      const readAgainMs = isRecent ? RECENT_MS : OVERLAP_MS;
      const known = await cursors.find({ _id: { $in: deps.sources.map(({ name }) => name) } }).toArray();
      const byName = new Map(known.map((cursor) => [cursor._id, cursor]));
      for (const source of deps.sources) count += await follow(source, byName.get(source.name), readAgainMs);
      lookedMs[RECENT_MS] = nowMs;
      lookedMs[readAgainMs] = nowMs;
      return count;
    },
  };
}

/**
 * From where on changes are read. What was written before the last look, but in the `readAgainMs` before it, may have been seen only after
 * it, whichever clock it was written by; what is older than that and not newer than the cursor is known.
 */
function changedSince(
  cursorMs: number,
  lookedMs: number | null,
  readAgainMs: ReadAgain,
): Record<string, string> {
  const settledMs = (lookedMs ?? cursorMs) - readAgainMs;
  return settledMs > cursorMs ? { $gt: isoAt(cursorMs) } : { $gte: isoAt(settledMs) };
}

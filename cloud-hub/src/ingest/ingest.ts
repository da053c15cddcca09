import { uuidv7 } from 'uuidv7';
import type { StateUplink, Uplink, UplinkSink } from '../broker/station-link.js';
import { isoNow } from '../clock.js';
import type { StationEntry } from '../stations/station-registry.js';
import { acknowledgementsOf, type EpochOutcome, serverAckMessage } from './acknowledgements.js';
import { createBoundedQueue } from './bounded-queue.js';
import { DEFAULT_LIMITS, GATHER, type Ingest, type IngestDeps } from './ingest-contract.js';
import {
  deadLettersCollection,
  epochKey,
  ingestRunsCollection,
  type MessageDocument,
  messagesCollection,
  watermarksCollection,
} from './message-document.js';
import { storeMessages } from './message-store.js';
import { createProjector, type IngestEntry, projectionSteps } from './projector.js';
import { createRefusals } from './refusals.js';
import { createIngestRuns } from './runs.js';
import { uplinkDocument } from './uplink-document.js';
import { parseStationUplink } from './uplink-parse.js';
import { createWatermarkStore, type EpochWatermark } from './watermark-store.js';

/** How long a stop waits for what was taken to be stored. */
const DRAIN_MS = 10_000;
const SAVE_EVERY_MS = 2_000;
const FINISH_OTHERS_EVERY_MS = 15_000;

export type { Ingest, IngestDeps, IngestLimits } from './ingest-contract.js';

type QueueItem =
  | { kind: 'message'; document: MessageDocument; epoch: string | null; topics: 'own' | 'shared' }
  | { kind: 'entry'; entry: IngestEntry };

export function createIngest(deps: IngestDeps): Ingest {
  const { registry, logger, clock } = deps;
  const limits = { ...DEFAULT_LIMITS, ...deps.limits };
  const messages = deps.database.collection(messagesCollection);
  const watermarks = createWatermarkStore({
    watermarks: deps.database.collection(watermarksCollection),
    messages,
    clock,
  });
  const runs = createIngestRuns({
    id: uuidv7(),
    runs: deps.database.collection(ingestRunsCollection),
    messages,
    clock,
    logger,
  });
  const queue = createBoundedQueue<QueueItem>({
    maxItems: limits.maxQueued,
    maxBytes: limits.maxQueuedBytes,
  });
  const projector = createProjector({
    projections: deps.projections,
    deadLetters: deps.database.collection(deadLettersCollection),
    logger,
    clock,
    isBusy: () => queue.length > 0,
  });
  const counts = {
    received: 0,
    stored: 0,
    duplicates: 0,
    acks: 0,
    acksUndelivered: 0,
    batches: 0,
    storeRetries: 0,
    unknownDevice: 0,
  };
  const refusals = createRefusals({ logger });
  const settledWaiters: (() => void)[] = [];
  let pumping = false;
  let stopping = false;
  let abandoned = false;
  let lastBatchMs = 0;
  let timers: NodeJS.Timeout[] = [];

  function refuse(device: string | null, code: string, detail: string): void {
    const alarm = refusals.count(device, code, detail);
    const entry = device === null ? undefined : registry.peek(device);
    if (alarm === null || !entry) return;
    const { device: name, tenantId } = entry;
    const at = isoNow(clock);
    enqueue({ kind: 'entry', entry: { kind: 'refusal', device: name, tenantId, alarm, detail, at } }, 256);
  }

  function withEntry(
    device: string,
    take: (entry: StationEntry) => undefined | Promise<void>,
  ): undefined | Promise<void> {
    const known = registry.peek(device);
    if (known) return take(known);
    return registry.load(device).then(
      (entry) => {
        if (entry) return take(entry);
        counts.unknownDevice++;
        refuse(device, 'UNKNOWN_STATION', 'no such station is registered');
        return undefined;
      },
      (cause) => logger.error({ err: cause, device }, 'station not loaded, message left to be sent again'),
    );
  }

  function takeInfo(uplink: Uplink, entry: StationEntry): undefined | Promise<void> {
    const parsed = parseStationUplink(uplink.device, uplink.payload);
    if (!parsed.ok) refuse(uplink.device, parsed.code, parsed.detail);
    const taken = uplinkDocument(
      {
        device: uplink.device,
        tenantId: entry.tenantId,
        incarnation: uplink.incarnation ?? entry.incarnation,
        run: runs.id,
        nowMs: clock.now(),
      },
      parsed,
      uplink.payload,
    );
    if (!taken) return undefined;
    if (parsed.ok) deps.onTaken?.(taken.document);
    return enqueue({ kind: 'message', topics: entry.topics, ...taken }, uplink.payload.length);
  }

  function enqueue(item: QueueItem, bytes: number): undefined | Promise<void> {
    if (abandoned) return undefined;
    const wait = queue.push(item, bytes);
    if (!pumping) {
      pumping = true;
      // The sockets are looked at once more before the store is asked: what came a moment later is then stored, and shown, together.
      setImmediate(() => setImmediate(() => void pump()));
    }
    return wait;
  }

  async function pump(): Promise<void> {
    while (queue.length > 0 && !abandoned) {
      const batch = queue.take(limits.maxBatch, limits.maxBatchBytes);
      try {
        await flush(batch);
      } catch (error) {
        // Nothing of the batch was acknowledged: the stations send it again.
        logger.error({ err: error }, 'ingest batch lost to a fault');
      }
      if (batch.length >= GATHER.from && queue.length < GATHER.until && !stopping) await pause(GATHER.ms);
    }
    pumping = false;
    projector.resume();
    for (const resume of settledWaiters.splice(0)) resume();
  }

  async function flush(batch: readonly QueueItem[]): Promise<void> {
    counts.batches++;
    const epochs = await epochsOf(batch);
    lastBatchMs = Math.max(clock.now(), lastBatchMs + 1);
    const receivedAt = new Date(lastBatchMs);
    const fresh = new Map<string, MessageDocument>();
    for (const item of batch) {
      if (item.kind !== 'message') continue;
      const { document, epoch } = item;
      if (epoch !== null && document.seq !== null && epochs.get(epoch)?.watermark.has(document.seq)) continue;
      document.receivedAt = receivedAt;
      if (!fresh.has(document._id)) fresh.set(document._id, document);
    }
    const outcome = await storeUntilDone([...fresh.values()]);
    if (!outcome) return;
    acknowledge(batch, fresh, outcome.rejected, epochs);
    const entries = entriesOf(batch, fresh, outcome);
    deps.onStored?.(entries.flatMap((entry) => (entry.kind === 'message' ? [entry.message] : [])));
    const wait = entries.length > 0 ? projector.push(entries, () => runs.reached(receivedAt)) : undefined;
    if (wait) await wait;
  }

  async function epochsOf(batch: readonly QueueItem[]): Promise<Map<string, EpochWatermark>> {
    const epochs = new Map<string, EpochWatermark>();
    const missing = new Map<string, string>();
    for (const item of batch) {
      if (item.kind !== 'message' || item.epoch === null || epochs.has(item.epoch)) continue;
      const known = watermarks.peek(item.epoch);
      if (known) epochs.set(item.epoch, known);
      else missing.set(item.epoch, item.document.device);
    }
    await untilAvailable(() =>
      Promise.all(
        [...missing].map(async ([key, device]) => epochs.set(key, await watermarks.load(device, key))),
      ),
    );
    if (deps.shared)
      for (const epoch of epochs.values())
        watermarks
          .lookAgain(epoch)
          .catch((cause) => logger.warn({ err: cause, device: epoch.device }, 'gap not looked at'));
    return epochs;
  }

  /** Null when the hub is told to stop before the store is there again. */
  async function storeUntilDone(documents: MessageDocument[]) {
    let attempts = 0;
    const outcome = await untilAvailable(() => {
      attempts++;
      return storeMessages(messages, documents);
    });
    if (!outcome) return null;
    // A first attempt may have stored rows and lost the answer: its own rows then look like duplicates.
    return attempts > 1 ? { ...outcome, duplicates: new Set<string>() } : outcome;
  }

  /** Repeats until it succeeds; undefined when the hub stops first. Meanwhile the queue fills and holds the publishers back. */
  async function untilAvailable<T>(work: () => Promise<T>): Promise<T | undefined> {
    for (let attempt = 1; !abandoned; attempt++) {
      try {
        return await work();
      } catch (error) {
        counts.storeRetries++;
        if (attempt === 1 || attempt % 20 === 0)
          logger.error({ err: error, attempt }, 'messages not stored, trying again');
        await pause(Math.min(2_000, 25 * 2 ** Math.min(attempt, 7)));
      }
    }
    return undefined;
  }

  function acknowledge(
    batch: readonly QueueItem[],
    fresh: ReadonlyMap<string, MessageDocument>,
    rejected: ReadonlyMap<string, string>,
    epochs: ReadonlyMap<string, EpochWatermark>,
  ): void {
    const outcomes = new Map<string, EpochOutcome & { topics: 'own' | 'shared' }>();
    for (const item of batch) {
      if (item.kind !== 'message') continue;
      counts.received++;
      const { document, epoch } = item;
      const reject = rejected.get(document._id);
      if (fresh.get(document._id) === document && reject === undefined) counts.stored++;
      else if (reject === undefined) counts.duplicates++;
      if (reject !== undefined) refuse(document.device, 'STORE_REFUSED', reject);
      const mark = epoch === null ? undefined : epochs.get(epoch);
      if (epoch === null || !mark || document.seq === null || document.epoch === null) continue;
      let outcome = outcomes.get(epoch);
      if (!outcome) {
        outcome = {
          device: document.device,
          epoch: document.epoch,
          watermark: mark.watermark,
          stored: [],
          refused: [],
          topics: item.topics,
        };
        outcomes.set(epoch, outcome);
      }
      // Rejected rows will never be stored: the count goes on without them.
      mark.watermark.add(document.seq);
      const code = document.refused ?? (reject === undefined ? undefined : 'STORE_REFUSED');
      if (code === undefined) outcome.stored.push(document.seq);
      else outcome.refused.push({ seq: document.seq, code });
      fillThinned(document);
    }
    const nowIso = isoNow(clock);
    for (const outcome of outcomes.values())
      for (const data of acknowledgementsOf(outcome)) {
        counts.acks++;
        deps.send(outcome.device, outcome.topics, serverAckMessage(outcome.device, data, nowIso)).then(
          (sent) => {
            if (!sent) counts.acksUndelivered++;
          },
          (cause) => logger.warn({ err: cause, device: outcome.device }, 'acknowledgement not sent'),
        );
      }
  }

  /** Sequence numbers that the station thinned out never come: they are no gap. */
  function fillThinned(document: MessageDocument): void {
    const data = document.data as { kind?: unknown; epoch?: number; ranges?: [number, number][] } | null;
    if (data?.kind !== 'thinned' || data.epoch === undefined || !data.ranges) return;
    const key = epochKey(document.device, document.incarnation, data.epoch);
    const mark = watermarks.peek(key);
    if (mark) for (const [from, to] of data.ranges) mark.watermark.addRange(from, to);
  }

  function entriesOf(
    batch: readonly QueueItem[],
    fresh: ReadonlyMap<string, MessageDocument>,
    outcome: { duplicates: ReadonlySet<string>; rejected: ReadonlyMap<string, string> },
  ): IngestEntry[] {
    const entries: IngestEntry[] = [];
    for (const item of batch) {
      if (item.kind === 'entry') entries.push(item.entry);
      else {
        const { document } = item;
        const known = outcome.duplicates.has(document._id) || outcome.rejected.has(document._id);
        if (fresh.get(document._id) === document && !known && document.refused === undefined)
          entries.push({ kind: 'message', message: document });
      }
    }
    return entries;
  }

  async function settled(): Promise<void> {
    if (pumping) await new Promise<void>((resolve) => settledWaiters.push(resolve));
    await projector.idle();
  }

  async function save(): Promise<void> {
    try {
      await watermarks.save();
      await runs.save();
    } catch (error) {
      logger.warn({ err: error }, 'ingest progress not saved');
    }
  }

  async function projectLeftovers(entries: readonly IngestEntry[]): Promise<void> {
    for (const step of projectionSteps(deps.projections))
      await Promise.all(step.map((projection) => projection.project(entries)));
  }

  const sink: UplinkSink = {
    info: (uplink) => withEntry(uplink.device, (entry) => takeInfo(uplink, entry)),
    state: (uplink: StateUplink) =>
      withEntry(uplink.device, (entry) => {
        const { device, state } = uplink;
        const incarnation = uplink.incarnation ?? entry.incarnation;
        if (!state.online) registry.goodbye(state);
        const at = isoNow(clock);
        return enqueue(
          {
            kind: 'entry',
            entry: { kind: 'state', device, tenantId: entry.tenantId, incarnation, state, at },
          },
          256,
        );
      }),
    presence({ device, connected }) {
      const entry = registry.peek(device);
      if (!entry) return;
      const at = isoNow(clock);
      enqueue(
        { kind: 'entry', entry: { kind: 'presence', device, tenantId: entry.tenantId, connected, at } },
        64,
      );
    },
    refused: ({ device, code, detail }) => refuse(device, code, detail),
  };

  return {
    sink,
    settled,
    async start() {
      await runs.start();
      await runs.finishOthers({ exclusive: !deps.shared, project: projectLeftovers });
      timers = [
        setInterval(() => void save(), SAVE_EVERY_MS),
        setInterval(() => {
          runs
            .finishOthers({ exclusive: false, project: projectLeftovers })
            .catch((cause) => logger.warn({ err: cause }, 'messages of stopped hubs not looked for'));
        }, FINISH_OTHERS_EVERY_MS),
      ];
      for (const timer of timers) timer.unref();
    },
    async stop() {
      if (stopping) return;
      stopping = true;
      for (const timer of timers) clearInterval(timer);
      let timer: NodeJS.Timeout | undefined;
      const tooLong = new Promise<false>((resolve) => {
        timer = setTimeout(resolve, DRAIN_MS, false);
      });
      const done = await Promise.race([settled().then(() => true), tooLong]);
      // A timer left behind would keep the process alive.
      clearTimeout(timer);
      abandoned = true;
      projector.stop();
      if (!done) {
        logger.warn(
          { queued: queue.length },
          'ingest stopped with messages that the stations will send again',
        );
        return;
      }
      await watermarks.save();
      await runs.close();
    },
    stats: () => ({
      ...counts,
      ...refusals.stats(),
      queued: queue.length,
      queuedBytes: queue.bytes,
      held: queue.waiting,
      epochs: watermarks.size,
      gaps: watermarks.gapped(),
      ...Object.fromEntries(
        Object.entries(projector.stats()).map(([name, value]) => [`projector_${name}`, value]),
      ),
    }),
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

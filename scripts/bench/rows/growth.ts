import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Collection, MongoClient } from 'mongodb';
import { messagesCollection, type StoredMessage } from '../../../cloud-hub/dist/ingest/message-document.js';
import { startStore } from '../processes.js';
import type { Row, RowContext, Sample, Side, Sides, Size } from '../row.js';
import { median } from '../run-row.js';
import { untilIdle, usageOf } from '../usage.js';

/** Documents of the small collection, and where the filling of the large one is looked at; the last is its size. */
const SIZES: Readonly<Record<Size, readonly number[]>> = {
  short: [2_000, 10_000, 20_000],
  normal: [10_000, 100_000, 1_000_000],
  long: [10_000, 100_000, 1_000_000, 10_000_000],
};
const BATCH = 500;
const ROUND_BATCHES = 20;
const READS = 300;
const PAGE = 20;
const DEVICES = 200;

/** What one more message costs in the store's `messages`, and what reading does, as the collection grows. */
export const growth: Row = {
  name: 'growth',
  title: 'storing one message in a large collection of the embedded server, against a small one',
  unit: 'µs/document',
  target: { atMost: 1.5 },
  rounds: 5,
  onlyByName: true,
  async prepare(context): Promise<Sides> {
    const sizes = SIZES[context.size];
    const [smallest = 0] = sizes;
    const small = await openMessages(context, 'small');
    const large = await openMessages(context, 'large');
    const looks: string[] = [];
    await small.fill(smallest);
    for (const size of sizes) {
      const startedMs = performance.now();
      const added = await large.fill(size);
      const perS = Math.round((added * 1_000) / (performance.now() - startedMs));
      looks.push(`${size} documents: ${large.fileMib()} MiB, filled at ${perS}/s`);
      context.progress(String(looks.at(-1)));
    }
    return {
      ours: large.side,
      peer: small.side,
      get note() {
        return `${[...looks, `large: ${large.reads()}`, `small: ${small.reads()}`].join('; ')}. Each insert is ${BATCH} documents`;
      },
      async close() {
        await small.close();
        await large.close();
      },
    };
  },
};

async function openMessages(context: RowContext, name: string) {
  const dir = join(context.dir, name);
  mkdirSync(dir, { recursive: true });
  const store = await startStore(context.root, dir);
  const client = await new MongoClient(store.ready.uri, {
    writeConcern: { w: 'majority', journal: true },
  }).connect();
  const collection: Collection<StoredMessage> = client.db('bench').collection(messagesCollection.name);
  await collection.createIndexes([...messagesCollection.indexes]);
  let next = 0;
  const readUs = { byId: [] as number[], page: [] as number[] };

  async function insert(count: number): Promise<void> {
    const documents = Array.from({ length: count }, () => message(next++));
    await collection.insertMany(documents, { ordered: false });
  }

  async function look(): Promise<void> {
    for (let i = 0; i < READS; i++) {
      const at = Math.floor((next * i) / READS);
      readUs.byId.push(await timedUs(() => collection.findOne({ _id: keyOf(at) })));
    }
    for (let i = 0; i < READS / 10; i++) {
      const from = dateOf(Math.floor((next * i * 10) / READS));
      const page = () =>
        collection
          .find({ receivedAt: { $gte: from } })
          .sort({ receivedAt: 1 })
          .limit(PAGE)
          .toArray();
      readUs.page.push(await timedUs(page));
    }
  }

  const side: Side = {
    async round(): Promise<Sample> {
      await untilIdle([store.pid]);
      const before = { cpuUs: usageOf([store.pid]).cpuUs, documents: await collection.countDocuments({}) };
      const from = next;
      const batches: number[] = [];
      for (let i = 0; i < ROUND_BATCHES; i++) batches.push(await timedUs(() => insert(BATCH)));
      const usage = usageOf([store.pid]);
      await look();
      const stored = (await collection.countDocuments({})) - before.documents;
      const wanted = ROUND_BATCHES * BATCH;
      // The collection keeps its size over the rounds.
      next = from;
      await collection.deleteMany({ receivedAt: { $gte: dateOf(from) } });
      return {
        value: median(batches) / BATCH,
        cpuUsPerOperation: (usage.cpuUs - before.cpuUs) / wanted,
        rssMiB: usage.rssMiB,
        lost: Math.max(0, wanted - stored),
        duplicated: Math.max(0, stored - wanted),
      };
    },
  };

  return {
    side,
    /** Until there are `size` documents; returns how many were added. */
    async fill(size: number): Promise<number> {
      const before = next;
      while (next < size) await insert(Math.min(BATCH, size - next));
      return next - before;
    },
    fileMib: () => Math.round(statSync(join(dir, 'store.db')).size / 1024 / 1024),
    reads: () => `by key ${micro(readUs.byId)} µs, a page of ${PAGE} ${micro(readUs.page)} µs`,
    async close() {
      await client.close();
      await store.stop();
    },
  };
}

const micro = (values: readonly number[]): number => Math.round(median(values));

async function timedUs(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (performance.now() - startedMs) * 1_000;
}

/** Messages come from many stations at once, each counting for itself. */
const keyOf = (n: number): string =>
  `growth-${String(n % DEVICES).padStart(5, '0')}/0/${String(1).padStart(16, '0')}/${String(Math.floor(n / DEVICES)).padStart(16, '0')}`;
const FIRST_MS = Date.parse('2026-11-01T00:00:00Z');
const dateOf = (n: number): Date => new Date(FIRST_MS + n);

function message(n: number): StoredMessage {
  const cells = Array.from({ length: 16 }, (_, cell) => 3_280 + ((n + cell) % 40));
  const pack = (slot: number) => ({
    slot,
    serial: `BN-${n % DEVICES}-${slot}`,
    voltageMv: 52_800,
    currentMa: 9_800,
    socPct: 50,
    cellMv: cells,
  });
  return {
    _id: keyOf(n),
    device: `growth-${String(n % DEVICES).padStart(5, '0')}`,
    tenantId: 'bench',
    type: 12,
    incarnation: 0,
    epoch: 1,
    seq: Math.floor(n / DEVICES),
    at: dateOf(n).toISOString(),
    run: 'growth',
    receivedAt: dateOf(n),
    json: JSON.stringify({ readings: [1, 2, 3, 4].map(pack) }),
  };
}

import { readDocument, readFields } from '../bson/raw-document.js';
import type { Doc } from '../bson/values.js';
import { CommandError } from '../errors.js';
import { type Collection, topLevelNames } from '../storage/catalog.js';
import type { SqliteFile } from '../storage/database.js';
import type { Records, StoredRecord } from '../storage/records.js';
import { countContaining } from './contains.js';
import { compileFilter, type ExpressionCompiler, type Filter } from './filter.js';
import { keyFilterOf } from './key-filter.js';
import { chooseOrderedPlan, choosePlan, type Plan } from './plan.js';
import { countKeys, type ScanStats, scan } from './scan.js';
import { type SortField, sortKeyOf } from './sort.js';

export interface ReadRequest {
  readonly filter: Doc;
  readonly sort: readonly SortField[];
  readonly skip: number;
  /** 0 means no limit. */
  readonly limit: number;
  readonly hint?: unknown;
  readonly compileExpression: ExpressionCompiler;
}

/** A read that has been planned and can be run, explained or counted. */
export interface PreparedRead {
  readonly plan: Plan;
  readonly stats: ScanStats;
  records(): Generator<StoredRecord, void, undefined>;
  /** How many records there are, without reading documents where the plan allows it. */
  count(): number;
}

/** Sort keys a blocking sort may hold, in bytes (MongoDB's own limit for a sort without disk). */
const SORT_MEMORY_BYTES = 100 * 1024 * 1024;
/** Rough cost of one sorted entry beside its keys. */
const SORT_ENTRY_BYTES = 120;

/** Plans reads and runs them: scan, filter, sort, skip, limit. */
export class Reader {
  private readonly file: SqliteFile;
  private readonly stored: Records;

  constructor(file: SqliteFile, stored: Records) {
    this.file = file;
    this.stored = stored;
  }

  prepare(collection: Collection | undefined, request: ReadRequest): PreparedRead {
    const filter = compileFilter(request.filter, request.compileExpression);
    const stats: ScanStats = { keysExamined: 0, docsExamined: 0 };
    if (collection === undefined) {
      const nothing: Plan = {
        index: undefined,
        ranges: [],
        reverse: false,
        sorted: true,
        covered: false,
        byId: false,
        bounded: 0,
      };
      return { plan: nothing, stats, records: function* () {}, count: () => 0 };
    }
    const plan = this.choose(collection, request);
    const matching = () => this.matching(collection, plan, filter, request.filter, stats);
    const ordered = plan.sorted ? matching : () => this.sorted(collection, matching(), request);
    const records = () => window(ordered(), request.skip, request.limit);
    return { plan, stats, records, count: () => this.count(collection, plan, request, matching) };
  }

  /**
   * A plan that finds few but has to sort them, or one that comes in order and skips what does not match? With a limit the second
   * reads about limit · N / n of its N keys when n match: less than the n of the first once most of them do.
   */
  private choose(collection: Collection, request: ReadRequest): Plan {
    const plan = choosePlan(collection, request);
    if (plan.sorted || request.limit === 0 || plan.index === undefined) return plan;
    const ordered = chooseOrderedPlan(collection, request);
    if (ordered === undefined) return plan;
    const found = countKeys(this.file, collection, plan);
    const all = countKeys(this.file, collection, ordered);
    return (request.skip + request.limit) * all < found * found ? ordered : plan;
  }

  private count(
    collection: Collection,
    plan: Plan,
    { filter, skip, limit }: ReadRequest,
    matching: () => Iterable<StoredRecord>,
  ): number {
    let n: number;
    if (plan.covered && plan.index !== undefined) {
      n = countKeys(this.file, collection, plan);
    } else if (Object.keys(filter).length === 0 && plan.index === undefined) {
      n = (this.file.prepare(`SELECT count(*) AS n FROM c${collection.id}`).get() as { n: number }).n;
    } else {
      const containing = countContaining(this.file, plan, filter);
      if (containing === undefined) return countOf(window(matching(), skip, limit));
      n = containing;
    }
    const left = Math.max(0, n - skip);
    return limit > 0 ? Math.min(left, limit) : left;
  }

  private *matching(
    collection: Collection,
    plan: Plan,
    filter: Filter,
    source: Doc,
    stats: ScanStats,
  ): Generator<StoredRecord, void, undefined> {
    const keyFilter = plan.index ? keyFilterOf(source, plan.index) : undefined;
    const records = scan(this.file, collection, plan, stats, keyFilter);
    if (plan.covered || Object.keys(source).length === 0) {
      yield* records;
      return;
    }
    const decode = decoderFor(filter);
    for (const record of records) if (filter.test(decode(record.bytes))) yield record;
  }

  /**
   * Blocking sort: keeps keys and row numbers, not documents, and with a limit only the best so far.
   * @throws CommandError QueryExceededMemoryLimitNoDiskUseAllowed
   */
  private *sorted(
    collection: Collection,
    source: Iterable<StoredRecord>,
    request: ReadRequest,
  ): Generator<StoredRecord, void, undefined> {
    const { sort } = request;
    const names = topLevelNames(sort.map((field) => field.path));
    const keep = request.limit > 0 ? request.skip + request.limit : Number.POSITIVE_INFINITY;
    const keyOf = sortKeyOf(sort);
    const order = (a: Sortable, b: Sortable) => Buffer.compare(a.key, b.key) || a.position - b.position;
    let entries: Sortable[] = [];
    let bytes = 0;
    let position = 0;
    for (const { rid, bytes: doc } of source) {
      const key = keyOf(readFields(doc, names, 'native'));
      entries.push({ rid, key, position: position++ });
      bytes += SORT_ENTRY_BYTES + key.length;
      if (entries.length >= keep * 2 + 1000) {
        entries = entries.sort(order).slice(0, keep);
        bytes = entries.reduce((sum, entry) => sum + SORT_ENTRY_BYTES + entry.key.length, 0);
      }
      if (bytes > SORT_MEMORY_BYTES) throw sortTooLarge();
    }
    // A cursor may wait long between batches; it keeps row numbers only.
    const rids = Float64Array.from(entries.sort(order), (entry) => entry.rid);
    entries = [];
    for (const rid of rids) {
      const record = this.stored.byRow(collection, rid);
      if (record !== undefined) yield record;
    }
  }
}

interface Sortable {
  readonly rid: number;
  readonly key: Buffer;
  readonly position: number;
}

function sortTooLarge(): CommandError {
  return new CommandError(
    'QueryExceededMemoryLimitNoDiskUseAllowed',
    `Sort exceeded memory limit of ${SORT_MEMORY_BYTES} bytes; add an index on the sort or a limit`,
  );
}

function countOf(items: Iterable<unknown>): number {
  let n = 0;
  for (const _ of items) n++;
  return n;
}

/** Decodes what a filter looks at and no more. */
export function decoderFor(filter: Filter): (bytes: Buffer) => Doc {
  const decoding = filter.typed ? 'typed' : 'native';
  if (filter.fields === null) return (bytes) => readDocument(bytes, decoding);
  const names = filter.fields.map((name) => Buffer.from(name, 'utf8'));
  return (bytes) => readFields(bytes, names, decoding);
}

function* window<T>(source: Iterable<T>, skip: number, limit: number): Generator<T, void, undefined> {
  let at = 0;
  for (const item of source) {
    if (at++ < skip) continue;
    yield item;
    if (limit > 0 && at >= skip + limit) return;
  }
}

import type { Collection } from '../storage/catalog.js';
import type { SqliteFile } from '../storage/database.js';
import type { StoredRecord } from '../storage/records.js';
import type { KeyFilter } from './key-filter.js';
import type { KeyRange, Plan } from './plan.js';

/** Counts of what a read touched; shown by explain. */
export interface ScanStats {
  keysExamined: number;
  docsExamined: number;
}

const FIRST_PAGE = 16;
const LARGEST_PAGE = 1024;
/** Aim for the documents of one page together, in bytes. */
const PAGE_BYTES = 1 << 20;

interface Row {
  readonly rid: number;
  readonly k: Buffer;
  readonly doc: Buffer;
}

/**
 * The records a plan reaches, in plan order, each once. Read page by page with statements that end before the page
 * is handed out, so a suspended scan holds nothing open and writes may happen between pages: like a MongoDB cursor
 * it is not a snapshot.
 */
export function* scan(
  file: SqliteFile,
  collection: Collection,
  plan: Plan,
  stats: ScanStats,
  keyFilter?: KeyFilter,
): Generator<StoredRecord, void, undefined> {
  if (plan.index === undefined) {
    for (const row of tablePages(file, collection, plan.reverse)) {
      stats.docsExamined++;
      yield { rid: row.rid, bytes: row.doc };
    }
    return;
  }
  const seen = plan.index !== null && plan.index.multikeyMask !== 0 ? new Set<number>() : undefined;
  const ranges = plan.reverse ? [...plan.ranges].reverse() : plan.ranges;
  const docOf = file.prepare(`SELECT doc FROM c${collection.id} WHERE rid = ?`);
  for (const range of ranges) {
    if (keyFilter !== undefined) {
      for (const { rid, k } of keyPages(file, plan, range, keyFilter)) {
        stats.keysExamined++;
        if (!keyFilter.test(k) || seen?.has(rid)) continue;
        const row = docOf.get(rid) as Pick<Row, 'doc'> | undefined;
        if (row === undefined) continue;
        seen?.add(rid);
        stats.docsExamined++;
        yield { rid, bytes: row.doc };
      }
      continue;
    }
    for (const row of rangePages(file, collection, plan, range)) {
      stats.keysExamined++;
      if (seen !== undefined) {
        if (seen.has(row.rid)) continue;
        seen.add(row.rid);
      }
      stats.docsExamined++;
      yield { rid: row.rid, bytes: row.doc };
    }
  }
}

/** How many keys a plan's ranges hold, from the index alone. */
export function countKeys(file: SqliteFile, collection: Collection, plan: Plan): number {
  const table = plan.index ? `x${plan.index.id}` : `c${collection.id}`;
  const count = file.prepare(`SELECT count(*) AS n FROM ${table} WHERE k >= ? AND k < ?`);
  return plan.ranges.reduce((sum, { low, high }) => sum + (count.get(low, high) as { n: number }).n, 0);
}

function nextPageSize(size: number, rows: readonly Row[]): number {
  const bytes = rows.reduce((sum, row) => sum + row.doc.length, 0);
  const fitting = Math.floor((PAGE_BYTES * rows.length) / Math.max(bytes, 1));
  return Math.max(1, Math.min(size * 4, LARGEST_PAGE, fitting));
}

function* tablePages(file: SqliteFile, collection: Collection, reverse: boolean): Generator<Row> {
  const page = file.prepare(
    reverse
      ? `SELECT rid, doc FROM c${collection.id} WHERE rid < ? ORDER BY rid DESC LIMIT ?`
      : `SELECT rid, doc FROM c${collection.id} WHERE rid > ? ORDER BY rid LIMIT ?`,
  );
  let at = reverse ? Number.MAX_SAFE_INTEGER : -1;
  let size = FIRST_PAGE;
  for (;;) {
    const rows = page.all(at, size) as Row[];
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < size) return;
    at = last.rid;
    size = nextPageSize(size, rows);
  }
}

function* rangePages(file: SqliteFile, collection: Collection, plan: Plan, range: KeyRange): Generator<Row> {
  const sql = rangeSql(collection, plan);
  let size = FIRST_PAGE;
  let rows = file.prepare(sql.first).all(range.low, range.high, size) as Row[];
  for (;;) {
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < size) return;
    size = nextPageSize(size, rows);
    rows = file.prepare(sql.next).all(...nextPosition(plan, range, last, sql.resumesByRow), size) as Row[];
  }
}

/** Keys of a secondary index without their documents, in its order, but for those that SQLite can tell not to match. */
function* keyPages(
  file: SqliteFile,
  plan: Plan,
  { low, high }: KeyRange,
  { sql, needles }: KeyFilter,
): Generator<Omit<Row, 'doc'>> {
  const order = plan.reverse ? ' DESC' : '';
  const select = `SELECT rid, k FROM x${plan.index?.id}`;
  const tail = `${sql} ORDER BY k${order}, rid${order} LIMIT ${LARGEST_PAGE}`;
  let rows = file.prepare(`${select} WHERE k >= ? AND k < ? ${tail}`).all(low, high, ...needles) as Omit<
    Row,
    'doc'
  >[];
  const next = plan.reverse
    ? `${select} WHERE k >= ? AND (k, rid) < (?, ?) ${tail}`
    : `${select} WHERE (k, rid) > (?, ?) AND k < ? ${tail}`;
  for (;;) {
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < LARGEST_PAGE) return;
    const position = plan.reverse ? [low, last.k, last.rid] : [last.k, last.rid, high];
    rows = file.prepare(next).all(...position, ...needles) as Omit<Row, 'doc'>[];
  }
}

/** Parameters of the next page, in the order its statement takes them. */
function nextPosition(plan: Plan, range: KeyRange, last: Row, byRow: boolean): (Buffer | number)[] {
  if (!byRow) return plan.reverse ? [range.low, last.k] : [last.k, range.high];
  return plan.reverse ? [range.low, last.k, last.rid] : [last.k, last.rid, range.high];
}

interface RangeSql {
  readonly first: string;
  readonly next: string;
  /** Non-unique indexes hold a key several times, so the row number is part of the position. */
  readonly resumesByRow: boolean;
}

function rangeSql(collection: Collection, plan: Plan): RangeSql {
  const table = `c${collection.id}`;
  const index = plan.index;
  const order = plan.reverse ? ' DESC' : '';
  if (index === null || index === undefined) {
    const select = `SELECT rid, k, doc FROM ${table}`;
    return {
      first: `${select} WHERE k >= ? AND k < ? ORDER BY k${order} LIMIT ?`,
      next: `${select} WHERE k ${plan.reverse ? '>=' : '>'} ? AND k < ? ORDER BY k${order} LIMIT ?`,
      resumesByRow: false,
    };
  }
  const select = `SELECT i.rid AS rid, i.k AS k, d.doc AS doc FROM x${index.id} i CROSS JOIN ${table} d ON d.rid = i.rid`;
  const tail = index.spec.unique
    ? `ORDER BY i.k${order} LIMIT ?`
    : `ORDER BY i.k${order}, i.rid${order} LIMIT ?`;
  const first = `${select} WHERE i.k >= ? AND i.k < ? ${tail}`;
  if (index.spec.unique) {
    const low = plan.reverse ? '>=' : '>';
    return { first, next: `${select} WHERE i.k ${low} ? AND i.k < ? ${tail}`, resumesByRow: false };
  }
  const next = plan.reverse
    ? `${select} WHERE i.k >= ? AND (i.k, i.rid) < (?, ?) ${tail}`
    : `${select} WHERE (i.k, i.rid) > (?, ?) AND i.k < ? ${tail}`;
  return { first, next, resumesByRow: true };
}

import { BSON, ObjectId } from 'mongodb';
import { documentKeys } from '../bson/index-keys.js';
import { encodeKey } from '../bson/key-encoding.js';
import { findElement, readDocument, readElement, readFields } from '../bson/raw-document.js';
import { changedFields } from '../bson/raw-paths.js';
import { type Doc, getOwn, isDocument, RANK, rankOf } from '../bson/values.js';
import { CommandError } from '../errors.js';
import { valuesAtPath } from '../query/paths.js';
import type { Catalog, Collection, StoredIndex } from './catalog.js';
import { isConstraintError, type SqliteFile } from './database.js';

/** Largest document, in bytes (MongoDB's own limit). */
export const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;
/** Slack MongoDB grants a document that an update grew. */
const BSON_HEADER_BYTES = 4;
const OBJECT_ID_TYPE = 0x07;

/** A stored document: its row number and BSON. */
export interface StoredRecord {
  readonly rid: number;
  readonly bytes: Buffer;
}

/** A key on its way into a new index. */
interface NewKey {
  readonly key: Buffer;
  readonly rid: number;
}

/** Keys of new indexes that are held in memory to be sorted, some hundred bytes each. */
const RUN_KEYS = 400_000;

/** Writes documents and keeps every index in step. Each call is all or nothing, also when a unique index refuses. */
export class Records {
  private readonly file: SqliteFile;
  private readonly catalog: Catalog;

  constructor(file: SqliteFile, catalog: Catalog) {
    this.file = file;
    this.catalog = catalog;
  }

  /**
   * Stores BSON as it came; only `_id` and the indexed fields are decoded.
   * @throws CommandError DuplicateKey, InvalidIdField, BSONObjectTooLarge
   */
  insert(collection: Collection, source: Buffer): void {
    const { bytes, key } = withId(source);
    if (bytes.length > MAX_DOCUMENT_BYTES) throw tooLarge('insert', bytes.length);
    const insert = this.file.prepare(`INSERT INTO c${collection.id} (k, doc) VALUES (?, ?)`);
    let rid: number;
    try {
      rid = Number(insert.run(key, bytes).lastInsertRowid);
    } catch (error) {
      if (isConstraintError(error)) throw duplicateId(collection, bytes);
      throw error;
    }
    if (collection.indexes.length === 0) return;
    try {
      this.addToIndexes(collection, collection.indexes, bytes, rid);
    } catch (error) {
      this.file.prepare(`DELETE FROM c${collection.id} WHERE rid = ?`).run(rid);
      throw error;
    }
  }

  /** Replaces a document; returns false when nothing changed. */
  replace(collection: Collection, old: StoredRecord, bytes: Buffer): boolean {
    if (bytes.equals(old.bytes)) return false;
    if (bytes.length > MAX_DOCUMENT_BYTES + BSON_HEADER_BYTES) throw tooLarge('update', bytes.length);
    const added: { index: StoredIndex; key: Buffer }[] = [];
    const removed: { index: StoredIndex; key: Buffer }[] = [];
    const changed = changedFields(old.bytes, bytes);
    for (const index of collection.indexes) {
      if (!readsAny(index, changed)) continue;
      const before = this.keysOf(index, old.bytes);
      const after = this.keysOf(index, bytes);
      for (const key of after) if (!before.some((k) => k.equals(key))) added.push({ index, key });
      for (const key of before) if (!after.some((k) => k.equals(key))) removed.push({ index, key });
    }
    let done = 0;
    try {
      for (const { index, key } of added) {
        this.addKey(collection, index, key, old.rid, () => bytes);
        done++;
      }
    } catch (error) {
      for (const { index, key } of added.slice(0, done)) this.removeKey(index, key, old.rid);
      throw error;
    }
    for (const { index, key } of removed) this.removeKey(index, key, old.rid);
    this.file.prepare(`UPDATE c${collection.id} SET doc = ? WHERE rid = ?`).run(bytes, old.rid);
    return true;
  }

  delete(collection: Collection, record: StoredRecord): void {
    for (const index of collection.indexes) {
      for (const key of this.keysOf(index, record.bytes)) this.removeKey(index, key, record.rid);
    }
    this.file.prepare(`DELETE FROM c${collection.id} WHERE rid = ?`).run(record.rid);
  }

  /** The document in a row, or undefined when it is gone. */
  byRow(collection: Collection, rid: number): StoredRecord | undefined {
    const row = this.file.prepare(`SELECT doc FROM c${collection.id} WHERE rid = ?`).get(rid);
    return row === undefined ? undefined : { rid, bytes: (row as { doc: Buffer }).doc };
  }

  /**
   * Fills new indexes from the documents there are, in one pass over them. Keys are put in sorted: an index that is built key by key
   * in the order of the documents touches a page of its tree for nearly every key once it is larger than the cache.
   * @throws CommandError DuplicateKey, CannotIndexParallelArrays
   */
  fillIndexes(collection: Collection, indexes: readonly StoredIndex[]): void {
    const page = this.file.prepare(
      `SELECT rid, doc FROM c${collection.id} WHERE rid > ? ORDER BY rid LIMIT 500`,
    );
    const runs = indexes.map((index) => ({ index, keys: [] as NewKey[] }));
    let held = 0;
    const putIn = () => {
      for (const { index, keys } of runs) this.addSorted(collection, index, keys.splice(0));
      held = 0;
    };
    for (let last = 0; ; ) {
      const rows = page.all(last) as { rid: number; doc: Buffer }[];
      for (const { rid, doc } of rows)
        for (const { index, keys } of runs)
          for (const key of this.keysOf(index, doc)) {
            keys.push({ key, rid });
            held++;
          }
      const end = rows.at(-1);
      if (end === undefined || held >= RUN_KEYS) putIn();
      if (end === undefined) return;
      last = end.rid;
    }
  }

  private addSorted(collection: Collection, index: StoredIndex, keys: NewKey[]): void {
    keys.sort((a, b) => a.key.compare(b.key) || a.rid - b.rid);
    for (const { key, rid } of keys)
      this.addKey(collection, index, key, rid, () => this.byRow(collection, rid)?.bytes);
  }

  private addToIndexes(
    collection: Collection,
    indexes: readonly StoredIndex[],
    bytes: Buffer,
    rid: number,
  ): void {
    const done: { index: StoredIndex; key: Buffer }[] = [];
    try {
      for (const index of indexes) {
        for (const key of this.keysOf(index, bytes)) {
          this.addKey(collection, index, key, rid, () => bytes);
          done.push({ index, key });
        }
      }
    } catch (error) {
      for (const { index, key } of done) this.removeKey(index, key, rid);
      throw error;
    }
  }

  private keysOf(index: StoredIndex, bytes: Buffer): readonly Buffer[] {
    if (index.partial !== undefined) {
      const doc = readDocument(bytes, index.partial.typed ? 'typed' : 'native');
      if (!index.partial.test(doc)) return [];
    }
    const doc = readFields(bytes, index.topLevel, 'native');
    const { keys, multikeyMask, allMissing } = documentKeys(doc, index.paths, index.directions);
    if (index.spec.sparse && allMissing) return [];
    if ((multikeyMask & ~index.multikeyMask) !== 0) this.catalog.markMultikey(index, multikeyMask);
    return keys;
  }

  /** `bytesOf`: the document, for the message when the index refuses. */
  private addKey(
    collection: Collection,
    index: StoredIndex,
    key: Buffer,
    rid: number,
    bytesOf: () => Buffer | undefined,
  ): void {
    try {
      this.file.prepare(`INSERT INTO x${index.id} (k, rid) VALUES (?, ?)`).run(key, rid);
    } catch (error) {
      const bytes = isConstraintError(error) ? bytesOf() : undefined;
      if (bytes !== undefined) throw duplicateKey(collection, index, readDocument(bytes));
      throw error;
    }
  }

  private removeKey(index: StoredIndex, key: Buffer, rid: number): void {
    this.file.prepare(`DELETE FROM x${index.id} WHERE k = ? AND rid = ?`).run(key, rid);
  }
}

/** Whether an index looks at one of these fields, named as `changedFields` names them. */
function readsAny({ topLevel, partial }: StoredIndex, changed: ReadonlySet<string>): boolean {
  if (topLevel.some((name) => changed.has(name.toString('latin1')))) return true;
  if (partial === undefined) return false;
  return partial.fields?.some((name) => changed.has(Buffer.from(name).toString('latin1'))) ?? true;
}

/** The document with `_id` first, made when absent, and its key. */
function withId(source: Buffer): { bytes: Buffer; key: Buffer } {
  const element = findElement(source, '_id');
  if (element === undefined) {
    const id = new ObjectId();
    const head = Buffer.from([OBJECT_ID_TYPE, 0x5f, 0x69, 0x64, 0]);
    return { bytes: spliceFirst(Buffer.concat([head, id.id]), source, 4, 4), key: encodeKey(id) };
  }
  const id = readElement(source, element, 'native');
  checkId(id);
  const key = encodeKey(id);
  if (element.at === 4) return { bytes: source, key };
  return {
    bytes: spliceFirst(source.subarray(element.at, element.end), source, element.at, element.end),
    key,
  };
}

/** Puts an element first and leaves out [from, to) of the source. */
function spliceFirst(element: Buffer, source: Buffer, from: number, to: number): Buffer {
  const bytes = Buffer.concat([
    source.subarray(0, 4),
    element,
    source.subarray(4, from),
    source.subarray(to),
  ]);
  bytes.writeInt32LE(bytes.length, 0);
  return bytes;
}

/** @throws CommandError InvalidIdField, DollarPrefixedFieldName */
export function checkId(id: unknown): void {
  const rank = rankOf(id);
  if (rank === RANK.array)
    throw new CommandError('InvalidIdField', "The '_id' value cannot be of type array");
  if (rank === RANK.regex)
    throw new CommandError('InvalidIdField', "The '_id' value cannot be of type regex");
  if (
    isDocument(id) &&
    Object.keys(id).some((key) => key.startsWith('$') && !['$ref', '$id', '$db'].includes(key))
  ) {
    throw new CommandError('DollarPrefixedFieldName', "_id fields may not contain '$'-prefixed fields");
  }
}

function tooLarge(what: string, size: number): CommandError {
  return new CommandError(
    'BSONObjectTooLarge',
    `object to ${what} too large. size in bytes: ${size}, max size: ${MAX_DOCUMENT_BYTES}`,
  );
}

function duplicateId(collection: Collection, bytes: Buffer): CommandError {
  const element = findElement(bytes, '_id');
  const id = element && readElement(bytes, element, 'native');
  return duplicate(collection, '_id_', { _id: 1 }, { _id: id });
}

function duplicateKey(collection: Collection, index: StoredIndex, doc: Doc): CommandError {
  const value: Doc = {};
  for (const field of index.fields) {
    value[field] = field.includes('.')
      ? (valuesAtPath(doc, field).values[0] ?? null)
      : (getOwn(doc, field) ?? null);
  }
  return duplicate(collection, index.spec.name, index.spec.key, value);
}

function duplicate(collection: Collection, index: string, keyPattern: Doc, keyValue: Doc): CommandError {
  const shown = Object.entries(keyValue).map(([field, value]) => `${field}: ${BSON.EJSON.stringify(value)}`);
  return new CommandError(
    'DuplicateKey',
    `E11000 duplicate key error collection: ${collection.namespace} index: ${index} dup key: { ${shown.join(', ')} }`,
    { keyPattern, keyValue },
  );
}

import { BSON } from 'mongodb';
import { readDocument } from '../bson/raw-document.js';
import { CommandError } from '../errors.js';
import { compileFilter, type ExpressionCompiler, type Filter } from '../query/filter.js';
import type { SqliteFile } from './database.js';
import { describeIndex, type IndexSpec, parseIndexSpec } from './index-spec.js';

/** A secondary index as the planner and the writer see it. */
export interface StoredIndex {
  readonly id: number;
  readonly spec: IndexSpec;
  readonly fields: readonly string[];
  readonly paths: readonly (readonly string[])[];
  /** Top-level fields the index reads, as BSON names. */
  readonly topLevel: readonly Buffer[];
  readonly directions: readonly (1 | -1)[];
  readonly partial: Filter | undefined;
  /** Bit i is set once any document reached field i through an array. Never cleared. */
  multikeyMask: number;
}

/** A collection's tables. Documents are in `c<id>`, each index in `x<index id>`. */
export interface Collection {
  readonly id: number;
  readonly db: string;
  readonly name: string;
  readonly namespace: string;
  readonly indexes: StoredIndex[];
}

const SCHEMA = `
CREATE TABLE IF NOT EXISTS catalog_collections (
  id INTEGER PRIMARY KEY AUTOINCREMENT, db TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (db, name));
CREATE TABLE IF NOT EXISTS catalog_indexes (
  id INTEGER PRIMARY KEY AUTOINCREMENT, collection_id INTEGER NOT NULL, name TEXT NOT NULL,
  spec BLOB NOT NULL, multikey INTEGER NOT NULL DEFAULT 0, UNIQUE (collection_id, name));`;

const MAX_NAMESPACE = 255;

/** Which collections and indexes exist. Cached; `forget` drops the cache after a rollback. */
export class Catalog {
  private readonly file: SqliteFile;
  private readonly compileExpression: ExpressionCompiler;
  private readonly cache = new Map<string, Collection>();

  constructor(file: SqliteFile, compileExpression: ExpressionCompiler) {
    this.file = file;
    this.compileExpression = compileExpression;
    file.define(SCHEMA);
  }

  forget(): void {
    this.cache.clear();
  }

  find(db: string, name: string): Collection | undefined {
    const namespace = `${db}.${name}`;
    const known = this.cache.get(namespace);
    if (known !== undefined) return known;
    const row = this.file
      .prepare('SELECT id FROM catalog_collections WHERE db = ? AND name = ?')
      .get(db, name);
    if (row === undefined) return undefined;
    const collection = { id: (row as { id: number }).id, db, name, namespace, indexes: [] as StoredIndex[] };
    const rows = this.file.prepare('SELECT * FROM catalog_indexes WHERE collection_id = ? ORDER BY id');
    for (const index of rows.all(collection.id) as { id: number; spec: Buffer; multikey: number }[]) {
      collection.indexes.push(
        this.toIndex(index.id, parseIndexSpec(readDocument(index.spec)), index.multikey),
      );
    }
    this.cache.set(namespace, collection);
    return collection;
  }

  /** The collection, created when it does not exist. @throws CommandError InvalidNamespace */
  ensure(db: string, name: string): Collection {
    const found = this.find(db, name);
    if (found !== undefined) return found;
    checkName(db, name);
    const { lastInsertRowid } = this.file
      .prepare('INSERT INTO catalog_collections (db, name) VALUES (?, ?)')
      .run(db, name);
    const id = Number(lastInsertRowid);
    this.file.define(
      `CREATE TABLE c${id} (rid INTEGER PRIMARY KEY, k BLOB NOT NULL UNIQUE, doc BLOB NOT NULL)`,
    );
    const collection = { id, db, name, namespace: `${db}.${name}`, indexes: [] };
    this.cache.set(collection.namespace, collection);
    return collection;
  }

  list(db: string): string[] {
    const rows = this.file.prepare('SELECT name FROM catalog_collections WHERE db = ? ORDER BY name').all(db);
    return (rows as { name: string }[]).map((row) => row.name);
  }

  databases(): string[] {
    const rows = this.file.prepare('SELECT DISTINCT db FROM catalog_collections ORDER BY db').all();
    return (rows as { db: string }[]).map((row) => row.db);
  }

  drop(collection: Collection): void {
    for (const index of [...collection.indexes]) this.dropIndex(collection, index);
    this.file.define(`DROP TABLE c${collection.id}`);
    this.file.prepare('DELETE FROM catalog_collections WHERE id = ?').run(collection.id);
    this.cache.delete(collection.namespace);
  }

  /** Adds an index to the catalogue and makes its table; the caller fills it. */
  addIndex(collection: Collection, spec: IndexSpec): StoredIndex {
    const { lastInsertRowid } = this.file
      .prepare('INSERT INTO catalog_indexes (collection_id, name, spec) VALUES (?, ?, ?)')
      .run(collection.id, spec.name, Buffer.from(BSON.serialize(describeIndex(spec))));
    const id = Number(lastInsertRowid);
    const primaryKey = spec.unique ? 'k' : 'k, rid';
    this.file.define(
      `CREATE TABLE x${id} (k BLOB NOT NULL, rid INTEGER NOT NULL, PRIMARY KEY (${primaryKey})) WITHOUT ROWID`,
    );
    const index = this.toIndex(id, spec, 0);
    collection.indexes.push(index);
    return index;
  }

  dropIndex(collection: Collection, index: StoredIndex): void {
    this.file.define(`DROP TABLE x${index.id}`);
    this.file.prepare('DELETE FROM catalog_indexes WHERE id = ?').run(index.id);
    collection.indexes.splice(collection.indexes.indexOf(index), 1);
  }

  /** Remembers that some indexed fields hold arrays. */
  markMultikey(index: StoredIndex, mask: number): void {
    index.multikeyMask |= mask;
    this.file
      .prepare('UPDATE catalog_indexes SET multikey = ? WHERE id = ?')
      .run(index.multikeyMask, index.id);
  }

  private toIndex(id: number, spec: IndexSpec, multikeyMask: number): StoredIndex {
    const fields = Object.keys(spec.key);
    const partial = spec.partialFilterExpression;
    return {
      id,
      spec,
      fields,
      paths: fields.map((field) => field.split('.')),
      topLevel: topLevelNames(fields),
      directions: Object.values(spec.key),
      partial: partial && compileFilter(partial, this.compileExpression),
      multikeyMask,
    };
  }
}

function checkName(db: string, name: string): void {
  const namespace = `${db}.${name}`;
  if (db === '' || /[/\\. "$\0]/.test(db))
    throw new CommandError('InvalidNamespace', `Invalid database name: '${db}'`);
  if (
    name === '' ||
    namespace.length > MAX_NAMESPACE ||
    /[$\0]/.test(name) ||
    name.startsWith('.') ||
    name.startsWith('system.')
  ) {
    throw new CommandError('InvalidNamespace', `Invalid collection name: '${namespace}'`);
  }
}

/** Distinct first components of dotted paths, as BSON element names. */
export function topLevelNames(paths: readonly string[]): Buffer[] {
  const names = new Set(paths.map((path) => path.split('.', 1)[0] as string));
  return [...names].map((name) => Buffer.from(name, 'utf8'));
}

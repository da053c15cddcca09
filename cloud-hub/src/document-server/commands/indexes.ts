import { type Doc, isDocument } from '../bson/values.js';
import { CommandError } from '../errors.js';
import type { Collection, StoredIndex } from '../storage/catalog.js';
import { describeIndex, parseIndexSpec, sameDefinition, sameKey } from '../storage/index-spec.js';
import type { Command, CommandContext } from './context.js';
import { encodeDocument } from './reply.js';
import { countOption, documentOption } from './request.js';

/** Indexes of one collection beside `_id`. MongoDB allows 64 in all. */
const MAX_INDEXES = 63;

export const createIndexesCommand: Command = {
  writes: true,
  fields: ['indexes', 'commitQuorum', 'ignoreUnknownIndexOptions', 'rawData'],
  run(context, request) {
    const { indexes } = request.body;
    if (!Array.isArray(indexes) || indexes.length === 0 || !indexes.every(isDocument)) {
      throw new CommandError('BadValue', 'Must specify at least one index to create');
    }
    const existed = context.catalog.find(request.db, request.collection()) !== undefined;
    const specs = indexes.map((raw) => ({ raw, spec: parseIndexSpec(raw) }));
    const collection = context.catalog.ensure(request.db, request.collection());
    const before = collection.indexes.length + 1;
    const added: StoredIndex[] = [];
    for (const { spec } of specs) {
      if (sameKey(spec.key, { _id: 1 })) continue;
      const clash = collection.indexes.find(
        ({ spec: other }) =>
          other.name === spec.name || (sameKey(other.key, spec.key) && sameDefinition(other, spec)),
      );
      if (clash === undefined) {
        added.push(add(context, collection, spec));
      } else if (!sameDefinition(clash.spec, spec)) {
        throw new CommandError(
          sameKey(clash.spec.key, spec.key) ? 'IndexOptionsConflict' : 'IndexKeySpecsConflict',
          `An existing index has the same name as the requested index but different options: ${spec.name}`,
        );
      } else if (clash.spec.name !== spec.name) {
        throw new CommandError(
          'IndexOptionsConflict',
          `Index already exists with a different name: ${clash.spec.name}`,
        );
      }
    }
    fill(context, collection, added);
    return {
      numIndexesBefore: before,
      numIndexesAfter: collection.indexes.length + 1,
      createdCollectionAutomatically: !existed,
      ok: 1,
    };
  },
};

function add(
  context: CommandContext,
  collection: Collection,
  spec: ReturnType<typeof parseIndexSpec>,
): StoredIndex {
  if (collection.indexes.length >= MAX_INDEXES) {
    throw new CommandError(
      'CannotCreateIndex',
      `add index fails, too many indexes for ${collection.namespace}`,
    );
  }
  return context.catalog.addIndex(collection, spec);
}

/** Reads the documents once for all new indexes. A failure is undone with the command. */
function fill(context: CommandContext, collection: Collection, added: readonly StoredIndex[]): void {
  if (added.length > 0) context.records.fillIndexes(collection, added);
}

export const dropIndexesCommand: Command = {
  writes: true,
  fields: ['index', 'rawData'],
  run(context, request) {
    const collection = requireCollection(context, request.db, request.collection());
    const nIndexesWas = collection.indexes.length + 1;
    for (const index of chosenIndexes(collection, request.body.index))
      context.catalog.dropIndex(collection, index);
    return { nIndexesWas, ok: 1 };
  },
};

function chosenIndexes(collection: Collection, wanted: unknown): StoredIndex[] {
  if (wanted === '*') return [...collection.indexes];
  const list = Array.isArray(wanted) ? wanted : [wanted];
  return list.map((item) => {
    if (item === '_id_' || (isDocument(item) && sameKey(item, { _id: 1 }))) {
      throw new CommandError('InvalidOptions', 'cannot drop _id index');
    }
    const found = collection.indexes.find(
      ({ spec }) => spec.name === item || (isDocument(item) && sameKey(spec.key, item)),
    );
    if (found === undefined) {
      throw new CommandError('IndexNotFound', `index not found with name [${String(item)}]`);
    }
    return found;
  });
}

export const listIndexesCommand: Command = {
  writes: false,
  fields: ['cursor', 'rawData'],
  run(context, request) {
    const collection = requireCollection(context, request.db, request.collection());
    const described: Doc[] = [
      { v: 2, key: { _id: 1 }, name: '_id_' },
      ...collection.indexes.map(({ spec }) => describeIndex(spec)),
    ];
    const cursor = documentOption(request.body.cursor, 'listIndexes.cursor');
    return context.cursors.start(described.map(encodeDocument).values(), {
      ns: collection.namespace,
      batchSize: countOption(cursor.batchSize, 'cursor.batchSize'),
      single: false,
    });
  },
};

/** @throws CommandError NamespaceNotFound */
export function requireCollection(context: CommandContext, db: string, name: string): Collection {
  const collection = context.catalog.find(db, name);
  if (collection === undefined)
    throw new CommandError('NamespaceNotFound', `ns does not exist: ${db}.${name}`);
  return collection;
}

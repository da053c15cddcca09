import type { Doc } from '../bson/values.js';
import { isDocument } from '../bson/values.js';
import { CommandError, notSupported } from '../errors.js';
import { compileFilter } from '../query/filter.js';
import { type Command, type CommandContext, refuseCollation } from './context.js';
import { requireCollection } from './indexes.js';
import { encodeDocument } from './reply.js';
import { countOption, documentOption } from './request.js';

const createCommand: Command = {
  writes: true,
  fields: [
    'collation',
    'capped',
    'size',
    'max',
    'validator',
    'viewOn',
    'timeseries',
    'expireAfterSeconds',
    'changeStreamPreAndPostImages',
    'encryptedFields',
  ],
  run(context, request) {
    const { collation, ...options } = request.body;
    refuseCollation(collation);
    for (const name of createCommand.fields) {
      if (options[name] !== undefined && options[name] !== false)
        throw notSupported(`the create option ${name}`);
    }
    if (context.catalog.find(request.db, request.collection()) !== undefined) {
      const namespace = `${request.db}.${request.collection()}`;
      throw new CommandError('NamespaceExists', `Collection ${namespace} already exists.`);
    }
    context.catalog.ensure(request.db, request.collection());
    return { ok: 1 };
  },
};

const dropCommand: Command = {
  writes: true,
  fields: [],
  run(context, request) {
    const collection = context.catalog.find(request.db, request.collection());
    if (collection === undefined) return { ok: 1 };
    const nIndexesWas = collection.indexes.length + 1;
    context.catalog.drop(collection);
    return { ns: collection.namespace, nIndexesWas, ok: 1 };
  },
};

const dropDatabaseCommand: Command = {
  writes: true,
  fields: [],
  run(context, request) {
    for (const name of context.catalog.list(request.db)) {
      const collection = context.catalog.find(request.db, name);
      if (collection !== undefined) context.catalog.drop(collection);
    }
    return { dropped: request.db, ok: 1 };
  },
};

const listCollectionsCommand: Command = {
  writes: false,
  fields: ['filter', 'nameOnly', 'cursor', 'authorizedCollections', 'rawData'],
  run(context, request) {
    const { body } = request;
    const { test } = compileFilter(
      documentOption(body.filter, 'listCollections.filter'),
      context.expressions.compileTest,
    );
    const described = context.catalog.list(request.db).map(
      (name): Doc => ({
        name,
        type: 'collection',
        ...(body.nameOnly !== true && {
          options: {},
          info: { readOnly: false },
          idIndex: { v: 2, key: { _id: 1 }, name: '_id_' },
        }),
      }),
    );
    const cursor = documentOption(body.cursor, 'listCollections.cursor');
    return context.cursors.start(described.filter(test).map(encodeDocument).values(), {
      ns: `${request.db}.$cmd.listCollections`,
      batchSize: countOption(cursor.batchSize, 'cursor.batchSize'),
      single: false,
    });
  },
};

const listDatabasesCommand: Command = {
  writes: false,
  fields: ['filter', 'nameOnly', 'authorizedDatabases'],
  run(context, request) {
    const { test } = compileFilter(
      documentOption(request.body.filter, 'listDatabases.filter'),
      context.expressions.compileTest,
    );
    const databases = context.catalog
      .databases()
      .map((name) => ({ name, sizeOnDisk: databaseBytes(context, name), empty: false }))
      .filter(test);
    const totalSize = databases.reduce((sum, { sizeOnDisk }) => sum + sizeOnDisk, 0);
    return { databases, totalSize, ok: 1 };
  },
};

interface CollectionSize {
  readonly count: number;
  readonly size: number;
}

function collectionSize(context: CommandContext, db: string, name: string): CollectionSize {
  const { id } = requireCollection(context, db, name);
  const row = context.file
    .prepare(`SELECT count(*) AS count, coalesce(sum(length(doc)), 0) AS size FROM c${id}`)
    .get();
  return row as CollectionSize;
}

function databaseBytes(context: CommandContext, db: string): number {
  return context.catalog.list(db).reduce((sum, name) => sum + collectionSize(context, db, name).size, 0);
}

const collStatsCommand: Command = {
  writes: false,
  fields: ['scale'],
  run(context, request) {
    const collection = context.catalog.find(request.db, request.collection());
    const ns = `${request.db}.${request.collection()}`;
    if (collection === undefined) return { ns, count: 0, size: 0, storageSize: 0, nindexes: 0, ok: 1 };
    const { count, size } = collectionSize(context, request.db, request.collection());
    const avgObjSize = count === 0 ? 0 : size / count;
    return { ns, count, size, avgObjSize, storageSize: size, nindexes: collection.indexes.length + 1, ok: 1 };
  },
};

const dbStatsCommand: Command = {
  writes: false,
  fields: ['scale', 'freeStorage'],
  run(context, request) {
    const names = context.catalog.list(request.db);
    const sizes = names.map((name) => collectionSize(context, request.db, name));
    const dataSize = sizes.reduce((sum, { size }) => sum + size, 0);
    const objects = sizes.reduce((sum, { count }) => sum + count, 0);
    const indexes = names.reduce(
      (sum, name) => sum + requireCollection(context, request.db, name).indexes.length + 1,
      0,
    );
    return {
      db: request.db,
      collections: names.length,
      views: 0,
      objects,
      dataSize,
      storageSize: dataSize,
      indexes,
      ok: 1,
    };
  },
};

const serverStatusCommand: Command = {
  writes: false,
  fields: [],
  run: (context, request) => {
    // Sections a client turns off by name ({ metrics: 0 }) are not there anyway.
    if (isDocument(request.body.repl)) throw notSupported('the serverStatus section repl');
    return {
      host: 'embedded',
      version: '7.0.0',
      process: 'voltbay-document-server',
      pid: process.pid,
      uptime: Math.floor(process.uptime()),
      localTime: context.now(),
      metrics: { cursor: { open: { total: context.cursors.size } } },
      mem: { resident: Math.round(process.memoryUsage.rss() / (1 << 20)) },
      ok: 1,
    };
  },
};

/** Commands about whole collections and databases. */
export const COLLECTION_COMMANDS: Record<string, Command> = {
  create: createCommand,
  drop: dropCommand,
  dropDatabase: dropDatabaseCommand,
  listCollections: listCollectionsCommand,
  listDatabases: listDatabasesCommand,
  collStats: collStatsCommand,
  dbStats: dbStatsCommand,
  serverStatus: serverStatusCommand,
};

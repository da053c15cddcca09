import { MongoClient, MongoServerError } from 'mongodb';
import { HubError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { CollectionSpec, Database } from './collections.js';

export type DatabaseOptions = {
  uri: string;
  /** Used when the URI names none. */
  dbName: string;
  logger: Logger;
  /** Emits the driver's command events. For tests that look at every query. */
  monitorCommands?: boolean;
  /**
   * The server is a thread of this process: it is slow at times (it builds the indexes of a large collection in one step) and never out
   * of reach, so silence is no reason to give it up. When it dies its socket closes.
   */
  inProcess?: boolean;
};

const NO_TIMEOUT = 0;

/** Opens the hub's database with the official driver; fails within some seconds with the address named when it is not there. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const client = new MongoClient(options.uri, {
    appName: 'voltbay-hub',
    serverSelectionTimeoutMS: 8_000,
    ...(options.inProcess ? { connectTimeoutMS: NO_TIMEOUT } : {}),
    ignoreUndefined: true,
    monitorCommands: options.monitorCommands ?? false,
    maxPoolSize: 20,
    retryWrites: false,
    writeConcern: { w: 'majority', journal: true },
    // Monitoring by polling: servers that are compatible but not MongoDB often lack the streaming hello.
    serverMonitoringMode: 'poll',
  });
  try {
    await client.connect();
  } catch (cause) {
    await client.close().catch(() => undefined);
    throw new HubError('DATABASE_UNREACHABLE', `no document server at ${redactUri(options.uri)}`, {
      retryable: true,
      cause,
    });
  }
  const db = client.db(nameInUri(options.uri) ?? options.dbName);
  return {
    client,
    db,
    collection: (spec) => db.collection(spec.name),
    close: () => client.close(),
  };
}

/** Creates what is missing; existing indexes with the same definition are left alone. Safe to run from several processes at once. */
export async function ensureCollections(
  database: Database,
  // biome-ignore lint/suspicious/noExplicitAny: the document type plays no part here
  specs: readonly CollectionSpec<any>[],
): Promise<void> {
  const seen = new Set<string>();
  for (const spec of specs) {
    if (seen.has(spec.name)) throw new HubError('BAD_SCHEMA', `collection ${spec.name} is declared twice`);
    seen.add(spec.name);
    if (spec.indexes.length > 0) await database.collection(spec).createIndexes([...spec.indexes]);
    else await create(database, spec.name);
  }
}

const NAMESPACE_EXISTS = 48;

/** A collection without indexes of its own: it is there from the start, so that its queries have a plan. */
async function create(database: Database, name: string): Promise<void> {
  try {
    await database.db.createCollection(name);
  } catch (error) {
    if (!(error instanceof MongoServerError) || error.code !== NAMESPACE_EXISTS) throw error;
  }
}

function nameInUri(uri: string): string | null {
  const match = /^mongodb(?:\+srv)?:\/\/[^/]+\/([^?]+)/.exec(uri);
  return match?.[1] ? decodeURIComponent(match[1]) : null;
}

/** The URI without user name and password, for messages. */
export const redactUri = (uri: string): string => uri.replace(/\/\/[^@/]*@/, '//***@');

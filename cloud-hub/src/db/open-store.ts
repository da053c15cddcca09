import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startDocumentServer } from '../document-server/index.js';
import type { Logger } from '../logger.js';
import type { Database } from './collections.js';
import { openDatabase } from './database.js';

/** The configured document store, or the embedded one in the data folder. `close` closes both ends. */
export async function openStore(options: {
  mongodbUri: string | null;
  dbName: string;
  dataDir: string;
  logger: Logger;
  /**
   * For much that is written at once and can be written again: the embedded store leaves out the sync of each commit. Nothing breaks when
   * the power fails, but what came last may be missing; closing makes it durable.
   */
  bulk?: boolean;
  /** The embedded store has failed for good; the process should end. */
  onFatal(error: Error): void;
}): Promise<Database> {
  const { dbName, logger } = options;
  if (options.mongodbUri !== null) return openDatabase({ uri: options.mongodbUri, dbName, logger });
  await mkdir(options.dataDir, { recursive: true });
  const server = await startDocumentServer({
    file: join(options.dataDir, 'hub.db'),
    onFatal: options.onFatal,
    ...(options.bulk ? { synchronous: 'NORMAL' } : {}),
  });
  try {
    const database = await openDatabase({ uri: server.uri, dbName, logger, inProcess: true });
    return {
      ...database,
      async close() {
        await database.close();
        await server.close();
      },
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}

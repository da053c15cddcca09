import { allCollections } from '../../src/collections.js';
import { type Database, ensureCollections, openDatabase } from '../../src/db/index.js';
import { createDocumentServer, createEngine } from '../../src/document-server/index.js';
import { createLogger } from '../../src/logger.js';

export const silent = createLogger({ level: 'silent' });

/** An embedded store of its own in this process, in memory, or a fresh database of VOLTBAY_TEST_MONGODB_URI. */
export async function openTestStore(): Promise<Database> {
  const external = process.env.VOLTBAY_TEST_MONGODB_URI;
  const dbName = `t_${crypto.randomUUID().replaceAll('-', '').slice(0, 20)}`;
  if (external) {
    const database = await openDatabase({ uri: external, dbName, logger: silent, monitorCommands: true });
    await ensureCollections(database, allCollections);
    return {
      ...database,
      async close() {
        await database.db.dropDatabase();
        await database.close();
      },
    };
  }
  const server = await createDocumentServer(createEngine({ file: ':memory:' }), {
    listen: { host: '127.0.0.1', port: 0 },
    onFatal: () => undefined,
  });
  const database = await openDatabase({ uri: server.uri, dbName, logger: silent, monitorCommands: true });
  await ensureCollections(database, allCollections);
  return {
    ...database,
    async close() {
      await database.close();
      await server.close();
    },
  };
}

import { MongoClient } from 'mongodb';
import { createDocumentServer, createEngine, type EngineOptions } from '../../src/document-server/index.js';

export interface TestServer {
  readonly client: MongoClient;
  readonly uri: string;
  /** Runs the periodic work now: idle cursors, expired documents. */
  maintain(): void;
  close(): Promise<void>;
}

/** A server in this process and a connected driver; the wire between them is real. */
export async function startInProcess(options: Partial<EngineOptions> = {}): Promise<TestServer> {
  const engine = createEngine({ file: ':memory:', ...options });
  const server = await createDocumentServer(engine, {
    listen: { host: '127.0.0.1', port: 0 },
    onFatal: (error) => {
      throw error;
    },
  });
  const client = await new MongoClient(server.uri).connect();
  return {
    client,
    uri: server.uri,
    maintain: () => engine.maintain(),
    async close() {
      await client.close();
      await server.close();
    },
  };
}

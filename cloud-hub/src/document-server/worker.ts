import { parentPort, workerData } from 'node:worker_threads';
import { createEngine, type Engine } from './engine.js';
import { FileLockedError } from './errors.js';
import { createDocumentServer, type DocumentServer } from './wire/server.js';
import type { FromWorker, StartFailure, ToWorker, WorkerSettings } from './worker-messages.js';

/** Entry of the worker thread: serves one file until told to close. */
async function main(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('worker.js is started by startDocumentServer, as a worker thread');
  const send = (message: FromWorker) => port.postMessage(message);
  const settings = workerData as WorkerSettings;
  const fail = (why: StartFailure, error: unknown) => {
    const holderPid = error instanceof FileLockedError ? error.holderPid : undefined;
    send({ type: 'failed', why, holderPid, message: error instanceof Error ? error.message : String(error) });
    port.close();
  };
  let engine: Engine;
  try {
    engine = createEngine({ file: settings.file, synchronous: settings.synchronous });
  } catch (error) {
    fail(error instanceof FileLockedError ? 'locked' : 'storage', error);
    return;
  }
  let server: DocumentServer;
  try {
    server = await createDocumentServer(engine, {
      listen: settings.listen,
      onFatal: (error) => {
        send({ type: 'fatal', message: error.message });
        port.close();
      },
    });
  } catch (error) {
    fail('listen', error);
    return;
  }
  port.on('message', (message: ToWorker) => {
    if (message.type !== 'close') return;
    void server.close().then(() => {
      send({ type: 'closed' });
      port.close();
    });
  });
  send({ type: 'ready', uri: server.uri });
}

await main();

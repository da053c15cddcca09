import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { DocumentServerError, FileLockedError } from './errors.js';
import type { Synchronous } from './storage/database.js';
import type { DocumentServer, ListenAddress } from './wire/server.js';
import type { FromWorker, WorkerSettings } from './worker-messages.js';

export { createEngine, type Engine, type EngineOptions } from './engine.js';
export { DocumentServerError, FileLockedError } from './errors.js';
export { createDocumentServer, type DocumentServer, type ListenAddress } from './wire/server.js';

export interface StartOptions {
  /** Path of the SQLite file, made when absent, or ':memory:'. */
  readonly file: string;
  /** Default: a private Unix socket; a free loopback port where there are none (Windows), or with 'tcp'. */
  readonly listen?: 'unix' | 'tcp' | ListenAddress;
  /** Default FULL: an acknowledged write survives a power cut. */
  readonly synchronous?: Synchronous;
  /** Called when the storage has failed and the server has stopped. Default: nothing beside failing connections. */
  readonly onFatal?: (error: Error) => void;
}

/** Longest Unix socket path that every system takes, in bytes. */
const SOCKET_PATH_MAX = 100;

/**
 * Starts the embedded document server in a worker thread and resolves once it listens.
 * @throws FileLockedError when another process holds the file; DocumentServerError when it cannot start
 */
export async function startDocumentServer(options: StartOptions): Promise<DocumentServer> {
  const address = listenAddress(options.listen);
  try {
    return await startAt(address, options);
  } catch (error) {
    const isChoice = options.listen === undefined || options.listen === 'unix';
    // Some systems and file systems have no Unix sockets, or forbid them.
    if (!(error instanceof ListenError) || !isChoice || 'port' in address.listen) throw error;
    return startAt(loopback(), options);
  }
}

/** The address could not be listened on. */
class ListenError extends DocumentServerError {}

async function startAt(address: Address, options: StartOptions): Promise<DocumentServer> {
  const file = options.file === ':memory:' ? options.file : resolve(options.file);
  const settings: WorkerSettings = {
    file,
    listen: address.listen,
    synchronous: options.synchronous ?? 'FULL',
  };
  // The process's own flags (--input-type, --import of a TypeScript runner) are not for the compiled worker.
  const worker = new Worker(workerEntry(), { workerData: settings, name: 'document-server', execArgv: [] });
  const gone = new Promise<void>((done) => worker.once('exit', () => done()));
  let uri: string;
  try {
    uri = await ready(worker, file);
  } catch (error) {
    await gone;
    address.cleanUp();
    throw error;
  }
  worker.on('message', (message: FromWorker) => {
    if (message.type === 'fatal') options.onFatal?.(new DocumentServerError(message.message));
  });
  worker.on('error', (error) => options.onFatal?.(new DocumentServerError(String(error))));
  return {
    uri,
    async close() {
      worker.postMessage({ type: 'close' });
      await gone;
      address.cleanUp();
    },
  };
}

function ready(worker: Worker, file: string): Promise<string> {
  return new Promise((resolveUri, reject) => {
    worker.once('error', reject);
    worker.once('message', (message: FromWorker) => {
      worker.removeListener('error', reject);
      if (message.type === 'ready') resolveUri(message.uri);
      else reject(startError(message, file));
    });
  });
}

function startError(message: FromWorker, file: string): Error {
  if (message.type !== 'failed') return new DocumentServerError('the worker stopped while starting');
  if (message.why === 'locked') return new FileLockedError(file, message.holderPid);
  return message.why === 'listen'
    ? new ListenError(message.message)
    : new DocumentServerError(message.message);
}

/**
 * The compiled worker. Node cannot run TypeScript in a worker thread, so when this module runs from `src` (tests,
 * a development runner) the worker comes from `dist`, which `tsc -b cloud-hub` makes.
 */
function workerEntry(): URL {
  const beside = new URL('./worker.js', import.meta.url);
  if (existsSync(beside)) return beside;
  const compiled = new URL('../../dist/document-server/worker.js', import.meta.url);
  if (existsSync(compiled)) return compiled;
  throw new DocumentServerError(
    `no compiled worker at ${fileURLToPath(compiled)}; run: npx tsc -b cloud-hub`,
  );
}

interface Address {
  readonly listen: ListenAddress;
  cleanUp(): void;
}

function listenAddress(listen: StartOptions['listen']): Address {
  if (typeof listen === 'object') return { listen, cleanUp: () => {} };
  if (listen === 'tcp' || process.platform === 'win32') return loopback();
  return privateSocket() ?? loopback();
}

/** A socket in a directory of its own, mode 0700: the file system decides who may connect. */
function privateSocket(): Address | undefined {
  let directory: string;
  try {
    directory = mkdtempSync(join(tmpdir(), 'voltbay-db-'));
  } catch {
    // No place for temporary files.
    return undefined;
  }
  const path = join(directory, 'server.sock');
  const cleanUp = () => rmSync(directory, { recursive: true, force: true });
  if (Buffer.byteLength(path) > SOCKET_PATH_MAX) {
    cleanUp();
    return undefined;
  }
  process.once('exit', cleanUp);
  return {
    listen: { path },
    cleanUp() {
      process.removeListener('exit', cleanUp);
      cleanUp();
    },
  };
}

function loopback(): Address {
  return { listen: { port: 0, host: '127.0.0.1' }, cleanUp: () => {} };
}

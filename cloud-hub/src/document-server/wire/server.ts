import { createServer, type Server, type Socket } from 'node:net';
import { MAX_MESSAGE_BYTES } from '../commands/handshake.js';
import { encodeDocument, errorReply } from '../commands/reply.js';
import { CommandRequest } from '../commands/request.js';
import type { Engine } from '../engine.js';
import { CommandError } from '../errors.js';
import { MessageReader } from './message-reader.js';
import { encodeReply, parseMessage, type WireRequest } from './messages.js';

/** A Unix socket path, or a loopback port (0 picks a free one). */
export type ListenAddress = { readonly path: string } | { readonly port: number; readonly host: string };

export interface DocumentServerOptions {
  readonly listen: ListenAddress;
  /** Called once when the storage has failed; the server has stopped by then. */
  readonly onFatal: (error: Error) => void;
  /** Default 500. */
  readonly connectionsMax?: number;
  /** How often idle cursors are closed and expired documents removed. Default one minute, as MongoDB. */
  readonly maintenanceEveryMs?: number;
}

export interface DocumentServer {
  /** Connection string for `new MongoClient(uri)`. */
  readonly uri: string;
  /** Stops listening, drops connections and closes the file. */
  close(): Promise<void>;
}

const CONNECTIONS_MAX = 500;
const MAINTENANCE_EVERY_MS = 60_000;
/** Requests and bytes that share one transaction, so that no client waits long behind the others. */
const BATCH_REQUESTS = 256;
const BATCH_BYTES = 16 * 1024 * 1024;

/** Requests waiting to be run, in bytes, above which no more are read from the clients that send them. */
const QUEUE_BYTES = 64 * 1024 * 1024;
/** Replies a client has not taken yet, in bytes, above which its requests are no longer read. */
const UNSENT_BYTES = 32 * 1024 * 1024;

interface Waiting {
  readonly socket: Socket;
  readonly wire: WireRequest;
  readonly request: CommandRequest;
}

/**
 * Serves an engine over the MongoDB wire protocol. Requests that arrive in one turn of the event loop are run as one
 * batch: their writes share one commit, and replies go out after it. The server closes the engine when it closes or
 * cannot listen.
 */
export async function createDocumentServer(
  engine: Engine,
  options: DocumentServerOptions,
): Promise<DocumentServer> {
  const server = new WireServer(engine, options);
  try {
    await server.listen();
  } catch (error) {
    engine.close();
    throw error;
  }
  return server;
}

class WireServer implements DocumentServer {
  private readonly engine: Engine;
  private readonly options: DocumentServerOptions;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private queue: Waiting[] = [];
  private queuedBytes = 0;
  private scheduled = false;
  /** Clients not read from until the queue is shorter. */
  private readonly paused = new Set<Socket>();
  private closing: Promise<void> | undefined;
  private nextRequestId = 1;
  private maintenance: NodeJS.Timeout | undefined;

  constructor(engine: Engine, options: DocumentServerOptions) {
    this.engine = engine;
    this.options = options;
    this.server = createServer((socket) => this.accept(socket));
    this.server.maxConnections = options.connectionsMax ?? CONNECTIONS_MAX;
  }

  get uri(): string {
    const { listen } = this.options;
    if ('path' in listen) return `mongodb://${encodeURIComponent(listen.path)}/?directConnection=true`;
    const address = this.server.address();
    const port = typeof address === 'object' && address !== null ? address.port : listen.port;
    return `mongodb://${listen.host}:${port}/?directConnection=true`;
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.options.listen, () => {
        this.server.removeListener('error', reject);
        this.maintenance = setInterval(
          () => this.maintain(),
          this.options.maintenanceEveryMs ?? MAINTENANCE_EVERY_MS,
        );
        this.maintenance.unref();
        resolve();
      });
    });
  }

  close(): Promise<void> {
    this.closing ??= new Promise((resolve) => {
      clearInterval(this.maintenance);
      this.queue = [];
      this.server.close(() => {
        this.engine.close();
        resolve();
      });
      for (const socket of this.sockets) socket.destroy();
    });
    return this.closing;
  }

  private accept(socket: Socket): void {
    const reader = new MessageReader(MAX_MESSAGE_BYTES);
    this.sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => {
      this.sockets.delete(socket);
      this.paused.delete(socket);
    });
    // A client that goes away is not an error of the server; 'close' follows.
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      try {
        for (const message of reader.push(chunk)) this.receive(socket, parseMessage(message));
      } catch {
        // Bytes that are not the protocol: there is no request to answer.
        socket.destroy();
      }
      if (this.queuedBytes > QUEUE_BYTES) {
        socket.pause();
        this.paused.add(socket);
      }
    });
  }

  private receive(socket: Socket, wire: WireRequest): void {
    let request: CommandRequest;
    try {
      request = new CommandRequest(wire.body, wire.sequences);
    } catch (error) {
      this.reply(socket, wire, encodeDocument(errorReply(error)));
      return;
    }
    this.queue.push({ socket, wire, request });
    this.queuedBytes += wire.size;
    if (this.scheduled) return;
    this.scheduled = true;
    // After this turn's socket reads, so that concurrent requests land in the same commit.
    setImmediate(() => this.drain());
  }

  private drain(): void {
    this.scheduled = false;
    const batch = this.takeBatch();
    if (this.queuedBytes <= QUEUE_BYTES) this.resumeAll();
    if (batch.length === 0) return;
    try {
      const replies = this.engine.run(batch.map(({ request }) => request));
      for (const [i, reply] of replies.entries()) {
        const { socket, wire } = batch[i] as Waiting;
        this.reply(socket, wire, reply);
      }
      this.putBack(batch.slice(replies.length));
    } catch (error) {
      this.fail(error);
      return;
    }
    if (this.queue.length > 0) {
      this.scheduled = true;
      setImmediate(() => this.drain());
    }
  }

  private resumeAll(): void {
    for (const socket of this.paused) if (socket.writableLength <= UNSENT_BYTES) socket.resume();
    this.paused.clear();
  }

  private putBack(rest: readonly Waiting[]): void {
    this.queue.unshift(...rest);
    for (const { wire } of rest) this.queuedBytes += wire.size;
  }

  private takeBatch(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { wire } of this.queue) {
      if (count > 0 && (count >= BATCH_REQUESTS || bytes + wire.size > BATCH_BYTES)) break;
      bytes += wire.size;
      count++;
    }
    this.queuedBytes -= bytes;
    return this.queue.splice(0, count);
  }

  private reply(socket: Socket, wire: WireRequest, document: Buffer): void {
    if (!wire.expectsReply || socket.destroyed) return;
    socket.write(encodeReply(wire, document, this.nextRequestId));
    if (socket.writableLength > UNSENT_BYTES && !socket.isPaused()) {
      socket.pause();
      socket.once('drain', () => socket.resume());
    }
    this.nextRequestId = (this.nextRequestId + 1) & 0x7fffffff;
  }

  private maintain(): void {
    try {
      this.engine.maintain();
    } catch (error) {
      // A full disk is not the end: expired documents wait for the next round.
      if (!(error instanceof CommandError)) this.fail(error);
    }
  }

  /** The storage failed, or the server has a defect: answering on would risk acknowledging what is not stored. */
  private fail(error: unknown): void {
    void this.close().then(() =>
      this.options.onFatal(error instanceof Error ? error : new Error(String(error))),
    );
  }
}

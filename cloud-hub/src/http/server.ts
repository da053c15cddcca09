import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { HubError } from '../errors.js';

export interface HttpServer {
  /** Resolves with the bound port. Throws PORT_IN_USE naming port and fix. */
  start(): Promise<number>;
  /** Stops taking connections, lets running requests end, closes the rest after `graceMs`. */
  stop(graceMs?: number): Promise<void>;
}

export function createHttpServer(options: { app: Hono; host: string; port: number }): HttpServer {
  const listener = getRequestListener(options.app.fetch);
  const server: Server = createServer(
    {
      maxHeaderSize: 16_384,
      requestTimeout: 30_000,
      headersTimeout: 15_000,
      keepAliveTimeout: 30_000,
      noDelay: true,
    },
    (request, response) => void listener(request, response),
  );
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return {
    start: () =>
      new Promise((resolve, reject) => {
        const failed = (cause: NodeJS.ErrnoException) =>
          reject(
            new HubError(
              cause.code === 'EADDRINUSE' ? 'PORT_IN_USE' : 'LISTEN_FAILED',
              cause.code === 'EADDRINUSE'
                ? `HTTP port ${options.port} on ${options.host} is taken: stop what uses it or set PORT (--port) to another one (0 = any free one)`
                : `HTTP cannot listen on ${options.host}:${options.port} (${cause.code ?? cause.message}): set HOST and PORT to an address of this machine`,
              { cause },
            ),
          );
        server.once('error', failed);
        server.listen(options.port, options.host, () => {
          server.off('error', failed);
          resolve((server.address() as AddressInfo).port);
        });
      }),
    async stop(graceMs = 3_000) {
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const timer = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, graceMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

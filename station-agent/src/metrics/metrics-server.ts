import { createServer, type Server } from 'node:http';
import { messageOf } from '../errors.js';
import type { Logger } from '../logger.js';

/** Prometheus endpoint on loopback: `GET /metrics`. A port that is taken costs the figures, not the station. */
export function createMetricsServer(deps: { port: number; text: () => string; log: Logger }) {
  const { port, text, log } = deps;
  let server: Server | null = null;
  return {
    /** The port that it listens on; null when there is none. */
    port(): number | null {
      const address = server?.address();
      return typeof address === 'object' && address ? address.port : null;
    },
    start(): Promise<void> {
      const starting = createServer((request, response) => {
        if (request.method !== 'GET' || request.url?.split('?')[0] !== '/metrics') {
          response.writeHead(404, { 'content-type': 'text/plain' }).end('GET /metrics\n');
          return;
        }
        try {
          const body = text();
          response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(body);
        } catch (error) {
          log.error({ err: error }, 'metrics not read');
          response.writeHead(500, { 'content-type': 'text/plain' }).end(`${messageOf(error)}\n`);
        }
      });
      starting.requestTimeout = 5_000;
      starting.maxConnections = 8;
      return new Promise((resolve) => {
        starting.once('error', (error) => {
          log.error({ err: error, port }, 'metrics are not served');
          resolve();
        });
        starting.listen(port, '127.0.0.1', () => {
          server = starting;
          resolve();
        });
      });
    },
    async stop(): Promise<void> {
      const closing = server;
      server = null;
      if (!closing) return;
      closing.closeAllConnections();
      await new Promise((resolve) => closing.close(resolve));
    },
  };
}

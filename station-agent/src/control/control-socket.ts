import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { messageOf } from '../errors.js';
import type { Logger } from '../logger.js';

export type ControlRequest = { command: string; args: Record<string, unknown> };
/** `code` names why: BAD_USAGE for a request that was wrong, anything else for one that could not be done. */
export type ControlAnswer = { ok: true; data: unknown } | { ok: false; error: string; code?: string };

const MAX_REQUEST_BYTES = 65_536;
const IDLE_MS = 30_000;

/**
 * Unix socket for the technician's commands: one JSON request line, one JSON answer line. Only the agent's own user may open it.
 */
export function createControlSocket(deps: {
  path: string;
  log: Logger;
  handle(request: ControlRequest): ControlAnswer | Promise<ControlAnswer>;
}) {
  const { path, log } = deps;
  let server: Server | null = null;
  const open = new Set<Socket>();

  async function answer(line: string): Promise<ControlAnswer> {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      return { ok: false, error: 'the request is not JSON' };
    }
    const { command, args } = (value ?? {}) as { command?: unknown; args?: unknown };
    if (typeof command !== 'string') return { ok: false, error: 'command: missing' };
    try {
      return await deps.handle({
        command,
        args: (typeof args === 'object' && args ? args : {}) as Record<string, unknown>,
      });
    } catch (error) {
      return { ok: false, error: messageOf(error) };
    }
  }

  function serve(socket: Socket): void {
    open.add(socket);
    socket.setEncoding('utf8');
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    let pending = '';
    socket.on('data', (chunk: string) => {
      pending += chunk;
      if (pending.length > MAX_REQUEST_BYTES) return socket.destroy();
      const end = pending.indexOf('\n');
      if (end < 0) return;
      const line = pending.slice(0, end);
      pending = '';
      void answer(line).then((result) => socket.end(`${JSON.stringify(result)}\n`));
    });
    socket.on('error', (error) => log.debug({ err: error }, 'control connection'));
    socket.on('close', () => open.delete(socket));
  }

  return {
    /** A path that is too long for a socket costs the technician's live view, not the station. */
    start(): Promise<void> {
      // The instance lock is held: a socket file that is there belongs to a dead agent.
      rmSync(path, { force: true });
      const starting = createServer(serve);
      return new Promise((resolve) => {
        starting.once('error', (error) => {
          log.error({ err: error, path }, 'control socket not available');
          resolve();
        });
        starting.listen(path, () => {
          chmodSync(path, 0o600);
          server = starting;
          resolve();
        });
      });
    },
    async stop(): Promise<void> {
      const closing = server;
      server = null;
      if (!closing) return;
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => closing.close(() => resolve()));
      rmSync(path, { force: true });
    },
  };
}

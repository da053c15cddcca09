import type { Socket } from 'node:net';
import type { Logger } from '../logger.js';
import { createPacketGuard, type PacketGuardLimits } from './packet-guard.js';

/** Admits connections within limits and bounds what each can make the parser buffer. */
export interface ConnectionGate {
  /** False when the connection was refused and closed. */
  admit(socket: Socket): boolean;
  /** The connection has signed in: it no longer counts as pending. */
  signedIn(socket: Socket): void;
  stats(): { connections: number; refusedConnections: number };
}

export function createConnectionGate(deps: {
  maxConnections: number;
  /** Connections of one address that have not signed in. */
  maxPendingPerAddress: number;
  packets: PacketGuardLimits;
  logger: Logger;
}): ConnectionGate {
  const pendingByAddress = new Map<string, number>();
  /** Address of each connection that has not signed in. */
  const pending = new Map<Socket, string>();
  let connections = 0;
  let refusedConnections = 0;

  function settle(socket: Socket): void {
    const address = pending.get(socket);
    if (address === undefined) return;
    pending.delete(socket);
    const left = (pendingByAddress.get(address) ?? 1) - 1;
    if (left > 0) pendingByAddress.set(address, left);
    else pendingByAddress.delete(address);
  }

  /** aedes pulls bytes with `read()`: the guard stands in that call. */
  function guardReads(socket: Socket): void {
    const guard = createPacketGuard(deps.packets);
    const read = socket.read.bind(socket);
    socket.read = (size?: number) => {
      const chunk: unknown = read(size);
      if (!Buffer.isBuffer(chunk)) return chunk;
      try {
        const allowed = guard.push(chunk);
        return allowed.length > 0 ? allowed : null;
      } catch (error) {
        refusedConnections++;
        deps.logger.warn({ address: socket.remoteAddress, reason: String(error) }, 'mqtt connection closed');
        socket.destroy();
        return null;
      }
    };
  }

  return {
    admit(socket) {
      const address = socket.remoteAddress ?? 'unknown';
      const waiting = pendingByAddress.get(address) ?? 0;
      if (connections >= deps.maxConnections || waiting >= deps.maxPendingPerAddress) {
        refusedConnections++;
        socket.destroy();
        return false;
      }
      connections++;
      pending.set(socket, address);
      pendingByAddress.set(address, waiting + 1);
      socket.once('close', () => {
        connections--;
        settle(socket);
      });
      // A client without a keepalive of its own is noticed when its network is gone.
      socket.setKeepAlive(true, 60_000);
      guardReads(socket);
      return true;
    },
    signedIn: settle,
    stats: () => ({ connections, refusedConnections }),
  };
}

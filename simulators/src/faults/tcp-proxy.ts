import { connect, createServer, type Socket } from 'node:net';
import { createMqttSplitter } from './mqtt-packets.js';

export type Direction = 'to-server' | 'to-client';

/** What happens to one MQTT packet on its way: `after-next` lets the following one overtake it, bytes go in its place. */
export type PacketFate = 'pass' | 'drop' | 'twice' | 'after-next' | Buffer;

/** A network between a client and a server that can be made bad. */
export interface TcpProxy {
  readonly port: number;
  /** Bytes stop in a direction (both when not given) and wait; connections stay up: a half-open link when never resumed. */
  pause(direction?: Direction): void;
  resume(): void;
  /** Resets all connections at once. */
  cut(): void;
  /** New connections are reset until allowed again. */
  refuse(on: boolean): void;
  /** Adds this much to the way of every chunk; order is kept. */
  delay(ms: number): void;
  /** Bytes a second in each direction of each connection; 0 = no limit. */
  throttle(bytesPerS: number): void;
  /** Decides the fate of every MQTT packet, of a proxy made with `mqtt`; undefined lets all pass. */
  mqttFilter(decide: ((packet: Buffer, direction: Direction) => PacketFate) | undefined): void;
  /** Puts bytes of our own into every connection, between whole packets of a proxy made with `mqtt`. */
  inject(direction: Direction, bytes: Buffer): void;
  connections(): number;
  close(): Promise<void>;
}

/** Bytes that one direction holds back at most before the sender is slowed down. */
const HIGH_WATER = 1024 * 1024;
const THROTTLE_STEP_MS = 20;

interface Lane {
  readonly direction: Direction;
  push(bytes: Buffer): void;
  pump(): void;
  close(): void;
}

/**
 * Starts a proxy on a free loopback port in front of a server. With `mqtt` it carries whole MQTT packets, which a filter
 * may lose or repeat; without, bytes as they come.
 */
export async function startTcpProxy(target: {
  host: string;
  port: number;
  mqtt?: boolean;
}): Promise<TcpProxy> {
  const { host, port: targetPort, mqtt = false } = target;
  const pairs = new Set<{ client: Socket; server: Socket; lanes: Lane[] }>();
  const paused = new Set<Direction>();
  let refusing = false;
  let delayMs = 0;
  let bytesPerS = 0;
  let decide: ((packet: Buffer, direction: Direction) => PacketFate) | undefined;

  /** Carries bytes one way. Everything passes its queue, so that order survives every change of mood. */
  function createLane(from: Socket, to: Socket, direction: Direction): Lane {
    const split = mqtt ? createMqttSplitter() : (chunk: Buffer) => [chunk];
    let queue: { bytes: Buffer; dueMs: number }[] = [];
    let queued = 0;
    let timer: NodeJS.Timeout | undefined;
    let ended = false;
    let overtaken: Buffer | undefined;
    let allowance = 0;
    let allowanceAtMs = performance.now();

    function push(bytes: Buffer): void {
      queue.push({ bytes, dueMs: performance.now() + delayMs });
      queued += bytes.length;
    }

    function enqueue(chunk: Buffer): void {
      for (const packet of split(chunk)) {
        const fate = (mqtt && decide?.(packet, direction)) || 'pass';
        if (fate === 'drop') continue;
        if (fate === 'after-next' && !overtaken) {
          overtaken = packet;
          continue;
        }
        push(Buffer.isBuffer(fate) ? fate : packet);
        if (fate === 'twice') push(packet);
        if (overtaken) push(overtaken);
        overtaken = undefined;
      }
      if (queued > HIGH_WATER) from.pause();
      pump();
    }

    function later(ms: number): void {
      timer ??= setTimeout(() => {
        timer = undefined;
        pump();
      }, ms);
    }

    /** Bytes that may go now under the speed limit. */
    function budget(now: number): number {
      if (bytesPerS === 0) return Number.POSITIVE_INFINITY;
      allowance = Math.min(bytesPerS, allowance + ((now - allowanceAtMs) * bytesPerS) / 1000);
      allowanceAtMs = now;
      return Math.floor(allowance);
    }

    function pump() {
      while (!paused.has(direction)) {
        const next = queue[0];
        // A receiver that does not read slows the sender down, as without a proxy.
        if (!next || to.writableNeedDrain) break;
        const now = performance.now();
        if (next.dueMs > now) return later(next.dueMs - now);
        const size = Math.min(next.bytes.length, budget(now));
        if (size === 0) return later(THROTTLE_STEP_MS);
        if (bytesPerS > 0) allowance -= size;
        if (to.writable) to.write(next.bytes.subarray(0, size));
        queued -= size;
        if (size === next.bytes.length) queue.shift();
        else next.bytes = next.bytes.subarray(size);
      }
      if (queued <= HIGH_WATER && from.isPaused()) from.resume();
      if (ended && queue.length === 0) to.end();
    }

    from.on('data', enqueue);
    to.on('drain', pump);
    from.on('end', () => {
      ended = true;
      pump();
    });
    return {
      direction,
      push(bytes) {
        push(bytes);
        pump();
      },
      pump,
      close() {
        clearTimeout(timer);
        queue = [];
      },
    };
  }

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    if (refusing) return client.resetAndDestroy();
    const upstream = connect({ host, port: targetPort, allowHalfOpen: true, noDelay: true });
    const lanes = [createLane(client, upstream, 'to-server'), createLane(upstream, client, 'to-client')];
    const pair = { client, server: upstream, lanes };
    pairs.add(pair);
    const finish = () => {
      if (!pairs.delete(pair)) return;
      for (const lane of lanes) lane.close();
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      socket.on('error', finish);
      socket.on('close', finish);
    }
  });

  const ownPort = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const bound = server.address();
      resolve(typeof bound === 'object' && bound ? bound.port : 0);
    });
  });

  const pumpAll = () => {
    for (const { lanes } of pairs) for (const lane of lanes) lane.pump();
  };
  const cut = () => {
    for (const { client, server: upstream } of [...pairs]) {
      client.resetAndDestroy();
      upstream.resetAndDestroy();
    }
  };

  return {
    port: ownPort,
    pause(direction) {
      for (const one of direction ? [direction] : (['to-server', 'to-client'] as const)) paused.add(one);
    },
    resume() {
      paused.clear();
      pumpAll();
    },
    cut,
    refuse(on) {
      refusing = on;
    },
    delay(ms) {
      delayMs = ms;
    },
    throttle(limit) {
      bytesPerS = limit;
      pumpAll();
    },
    mqttFilter(filter) {
      decide = filter;
    },
    inject(direction, bytes) {
      if (pairs.size === 0)
        throw new Error('no connection stands through the proxy: nothing would hear this');
      for (const { lanes } of pairs)
        for (const lane of lanes) if (lane.direction === direction) lane.push(bytes);
    },
    connections: () => pairs.size,
    close: () =>
      new Promise((resolve) => {
        cut();
        server.close(() => resolve());
      }),
  };
}

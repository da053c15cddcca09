import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Aedes } from 'aedes';

export type ReplayRun = { rows: number; ms: number; rowsPerS: number };
export type ReplayResult = { ours: ReplayRun & { startRssMb: number; growthMb: number }; raw: ReplayRun };

const run = promisify(execFile);
const CHILD = fileURLToPath(new URL('replay-child.ts', import.meta.url));
const child = (...args: string[]): Promise<{ stdout: string }> =>
  run(
    process.execPath,
    [
      '--max-semi-space-size=1',
      '--optimize-for-size',
      '--no-opt',
      '--import',
      import.meta.resolve('tsx'),
      CHILD,
      ...args,
    ],
    {
      maxBuffer: 1_048_576,
    },
  );

/**
 * A backlog of `rows` messages in SQLite until all are acknowledged by a broker in this process: the agent's sender and session in a
 * process of their own, against a bare SELECT, publish and DELETE with the same window and acknowledgements.
 */
export async function benchReplay({ rows = 1_000_000 } = {}): Promise<ReplayResult> {
  const dir = mkdtempSync(join(tmpdir(), 'vb-replay-'));
  const hub = await acknowledgingBroker();
  try {
    await child('fill', join(dir, 'ours'), String(rows));
    cpSync(join(dir, 'ours'), join(dir, 'raw'), { recursive: true });
    const ours = JSON.parse((await child('ours', join(dir, 'ours'), hub.url)).stdout) as ReplayResult['ours'];
    hub.forget();
    const raw = JSON.parse((await child('raw', join(dir, 'raw'), hub.url)).stdout) as ReplayRun;
    return { ours, raw };
  } finally {
    await hub.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Acknowledges up to 64 messages at once, or what came within 5 ms, as a hub after its durable write. */
async function acknowledgingBroker() {
  const broker = await Aedes.createBroker();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.on('error', () => {});
    broker.handle(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  let upTo = new Map<number, number>();
  let unacked = 0;
  let timer: NodeJS.Timeout | null = null;
  function acknowledge(): void {
    if (timer) clearTimeout(timer);
    timer = null;
    unacked = 0;
    const time = new Date().toISOString();
    for (const [epoch, last] of upTo) {
      const payload = JSON.stringify({
        device: 'bench',
        type: 20,
        data: { epoch, upTo: last, hubTime: time },
        time,
      });
      broker.publish(
        {
          cmd: 'publish',
          qos: 1,
          dup: false,
          retain: false,
          topic: 'control/bench',
          payload: Buffer.from(payload),
        },
        () => {},
      );
    }
  }
  broker.on('publish', (packet, client) => {
    if (!client || packet.topic !== 'info/bench') return;
    const text = packet.payload.toString();
    const epoch = Number(/"epoch":(\d+)/.exec(text)?.[1]);
    const seq = Number(/"seq":(\d+)/.exec(text)?.[1]);
    // Messages of one publisher arrive in order: what came last covers the rest.
    upTo.set(epoch, Math.max(seq, upTo.get(epoch) ?? -1));
    unacked += 1;
    if (unacked >= 64) acknowledge();
    else timer ??= setTimeout(acknowledge, 5);
  });
  return {
    url: `mqtt://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    forget(): void {
      upTo = new Map();
    },
    async close(): Promise<void> {
      if (timer) clearTimeout(timer);
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await new Promise<void>((resolve) => broker.close(resolve));
    },
  };
}

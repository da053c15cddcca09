import { createHub, createLogger, type Database, type Hub, openStore, readConfig } from '@voltbay/cloud-hub';
import type { FromHub, ToHub } from './composed-hub.js';

/**
 * The hub as a child process that is composed by a simulation instead of started by its command line: the same code, with the clock
 * and the text messages in the hands of the parent (IPC). Its settings are the environment, as always.
 */
const tell = (message: FromHub): void => {
  if (process.connected) process.send?.(message);
};

let simulatedMs: number | null = null;
const env = Object.fromEntries(
  Object.entries(process.env).filter((pair): pair is [string, string] => pair[1] !== undefined),
);
const config = readConfig(env, { cwd: process.cwd(), repoRoot: null });
let database: Database | undefined;
let hub: Hub | undefined;

const start = async (nowMs: number | null): Promise<void> => {
  simulatedMs = nowMs;
  // Simulated days are made again from their seed: no commit waits for the disk. What loses power lives in real time.
  if (nowMs !== null)
    database = await openStore({
      ...config.store,
      dataDir: config.dataDir,
      logger: createLogger({ level: config.logLevel }),
      bulk: true,
      onFatal: (error) => fail(error),
    });
  hub = createHub(config, {
    clock: { now: () => simulatedMs ?? Date.now() },
    sms: {
      async send({ phone, text }) {
        tell({ kind: 'sms', phone, text });
      },
    },
    ...(database && { database }),
  });
  const { apiUrl, mqttUrl } = await hub.start();
  tell({ kind: 'ready', apiUrl, mqttUrl });
};

const stop = async (): Promise<void> => {
  await hub?.stop();
  await database?.close();
  process.exit(0);
};
const fail = (error: unknown): void => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
};
process.on('message', (message: ToHub) => {
  if (message.kind === 'stop') return void stop();
  if (message.kind === 'start') return void start(message.nowMs).catch(fail);
  // Time only ever rises, so that text order stays time order.
  simulatedMs = Math.max(simulatedMs ?? 0, message.nowMs);
  tell({ kind: 'time', nowMs: simulatedMs });
});
// A parent that is gone can move no clock.
process.on('disconnect', () => void stop());
// Ctrl-C reaches the parent, which stops the hub in order.
process.on('SIGINT', () => undefined);

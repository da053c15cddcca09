import { createHub, readConfig } from '@voltbay/cloud-hub';
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
const hub = createHub(readConfig(env, { cwd: process.cwd(), repoRoot: null }), {
  clock: { now: () => simulatedMs ?? Date.now() },
  sms: {
    async send({ phone, text }) {
      tell({ kind: 'sms', phone, text });
    },
  },
});

const stop = async (): Promise<void> => {
  await hub.stop();
  process.exit(0);
};
process.on('message', (message: ToHub) => {
  if (message.kind === 'stop') return void stop();
  if (message.kind === 'start') {
    simulatedMs = message.nowMs;
    hub.start().then(
      ({ apiUrl, mqttUrl }) => tell({ kind: 'ready', apiUrl, mqttUrl }),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
        process.exit(1);
      },
    );
    return;
  }
  // Time only ever rises, so that text order stays time order.
  simulatedMs = Math.max(simulatedMs ?? 0, message.nowMs);
  tell({ kind: 'time', nowMs: simulatedMs });
});
// A parent that is gone can move no clock.
process.on('disconnect', () => void stop());
// Ctrl-C reaches the parent, which stops the hub in order.
process.on('SIGINT', () => undefined);

import { parseDownlink, type ServerAckData } from '@voltbay/protocol';
import { systemClock } from '../src/clock.js';
import { createLogger } from '../src/logger.js';
import { openStorage } from '../src/storage/storage.js';
import { createHubClock } from '../src/uplink/hub-clock.js';
import { createSender } from '../src/uplink/sender.js';
import { createUplinkSession } from '../src/uplink/session.js';
import { reading } from './reading.js';

/** The agent's storage and uplink alone. Arguments: fill DIR ROWS | ours DIR URL | raw DIR URL. Prints one line of JSON. */
const [mode = '', dir = '', last = ''] = process.argv.slice(2);
const FILL_BATCH = 2_000;
const WINDOW = 256;
const storage = openStorage(dir, systemClock);
const depth = storage.outbox.depth();

function fill(rows: number): void {
  for (let n = 0; n < rows; n += FILL_BATCH)
    storage.outbox.enqueue(
      Array.from({ length: Math.min(FILL_BATCH, rows - n) }, (_, i) => ({
        lane: 'state',
        type: 12,
        data: { readings: [reading(n + i)] },
      })),
    );
}

/** Runs until everything is acknowledged; memory is looked at all the while. */
async function drain(url: string, window: number): Promise<object> {
  const hubClock = createHubClock(systemClock);
  // In the agent the first live report brings the hub's time; there is none here, and the backlog would wait for it.
  hubClock.learn(new Date().toISOString());
  const log = createLogger('silent');
  const { outbox } = storage;
  const [clock, wall] = [systemClock, systemClock];
  const sender = createSender({ device: 'bench', outbox, hubClock, clock, wall, log, window });
  let startRss = 0;
  let maxRss = 0;
  let startMs = 0;
  const look = setInterval(() => {
    maxRss = Math.max(maxRss, process.memoryUsage.rss());
  }, 50);
  const session = createUplinkSession({
    url,
    device: 'bench',
    secret: () => 'x',
    topics: 'own',
    keepaliveS: 30,
    sender,
    epoch: storage.epoch,
    birth: () => ({ epoch: storage.epoch }),
    onDownlink({ payload }) {
      const parsed = parseDownlink(payload);
      if (parsed.ok) sender.acknowledge(parsed.envelope.data as ServerAckData);
    },
    onUp() {
      startMs = performance.now();
      startRss = process.memoryUsage.rss();
    },
    onDown: () => {},
    onFenced: () => {},
    log,
  });
  session.start();
  while (startMs === 0 || outbox.depth() > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  const ms = performance.now() - startMs;
  clearInterval(look);
  await session.stop('stopping');
  const mb = (bytes: number): number => Math.round(bytes / 104_857.6) / 10;
  return {
    rows: depth,
    ms,
    rowsPerS: (depth * 1_000) / ms,
    startRssMb: mb(startRss),
    growthMb: mb(maxRss - startRss),
  };
}

/** The least that a replay can be: SELECT, publish in a window, DELETE when it was acknowledged. */
async function raw(url: string): Promise<object> {
  const { default: mqtt } = await import('mqtt');
  const client = await mqtt.connectAsync(url, { clientId: 'vb-raw', reconnectPeriod: 0 });
  await client.subscribeAsync('control/bench', { qos: 1 });
  const select = storage.db.prepare<[number, number, number], { epoch: number; seq: number; data: string }>(
    'SELECT epoch, seq, data FROM outbox WHERE (epoch, seq) > (?, ?) ORDER BY epoch, seq LIMIT ?',
  );
  const remove = storage.db.prepare('DELETE FROM outbox WHERE epoch = ? AND seq <= ?');
  let cursor = { epoch: -1, seq: -1 };
  let [sent, acked] = [0, 0];
  const startMs = performance.now();
  await new Promise<void>((resolve) => {
    const pump = (): void => {
      for (const row of select.all(cursor.epoch, cursor.seq, WINDOW - (sent - acked))) {
        cursor = row;
        sent += 1;
        client.publish(
          'info/bench',
          `{"device":"bench","type":12,"data":${row.data},"time":"2026-11-22T08:00:00.000Z","epoch":${row.epoch},"seq":${row.seq}}`,
          { qos: 1 },
        );
      }
    };
    client.on('message', (_topic, payload) => {
      const { data } = JSON.parse(payload.toString()) as { data: { epoch: number; upTo: number } };
      remove.run(data.epoch, data.upTo);
      acked = data.upTo + 1;
      if (acked >= depth) resolve();
      else pump();
    });
    pump();
  });
  const ms = performance.now() - startMs;
  await client.endAsync(true);
  return { rows: depth, ms, rowsPerS: (depth * 1_000) / ms };
}

if (mode === 'fill') fill(Number(last));
else console.log(JSON.stringify(mode === 'ours' ? await drain(last, WINDOW) : await raw(last)));
storage.close();

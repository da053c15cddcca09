import { MSG_TYPE } from '@voltbay/protocol';
import { systemClock } from '../../src/clock.js';
import { openStorage } from '../../src/storage/storage.js';

/** Writes until the file may not grow, then insists on records of money. Argument: data directory. Prints what it saw as JSON. */
const [dataDir = ''] = process.argv.slice(2);
const storage = openStorage(dataDir, systemClock);
let refused = 0;
for (let n = 0; n < 6_000; n++)
  try {
    storage.outbox.enqueue([
      { lane: 'telemetry', type: MSG_TYPE.TELEMETRY, data: { readings: [], pad: 'x'.repeat(400), n } },
    ]);
  } catch {
    refused += 1;
  }
for (let n = 0; n < 300; n++)
  storage.outbox.enqueue([{ lane: 'money', type: MSG_TYPE.STATION_EVENT, data: { kind: 'operator', n } }]);
process.stdout.write(
  `${JSON.stringify({ full: storage.faultCounts().full, refused, moneyKept: storage.outbox.stats().byLane.money })}\n`,
);
storage.close();

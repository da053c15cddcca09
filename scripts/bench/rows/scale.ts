import { setTimeout as sleep } from 'node:timers/promises';
import { type FleetHub, startFleetHub, until } from '../fleet-hub.js';
import { pairOf } from '../pair.js';
import type { Row, Sample, Sides, Size } from '../row.js';
import { untilIdle, usageOf } from '../usage.js';

/** The same messages a second from the first number of stations, and from each of the others. */
const STATIONS: Readonly<Record<Size, { few: number; many: readonly number[] }>> = {
  short: { few: 20, many: [60, 200] },
  normal: { few: 100, many: [1_000, 10_000] },
  long: { few: 100, many: [1_000, 10_000] },
};
const MESSAGES_PER_S = 200;
const WINDOW_S = { short: 5, normal: 10, long: 60 };
const SETTLE_MS = 60_000;
/** Of a birth, after it is stored: alarms that end, events of them. */
const AFTERMATH_MS = 1;

/** Processor time of hub and store for one acknowledged message, everything included that goes on meanwhile. */
export const scale: Row = {
  name: 'scale',
  title: 'processor time of the hub for one message with many stations (the worst), against few',
  unit: 'µs/message',
  target: { atMost: 1.3 },
  rounds: 5,
  async prepare(context): Promise<Sides> {
    const { few, many } = STATIONS[context.size];
    const hub = await startFleetHub(context, Math.max(...many));
    const windowS = WINDOW_S[context.size];
    return {
      ...pairOf(async () => {
        const peer = await costWith(hub, few, windowS);
        let ours = peer;
        let worst = 0;
        let lost = 0;
        for (const stations of many) {
          context.progress(`${stations} stations`);
          const sample = await costWith(hub, stations, windowS);
          lost += sample.lost;
          context.progress(
            `${stations} stations: ${Math.round(sample.value)} µs, ${few}: ${Math.round(peer.value)} µs`,
          );
          if (sample.value > worst) ours = sample;
          worst = Math.max(worst, sample.value);
        }
        return { ours: { ...ours, lost }, peer };
      }),
      note: `${MESSAGES_PER_S} messages/s from ${few} and from ${many.join(', ')} stations, ${windowS} s each`,
      close: hub.close,
    };
  },
};

async function costWith(hub: FleetHub, stations: number, windowS: number): Promise<Sample> {
  // What the stations before left to do is not the load of these.
  await untilIdle(hub.pids);
  const storedBefore = await hub.stored();
  const fleet = hub.fleet({ stations, intervalMs: (stations * 1_000) / MESSAGES_PER_S });
  fleet.start();
  try {
    await hub.born(fleet);
    // What the births brought is no steady load.
    const waiting = Math.max(MESSAGES_PER_S, stations / 100);
    await until(() => fleet.stats().unacknowledged <= waiting, SETTLE_MS);
    await sleep(stations * AFTERMATH_MS);
    const from = { cpuUs: usageOf(hub.pids).cpuUs, acknowledged: fleet.stats().acknowledged };
    await sleep(windowS * 1_000);
    const usage = usageOf(hub.pids);
    const count = fleet.stats().acknowledged - from.acknowledged;
    const perMessage = (usage.cpuUs - from.cpuUs) / Math.max(1, count);
    const acknowledged = fleet.stats().acknowledged;
    const stored = (await hub.stored()) - storedBefore;
    return {
      value: perMessage,
      cpuUsPerOperation: perMessage,
      rssMiB: usage.rssMiB,
      // Acknowledged and not to be found. More may be stored than a station has heard of yet.
      lost: Math.max(0, acknowledged - stored) + fleet.stats().setAside,
      duplicated: 0,
    };
  } finally {
    await fleet.stop();
  }
}

import { MSG_TYPE } from '@voltbay/protocol';
import { openStorage } from '../../../network/agent-disk.js';
import { eventually } from '../../../network/eventually.js';
import type { Site } from '../../../network/site.js';
import { type FaultCase, mustHold } from '../case.js';

const DAY_MS = 86_400_000;
const EVERY_MS = 30_000;
const REST_P99_MS = 1_000;

export const aDayWithoutHub: FaultCase = {
  id: 'F29',
  name: 'hub down for 24 h of station life',
  alone: true,
  async run({ site, long, within }) {
    const days = long ? 7 : 1;
    await site.drained();
    await site.network.hub.kill();
    await site.network.agent.kill();
    const rows = liveThrough(site, days * DAY_MS);
    await site.network.startHub();
    // What a program's first answer costs is no matter of the replay.
    await site.station();
    const since = performance.now();
    await site.network.startAgent();
    const delays: number[] = [];
    let replayed = false;
    const users = (async () => {
      while (!replayed) {
        const asked = performance.now();
        await site.station();
        delays.push(performance.now() - asked);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    })();
    users.catch(() => undefined);
    try {
      await eventually('the agent back', 60_000, async () => (site.uplink.sessions() > 1 ? true : null));
      await site.drained(long ? 1_200_000 : 180_000);
    } finally {
      replayed = true;
      await users;
    }
    const replayMs = performance.now() - since;
    await site.ready();
    mustHold(
      site.uplink.outOfOrder.length === 0,
      `out of order: ${site.uplink.outOfOrder.slice(0, 5).join(' ')}`,
    );
    delays.sort((a, b) => a - b);
    const p99 = delays[Math.ceil(delays.length * 0.99) - 1] ?? 0;
    return {
      runs: 1,
      note: `${rows} rows of ${days * 24} h by the agent's own outbox under a moved clock, replayed in order in ${(replayMs / 1000).toFixed(1)} s; meanwhile ${within('REST p99', p99, REST_P99_MS)}`,
      check({ messages }) {
        const historical = messages.filter((message) => message.historical && message.device === '1231');
        mustHold(historical.length >= rows, `${historical.length} of ${rows} stored as historical`);
        const times = historical.map(({ at }) => Date.parse(at)).sort((a, b) => a - b);
        const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
        mustHold(span > 0.99 * days * DAY_MS, `they span ${Math.round(span / 3_600_000)} h`);
      },
    };
  },
};

/** What the station writes while it works on without a hub: readings at its interval, an event now and then. Answers how many rows. */
function liveThrough(site: Site, spanMs: number): number {
  const readings = lastReadings(site);
  const endMs = Date.now();
  let nowMs = endMs - spanMs;
  const storage = openStorage(site.agentDir, { nowMs: () => nowMs, monotonicMs: () => nowMs });
  let rows = 0;
  try {
    for (; nowMs < endMs; nowMs += EVERY_MS) {
      storage.outbox.enqueue([{ lane: 'telemetry', type: MSG_TYPE.TELEMETRY, data: { readings } }]);
      rows += 1;
      if (rows % 30 !== 0) continue;
      const at = new Date(nowMs).toISOString();
      const data = { kind: 'operator', action: 'inspection', who: 'technician', at };
      storage.outbox.enqueue([{ lane: 'state', type: MSG_TYPE.STATION_EVENT, data }]);
      rows += 1;
    }
  } finally {
    storage.close();
  }
  return rows;
}

function lastReadings(site: Site): unknown {
  const infos = [...site.uplink.sent.values()].filter(({ type }) => type === MSG_TYPE.STATION_INFO);
  const data = infos.at(-1)?.data as { battery?: unknown } | undefined;
  mustHold(Array.isArray(data?.battery), 'the station has not reported yet');
  return data?.battery;
}

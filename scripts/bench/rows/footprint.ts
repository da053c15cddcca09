import { setTimeout as sleep } from 'node:timers/promises';
import {
  FOOTPRINT_BAUD,
  FOOTPRINT_REPORT_S,
  startPollingAgent,
} from '../../../station-agent/bench/footprint.js';
import {
  pylontechBus,
  startVirtualStation,
} from '../../../station-agent/test/hardware/support/virtual-station.js';
import { createScriptedHub } from '../../../station-agent/test/support/scripted-hub.js';
import { startPeer } from '../processes.js';
import type { Row, RowContext, Sample, Side, Sides } from '../row.js';
import { median } from '../run-row.js';
import { usageOf } from '../usage.js';

const PACKS = 16;
/** Address of the first pack of a Pylontech bus. */
const FIRST_ADDRESS = 2;
const WINDOW_S = { short: 5, normal: 15, long: 60 };
/** Reads of a window that a busy machine may put into the next one. */
const SLACK = 0.9;
const MAX_CPU_RATIO = 0.8;
/** What the agent may take whatever the peer does: 90 MB, and 5 % of a core at a read of each pack a second. */
const MAX_RSS_MIB = 90_000_000 / 1_048_576;
const MAX_CPU_US_PER_READ = 50_000 / PACKS;

/** Both poll all the while, each its own simulated bus in a process of its own, and are looked at in turns. */
export const footprint: Row = {
  name: 'footprint',
  title: `resident memory of the agent with ${PACKS} packs at 1 Hz, against Node-RED 4 that polls the same`,
  unit: 'MiB',
  target: { atMost: 0.8 },
  rounds: 5,
  async prepare(context): Promise<Sides> {
    const agent = await startPollingAgent(PACKS);
    const nodeRed = await startNodeRed(context).catch(async (error) => {
      await agent.close();
      throw error;
    });
    return {
      ours: side(context, agent),
      peer: side(context, nodeRed),
      note: `${PACKS} packs, two questions each, 115 200 baud, a report every ${FOOTPRINT_REPORT_S} s; CPU is for one read of a pack; missing reads count as lost`,
      fails(ours, peer) {
        const cpu = (samples: readonly Sample[]) =>
          median(samples.slice(1).map(({ cpuUsPerOperation }) => cpuUsPerOperation ?? Number.NaN));
        const rssMiB = median(ours.slice(1).map((sample) => sample.rssMiB ?? Number.NaN));
        if (!(rssMiB <= MAX_RSS_MIB))
          return `${rssMiB.toFixed(1)} MiB, ≤ ${MAX_RSS_MIB.toFixed(1)} is wanted`;
        const corePct = (cpu(ours) * PACKS) / 10_000;
        if (!(cpu(ours) <= MAX_CPU_US_PER_READ)) return `${corePct.toFixed(1)} % of a core, ≤ 5 is wanted`;
        const ratio = cpu(ours) / cpu(peer);
        return ratio <= MAX_CPU_RATIO ? null : `CPU ratio ${ratio.toFixed(2)}, ≤ ${MAX_CPU_RATIO} is wanted`;
      },
      async close() {
        await agent.close();
        await nodeRed.close();
      },
    };
  },
};

interface Poller {
  pid: number;
  reads(): number | Promise<number>;
}

function side({ size }: RowContext, poller: Poller): Side {
  return {
    async round(index): Promise<Sample> {
      const from = { usage: usageOf([poller.pid]), reads: await poller.reads(), atMs: performance.now() };
      await sleep(WINDOW_S[size] * 1_000);
      const to = { usage: usageOf([poller.pid]), reads: await poller.reads(), atMs: performance.now() };
      const reads = to.reads - from.reads;
      const expected = Math.floor((PACKS * SLACK * (to.atMs - from.atMs)) / 1_000);
      return {
        value: to.usage.rssMiB,
        cpuUsPerOperation: (to.usage.cpuUs - from.usage.cpuUs) / Math.max(1, reads),
        rssMiB: to.usage.rssMiB,
        // Both have only just started in the first one.
        lost: index === 0 ? 0 : Math.max(0, expected - reads),
        duplicated: 0,
      };
    },
  };
}

async function startNodeRed({ root, dir }: RowContext): Promise<Poller & { close(): Promise<void> }> {
  const hub = await createScriptedHub('peer');
  const station = await startVirtualStation(pylontechBus(PACKS, { baudRate: FOOTPRINT_BAUD }));
  const path = station.hardware.ports.bus1?.path;
  const peer = await startPeer<{ ready: true; countUrl: string }>(root, dir, 'node-red-poll.mjs', {
    path,
    baudRate: FOOTPRINT_BAUD,
    addresses: Array.from({ length: PACKS }, (_, i) => FIRST_ADDRESS + i),
    mqttUrl: hub.url,
    topic: 'peer/readings',
    reportEveryRounds: FOOTPRINT_REPORT_S,
    dir,
  });
  return {
    pid: peer.pid,
    reads: async () => Number(await (await fetch(peer.ready.countUrl)).text()),
    async close() {
      await peer.stop();
      await station.close();
      await hub.close();
    },
  };
}

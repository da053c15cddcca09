import { MSG_TYPE } from '@voltbay/protocol';
import { eventually } from '../../../network/eventually.js';
import { mqttPublishPayload, mqttPublishTopic } from '../../mqtt-packets.js';
import { uplinkKey } from '../../uplink-record.js';
import { type FaultCase, mustHold } from '../case.js';

export const outOfOrder: FaultCase = {
  id: 'F15',
  name: 'out-of-order and gapped seq',
  slow: true,
  network: { agentConfig: { uplink: { infoIntervalS: 1 } } },
  async run({ site, random, swap, long }) {
    const wantLost = long ? 30 : 5;
    const lost = new Map<string, number>();
    let swapped = 0;
    site.filter((packet, direction) => {
      const key = direction === 'to-server' ? numberOf(packet) : null;
      if (key === null) return 'pass';
      // Each is lost once; what is asked for again gets through.
      if (lost.size < wantLost && !lost.has(key) && random.next() < 0.3) {
        lost.set(key, performance.now());
        return 'drop';
      }
      if (random.next() >= 0.3) return 'pass';
      swapped += 1;
      return 'after-next';
    });
    const { order } = await swap({ timeoutMs: 120_000 });
    mustHold(order?.state === 'completed', `the swap: ${order?.state} ${order?.reason}`);
    await eventually(`${wantLost} lost messages`, 60_000, async () => (lost.size >= wantLost ? true : null));
    // Live messages keep coming meanwhile: the gaps must be filled for all that, on the same connection.
    const epoch = (await site.status())?.epoch;
    const since = performance.now();
    await eventually('the gaps filled without a new connection', 90_000, async () =>
      [...lost.keys()].every((key) => site.uplink.acknowledged.has(key)) ? true : null,
    );
    const filledMs = Math.round(performance.now() - since);
    site.filter(undefined);
    mustHold((await site.status())?.epoch === epoch, 'the agent was restarted');
    return {
      runs: lost.size,
      note: `${lost.size} lost, ${swapped} overtaken; the last gap filled ${filledMs} ms after the last loss`,
    };
  },
};

function numberOf(packet: Buffer): string | null {
  if (!mqttPublishTopic(packet)?.startsWith('info/')) return null;
  try {
    const message = JSON.parse(mqttPublishPayload(packet)?.toString('utf8') ?? '') as Record<string, unknown>;
    const { epoch, seq, type } = message;
    // The swap's own records are left alone: the rider would have to wait for them.
    if (type !== MSG_TYPE.STATION_INFO) return null;
    return typeof epoch === 'number' && typeof seq === 'number' ? uplinkKey(epoch, seq) : null;
  } catch {
    return null;
  }
}

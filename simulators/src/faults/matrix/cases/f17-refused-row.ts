import { MSG_TYPE } from '@voltbay/protocol';
import { eventually } from '../../../network/eventually.js';
import { mqttPublishPayload } from '../../mqtt-packets.js';
import { type FaultCase, mustHold } from '../case.js';

const ROWS = 3;

export const refusedRow: FaultCase = {
  id: 'F17',
  name: 'row that the hub always refuses',
  network: { agentConfig: { uplink: { infoIntervalS: 1 } } },
  async run({ site }) {
    const spoiled = new Set<number>();
    site.filter((packet, direction) => {
      if (direction !== 'to-server' || !packet.includes('"seq":')) return 'pass';
      const payload = mqttPublishPayload(packet);
      if (!payload) return 'pass';
      const { type, seq } = JSON.parse(payload.toString('utf8')) as { type: number; seq: number };
      if (type !== MSG_TYPE.STATION_INFO || (spoiled.size >= ROWS && !spoiled.has(seq))) return 'pass';
      spoiled.add(seq);
      // As long as before, so that the packet's lengths still hold; `battery` is no reading now.
      const at = packet.indexOf('"battery":[');
      if (at < 0) return 'pass';
      const changed = Buffer.from(packet);
      changed.write('"battery":7', at);
      return rebalanced(changed, at + 11);
    });
    await eventually('the rows set aside by the agent', 60_000, async () =>
      ((await site.status())?.outbox.quarantined ?? 0) >= ROWS ? true : null,
    );
    site.filter(undefined);
    const stored = site.uplink.acknowledged.size;
    await eventually('later rows stored', 30_000, async () =>
      site.uplink.acknowledged.size >= stored + 3 ? true : null,
    );
    await site.drained();
    return {
      runs: ROWS,
      note: `${ROWS} rows set aside, later ones flowed on`,
      check({ messages }) {
        const refused = messages.filter((message) => message.refused !== undefined).length;
        mustHold(refused >= ROWS, `${refused} of ${ROWS} kept by the hub as evidence`);
      },
    };
  },
};

/** Blanks out the rest of the array that began before `from`, brackets counted, so that the JSON is whole again. */
function rebalanced(packet: Buffer, from: number): Buffer {
  let depth = 1;
  let inText = false;
  for (let i = from; i < packet.length && depth > 0; i += 1) {
    const byte = packet[i];
    if (inText && byte === 0x5c) {
      packet[i + 1] = 0x20;
    } else if (byte === 0x22) inText = !inText;
    else if (!inText && byte === 0x5b) depth += 1;
    else if (!inText && byte === 0x5d) depth -= 1;
    packet[i] = 0x20;
  }
  return packet;
}

import { MQTT_PACKET, mqttPacketType } from '../../mqtt-packets.js';
import { type FaultCase, mustHold } from '../case.js';

export const acksDropped: FaultCase = {
  id: 'F14',
  name: 'PUBACKs and SERVER_ACKs dropped or doubled',
  async run({ site, random, swap, long }) {
    const runs = long ? 10 : 2;
    let dropped = 0;
    site.filter((packet, direction) => {
      const type = mqttPacketType(packet);
      const acks = type === MQTT_PACKET.puback || (direction === 'to-client' && packet.includes('"type":20'));
      if (!acks)
        return direction === 'to-server' && packet.includes('"seq":') && random.next() < 0.2
          ? 'twice'
          : 'pass';
      if (random.next() < 0.5) return 'pass';
      dropped += 1;
      return 'drop';
    });
    try {
      for (let i = 0; i < runs; i += 1) await swap({ timeoutMs: 120_000 });
    } finally {
      site.filter(undefined);
      site.proxy.cut();
    }
    mustHold(dropped > 0, 'no acknowledgement came by');
    return { runs, note: `${dropped} acknowledgements dropped during ${runs} swaps` };
  },
};

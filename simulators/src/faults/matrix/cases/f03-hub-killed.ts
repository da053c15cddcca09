import { mqttPublishTopic } from '../../mqtt-packets.js';
import type { FaultCase } from '../case.js';

export const hubKilled: FaultCase = {
  id: 'F03',
  name: 'hub killed before or after its durable write',
  async run({ site, random, long, pause }) {
    const runs = long ? 50 : 8;
    for (let i = 0; i < runs; i += 1) {
      const killed = new Promise<void>((resolve) => {
        const delayMs = random.integer(0, 25);
        let done = false;
        site.filter((packet, direction) => {
          if (!done && direction === 'to-server' && mqttPublishTopic(packet)?.startsWith('info/')) {
            done = true;
            setTimeout(() => void site.network.hub.kill().then(resolve), delayMs);
          }
          return 'pass';
        });
      });
      await Promise.race([killed, pause(40_000)]);
      site.filter(undefined);
      await site.restart('hub');
    }
    return { runs, note: 'killed 0-25 ms after a message passed' };
  },
};

import { mqttPublishTopic } from '../../mqtt-packets.js';
import { type FaultCase, mustHold } from '../case.js';

export const hubKilled: FaultCase = {
  id: 'F03',
  name: 'hub killed before or after its durable write',
  network: { agentConfig: { uplink: { infoIntervalS: 2 } } },
  async run({ site, random, long, pause }) {
    const runs = long ? 50 : 5;
    for (let i = 0; i < runs; i += 1) {
      const killed = new Promise<true>((resolve) => {
        const delayMs = random.integer(0, 25);
        let done = false;
        site.filter((packet, direction) => {
          if (!done && direction === 'to-server' && mqttPublishTopic(packet)?.startsWith('info/')) {
            done = true;
            setTimeout(() => void site.network.hub.kill().then(() => resolve(true)), delayMs);
          }
          return 'pass';
        });
      });
      const wasKilled = await Promise.race([killed, pause(60_000)]);
      mustHold(wasKilled === true, 'no message came by');
      site.filter(undefined);
      await site.restart('hub');
    }
    return { runs, note: 'killed 0-25 ms after a message passed' };
  },
};

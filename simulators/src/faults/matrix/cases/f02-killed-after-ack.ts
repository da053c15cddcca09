import { MQTT_PACKET, mqttPacketType, mqttPublishTopic } from '../../mqtt-packets.js';
import { type FaultCase, mustHold } from '../case.js';

export const killedAfterAck: FaultCase = {
  id: 'F02',
  name: 'agent killed between SERVER_ACK and delete',
  async run({ site, random, long, pause }) {
    const runs = long ? 50 : 5;
    for (let i = 0; i < runs; i += 1) {
      const killed = new Promise<true>((resolve) => {
        const delayMs = random.integer(0, 3);
        let done = false;
        site.filter((packet, direction) => {
          const control = mqttPublishTopic(packet)?.startsWith('control/') ?? false;
          if (
            !done &&
            direction === 'to-client' &&
            mqttPacketType(packet) === MQTT_PACKET.publish &&
            control
          ) {
            done = true;
            setTimeout(() => void site.network.agent.kill().then(() => resolve(true)), delayMs);
          }
          return 'pass';
        });
      });
      const wasKilled = await Promise.race([killed, pause(40_000)]);
      mustHold(wasKilled === true, 'no acknowledgement came by');
      site.filter(undefined);
      await site.restart('agent');
      await pause(300);
    }
    return { runs, note: 'killed 0-3 ms after an acknowledgement passed' };
  },
};

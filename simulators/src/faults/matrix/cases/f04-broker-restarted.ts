import { type FaultCase, mustHold } from '../case.js';

export const brokerRestarted: FaultCase = {
  id: 'F04',
  name: 'broker restarted, sessions lost',
  async run({ site, swap }) {
    const runs = 3;
    for (let i = 0; i < runs; i += 1) {
      await site.network.hub.stop();
      await site.network.startHub();
      await site.ready();
    }
    const { order } = await swap();
    mustHold(order?.state === 'completed', `swap afterwards: ${order?.state} ${order?.reason}`);
    return { runs, note: 'embedded broker: hub stopped and started, station born again each time' };
  },
};

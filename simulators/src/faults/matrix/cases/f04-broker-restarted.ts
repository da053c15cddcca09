import { type FaultCase, mustHold } from '../case.js';

export const brokerRestarted: FaultCase = {
  id: 'F04',
  name: 'broker restarted, sessions lost',
  slow: true,
  async run({ site, swap }) {
    const runs = 3;
    const born = site.uplink.sessions();
    for (let i = 0; i < runs; i += 1) {
      await site.network.hub.stop();
      await site.network.startHub();
      await site.ready();
    }
    const rebirths = site.uplink.sessions() - born;
    mustHold(rebirths >= runs, `born again ${rebirths} times after ${runs} restarts`);
    const { order } = await swap();
    mustHold(order?.state === 'completed', `swap afterwards: ${order?.state} ${order?.reason}`);
    const [late] = site.uplink.outOfOrder;
    mustHold(late === undefined, `${late} was sent behind a later one`);
    return { runs, note: 'embedded broker: hub stopped and started, station born again each time' };
  },
};

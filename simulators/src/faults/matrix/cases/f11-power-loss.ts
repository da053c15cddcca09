import { type FaultCase, mustHold } from '../case.js';

const STEPS = [
  'swap:accepted',
  'swap:moved',
  'swap:closed',
  'swap:verified',
  'swap:moved#2',
  'swap:pack-taken',
  'swap:ended',
];

export const powerLoss: FaultCase = {
  id: 'F11',
  name: 'power loss at each swap step',
  async run({ site, swap, charge }) {
    for (const step of STEPS) {
      await charge();
      const { gone } = site.network.agent;
      site.arm('agent', step);
      const running = swap();
      await Promise.race([gone, running]);
      await site.restart('agent');
      const { order } = await running;
      mustHold(order?.state === 'completed', `${step}: ${order?.state} ${order?.reason}`);
    }
    return { runs: STEPS.length, note: STEPS.join(' ') };
  },
};

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
  slow: true,
  async run({ site, swap, charge }) {
    for (const step of STEPS) {
      await charge();
      const { gone } = site.network.agent;
      site.arm('agent', step);
      const running = swap();
      const first = await Promise.race([gone.then(() => 'killed'), running.then(() => 'ended')]);
      mustHold(first === 'killed', `${step}: the swap never came by`);
      await site.restart('agent');
      const { order } = await running;
      mustHold(order?.state === 'completed', `${step}: ${order?.state} ${order?.reason}`);
    }
    return { runs: STEPS.length, note: STEPS.join(' ') };
  },
};

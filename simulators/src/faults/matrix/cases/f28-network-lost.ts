import { eventually } from '../../../network/eventually.js';
import { type FaultCase, mustHold } from '../case.js';

export const networkLost: FaultCase = {
  id: 'F28',
  name: 'network lost in the middle of a swap',
  async run({ site, swap, charge }) {
    const moments = ['latch released', 'pack inserted', 'pack removed'];
    for (const moment of moments) {
      await charge();
      const since = (await site.truth()).at;
      const running = swap({ timeoutMs: 120_000 });
      await eventually(moment, 30_000, async () =>
        (await site.truth()).history.some(({ at, what }) => at >= since && what === moment) ? true : null,
      );
      site.offline(true);
      await eventually('the rider to be served without a network', 60_000, async () =>
        (await site.status())?.swap === null ? true : null,
      );
      site.offline(false);
      const { order, taken } = await running;
      mustHold(order?.state === 'completed' && taken !== null, `${moment}: ${order?.state} ${order?.reason}`);
    }
    return { runs: moments.length, note: `lost at: ${moments.join(', ')}` };
  },
};

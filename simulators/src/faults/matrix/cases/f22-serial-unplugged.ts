import { eventually } from '../../../network/eventually.js';
import type { FaultCase } from '../case.js';

export const serialUnplugged: FaultCase = {
  id: 'F22',
  name: 'serial adapter unplugged and replugged',
  async run({ site, random, pause, long }) {
    const runs = long ? 20 : 3;
    let slowestMs = 0;
    for (let i = 0; i < runs; i += 1) {
      await site.fault('unplug', { port: 'cabinet' });
      await eventually('the agent to miss the cabinet', 10_000, async () =>
        (await site.status())?.cabinet.up === false ? true : null,
      );
      await pause(random.integer(100, 1_500));
      await site.fault('replug', { port: 'cabinet' });
      const since = performance.now();
      await eventually('the cabinet back', 10_000, async () =>
        (await site.status())?.cabinet.up === true ? true : null,
      );
      slowestMs = Math.max(slowestMs, Math.round(performance.now() - since));
    }
    return { runs, note: `cabinet back after ${slowestMs} ms at most` };
  },
};

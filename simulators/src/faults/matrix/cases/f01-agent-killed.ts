import type { FaultCase } from '../case.js';

export const agentKilled: FaultCase = {
  id: 'F01',
  name: 'agent killed mid-write',
  async run({ site, random, long, pause }) {
    const runs = long ? 200 : 12;
    for (let i = 0; i < runs; i += 1) {
      await pause(random.integer(20, 900));
      await site.restart('agent');
    }
    return { runs, note: `killed at random moments, ${runs} starts on one database` };
  },
};

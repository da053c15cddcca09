import { eventually } from '../../../network/eventually.js';
import { failSyscalls, syscallFaultsMissing } from '../../injectors/syscall-faults.js';
import { type FaultCase, mustHold } from '../case.js';
import { logOf } from '../observe.js';

export const fsyncFails: FaultCase = {
  id: 'F09',
  name: 'fsync fails',
  missing: syscallFaultsMissing,
  network: { agentConfig: { uplink: { infoIntervalS: 1 } } },
  async run({ site, long, within }) {
    const runs = long ? 20 : 3;
    let slowestMs = 0;
    for (let i = 0; i < runs; i += 1) {
      await site.ready();
      const before = await site.status();
      mustHold(before !== null, 'no agent');
      const fault = await failSyscalls(site.network.agent.pid, {
        calls: ['fsync', 'fdatasync'],
        error: 'EIO',
        when: '1',
      });
      try {
        await eventually('a failed fsync', 60_000, async () => (fault.injected() > 0 ? true : null), 20);
        const since = performance.now();
        await eventually('the database opened anew', 60_000, async () => {
          const after = await site.status();
          return after && after.epoch > before.epoch ? true : null;
        });
        slowestMs = Math.max(slowestMs, performance.now() - since);
      } finally {
        await fault.stop();
      }
    }
    const said = logOf(site, 'agent').filter(({ fault }) => fault === 'fatal').length;
    mustHold(said >= runs, `${said} of ${runs} failures were taken as fatal`);
    return { runs, note: `opened anew and checked, ${within('at work again after', slowestMs, 10_000)}` };
  },
};

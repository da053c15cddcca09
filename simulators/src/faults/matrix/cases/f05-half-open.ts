import { eventually } from '../../../network/eventually.js';
import type { FaultCase } from '../case.js';

const KEEPALIVE_S = 5;

export const halfOpen: FaultCase = {
  id: 'F05',
  name: 'half-open TCP',
  network: { agentConfig: { uplink: { keepaliveS: KEEPALIVE_S, infoIntervalS: 5 } } },
  alone: true,
  async run({ site, within }) {
    site.proxy.pause();
    const since = performance.now();
    await eventually('the agent to notice', 30_000, async () => {
      const status = await site.status();
      return status && status.hub.state !== 'up' ? true : null;
    });
    const noticedMs = Math.round(performance.now() - since);
    const waiting = await eventually('messages kept meanwhile', 20_000, async () => {
      const status = await site.status();
      return status && status.outbox.rows > 0 ? status.outbox.rows : null;
    });
    site.proxy.cut();
    site.proxy.resume();
    await site.ready();
    const noticed = within('noticed after', noticedMs, KEEPALIVE_S * 1_500);
    return { runs: 1, note: `${noticed} at keepalive ${KEEPALIVE_S} s, ${waiting} kept` };
  },
};

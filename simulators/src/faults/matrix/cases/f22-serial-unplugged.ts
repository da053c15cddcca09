import { eventually } from '../../../network/eventually.js';
import type { Site } from '../../../network/site.js';
import { cpuTimeMs } from '../../injectors/process-figures.js';
import { type FaultCase, mustHold } from '../case.js';

const NOTICED_MS = 2_000;
const BACK_MS = 5_000;
/** Of one processor, while a port is away: looking for it costs next to nothing. */
const SPIN_SHARE = 0.5;
const AWAY_MS = 4_000;

export const serialUnplugged: FaultCase = {
  id: 'F22',
  name: 'serial adapter unplugged and replugged',
  alone: true,
  // Urgent reading, so that the pack bus is always in the middle of an answer.
  network: { agentConfig: { polling: { idleMs: 500 } } },
  async run({ site, random, pause, long, within }) {
    const runs = long ? 20 : 3;
    const slowest = { noticedMs: 0, backMs: 0, share: 0 };
    for (let i = 0; i < runs; i += 1)
      for (const port of ['cabinet', 'bus1'] as const) {
        await pause(random.integer(0, 700));
        const unplugged = performance.now();
        await site.fault('unplug', { port });
        await state(site, port, false);
        slowest.noticedMs = Math.max(slowest.noticedMs, performance.now() - unplugged);
        const { pid } = site.network.agent;
        const [cpuMs, since] = [cpuTimeMs(pid), performance.now()];
        await pause(random.integer(AWAY_MS / 2, AWAY_MS));
        slowest.share = Math.max(slowest.share, (cpuTimeMs(pid) - cpuMs) / (performance.now() - since));
        const replugged = performance.now();
        await site.fault('replug', { port });
        await state(site, port, true);
        slowest.backMs = Math.max(slowest.backMs, performance.now() - replugged);
      }
    mustHold(
      slowest.share <= SPIN_SHARE,
      `${Math.round(slowest.share * 100)} % of a processor while a port is away`,
    );
    const noticed = within('noticed after', slowest.noticedMs, NOTICED_MS);
    const back = within('back after', slowest.backMs, BACK_MS);
    return {
      runs: 2 * runs,
      note: `cabinet idle and pack bus mid-read: ${noticed}, ${back}, ${Math.round(slowest.share * 100)} % of a processor meanwhile`,
    };
  },
};

const state = (site: Site, port: 'cabinet' | 'bus1', up: boolean): Promise<true> =>
  eventually(
    `${port} ${up ? 'back' : 'missed'}`,
    20_000,
    async () => {
      const seen = await site.status();
      if (!seen) return null;
      const isUp =
        port === 'cabinet' ? seen.cabinet.up : seen.hardware.buses.find((bus) => bus.port === port)?.up;
      return isUp === up ? true : null;
    },
    25,
  );

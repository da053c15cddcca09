import { join } from 'node:path';
import { eventually } from '../../../network/eventually.js';
import { createFakeClock, fakeClockMissing } from '../../injectors/fake-clock.js';
import { type FaultCase, mustHold } from '../case.js';
import { lostHub } from '../observe.js';

/** Nothing of this network can have happened before. */
const SENSE_MS = Date.parse('2020-01-01T00:00:00Z');

export const bootIn1970: FaultCase = {
  id: 'F13',
  name: 'boot in 1970, synced later',
  missing: fakeClockMissing,
  async open(folder) {
    // Six hours after the beginning of time, as a board without a battery has it.
    const clock = createFakeClock(join(folder, 'agent-clock'), 6 * 3_600 - Math.floor(Date.now() / 1000));
    const beganMs = Date.now();
    return {
      network: { agentEnv: clock.env, agentConfig: { uplink: { infoIntervalS: 1 } } },
      close: () => {},
      async run({ site, pause }) {
        await pause(2_000);
        // Without a network, and still in 1970, things go on being recorded; then time arrives, then the network.
        site.offline(true);
        await lostHub(site);
        const kept = await eventually('rows from 1970', 60_000, async () => {
          const rows = (await site.status())?.outbox.rows ?? 0;
          return rows >= 3 ? rows : null;
        });
        clock.set(0);
        await pause(1_000);
        site.offline(false);
        await site.ready();
        await site.drained();
        return {
          runs: 1,
          note: `${kept} rows written in 1970 without a network, synced before they were sent`,
          check({ messages }) {
            const own = messages.filter(({ device }) => device === '1231');
            const unsure = own.filter(({ clock: said }) => said?.synced === false);
            mustHold(unsure.length > 0, 'no row says that its clock was not synced');
            const absurd = own.filter(({ at }) => Date.parse(at) < SENSE_MS);
            mustHold(
              absurd.length === 0,
              `${absurd.length} rows are kept as of 1970, ${absurd.filter(({ clock: said }) => said?.synced).length} of them as if the clock had been right`,
            );
            const early = own.filter(({ at }) => Date.parse(at) < beganMs - 60_000);
            mustHold(early.length === 0, `${early.length} rows from before the network was started`);
          },
        };
      },
    };
  },
};

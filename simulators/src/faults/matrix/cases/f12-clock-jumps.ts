import { join } from 'node:path';
import { eventually } from '../../../network/eventually.js';
import { createFakeClock, fakeClockMissing } from '../../injectors/fake-clock.js';
import { type FaultCase, mustHold } from '../case.js';
import { happening } from '../observe.js';

const DAY_S = 86_400;
const JUMPS = [
  { name: '−30 days', offsetS: -30 * DAY_S },
  { name: '+2 h', offsetS: 7_200 },
  { name: 'back', offsetS: 0 },
];

export const clockJumps: FaultCase = {
  id: 'F12',
  name: 'wall clock jumps while running',
  missing: fakeClockMissing,
  async open(folder) {
    const clock = createFakeClock(join(folder, 'agent-clock'));
    return {
      network: { agentEnv: clock.env, agentConfig: { uplink: { infoIntervalS: 2 } } },
      close: () => {},
      async run({ site, swap, charge }) {
        for (const { name, offsetS } of JUMPS) {
          await charge();
          const since = (await site.truth()).at;
          const running = swap();
          await happening(site, 'latch released', since);
          clock.set(offsetS);
          const { order } = await running;
          mustHold(order?.state === 'completed', `${name}: ${order?.state} ${order?.reason}`);
          // Timers go by the monotonic clock: reports go on at their pace.
          const sent = site.uplink.sent.size;
          await eventually(`reports after ${name}`, 30_000, async () =>
            site.uplink.sent.size >= sent + 3 ? true : null,
          );
          // A command that arrives after the jump is not late.
          const command = await site.operator.post<{ state: string }>(
            '/core/v0/stations/1231/commands?waitMs=15000',
            { name: 'SERVER_ASK_INFO' },
          );
          mustHold(command.state === 'done', `${name}: a command ended ${command.state}`);
        }
        return {
          runs: JUMPS.length,
          note: `in the middle of a swap: ${JUMPS.map(({ name }) => name).join(', ')}; no swap or command expired`,
          check({ messages }) {
            // The hub's time, once heard, labels what happens: no record moves with the wall clock.
            const live = messages.filter(({ device, historical }) => device === '1231' && !historical);
            const moved = live.filter(
              ({ at, receivedAt }) => Math.abs(receivedAt.getTime() - Date.parse(at)) > 600_000,
            );
            mustHold(moved.length === 0, `${moved.length} records moved with the clock`);
          },
        };
      },
    };
  },
};

import type { Command } from '@voltbay/protocol';
import { eventually } from '../../../network/eventually.js';
import { type FaultCase, mustHold } from '../case.js';
import { releases, resultsOf } from '../observe.js';

const SLOT = 1;

export const killedAfterStarted: FaultCase = {
  id: 'F20',
  name: 'killed after `started`, before `done`',
  async run({ site, allowRelease, long }) {
    const rounds = long ? 10 : 2;
    const stories: string[] = [];
    for (let i = 0; i < rounds; i += 1) {
      stories.push(await killedAt('open-slot:moved', ['done']));
      stories.push(await killedAt('command:started', ['unknown']));
    }
    return { runs: stories.length, note: [...new Set(stories)].join('; ') };

    async function killedAt(step: string, ends: readonly string[]): Promise<string> {
      await site.ready();
      const before = await releases(site);
      const { gone } = site.network.agent;
      site.network.agent.expectEnd();
      site.arm('agent', step);
      const { id } = await site.operator.post<Command>(`/core/v0/stations/${site.network.device}/commands`, {
        name: 'SERVER_OPEN_SLOT',
        slot: SLOT,
        reason: 'a technician looks inside',
      });
      await gone;
      await site.restart('agent');
      await eventually(`the end of the command killed at ${step}`, 60_000, async () => {
        const seen = await site.operator.get<Command>(`/core/v0/commands/${id}`);
        return ends.includes(seen.state) ? seen : null;
      });
      await site.drained();
      // What is live may pass what piled up while the agent was away: the station's own words count.
      const states = resultsOf(site, id);
      mustHold(states.includes('unknown'), `${step}: never unknown: ${states.join(', ')}`);
      const moved = (await releases(site)) - before;
      mustHold(moved === (step === 'open-slot:moved' ? 1 : 0), `${step}: released ${moved} times`);
      if (moved === 1) {
        allowRelease();
        await site.act('open-door', { slot: SLOT });
        await site.act('close-door', { slot: SLOT });
      }
      return `at ${step}: told unknown, then ${ends.join(' or ')}`;
    }
  },
};

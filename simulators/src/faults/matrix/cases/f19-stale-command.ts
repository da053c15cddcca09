import { MSG_TYPE } from '@voltbay/protocol';
import { eventually } from '../../../network/eventually.js';
import { type FaultCase, mustHold } from '../case.js';
import { controlPacket, foundHub, lostHub, releases, resultsOf } from '../observe.js';

const TTL_MS = 15_000;
/** The hub's acknowledgement of a report is on its way after this. */
const ON_ITS_WAY_MS = 2_000;

export const staleCommand: FaultCase = {
  id: 'F19',
  name: 'stale command after an hour offline',
  // Reports every second: acknowledgements are on their way whenever a command is.
  network: { agentConfig: { uplink: { infoIntervalS: 1, keepaliveS: 60 } } },
  async run({ site, pause }) {
    const { device } = site.network;
    const before = await releases(site);
    // A broker that kept a command for an hour while the station was away.
    site.offline(true);
    await lostHub(site);
    site.offline(false);
    await foundHub(site);
    await site.ready();
    await site.drained();
    const issuedMs = Date.now() - 3_600_000;
    const stale = {
      device,
      type: MSG_TYPE.SERVER_OPEN_SLOT,
      data: { slot: 1, by: 'an hour ago' },
      time: new Date(issuedMs).toISOString(),
      v: 1,
      id: `stale-${issuedMs}`,
      issuedAt: new Date(issuedMs).toISOString(),
      ttlMs: TTL_MS,
    };
    const settled = resultsOf(site, stale.id);
    mustHold(settled.length === 0, 'the command is known already');
    site.proxy.inject('to-client', controlPacket(device, stale));
    const states = await eventually('the command settled', 30_000, async () => {
      const seen = resultsOf(site, stale.id);
      return seen.includes('expired') ? seen : null;
    });
    mustHold(!states.includes('started'), `it went ${states.join(', ')}`);

    // And a real one of the hub's, held up on its way for longer than it may live, behind an acknowledgement that tells its time.
    site.proxy.pause('to-client');
    const sent = site.uplink.sent.size;
    await eventually('a report while the line stands still', 30_000, async () =>
      site.uplink.sent.size > sent ? true : null,
    );
    await pause(ON_ITS_WAY_MS);
    const late = await site.operator.post<{ id: string }>(`/core/v0/stations/${device}/commands`, {
      name: 'SERVER_OPEN_SLOT',
      slot: 1,
      reason: 'held up on its way',
    });
    await pause(TTL_MS + 3_000);
    site.proxy.resume();
    const outcome = await eventually('the end of the late command', 60_000, async () => {
      const { state } = await site.operator.get<{ state: string }>(`/core/v0/commands/${late.id}`);
      return ['expired', 'done', 'failed', 'rejected'].includes(state) ? state : null;
    });
    mustHold(outcome === 'expired', `the late command ended ${outcome}`);
    await site.drained();
    mustHold((await releases(site)) === before, 'a door moved');
    return { runs: 2, note: 'an hour old, and held up for longer than its time to live: both expired' };
  },
};
